//! Comments on cells, added to those that people have written. A cell has one: theirs stays.

use super::names::MAIN;
use super::notes::Notes;
use super::parts::Parts;
use super::relations::{self, Relations};
use super::vml::{self, CellSet};
use super::xml::{self, Changes};
use crate::workbook::observations::{a1, position};

/// The author by which comments of an earlier round are known.
pub(super) const AUTHOR: &str = "metas: observaciones";
const LONGEST: usize = 4_000;

/// Adds `expected`. `part` and `shapes` are the sheet's comments and their drawing, where there are
/// any. Gives the id of a new drawing that the sheet must point to.
pub(super) fn add(
    parts: &mut Parts<'_>,
    relations: &mut Relations,
    part: Option<String>,
    shapes: Option<String>,
    expected: &Notes,
) -> Option<Option<String>> {
    let part = match part {
        // Comments without a drawing: not as Excel writes them.
        Some(_) if shapes.is_none() => return None,
        Some(part) => part,
        None if expected.is_empty() => return Some(None),
        None => {
            let path = parts.free("xl/comments", ".xml")?;
            let empty = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<comments xmlns=\"{MAIN}\"><authors></authors><commentList></commentList></comments>"
            );
            parts.set(&path, empty);
            relations.add(parts, "comments", &path)?;
            relations::content_type(parts, &path, "comments")?;
            path
        }
    };
    let (removed, added) = merge(parts, &part, expected)?;
    if removed.is_empty() && added.is_empty() {
        return Some(None);
    }
    match shapes {
        Some(path) => {
            vml::merge(parts, &path, &removed, &added, expected)?;
            Some(None)
        }
        None => {
            let path = parts.free("xl/drawings/vmlDrawing", ".vml")?;
            vml::create(parts, &path, &added, expected)?;
            relations::vml_type(parts)?;
            relations.add(parts, "vmlDrawing", &path).map(Some)
        }
    }
}

/// Takes ours of an earlier round away and adds the new ones; gives the cells of both.
fn merge(parts: &mut Parts<'_>, part: &str, expected: &Notes) -> Option<(CellSet, CellSet)> {
    let text = parts.text(part)?;
    let prefix = xml::namespace(&text, MAIN)?.prefix;
    let (_, found) = xml::children(&text)?;
    let authors = found.iter().find(|e| e.name == "authors")?;
    let list = found.iter().find(|e| e.name == "commentList")?;
    let names = xml::children_of(&text, authors)?;
    let ours: Vec<usize> = (0..names.len())
        .filter(|i| {
            names
                .get(*i)
                .and_then(|e| text.get(e.inside.clone()))
                .is_some_and(|name| name.trim() == AUTHOR)
        })
        .collect();
    let mut changes = Changes::default();
    let (mut removed, mut theirs) = (CellSet::new(), CellSet::new());
    for comment in xml::children_of(&text, list)? {
        let cell = position(comment.attribute("ref")?)?;
        let author: usize = comment.attribute("authorId")?.parse().ok()?;
        if ours.contains(&author) {
            changes.replace(comment.all.clone(), "");
            removed.insert(cell);
        } else {
            theirs.insert(cell);
        }
    }
    let added: CellSet = expected
        .keys()
        .filter(|cell| !theirs.contains(cell))
        .copied()
        .collect();
    if removed.is_empty() && added.is_empty() {
        return Some((removed, added));
    }
    let author = match ours.first() {
        Some(author) => *author,
        None => {
            let fragment = format!("<~author>{AUTHOR}</~author>");
            changes.append(&text, authors, &xml::prefixed(&fragment, &prefix))?;
            names.len()
        }
    };
    let mut fragments = String::new();
    for ((row, column), note) in expected.iter().filter(|(cell, _)| added.contains(cell)) {
        let note: String = note.chars().take(LONGEST).collect();
        fragments.push_str(&format!(
            "<~comment ref=\"{}\" authorId=\"{author}\"><~text><~r><~rPr><~sz val=\"9\"/><~color indexed=\"81\"/><~rFont val=\"Tahoma\"/><~family val=\"2\"/></~rPr><~t xml:space=\"preserve\">{}</~t></~r></~text></~comment>",
            a1(*row, *column),
            xml::escape(&note)
        ));
    }
    if !fragments.is_empty() {
        changes.append(&text, list, &xml::prefixed(&fragments, &prefix))?;
    }
    parts.set(part, changes.apply(&text)?);
    Some((removed, added))
}
