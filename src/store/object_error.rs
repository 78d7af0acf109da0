//! Why the store of a home's files did not do what it was asked for, whichever it is.

use crate::diagnostic::Diagnostic;

/// Why the store did not do what it was asked for. Nothing that relies on it was recorded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .diagnostic.message)]
pub(crate) struct ObjectError {
    is_passing: bool,
    diagnostic: Box<Diagnostic>,
}

impl ObjectError {
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

    /// Whether the next run may find it gone.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_passing
    }
}

impl From<Diagnostic> for ObjectError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::lasting(diagnostic)
    }
}

impl From<ObjectError> for Diagnostic {
    fn from(error: ObjectError) -> Self {
        *error.diagnostic
    }
}
