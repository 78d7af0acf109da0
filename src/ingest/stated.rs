//! The period that a file says that it reports, in the cell beside «Periodo que se informa».
//!
//! What people write there counts more than the template's hidden mark: last quarter's template is
//! often filled in again, and the cell is theirs to change.

use super::findings::{Findings, Issue, cells, shorten};
use super::fold::{fold, squeeze};
use super::month::month;
use super::show::shown;
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::period::Period;
use crate::plan::{PERIOD_LABEL, TemplateStamp};
use crate::spreadsheet::cell::{CellValue, Texts};

/// A cell above the header row.
pub(super) type Above = (u32, u32, CellValue);

/// Looks for the cell among those above the header row, and notes a period that is not `expected`.
/// Tells whether anything stands in it.
pub(super) fn report(
    above: &[Above],
    texts: &Texts,
    expected: Option<Period>,
    findings: &mut Findings,
) -> bool {
    let Some((place, raw)) = cell(above, texts) else {
        return false;
    };
    let Some(expected) = expected else {
        return false;
    };
    let issue = match read(&raw) {
        Some(period) if period == expected => return true,
        Some(_) => Issue::error(
            "other-period",
            format!("El archivo dice que informa «{raw}», y aquí se espera {expected}."),
            format!(
                "Si los datos son de {expected}, escriba {expected} en esta celda; si son de otro periodo, entregue los de {expected}."
            ),
        ),
        None => Issue::warning(
            "unclear-period",
            format!("No se entiende qué periodo informa el archivo: «{raw}»."),
            format!("Escriba {expected} en esta celda, si los datos son de ese periodo."),
        ),
    };
    findings.plain(place, Some(cells(place.1, place.0, place.0)), None, issue);
    true
}

/// The cell beside the label, where something stands in it: its place, and what it shows.
fn cell(above: &[Above], texts: &Texts) -> Option<((u32, u32), String)> {
    let label = fold(PERIOD_LABEL);
    let is_label =
        |value: &CellValue| matches!(value, CellValue::Text(id) if fold(texts.get(*id)) == label);
    let (row, column, _) = above.iter().find(|(_, _, value)| is_label(value))?;
    let place = (*row, column + 1);
    let (_, _, value) = above.iter().find(|(r, c, _)| (*r, *c) == place)?;
    let raw = shorten(&shown(*value, texts, false));
    (!raw.trim().is_empty()).then_some((place, raw))
}

/// The period that a file says that it reports.
pub(super) fn said(above: &[Above], texts: &Texts) -> Option<Period> {
    cell(above, texts).and_then(|(_, raw)| read(&raw))
}

/// A template made for another period, in a file that does not say itself which it reports.
pub(super) fn of_mark(
    mark: &TemplateStamp,
    stated: bool,
    expected: Option<Period>,
    file: &str,
) -> Option<Diagnostic> {
    let (made_for, expected) = (mark.period?, expected?);
    if made_for == expected || stated {
        return None;
    }
    let message = format!("La plantilla se hizo para {made_for}, y aquí se informa {expected}.");
    let place = CellLocation {
        file: file.to_owned(),
        ..CellLocation::default()
    };
    Some(
        Diagnostic::warning("other-period-template", message)
            .in_cells(place)
            .hint(format!(
                "Revise que los datos sean de {expected} y escríbalo junto a «{PERIOD_LABEL}»."
            )),
    )
}

/// `2026-T1`, `T1 2026`, `primer trimestre de 2026`, `1er. trimestre 2026`, `marzo de 2026`.
fn read(text: &str) -> Option<Period> {
    let folded = squeeze(text);
    let compact: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    if let Ok(period) = compact.parse() {
        return Some(period);
    }
    let words: Vec<&str> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !matches!(*word, "de" | "del" | "el"))
        .collect();
    let year = words.iter().find(|word| is_year(word))?;
    let rest: Vec<&str> = words.iter().copied().filter(|word| word != year).collect();
    let written = match rest.as_slice() {
        [part] => match month(part) {
            Some(month) => format!("{year}-M{month:02}"),
            None => format!("{year}-{part}"),
        },
        [ordinal, "trimestre"] | ["trimestre", ordinal] => format!("{year}-T{}", number(ordinal)?),
        [ordinal, "semestre"] | ["semestre", ordinal] => format!("{year}-S{}", number(ordinal)?),
        _ => return None,
    };
    written.parse().ok()
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit())
}

fn number(ordinal: &str) -> Option<u32> {
    Some(match ordinal {
        "primer" | "primero" | "1" | "1er" | "1o" | "i" => 1,
        "segundo" | "2" | "2do" | "2o" | "ii" => 2,
        "tercer" | "tercero" | "3" | "3er" | "3o" | "iii" => 3,
        "cuarto" | "4" | "4to" | "4o" | "iv" => 4,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_as_people_write_them() {
        for (text, period) in [
            ("2026-T1", Some("2026-T1")),
            (" 2026 - t1 ", Some("2026-T1")),
            ("2026-Q1", Some("2026-T1")),
            ("T1 2026", Some("2026-T1")),
            ("Primer trimestre de 2026", Some("2026-T1")),
            ("1er. trimestre del 2026", Some("2026-T1")),
            ("trimestre 2, 2026", Some("2026-T2")),
            ("Marzo de 2026", Some("2026-M03")),
            ("mar. 2026", Some("2026-M03")),
            ("Setiembre 2026", Some("2026-M09")),
            ("2026-ene", Some("2026-M01")),
            ("marzo 2", None),
            ("martes 2026", None),
            ("segundo semestre 2026", Some("2026-S2")),
            ("2026", Some("2026")),
            ("enero - marzo", None),
            ("el pasado", None),
        ] {
            let found = read(text).map(|p| p.to_string());
            assert_eq!(found.as_deref(), period, "{text}");
        }
    }
}
