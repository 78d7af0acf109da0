//! Why a message was not made, not sent, or its delivery not settled.

use crate::diagnostic::Diagnostic;
use crate::ledger::LedgerError;
use crate::store::ObjectError;

/// What the delivery refuses, or can't do.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// What the ledger said.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// This is no address.
    #[error("{0}")]
    Address(String),
    /// The delivery is in a state in which there is nothing for a person to decide.
    #[error("{}", .0.message)]
    NothingToSettle(Diagnostic),
    /// What was given is no notice that a message did not arrive.
    #[error("{}", .0.message)]
    NotABounce(Diagnostic),
    /// The folder of the edition that it carries is gone; it can be put back.
    #[error("{}", .0.message)]
    EditionMissing(Diagnostic),
    /// What it needs can't be had just now; the next run goes on.
    #[error("{}", .0.message)]
    Later(Diagnostic),
    /// A file, a secret or a message can't be used as it is.
    #[error("{}", .0.message)]
    Unusable(Diagnostic),
}

impl From<Diagnostic> for DeliveryError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Unusable(diagnostic)
    }
}

impl From<ObjectError> for DeliveryError {
    fn from(error: ObjectError) -> Self {
        match error.is_passing() {
            true => Self::Later(error.into()),
            false => Self::Unusable(error.into()),
        }
    }
}

impl From<DeliveryError> for Diagnostic {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::Ledger(error) => error.into(),
            DeliveryError::Address(why) => Self::error("address-invalid", why),
            DeliveryError::NothingToSettle(diagnostic)
            | DeliveryError::NotABounce(diagnostic)
            | DeliveryError::EditionMissing(diagnostic)
            | DeliveryError::Later(diagnostic)
            | DeliveryError::Unusable(diagnostic) => diagnostic,
        }
    }
}
