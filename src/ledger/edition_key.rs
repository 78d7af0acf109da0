//! Which edition is meant.

use serde::Serialize;

use crate::period::Period;

/// Which edition of which report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EditionKey {
    /// The plan's id.
    pub plan: String,
    /// The period reported.
    pub period: Period,
    /// From 1.
    pub edition: u32,
}

impl EditionKey {
    /// Where its folder lies in a home, with `/`, unless the ledger says another place.
    pub(crate) fn folder(&self) -> String {
        format!("reports/{}/{}/v{}", self.plan, self.period, self.edition)
    }
}
