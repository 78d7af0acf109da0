//! Why a database did not do what it was asked for, whichever it is.

use std::fmt;

use crate::diagnostic::Diagnostic;

/// Whether a fault of a database passes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passing {
    Yes,
    No,
}

/// Why a database did not do what it was asked for. Nothing of the step was recorded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .diagnostic.message)]
pub struct DatabaseError {
    passing: Passing,
    diagnostic: Box<Diagnostic>,
}

impl DatabaseError {
    /// A fault that passes by itself: the next run goes on.
    pub(super) fn passing(diagnostic: Diagnostic) -> Self {
        Self {
            passing: Passing::Yes,
            diagnostic: Box::new(diagnostic),
        }
    }

    /// A fault that somebody must put right.
    pub(super) fn lasting(diagnostic: Diagnostic) -> Self {
        Self {
            passing: Passing::No,
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
        self.passing == Passing::Yes
    }

    /// As people see it.
    pub fn diagnostic(self) -> Diagnostic {
        *self.diagnostic
    }
}
