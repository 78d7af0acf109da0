//! The workbooks that go to departments, bytes in and bytes out: the blank one of each source,
//! and their own, returned with what was found in it.

mod blank;
mod codec;
mod edit;
mod guide;
mod layout;
mod listing;
mod naming;
mod observations;
mod rules;
mod words;

pub use blank::{Entry, Template, template};
pub use codec::{answer, decode_answer, encode_request};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use crate::diagnostic::Diagnostic;

/// A workbook that goes back to a department.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Its path below the folder that returned workbooks go to.
    pub name: String,
    /// The file; empty where not even a list could be made.
    pub bytes: Vec<u8>,
    /// Whether it is their own workbook; if not, it is a list beside it.
    pub edited: bool,
}

/// The department's workbook `file` with its cells coloured and commented and a sheet of
/// observations, everything else as they sent it. Where that is not safe, or the format is
/// another, a workbook with the observations alone.
pub fn annotate(bytes: &[u8], findings: &[Diagnostic], file: &str) -> Returned {
    let rows = observations::rows(findings, file);
    if let Some(bytes) = edit::annotate(bytes, &rows) {
        return Returned {
            name: file.to_owned(),
            bytes,
            edited: true,
        };
    }
    list(findings, file)
}

/// The observations alone, for a file that is not to be opened.
pub fn list(findings: &[Diagnostic], file: &str) -> Returned {
    let rows = observations::rows(findings, file);
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
    let ending = if ending.is_empty() {
        String::new()
    } else {
        format!(" ({ending})")
    };
    Returned {
        name: format!("{stem}{ending} - observaciones.xlsx"),
        bytes: listing::workbook(&rows, file).unwrap_or_default(),
        edited: false,
    }
}

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
