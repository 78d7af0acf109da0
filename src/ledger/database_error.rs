//! Why a database did not do what it was asked for, whichever it is.

use std::fmt;

use crate::diagnostic::Diagnostic;

/// Why a database did not do what it was asked for. Nothing of the step was recorded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .diagnostic.message)]
pub struct DatabaseError {
    is_passing: bool,
    diagnostic: Box<Diagnostic>,
}

impl DatabaseError {
    /// A fault that passes by itself: the next run goes on.
    pub(super) fn passing(diagnostic: Diagnostic) -> Self {
        Self {
            is_passing: true,
            diagnostic: Box::new(diagnostic),
        }
    }

    /// A fault that somebody must put right.
    pub(super) fn lasting(diagnostic: Diagnostic) -> Self {
        Self {
            is_passing: false,
            diagnostic: Box::new(diagnostic),
        }
    }

    /// A fault that nobody foresaw.
    pub(super) fn failed(why: impl fmt::Display) -> Self {
        Self::lasting(
            Diagnostic::error("ledger-failed", format!("the ledger refused: {why}"))
                .hint("Nothing of this step was recorded. Check the disk and run again."),
        )
    }

    /// Whether the next run may find it gone.
    pub fn is_passing(&self) -> bool {
        self.is_passing
    }

    /// As people see it.
    pub fn diagnostic(self) -> Diagnostic {
        *self.diagnostic
    }
}
