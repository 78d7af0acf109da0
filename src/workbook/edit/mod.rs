//! A department's own xlsx with parts added to it. Parts that need no change are copied as they
//! are, compressed bytes included; of those that do, only the places named here change:
//!
//! - a sheet with findings gains a conditional format, and the link to its comments' shapes;
//! - styles gain the colours; comments and their shapes are added to those that are there;
//! - the workbook gains the sheet *Observaciones*, or has that of an earlier round replaced.
//!
//! No cell is touched. What is not understood is not edited: `None`, and the caller falls back.

mod comments;
mod names;
mod notes;
mod parts;
mod relations;
mod sheet;
mod styles;
mod summary;
mod vml;
mod xml;

use super::observations::ObservationRow;
use names::MAIN;
use parts::Parts;
use relations::Relations;

/// The edited workbook; none where that is not safe.
pub(super) fn annotate(bytes: &[u8], rows: &[ObservationRow]) -> Option<Vec<u8>> {
    let mut parts = Parts::open(bytes)?;
    if parts.names().any(is_odd) {
        return None;
    }
    let root = Relations::of(&mut parts, "")?;
    let main = root.one("officeDocument")?.target.clone();
    let mut book = Relations::of(&mut parts, &main)?;
    let text = parts.text(&main)?;
    xml::namespace(&text, MAIN)?;
    let look = styles::add(&mut parts, &book.one("styles")?.target.clone())?;
    for (name, relation) in summary::sheets(&text)? {
        let Some(target) = book.get(&relation).filter(|r| r.kind == "worksheet") else {
            continue;
        };
        let target = target.target.clone();
        let own: Vec<&ObservationRow> = rows
            .iter()
            .filter(|row| row.sheet.as_deref() == Some(name.as_str()))
            .collect();
        sheet::annotate(&mut parts, &target, &own, &look)?;
    }
    summary::add(&mut parts, &main, &mut book, rows, &look)?;
    parts.finish()
}

/// Parts that tie the others together in ways that an addition would break.
fn is_odd(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("_xmlsignatures/")
        || name.contains("/revisions/")
        || name.ends_with(".bin.rels")
}
