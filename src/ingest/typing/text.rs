//! Text columns: numbers and dates typed into them are kept as they are shown.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Cells;
use super::common::without_controls;
use crate::ingest::findings::{Findings, Issue};
use crate::ingest::fold::{clean, is_invisible};
use crate::ingest::show::shown;
use crate::printable::can_be_printed;
use crate::spreadsheet::cell::CellValue;

/// Integers beyond this lose digits in a spreadsheet.
const EXACT: f64 = 1e15;

/// Every letter before this one can be printed.
const LATIN_END: char = '\u{180}';

/// The texts.
pub(super) fn read<'a>(cells: &Cells<'a>, findings: &mut Findings) -> Vec<Option<Cow<'a, str>>> {
    let mut out = Vec::with_capacity(cells.len());
    for (ordinal, value) in cells.iter().enumerate() {
        let kept = match value {
            CellValue::Empty | CellValue::Error(_) | CellValue::NoCache => None,
            CellValue::Text(id) if cells.texts.is_plain(id) => Some(cells.texts.get(id).into()),
            CellValue::Text(id) => {
                let text = prose(cells.texts.get(id));
                warn_of_unprintable(cells, findings, ordinal, value);
                Some(text).filter(|text| !text.is_empty())
            }
            CellValue::Number(n) if n.abs() >= EXACT => {
                let issue = Issue::error(
                    "long-number",
                    "La celda guarda como número una clave tan larga que Excel ya le cambió los últimos dígitos: {raw}.",
                    "Dé a la columna el formato «Texto» y escriba la clave de nuevo.",
                );
                cells.note(findings, ordinal, value, issue);
                None
            }
            CellValue::Number(n) | CellValue::Percent(n) if !n.is_finite() => None,
            CellValue::Serial(_) | CellValue::Duration(_) => {
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

/// The text as it is kept. Two names that differ only in characters that nobody sees are one.
fn prose(text: &str) -> Cow<'_, str> {
    match without_controls(text) {
        Cow::Borrowed(text) => clean(text),
        Cow::Owned(text) => Cow::Owned(clean(&text).into_owned()),
    }
}

/// What no font has is kept, because two names may differ in nothing else; the report prints a
/// box in its place. Personal texts are never printed.
fn warn_of_unprintable(
    cells: &Cells<'_>,
    findings: &mut Findings,
    ordinal: usize,
    value: CellValue,
) {
    let text = cells.text(value).unwrap_or_default();
    if cells.column.personal || text.chars().all(|c| c < LATIN_END) {
        return;
    }
    let mut odd: Vec<char> = text
        .nfc()
        .filter(|c| is_combining_mark(*c) || !can_be_printed(*c))
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c))
        .filter(|c| !matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}'))
        .collect();
    odd.sort_unstable();
    odd.dedup();
    if odd.is_empty() {
        return;
    }
    let codes: Vec<String> = odd
        .iter()
        .map(|c| format!("U+{:04X}", u32::from(*c)))
        .collect();
    let issue = Issue::warning(
        "unprintable-text",
        format!(
            "El texto trae caracteres que el informe no puede imprimir ({}): {{raw}}. En su lugar sale □.",
            codes.join(", ")
        ),
        "Escriba el texto sin emojis ni símbolos especiales.",
    );
    cells.note(findings, ordinal, value, issue);
}
