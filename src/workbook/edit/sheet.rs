//! A sheet with findings: its cells coloured by a conditional format, so that none is touched.

use std::collections::BTreeMap;

use super::comments;
use super::names::{MAIN, OFFICE, SIGN};
use super::parts::Parts;
use super::relations::Relations;
use super::styles::CellFormats;
use super::xml::{self, Changes, Element};
use crate::diagnostic::Severity;
use crate::workbook::observations::{CellRange, ObservationRow, a1};

/// What a worksheet holds, in the order that it must have.
const ORDER: [&str; 38] = [
    "sheetPr",
    "dimension",
    "sheetViews",
    "sheetFormatPr",
    "cols",
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "printOptions",
    "pageMargins",
    "pageSetup",
    "headerFooter",
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
];
const MOST_COMMENTS: usize = 1_000;

/// Colours and comments `rows` in the sheet `path`, and takes away those of an earlier round.
pub(super) fn annotate(
    parts: &mut Parts<'_>,
    path: &str,
    rows: &[&ObservationRow],
    look: &CellFormats,
) -> Option<()> {
    let text = parts.text(path)?;
    let signed = text.contains(SIGN) || text.contains("N(&quot;metas&quot;)=0");
    let mut relations = Relations::of(parts, path)?;
    let commented = relations.one("comments").map(|r| r.target.clone());
    let earlier = match &commented {
        Some(part) => parts.text(part)?.contains(comments::AUTHOR),
        None => false,
    };
    if rows.is_empty() && !signed && !earlier {
        return Some(());
    }
    let root = xml::namespace(&text, MAIN)?;
    let (_, found) = xml::children(&text)?;
    let mut changes = Changes::default();
    unsign(&text, &found, &mut changes)?;
    let colours = xml::prefixed(&colours(&text, rows, look), &root.prefix);
    if !colours.is_empty() {
        changes.insert(place(&root, &found, "conditionalFormatting"), colours);
    }
    let drawing = found.iter().find(|e| e.name == "legacyDrawing");
    let shapes = match drawing {
        Some(element) => Some(relations.get(element.attribute("id")?)?.target.clone()),
        None => None,
    };
    let expected = notes(rows);
    let link = comments::add(parts, &mut relations, commented, shapes, &expected)?;
    if let Some(id) = link {
        let fragment = format!("<~legacyDrawing xmlns:r=\"{OFFICE}\" r:id=\"{id}\"/>");
        let at = place(&root, &found, "legacyDrawing");
        changes.insert(at, xml::prefixed(&fragment, &root.prefix));
    }
    let text = changes.apply(&text)?;
    parts.set(path, text);
    Some(())
}

/// The byte before which an element called `name` belongs.
fn place(root: &Element, found: &[Element], name: &str) -> usize {
    let rank = |name: &str| ORDER.iter().position(|n| *n == name);
    let own = rank(name).unwrap_or(0);
    // What is not known stands where its neighbours put it: after the last that comes before.
    let before = found
        .iter()
        .rposition(|e| rank(&e.name).is_some_and(|r| r <= own));
    match before.and_then(|at| found.get(at)) {
        Some(last) => last.all.end,
        None => root.inside.start,
    }
}

/// Takes away the colours of an earlier round.
fn unsign(text: &str, found: &[Element], changes: &mut Changes) -> Option<()> {
    for element in found.iter().filter(|e| e.name == "conditionalFormatting") {
        let rules = xml::children_of(text, element)?;
        let ours = |rule: &&Element| {
            text.get(rule.all.clone())
                .is_some_and(|t| t.replace("&quot;", "\"").contains(SIGN))
        };
        let count = rules.iter().filter(ours).count();
        if count > 0 && count == rules.len() {
            changes.replace(element.all.clone(), "");
        } else {
            for rule in rules.iter().filter(ours) {
                changes.replace(rule.all.clone(), "");
            }
        }
    }
    Some(())
}

fn colours(text: &str, rows: &[&ObservationRow], look: &CellFormats) -> String {
    let mut priority = highest_priority(text);
    let mut out = String::new();
    for (severity, number) in [
        (Severity::Error, look.error),
        (Severity::Warning, look.warning),
    ] {
        let mut areas: Vec<CellRange> = rows
            .iter()
            .filter(|r| r.severity == severity)
            .flat_map(|r| r.areas())
            .collect();
        areas.sort_unstable();
        areas.dedup();
        if areas.is_empty() {
            continue;
        }
        let list: Vec<String> = areas.iter().map(reference).collect();
        priority += 1;
        out.push_str(&format!(
            "<~conditionalFormatting sqref=\"{}\"><~cfRule type=\"expression\" dxfId=\"{number}\" priority=\"{priority}\"><~formula>{SIGN}</~formula></~cfRule></~conditionalFormatting>",
            list.join(" ")
        ));
    }
    out
}

fn reference(area: &CellRange) -> String {
    let first = a1(area.first.0, area.first.1);
    if area.first == area.last {
        first
    } else {
        format!("{first}:{}", a1(area.last.0, area.last.1))
    }
}

fn highest_priority(text: &str) -> u32 {
    text.split("priority=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next()?.parse::<u32>().ok())
        .filter(|n| *n < 1_000_000)
        .max()
        .unwrap_or(0)
}

/// The comment of each cell that has one: the first of each area.
fn notes(rows: &[&ObservationRow]) -> BTreeMap<(u32, u32), String> {
    let mut notes: BTreeMap<(u32, u32), String> = BTreeMap::new();
    for row in rows {
        for area in row.areas() {
            if notes.len() >= MOST_COMMENTS && !notes.contains_key(&area.first) {
                continue;
            }
            let span = if area.first == area.last {
                String::new()
            } else {
                format!(" ({})", reference(&area))
            };
            let mut text = format!("{}{span}: {}", row.word(), row.message);
            if let Some(hint) = &row.hint {
                text.push_str(&format!("\n→ {hint}"));
            }
            let note = notes.entry(area.first).or_default();
            if !note.is_empty() {
                note.push_str("\n\n");
            }
            note.push_str(&text);
        }
    }
    notes
}
