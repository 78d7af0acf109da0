//! Why a message has no words.

use crate::diagnostic::Diagnostic;

/// A template of this program can't be rendered with what a message says.
#[derive(Debug, thiserror::Error)]
#[error("the message's text failed: {0}")]
pub struct CorrespondenceError(#[from] minijinja::Error);

impl From<CorrespondenceError> for Diagnostic {
    fn from(error: CorrespondenceError) -> Self {
        Self::error("body-failed", error.to_string())
    }
}
