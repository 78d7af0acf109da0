//! Text columns: numbers and dates typed into them are kept as they are shown.

use std::borrow::Cow;

use super::Cells;
use super::common::has_controls;
use crate::ingest::cell::Value;
use crate::ingest::findings::{Findings, Issue};
use crate::ingest::fold::clean;
use crate::ingest::show::shown;

/// Integers beyond this lose digits in a spreadsheet.
const EXACT: f64 = 1e15;

/// The texts.
pub fn read<'a>(cells: &Cells<'a>, findings: &mut Findings) -> Vec<Option<Cow<'a, str>>> {
    let mut out = Vec::with_capacity(cells.len());
    for (ordinal, value) in cells.iter().enumerate() {
        let kept = match value {
            Value::Empty | Value::Error(_) | Value::NoCache => None,
            Value::Text(id) => {
                Some(clean(cells.texts.get(id))).filter(|t| !t.is_empty() && !has_controls(t))
            }
            Value::Number(n) if n.abs() >= EXACT => {
                let issue = Issue::error(
                    "long-number",
                    "La celda guarda como número una clave tan larga que Excel ya le cambió los últimos dígitos: {raw}.",
                    "Dé a la columna el formato «Texto» y escriba la clave de nuevo.",
                );
                cells.note(findings, ordinal, value, issue);
                None
            }
            Value::Number(n) | Value::Percent(n) if !n.is_finite() => None,
            Value::Serial(_) | Value::Duration(_) => {
                let issue = Issue::warning(
                    "date-in-text",
                    "Excel convirtió el texto en una fecha: {raw}.",
                    "Si no es una fecha, dé a la columna el formato «Texto» y escriba el dato de nuevo.",
                );
                cells.note(findings, ordinal, value, issue);
                Some(Cow::Owned(shown(value, cells.texts, cells.date1904)))
            }
            _ => Some(Cow::Owned(shown(value, cells.texts, cells.date1904))),
        };
        out.push(kept);
    }
    out
}
