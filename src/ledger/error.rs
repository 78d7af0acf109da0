//! Why the ledger did not do what it was asked for.

use crate::diagnostic::Diagnostic;

use super::database_error::DatabaseError;

/// What the ledger refuses, or can't do.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database failed in the midst of the work, and will again; nothing of the step was
    /// recorded.
    #[error("{0}")]
    Failed(DatabaseError),
    /// The database can't be used just now: another program keeps it to itself, or it can't be
    /// reached. Nothing of the step was recorded: try again later.
    #[error("{0}")]
    InUse(DatabaseError),
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

impl From<DatabaseError> for LedgerError {
    fn from(error: DatabaseError) -> Self {
        if error.is_passing() {
            Self::InUse(error)
        } else {
            Self::Failed(error)
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
            LedgerError::Failed(error) | LedgerError::InUse(error) => error.diagnostic(),
            LedgerError::Busy(diagnostic)
            | LedgerError::Unknown(diagnostic)
            | LedgerError::Transition(diagnostic)
            | LedgerError::Refused(diagnostic) => diagnostic,
        }
    }
}
