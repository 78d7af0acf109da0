//! Percent columns, in percent points, never multiplied twice.

use super::Cells;
use super::common::{expected, has_controls, numbers};
use super::number::{Decimals, decimals, settle};
use super::number_text::parse;
use crate::ingest::findings::{Findings, Issue};
use crate::ingest::fold::clean;
use crate::ingest::show::points;
use crate::spreadsheet::cell::CellValue;

/// Percent points.
pub(super) fn read(cells: &Cells<'_>, findings: &mut Findings) -> Vec<Option<f64>> {
    let texts = cells.iter().filter_map(|v| cells.text(v));
    let way = decimals(texts.filter_map(|t| parse(split(&clean(t)).0)));
    numbers(cells, findings, |value| one(cells, value, way))
}

fn one(cells: &Cells<'_>, value: CellValue, way: Decimals) -> Result<Option<f64>, Issue> {
    match value {
        CellValue::Empty | CellValue::Error(_) | CellValue::NoCache => Ok(None),
        CellValue::Percent(n) if !n.is_finite() => Ok(None),
        CellValue::Percent(n) => likely(points(n)),
        CellValue::Number(n) => plain(n),
        CellValue::Serial(_)
        | CellValue::IsoDate(_)
        | CellValue::Duration(_)
        | CellValue::Bool(_) => Err(wrong(cells)),
        CellValue::Text(id) => {
            let text = clean(cells.texts.get(id));
            if has_controls(&text) {
                return Ok(None);
            }
            let (digits, signed) = split(&text);
            let reading = parse(digits).ok_or_else(|| wrong(cells))?;
            let number = settle(reading, way)?;
            if signed {
                likely(number)
            } else {
                plain(number)
            }
        }
    }
}

fn split(text: &str) -> (&str, bool) {
    match text.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), true),
        None => (text, false),
    }
}

/// A percentage from a thousand on is one that was multiplied by a hundred once more.
fn likely(points: f64) -> Result<Option<f64>, Issue> {
    if points.abs() < 1000.0 {
        return Ok(Some(points));
    }
    Err(Issue::error(
        "suspicious-percent",
        "La celda muestra {raw}: parece que el porcentaje quedó multiplicado por cien.",
        "Escriba el porcentaje de nuevo con su signo, por ejemplo 90 %.",
    ))
}

/// A number without any sign of percent: from 0 to 1 it could be either.
fn plain(number: f64) -> Result<Option<f64>, Issue> {
    if !number.is_finite() {
        return Ok(None);
    }
    if number == 0.0 || number.abs() > 1.0 {
        return likely(number);
    }
    Err(Issue::error(
        "ambiguous-percent",
        "El valor {raw} no lleva signo ni formato de porcentaje: no se sabe si ya es el porcentaje o falta multiplicarlo por cien.",
        "Escríbalo con su signo: 0.9 % si es menos de uno por ciento, 90 % si es nueve décimas.",
    ))
}

fn wrong(cells: &Cells<'_>) -> Issue {
    Issue::error(
        "text-in-percent",
        "El valor {raw} no es un porcentaje.",
        format!("Escriba {}.", expected(cells)),
    )
}
