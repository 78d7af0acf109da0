//! A plain workbook of one sheet: a row of headers and rows of cells.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{ExcelDateTime, Format, XlsxError};

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum TableCell {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Day(NaiveDate),
}

/// The workbook's bytes; the same for the same cells.
///
/// # Errors
/// Excel has no such name of a sheet, or no such day.
pub fn table(sheet: &str, headers: &[&str], rows: &[Vec<TableCell>]) -> Result<Vec<u8>, String> {
    written(sheet, headers, rows).map_err(|error| error.to_string())
}

fn written(sheet: &str, headers: &[&str], rows: &[Vec<TableCell>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = super::reproducible::workbook(sheet)?;
    let page = book.add_worksheet().set_name(sheet)?;
    let (bold, day) = (
        Format::new().set_bold(),
        Format::new().set_num_format("dd/mm/yyyy"),
    );
    for (column, header) in (0u16..).zip(headers) {
        page.write_string_with_format(0, column, *header, &bold)?;
        page.set_column_width(column, 12.0_f64.max(header.chars().count() as f64 + 3.0))?;
    }
    for (row, cells) in (1u32..).zip(rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                TableCell::Blank => {}
                TableCell::Text(text) => {
                    page.write_string(row, column, text)?;
                }
                TableCell::Number(number) => {
                    page.write_number(row, column, *number)?;
                }
                TableCell::Day(date) => {
                    let (month, number) = (date.month() as u8, date.day() as u8);
                    let year = u16::try_from(date.year()).unwrap_or(1900);
                    let date = ExcelDateTime::from_ymd(year, month, number)?;
                    page.write_datetime_with_format(row, column, &date, &day)?;
                }
            }
        }
    }
    page.set_freeze_panes(1, 0)?;
    book.save_to_buffer()
}
