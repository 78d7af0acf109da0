//! A workbook with the observations alone.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, XlsxError};

use super::observations::{COLUMNS, HOW, NONE, ObservationRow, SHEET, TITLE};
use crate::diagnostic::Severity;

/// Makes it.
pub(super) fn workbook(rows: &[ObservationRow], file: &str) -> Result<Vec<u8>, XlsxError> {
    let mut book = super::reproducible::workbook(TITLE)?;
    let sheet = book.add_worksheet().set_name(SHEET)?;
    let cell = Format::new()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_border(FormatBorder::Thin);
    let head = cell.clone().set_bold().set_background_color(0x00CF_D8EA);
    let error = cell.clone().set_background_color(0x00FF_C7CE);
    let warning = cell.clone().set_background_color(0x00FF_EB9C);
    let title = Format::new().set_bold().set_font_size(14);
    sheet.write_string_with_format(0, 0, TITLE, &title)?;
    sheet.write_string(1, 0, format!("Archivo: {file}"))?;
    sheet.write_string(2, 0, if rows.is_empty() { NONE } else { HOW })?;
    for (index, (text, width)) in (0u16..).zip(COLUMNS) {
        sheet.set_column_width(index, width)?;
        sheet.write_string_with_format(3, index, text, &head)?;
    }
    for (place, row) in (4u32..).zip(rows) {
        for (index, text) in (0u16..).zip(row.texts()) {
            let format = match (index, row.severity) {
                (0, Severity::Error) => &error,
                (0, Severity::Warning) => &warning,
                _ => &cell,
            };
            let text: String = text.chars().take(5_000).collect();
            sheet.write_string_with_format(place, index, text, format)?;
        }
        sheet.set_row_height(place, 15 * row.lines())?;
    }
    sheet.set_freeze_panes(4, 0)?;
    sheet.set_landscape();
    sheet.set_paper_size(1);
    sheet.set_print_fit_to_pages(1, 0);
    book.save_to_buffer()
}
