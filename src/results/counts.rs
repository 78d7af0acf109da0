//! Goals counted by status.

use super::model::{GoalSummary, StatusCount};
use super::words;
use crate::indicators::Status;

/// How many goals have each status that any of them has, in the order of the statuses.
pub(super) fn by_status(statuses: &[Status]) -> Vec<StatusCount> {
    let told = Status::ALL.into_iter().map(|status| StatusCount {
        status,
        count: statuses.iter().filter(|one| **one == status).count(),
        shown: status.label().to_owned(),
        symbol: status.symbol().to_owned(),
    });
    told.filter(|one| one.count > 0).collect()
}

/// Of how many something was to be measured.
pub(super) fn due(statuses: &[Status]) -> usize {
    statuses.iter().filter(|status| status.is_due()).count()
}

/// All of them in numbers and in a sentence.
pub(super) fn summary(statuses: &[Status]) -> GoalSummary {
    let due = due(statuses);
    let is_met = |status: &&Status| matches!(status, Status::Met | Status::MetLate);
    let met = statuses.iter().filter(is_met).count();
    GoalSummary {
        goals: statuses.len(),
        due,
        met,
        by_status: by_status(statuses),
        shown: words::summary(due, met),
    }
}
