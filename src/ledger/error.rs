//! Why the ledger did not do what it was asked for.

use crate::diagnostic::Diagnostic;

use super::faults::failed;

/// What the ledger refuses, or can't do.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// SQLite failed in the midst of the work; nothing of the step was recorded.
    #[error("the ledger refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Another run is at work, or has issued what was to be issued: try again later.
    #[error("{}", .0.message)]
    Busy(Diagnostic),
    /// It can't be opened or used, or what was asked for does not fit what it holds.
    #[error("{}", .0.message)]
    Refused(Diagnostic),
}

#[cfg(test)]
impl LedgerError {
    /// As people see it.
    pub(super) fn diagnostic(self) -> Diagnostic {
        self.into()
    }
}

impl From<Diagnostic> for LedgerError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Refused(diagnostic)
    }
}

impl From<LedgerError> for Diagnostic {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Sqlite(error) => failed(&error),
            LedgerError::Busy(diagnostic) | LedgerError::Refused(diagnostic) => diagnostic,
        }
    }
}
