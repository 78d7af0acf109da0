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
