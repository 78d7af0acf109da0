//! Tables as one workbook: a sheet each, numbers as numbers, days as days, texts never as formulas.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{ExcelDateTime, Format, Worksheet, XlsxError};

use crate::diagnostic::Diagnostic;

/// Letters that a cell takes.
const LETTERS: usize = 32_000;

/// A sheet.
#[derive(Debug, Clone)]
pub struct DataSheet {
    /// Its name, short enough for a tab.
    pub name: String,
    /// Names of its columns, and what their cells hold.
    pub columns: Vec<(String, DataKind)>,
    /// Texts of its cells, row by row.
    pub rows: Vec<Vec<String>>,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKind {
    /// Text.
    Text,
    /// Numbers.
    Number,
    /// Days in ISO 8601.
    Date,
}

/// A workbook of `sheets`, the same bytes whenever it is made.
///
/// # Errors
/// A sheet can't be written.
pub fn tables(title: &str, sheets: &[DataSheet]) -> Result<Vec<u8>, Diagnostic> {
    book(title, sheets)
        .map_err(|why| Diagnostic::error("internal", format!("the tables can't be written: {why}")))
}

fn book(title: &str, sheets: &[DataSheet]) -> Result<Vec<u8>, XlsxError> {
    let mut book = super::reproducible::workbook(title)?;
    let head = Format::new().set_bold();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    for told in sheets {
        let sheet = book.add_worksheet().set_name(&told.name)?;
        for (index, (name, _)) in (0u16..).zip(&told.columns) {
            sheet.write_string_with_format(0, index, name, &head)?;
            sheet.set_column_width(index, 18)?;
        }
        for (place, row) in (1u32..).zip(&told.rows) {
            for ((index, text), (_, kind)) in (0u16..).zip(row).zip(&told.columns) {
                cell(sheet, (place, index), (text, *kind), &date)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
    }
    book.save_to_buffer()
}

fn cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    (text, kind): (&str, DataKind),
    date: &Format,
) -> Result<(), XlsxError> {
    if text.is_empty() {
        return Ok(());
    }
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|_| kind == DataKind::Number);
    let day = text
        .parse::<NaiveDate>()
        .ok()
        .filter(|_| kind == DataKind::Date);
    // Excel has no day before 1900.
    let day = day.and_then(|day| {
        let (month, of_month) = (
            u8::try_from(day.month()).ok()?,
            u8::try_from(day.day()).ok()?,
        );
        ExcelDateTime::from_ymd(u16::try_from(day.year()).ok()?, month, of_month).ok()
    });
    if let Some(number) = number {
        sheet.write_number(row, column, number)?;
    } else if let Some(day) = day {
        sheet.write_datetime_with_format(row, column, &day, date)?;
    } else {
        let text: String = text.chars().take(LETTERS).collect();
        sheet.write_string(row, column, text)?;
    }
    Ok(())
}
