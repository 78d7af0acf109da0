//! What a cell shows, as findings quote it and text columns keep it.

use super::fold::clean;
use crate::spreadsheet::cell::{Texts, Value};
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
pub(super) fn shown(value: Value, texts: &Texts, date1904: bool) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Number(n) => number(n),
        Value::Percent(n) => format!("{}%", number(points(n))),
        Value::Serial(n) => match serial_day(n, date1904) {
            Some(day) if n >= 1.0 => day.format("%d/%m/%Y").to_string(),
            Some(_) => {
                let minutes = (n * 1440.0).round() as u64;
                format!("{:02}:{:02}", minutes / 60, minutes % 60)
            }
            None => number(n),
        },
        Value::Duration(_) => "una duración".to_owned(),
        Value::Bool(true) => "VERDADERO".to_owned(),
        Value::Bool(false) => "FALSO".to_owned(),
        Value::Text(id) | Value::IsoDate(id) | Value::Error(id) => {
            clean(texts.get(id)).into_owned()
        }
        Value::NoCache => "(fórmula sin resultado guardado)".to_owned(),
    }
}
