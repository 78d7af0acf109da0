//! The sheet *Observaciones*, and the workbook's list of sheets.

use super::names::{MAIN, OFFICE};
use super::parts::Parts;
use super::relations::{self, Relations};
use super::styles::CellFormats;
use super::xml::{self, Changes};
use crate::diagnostic::Severity;
use crate::workbook::observations::{COLUMNS, HOW, NONE, ObservationRow, SHEET, TITLE, a1};

/// The hidden name by which our sheet of an earlier round is known.
const NAME: &str = "_metas_observaciones";
const AFTER_NAMES: [&str; 10] = [
    "calcPr",
    "oleSize",
    "customWorkbookViews",
    "pivotCaches",
    "smartTagPr",
    "smartTagTypes",
    "webPublishing",
    "fileRecoveryPr",
    "webPublishObjects",
    "extLst",
];

/// Names of the sheets and the ids of their relationships.
pub(super) fn sheets(text: &str) -> Option<Vec<(String, String)>> {
    let (_, found) = xml::children(text)?;
    let list = found.iter().find(|e| e.name == "sheets")?;
    xml::children_of(text, list)?
        .iter()
        .map(|e| {
            Some((
                e.attribute("name")?.to_owned(),
                e.attribute("id")?.to_owned(),
            ))
        })
        .collect()
}

/// Adds the sheet, or replaces that of an earlier round.
pub(super) fn add(
    parts: &mut Parts<'_>,
    main: &str,
    book: &mut Relations,
    rows: &[ObservationRow],
    look: &CellFormats,
) -> Option<()> {
    let text = parts.text(main)?;
    let known = sheets(&text)?;
    let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let sheet = sheet(rows, &names, look);
    if let Some(name) = earlier(&text)
        && let Some((_, relation)) = known.iter().find(|(n, _)| *n == name)
    {
        let path = book.get(relation)?.target.clone();
        parts.set(&path, sheet);
        return Some(());
    }
    let path = parts.free("xl/worksheets/sheet", ".xml")?;
    parts.set(&path, sheet);
    relations::content_type(parts, &path, "worksheet")?;
    let id = book.add(parts, "worksheet", &path)?;
    let name = (1..100)
        .map(|n| {
            if n == 1 {
                SHEET.to_owned()
            } else {
                format!("{SHEET} {n}")
            }
        })
        .find(|name| {
            names
                .iter()
                .all(|n| n.to_lowercase() != name.to_lowercase())
        })?;
    parts.set(main, listed(&text, &name, &id)?);
    Some(())
}

/// The name of our sheet of an earlier round.
fn earlier(text: &str) -> Option<String> {
    let (_, found) = xml::children(text)?;
    let names = found.iter().find(|e| e.name == "definedNames")?;
    let own = xml::children_of(text, names)?;
    let own = own.iter().find(|e| e.attribute("name") == Some(NAME))?;
    let target = text.get(own.inside.clone())?;
    let name = target.rsplit_once('!')?.0.trim_matches('\'');
    Some(name.replace("''", "'"))
}

/// The workbook part with the new sheet and its hidden name.
fn listed(text: &str, name: &str, relation: &str) -> Option<String> {
    let (root, found) = xml::children(text)?;
    let at = found.iter().position(|e| e.name == "sheets")?;
    let list = found.get(at)?;
    let number = xml::children_of(text, list)?
        .iter()
        .filter_map(|e| e.attribute("sheetId")?.parse::<u32>().ok())
        .max()?
        .checked_add(1)?;
    let mut changes = Changes::default();
    let fragment = format!(
        "<~sheet xmlns:r=\"{OFFICE}\" name=\"{name}\" sheetId=\"{number}\" r:id=\"{relation}\"/>"
    );
    changes.append(text, list, &xml::prefixed(&fragment, &root.prefix))?;
    let own = format!("<~definedName name=\"{NAME}\" hidden=\"1\">'{name}'!$A$1</~definedName>");
    match found.iter().find(|e| e.name == "definedNames") {
        Some(names) => changes.append(text, names, &xml::prefixed(&own, &root.prefix))?,
        None => {
            let later = found
                .iter()
                .skip(at)
                .find(|e| AFTER_NAMES.contains(&e.name.as_str()));
            let place = later.map_or(root.inside.end, |e| e.all.start);
            let all = format!("<~definedNames>{own}</~definedNames>");
            changes.insert(place, xml::prefixed(&all, &root.prefix));
        }
    }
    changes.apply(text)
}

fn sheet(rows: &[ObservationRow], known: &[&str], look: &CellFormats) -> String {
    let style = |n: usize| look.cells + n;
    let cell = |at: (u32, u32), style: usize, text: &str| {
        let text: String = text.chars().take(5_000).collect();
        format!(
            "<c r=\"{}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>",
            a1(at.0, at.1),
            xml::escape(&text)
        )
    };
    let mut data = format!(
        "<row r=\"1\">{}</row><row r=\"2\">{}</row><row r=\"3\">",
        cell((0, 0), style(0), TITLE),
        cell((1, 0), 0, if rows.is_empty() { NONE } else { HOW }),
    );
    let mut columns = String::new();
    for (index, (title, width)) in (0u32..).zip(COLUMNS) {
        data.push_str(&cell((2, index), style(1), title));
        let n = index + 1;
        columns.push_str(&format!(
            "<col min=\"{n}\" max=\"{n}\" width=\"{width}\" customWidth=\"1\"/>"
        ));
    }
    data.push_str("</row>");
    let mut links = String::new();
    for (at, row) in (3u32..).zip(rows) {
        data.push_str(&format!(
            "<row r=\"{}\" ht=\"{}\" customHeight=\"1\">",
            at + 1,
            15 * row.lines()
        ));
        let target = row.sheet.as_deref().filter(|s| known.contains(s));
        let area = row.areas().first().copied();
        for (index, text) in (0u32..).zip(row.texts()) {
            let style = match (index, row.severity, target.is_some() && area.is_some()) {
                (0, Severity::Error, _) => style(4),
                (0, Severity::Warning, _) => style(5),
                (0, Severity::Note, _) => style(2),
                (2, _, true) => style(3),
                _ => style(2),
            };
            data.push_str(&cell((at, index), style, text));
        }
        data.push_str("</row>");
        if let (Some(name), Some(area)) = (target, area) {
            let place = format!(
                "'{}'!{}",
                name.replace('\'', "''"),
                a1(area.first.0, area.first.1)
            );
            links.push_str(&format!(
                "<hyperlink ref=\"{}\" location=\"{}\"/>",
                a1(at, 2),
                xml::escape(&place)
            ));
        }
    }
    if !links.is_empty() {
        links = format!("<hyperlinks>{links}</hyperlinks>");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<worksheet xmlns=\"{MAIN}\"><sheetPr><tabColor rgb=\"FFC00000\"/><pageSetUpPr fitToPage=\"1\"/></sheetPr><sheetViews><sheetView showGridLines=\"0\" workbookViewId=\"0\"><pane ySplit=\"3\" topLeftCell=\"A4\" activePane=\"bottomLeft\" state=\"frozen\"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/><cols>{columns}</cols><sheetData>{data}</sheetData>{links}<pageMargins left=\"0.5\" right=\"0.5\" top=\"0.5\" bottom=\"0.5\" header=\"0.3\" footer=\"0.3\"/><pageSetup orientation=\"landscape\" fitToHeight=\"0\"/></worksheet>"
    )
}
