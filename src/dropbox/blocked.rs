//! A file that gave no data, told as one error.

use crate::diagnostic::{CellLocation, Diagnostic};
use crate::ingest::Reading;

/// A reading that holds one error and nothing else.
pub(super) fn blocked(
    file: &str,
    sheet: Option<&str>,
    code: &str,
    message: String,
    hint: &str,
) -> Reading {
    let place = CellLocation {
        file: file.to_owned(),
        sheet: sheet.map(str::to_owned),
        ..CellLocation::default()
    };
    Reading {
        findings: vec![Diagnostic::error(code, message).in_cells(place).hint(hint)],
        ..Reading::default()
    }
}
