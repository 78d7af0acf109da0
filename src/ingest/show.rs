//! What a cell shows, as findings quote it and text columns keep it.

use super::fold::clean;
use crate::spreadsheet::cell::{CellValue, Texts};
pub(super) use crate::spreadsheet::iso::serial_day;

/// The shortest way to write a number.
pub(super) fn number(value: f64) -> String {
    if value.is_finite() && value.abs() >= 1e21 {
        return format!("{value:e}");
    }
    format!("{value}")
}

/// Percent points of a fraction, without the noise of binary multiplication.
pub(super) fn points(fraction: f64) -> f64 {
    let points = fraction * 100.0;
    let rounded = (points * 1e9).round() / 1e9;
    if rounded.is_finite() { rounded } else { points }
}

/// What the cell shows.
pub(super) fn shown(value: CellValue, texts: &Texts, date1904: bool) -> String {
    match value {
        CellValue::Empty => String::new(),
        CellValue::Number(n) => number(n),
        CellValue::Percent(n) => format!("{}%", number(points(n))),
        CellValue::Serial(n) => match serial_day(n, date1904) {
            Some(day) if n >= 1.0 => day.format("%d/%m/%Y").to_string(),
            Some(_) => {
                let minutes = (n * 1440.0).round() as u64;
                format!("{:02}:{:02}", minutes / 60, minutes % 60)
            }
            None => number(n),
        },
        CellValue::Duration(_) => "una duración".to_owned(),
        CellValue::Bool(true) => "VERDADERO".to_owned(),
        CellValue::Bool(false) => "FALSO".to_owned(),
        CellValue::Text(id) | CellValue::IsoDate(id) | CellValue::Error(id) => {
            clean(texts.get(id)).into_owned()
        }
        CellValue::NoCache => "(fórmula sin resultado guardado)".to_owned(),
    }
}
