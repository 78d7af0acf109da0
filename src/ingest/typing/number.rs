//! Number and integer columns.

use super::Cells;
use super::common::{self, expected};
use super::number_text::{NumberReading, parse};
use crate::ingest::findings::{Findings, Issue};
use crate::spreadsheet::cell::CellValue;

/// Whole numbers beyond this are not exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// How a column writes decimals, as far as its texts tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimals {
    /// Every text reads alike either way.
    Plain,
    /// With `.`.
    Point,
    /// With `,`.
    Comma,
    /// Some texts can only be the one, some only the other.
    Mixed,
    /// Some texts read differently, and nothing tells which way.
    Unknown,
}

/// Decides by all texts of a column.
pub(super) fn decimals(readings: impl Iterator<Item = NumberReading>) -> Decimals {
    let (mut point, mut comma, mut differ) = (false, false, false);
    for reading in readings {
        match (reading.point, reading.comma) {
            (Some(_), None) => point = true,
            (None, Some(_)) => comma = true,
            (a, b) => differ |= a != b,
        }
    }
    match (point, comma, differ) {
        (true, true, _) => Decimals::Mixed,
        (true, false, _) => Decimals::Point,
        (false, true, _) => Decimals::Comma,
        (false, false, true) => Decimals::Unknown,
        (false, false, false) => Decimals::Plain,
    }
}

/// The number that `reading` is, given how its column writes them.
pub(super) fn settle(reading: NumberReading, decimals: Decimals) -> Result<f64, Issue> {
    let found = match decimals {
        Decimals::Point => reading.point,
        Decimals::Comma => reading.comma,
        Decimals::Plain | Decimals::Mixed | Decimals::Unknown => {
            reading.point.filter(|_| reading.point == reading.comma)
        }
    };
    found.ok_or_else(|| match decimals {
        Decimals::Mixed => Issue::error(
            "mixed-decimal-signs",
            "En esta columna unos números usan el punto y otros la coma para los decimales: {raw} no se puede leer con certeza.",
            "Escriba todos con punto decimal y sin separador de miles, por ejemplo 1234.50.",
        ),
        _ => Issue::error(
            "ambiguous-number",
            "El valor {raw} es texto y puede leerse de dos maneras: como miles o como decimales.",
            "Escríbalo como número, con punto decimal y sin separador de miles, por ejemplo 1234 o 1.234.",
        ),
    })
}

/// Decimal numbers.
pub(super) fn numbers(cells: &Cells<'_>, findings: &mut Findings) -> Vec<Option<f64>> {
    let way = decimals(cells.iter().filter_map(|v| cells.text(v)).filter_map(parse));
    common::numbers(cells, findings, |value| one(cells, value, way))
}

/// Whole numbers.
pub(super) fn integers(cells: &Cells<'_>, findings: &mut Findings) -> Vec<Option<i64>> {
    let numbers = numbers(cells, findings);
    let mut out = Vec::with_capacity(numbers.len());
    for (ordinal, (number, value)) in numbers.into_iter().zip(cells.iter()).enumerate() {
        let Some(number) = number else {
            out.push(None);
            continue;
        };
        let issue = if number.fract() != 0.0 {
            Issue::error(
                "fractional-number",
                "El valor {raw} tiene decimales y aquí va un número entero.",
                "Escriba un número entero, por ejemplo 12.",
            )
        } else if number.abs() > EXACT {
            Issue::error(
                "number-too-large",
                "El valor {raw} es demasiado grande para ser exacto.",
                "Revise el valor: ¿sobran dígitos?",
            )
        } else {
            out.push(Some(number as i64));
            continue;
        };
        cells.note(findings, ordinal, value, issue);
        out.push(None);
    }
    out
}

fn one(cells: &Cells<'_>, value: CellValue, way: Decimals) -> Result<Option<f64>, Issue> {
    match value {
        CellValue::Empty | CellValue::Error(_) | CellValue::NoCache => Ok(None),
        CellValue::Number(n) => Ok(Some(n).filter(|n| n.is_finite())),
        CellValue::Percent(_) => Err(Issue::error(
            "percent-in-number",
            "La celda está escrita como porcentaje, {raw}, y aquí va un número.",
            "Quite el formato de porcentaje y escriba el número.",
        )),
        CellValue::Serial(_) | CellValue::IsoDate(_) | CellValue::Duration(_) => Err(Issue::error(
            "date-in-number",
            "La celda contiene una fecha u hora, {raw}, y aquí va un número.",
            "Dé a la celda el formato «General» o «Número» y escriba el número de nuevo.",
        )),
        CellValue::Bool(_) => Err(wrong(cells)),
        CellValue::Text(id) => {
            let text = cells.texts.get(id);
            if super::common::has_controls(text) {
                return Ok(None);
            }
            match parse(&crate::ingest::fold::clean(text)) {
                Some(reading) => settle(reading, way).map(Some),
                None => Err(wrong(cells)),
            }
        }
    }
}

fn wrong(cells: &Cells<'_>) -> Issue {
    Issue::error(
        "text-in-number",
        "Hay un texto, {raw}, donde va un número.",
        format!("Escriba sólo {}.", expected(cells)),
    )
}
