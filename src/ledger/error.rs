//! Why the ledger did not do what it was asked for.

use crate::diagnostic::Diagnostic;

use super::faults::{failed, in_use, is_busy};

/// What the ledger refuses, or can't do.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// SQLite failed in the midst of the work; nothing of the step was recorded.
    #[error("the ledger refused: {0}")]
    Sqlite(rusqlite::Error),
    /// Another program keeps the file to itself; nothing of the step was recorded: try again later.
    #[error("the ledger is in use: {0}")]
    InUse(rusqlite::Error),
    /// Another run is at work, or has issued what was to be issued: try again later.
    #[error("{}", .0.message)]
    Busy(Diagnostic),
    /// There is no delivery of that number.
    #[error("{}", .0.message)]
    Unknown(Diagnostic),
    /// The delivery is no longer, or can't come to be, where it was to be moved.
    #[error("{}", .0.message)]
    Transition(Diagnostic),
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

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            Self::InUse(error)
        } else {
            Self::Sqlite(error)
        }
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
            LedgerError::InUse(error) => in_use(&error),
            LedgerError::Busy(diagnostic)
            | LedgerError::Unknown(diagnostic)
            | LedgerError::Transition(diagnostic)
            | LedgerError::Refused(diagnostic) => diagnostic,
        }
    }
}
