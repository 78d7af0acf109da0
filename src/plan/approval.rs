//! `[approval]`: who releases a report before it is sent.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::field::Field;
use super::shape::Text;

/// The keys of `[approval]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ApprovalKeys {
    /// Who may release a report, and is asked to.
    #[schemars(length(min = 1), example = &["Titular de la Unidad <titular@example.mx>"])]
    by: Field<Vec<Field<Text>>>,
}

/// A report waits until a person has released exactly its PDF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Mailboxes of those who may release it; at least one, each once.
    pub by: Vec<String>,
}

impl ApprovalKeys {
    pub(crate) fn check(&self, checker: &mut Checker<'_>) -> Approval {
        Approval {
            by: checker.mailboxes(&self.by, "approver"),
        }
    }
}
