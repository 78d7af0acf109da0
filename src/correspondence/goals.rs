//! A goal as a line of a message.

use serde::Serialize;

use crate::indicators::{Status, StatusTone};
use crate::plan::GoalKind;
use crate::results::GoalEntry;

/// A goal as it stands, in the words of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoalLine {
    /// The goal as published.
    pub statement: String,
    /// The measured value with its unit; none where there is none.
    pub value: Option<String>,
    /// Progress in percent; none where it has none.
    pub progress: Option<String>,
    /// Status.
    pub status: String,
    /// The status's symbol.
    pub symbol: String,
    /// The colour of the symbol, which never says more than the word beside it.
    pub colour: &'static str,
}

impl From<&GoalEntry> for GoalLine {
    fn from(goal: &GoalEntry) -> Self {
        // What is done or not has no way to go: its status says it all.
        let has_way = goal.kind != GoalKind::Milestone;
        let progress = goal.shown.progress_pct.as_ref().filter(|_| has_way);
        Self {
            statement: goal.statement.clone(),
            value: goal.shown.figure(),
            progress: progress.cloned(),
            status: goal.shown.status.clone(),
            symbol: goal.shown.symbol.clone(),
            colour: colour(goal.status),
        }
    }
}

/// A colour that is read on white and on light grey.
pub(super) fn colour(status: Status) -> &'static str {
    match status.tone() {
        StatusTone::Good => "#14532d",
        StatusTone::Bad => "#991b1b",
        StatusTone::Warning => "#7c3a00",
        StatusTone::UnderWay => "#1e3a8a",
        StatusTone::Neutral => "#374151",
    }
}
