//! The workbooks that go to departments, bytes in and bytes out: the blank one of each source,
//! and their own, returned with what was found in it.

mod blank;
mod guide;
mod naming;
mod rules;
mod words;

pub use blank::{Entry, Template, template};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

/// A workbook whose bytes depend on its content only.
fn workbook(title: &str) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let properties = DocProperties::new()
        .set_title(title)
        .set_author("metas")
        .set_creation_datetime(&ExcelDateTime::from_ymd(2025, 1, 1)?);
    book.set_properties(&properties);
    Ok(book)
}
