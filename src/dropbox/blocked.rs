//! A file that gave no data, told as one error.

use crate::diagnostic::{CellLocation, Diagnostic};
use crate::ingest::Reading;

/// A reading that holds one error and nothing else.
pub(super) fn blocked(error: Diagnostic) -> Reading {
    Reading {
        findings: vec![error],
        ..Reading::default()
    }
}

/// What is wrong with a whole file, or with one of its sheets.
pub(super) fn file_error(
    file: &str,
    sheet: Option<&str>,
    code: &str,
    message: String,
    hint: &str,
) -> Diagnostic {
    let place = CellLocation {
        file: file.to_owned(),
        sheet: sheet.map(str::to_owned),
        ..CellLocation::default()
    };
    Diagnostic::error(code, message).in_cells(place).hint(hint)
}
