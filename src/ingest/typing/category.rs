//! Columns whose cells hold one of a few texts.

use super::Cells;
use crate::ingest::findings::{Findings, Issue};
use crate::ingest::fold::{fold, nearest};
use crate::ingest::show::shown;
use crate::spreadsheet::cell::CellValue;

/// The declared spelling of each cell.
pub(super) fn read<'a>(
    cells: &Cells<'a>,
    allowed: &'a [String],
    findings: &mut Findings,
) -> Vec<Option<&'a str>> {
    let folded: Vec<(String, &'a str)> = allowed.iter().map(|v| (fold(v), v.as_str())).collect();
    let mut out = Vec::with_capacity(cells.len());
    for (ordinal, value) in cells.iter().enumerate() {
        if matches!(
            value,
            CellValue::Empty | CellValue::Error(_) | CellValue::NoCache
        ) {
            out.push(None);
            continue;
        }
        let exact = cells
            .text(value)
            .and_then(|t| allowed.iter().find(|v| *v == t));
        if let Some(exact) = exact {
            out.push(Some(exact.as_str()));
            continue;
        }
        let text = shown(value, cells.texts, cells.date1904);
        let key = fold(&text);
        let known = folded.iter().find(|(f, _)| *f == key).map(|(_, v)| *v);
        out.push(known);
        if known.is_none() {
            let near = nearest(&text, allowed.iter().map(String::as_str));
            let hint = match near.filter(|_| !cells.column.personal) {
                Some(near) => format!(
                    "¿Quiso decir «{near}»? Las opciones son: {}.",
                    allowed.join(", ")
                ),
                None => format!("Escriba una de estas opciones: {}.", allowed.join(", ")),
            };
            let issue = Issue::error(
                "unknown-category",
                "El valor {raw} no es una de las opciones de esta columna.",
                hint,
            );
            cells.note(findings, ordinal, value, issue);
        }
    }
    out
}
