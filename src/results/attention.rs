//! Which goals need attention, and which of them most.

use super::goal::GoalEntry;
use crate::indicators::{Flag, Status, Trend};

/// Below what is behind and above what was met late: it has fallen below where it began.
const REGRESSED: u8 = 4;
/// Below what is behind: it moves away from its target, and nothing was planned to judge it by.
const WORSENS: u8 = 6;

/// Numbers the goals that need attention, the worst 1. Of two alike in status the one comes first
/// that moves away from its target, then the one that is farther from it, then the one that the
/// plan names first.
pub(crate) fn rank(goals: &mut [GoalEntry]) {
    let mut urgent: Vec<(u8, &mut GoalEntry)> = Vec::new();
    for goal in goals {
        goal.attention = None;
        if let Some(place) = place(goal) {
            urgent.push((place, goal));
        }
    }
    urgent.sort_by(|(a, one), (b, other)| {
        a.cmp(b)
            .then(worsens(other).cmp(&worsens(one)))
            .then(reached(one).total_cmp(&reached(other)))
    });
    for (rank, (_, goal)) in (1..).zip(urgent) {
        goal.attention = Some(rank);
    }
}

fn place(goal: &GoalEntry) -> Option<u8> {
    let regressed = goal.flags.contains(&Flag::Regressed);
    let slips = goal.status == Status::InProgress && worsens(goal);
    [
        goal.status.attention(),
        regressed.then_some(REGRESSED),
        slips.then_some(WORSENS),
    ]
    .into_iter()
    .flatten()
    .min()
}

fn worsens(goal: &GoalEntry) -> bool {
    goal.trend == Some(Trend::Worse)
}

/// How much is reached of what was planned, else of the target.
fn reached(goal: &GoalEntry) -> f64 {
    let percent = goal.planned_attainment_pct.or(goal.progress_pct);
    percent.unwrap_or(0.0)
}
