//! Goals counted by status.

use super::goal::GoalEntry;
use super::model::{ChangeCounts, GoalSummary, StatusCount};
use super::words;
use crate::indicators::{Status, Trend};
use crate::spanish;

/// How many goals have each status that any of them has, what asks for attention first.
pub(super) fn by_status(statuses: &[Status]) -> Vec<StatusCount> {
    let told = Status::ALL.into_iter().map(|status| StatusCount {
        status,
        count: statuses.iter().filter(|one| **one == status).count(),
        shown: status.label().to_owned(),
        symbol: status.symbol().to_owned(),
    });
    let mut all: Vec<StatusCount> = told.filter(|one| one.count > 0).collect();
    all.sort_by_key(|one| one.status.tally_place());
    all
}

/// Of how many something was to be measured.
pub(super) fn due(statuses: &[Status]) -> usize {
    statuses.iter().filter(|status| status.is_due()).count()
}

/// Of how many something was to be measured, and how many of them are met.
fn due_and_met(statuses: &[Status]) -> (usize, usize) {
    let met = statuses.iter().filter(|status| status.is_met()).count();
    (due(statuses), met)
}

/// `Cabildo: 2 de 3 metas cumplidas`.
pub(super) fn axis_conclusion(title: &str, statuses: &[Status]) -> String {
    let (due, met) = due_and_met(statuses);
    format!("{title}: {}", words::conclusion(due, met))
}

/// All of them in numbers and in a sentence.
pub(super) fn summary(goals: &[GoalEntry]) -> GoalSummary {
    let statuses: Vec<Status> = goals.iter().map(|goal| goal.status).collect();
    let (due, met) = due_and_met(&statuses);
    GoalSummary {
        goals: goals.len(),
        due,
        met,
        by_status: by_status(&statuses),
        shown: words::summary(due, met),
        conclusion: spanish::capitalised(&words::conclusion(due, met)),
        changes: changes(goals),
    }
}

fn changes(goals: &[GoalEntry]) -> ChangeCounts {
    let of = |which: Option<Trend>| goals.iter().filter(|goal| moved(goal) == which).count();
    let (better, worse) = (of(Some(Trend::Better)), of(Some(Trend::Worse)));
    let same = of(Some(Trend::Same));
    ChangeCounts {
        better,
        worse,
        same,
        not_compared: of(None),
        shown: words::changes(better, worse, same),
    }
}

/// How a goal stands beside its last period, by its status and its value. Where one of them is
/// worse the goal is, whatever the other says.
fn moved(goal: &GoalEntry) -> Option<Trend> {
    let seen = [goal.status_change, goal.trend];
    [Trend::Worse, Trend::Better, Trend::Same]
        .into_iter()
        .find(|trend| seen.contains(&Some(*trend)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_attention_is_counted_first() {
        let counted = by_status(&[Status::Met, Status::InProgress, Status::Met, Status::NotMet]);
        let told: Vec<_> = counted.iter().map(|one| (one.status, one.count)).collect();
        let first = [
            (Status::NotMet, 1),
            (Status::InProgress, 1),
            (Status::Met, 2),
        ];
        assert_eq!(told, first);
    }
}
