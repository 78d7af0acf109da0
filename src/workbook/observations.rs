//! Findings as a department reads them in a sheet: one row each.

use crate::diagnostic::{Diagnostic, Location, Severity};

/// Title of the sheet.
pub(super) const SHEET: &str = "Observaciones";
/// Its columns' titles and widths.
pub(super) const COLUMNS: [(&str, u32); 7] = [
    ("Gravedad", 12),
    ("Hoja", 18),
    ("Celda", 14),
    ("Columna", 24),
    ("Qué había", 28),
    ("Qué pasa", 60),
    ("Qué escribir o hacer", 60),
];
/// What stands above them.
pub(super) const TITLE: &str = "Observaciones de la revisión";
/// How to go on from there.
pub(super) const HOW: &str = "Corrija cada celda señalada, guarde el libro y entréguelo de nuevo en la misma carpeta. Un «Error» impide usar el archivo; un «Aviso» no.";
/// Said where nothing was found.
pub(super) const NONE: &str = "No se encontró nada que corregir.";

/// One observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ObservationRow {
    /// Blocks or not.
    pub severity: Severity,
    /// The sheet.
    pub sheet: Option<String>,
    /// Cells as the finding names them: `D14`, `D14:D97` or `B6, F6`.
    pub cell: Option<String>,
    /// The column's header.
    pub header: Option<String>,
    /// What stands there; absent for a personal column.
    pub raw: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl ObservationRow {
    /// Severity in a word.
    pub(super) fn word(&self) -> &'static str {
        match self.severity {
            Severity::Error => "Error",
            Severity::Warning => "Aviso",
            Severity::Note => "Nota",
        }
    }

    /// The texts of its columns.
    pub(super) fn texts(&self) -> [&str; 7] {
        [
            self.word(),
            self.sheet.as_deref().unwrap_or("—"),
            self.cell.as_deref().unwrap_or("—"),
            self.header.as_deref().unwrap_or("—"),
            self.raw.as_deref().unwrap_or("—"),
            &self.message,
            self.hint.as_deref().unwrap_or("—"),
        ]
    }

    /// Its cells as zero-based first row, first column, last row, last column.
    pub(super) fn areas(&self) -> Vec<CellRange> {
        let cells = self.cell.as_deref().unwrap_or_default();
        cells.split(',').filter_map(|c| area(c.trim())).collect()
    }

    /// Height in lines of text of a sheet's row.
    pub(super) fn lines(&self) -> u32 {
        let lines = self
            .texts()
            .iter()
            .zip(COLUMNS)
            .map(|(text, (_, width))| text.chars().count() / width as usize + 1)
            .max();
        u32::try_from(lines.unwrap_or(1)).unwrap_or(1).min(20)
    }
}

/// A rectangle of cells, zero-based and inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CellRange {
    /// Its first cell's row and column.
    pub first: (u32, u32),
    /// Its last cell's row and column.
    pub last: (u32, u32),
}

fn area(text: &str) -> Option<CellRange> {
    let (from, to) = text.split_once(':').unwrap_or((text, text));
    let (first, last) = (position(from)?, position(to)?);
    (first.0 <= last.0 && first.1 <= last.1).then_some(CellRange { first, last })
}

/// Zero-based row and column of an A1 reference inside a sheet.
pub(super) fn position(text: &str) -> Option<(u32, u32)> {
    let letters = text.chars().take_while(char::is_ascii_uppercase).count();
    let (letters, digits) = text.split_at_checked(letters)?;
    let column = letters.bytes().try_fold(0u32, |n, b| {
        n.checked_mul(26)?.checked_add(u32::from(b - b'A') + 1)
    })?;
    let row: u32 = digits.parse().ok()?;
    let inside = (1..=16_384).contains(&column) && (1..=1_048_576).contains(&row);
    inside.then(|| (row - 1, column - 1))
}

/// A1 notation.
pub(super) fn a1(row: u32, column: u32) -> String {
    let letters =
        rust_xlsxwriter::utility::column_number_to_name(u16::try_from(column).unwrap_or(u16::MAX));
    format!("{letters}{}", row + 1)
}

/// The observations about `file`, in the order of the findings.
pub(super) fn rows(findings: &[Diagnostic], file: &str) -> Vec<ObservationRow> {
    let row = |finding: &Diagnostic| {
        let Location::Cells(place) = &finding.location else {
            return None;
        };
        (place.file == file).then(|| ObservationRow {
            severity: finding.severity,
            sheet: place.sheet.clone(),
            cell: place.cell.clone(),
            header: place.header.clone(),
            raw: place.raw.clone(),
            message: finding.message.clone(),
            hint: finding.hint.clone(),
        })
    };
    findings.iter().filter_map(row).collect()
}
