//! What reading one file gives.

use polars::prelude::DataFrame;

use crate::diagnostic::{Diagnostic, Severity};

/// Name of the column that holds the 1-based row number of the sheet that a row came from.
pub const ROW_COLUMN: &str = "__row";

/// Typed columns.
pub type Frame = DataFrame;

/// One department file, read.
#[derive(Debug, Default)]
pub struct Reading {
    /// Sheet that was read; none for CSV or where none was found.
    pub sheet: Option<String>,
    /// Cells that hold the data, header row included: `A6:H455`.
    pub range: Option<String>,
    /// Data rows.
    pub rows: usize,
    /// The columns that the source carries, and [`ROW_COLUMN`] (u32): text and category as
    /// String, integer as Int64, number and percent as Float64, date as Date. None where an
    /// error finding blocks the file.
    pub frame: Option<DataFrame>,
    /// Everything that is wrong, in the order of the sheet.
    pub findings: Vec<Diagnostic>,
}

impl Reading {
    /// Whether an error takes the file out of the computation.
    pub fn is_blocked(&self) -> bool {
        self.findings.iter().any(|f| f.severity == Severity::Error)
    }
}
