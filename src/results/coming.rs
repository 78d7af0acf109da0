//! What is due in the days after the cutoff.

use chrono::{Days, NaiveDate};

use super::goal::GoalEntry;
use super::said::{ComingEntry, ComingKind, ComingShown};
use crate::indicators::Status;
use crate::spanish;

/// How far ahead a report looks.
const DAYS: Days = Days::new(90);

/// Due dates of goals that are open, steps that are not done and next steps, in the order of their
/// days; on one day in the order of the plan.
pub(super) fn coming(goals: &[GoalEntry], cutoff: NaiveDate) -> Vec<ComingEntry> {
    let last = cutoff.checked_add_days(DAYS).unwrap_or(cutoff);
    let mut found: Vec<ComingEntry> = goals.iter().flat_map(of_goal).collect();
    found.retain(|one| cutoff < one.date && one.date <= last);
    found.sort_by_key(|one| one.date);
    found
}

fn of_goal(goal: &GoalEntry) -> Vec<ComingEntry> {
    if matches!(goal.status, Status::Cancelled) {
        return Vec::new();
    }
    let entry = |date: NaiveDate, kind: ComingKind, text: &str| ComingEntry {
        date,
        goal: goal.id.clone(),
        kind,
        text: text.to_owned(),
        shown: ComingShown {
            date: spanish::date_long(date),
        },
    };
    let is_open = !goal.status.is_met();
    let due = goal
        .due
        .filter(|_| is_open)
        .map(|day| entry(day, ComingKind::Due, &goal.statement));
    let steps = goal.steps.iter().filter(|step| step.completed_on.is_none());
    let steps = steps.filter_map(|step| Some(entry(step.due?, ComingKind::Step, &step.title)));
    let next = goal.remark.as_ref().and_then(|remark| {
        let text = remark.next_step.as_deref()?;
        Some(entry(remark.next_date?, ComingKind::NextStep, text))
    });
    due.into_iter().chain(steps).chain(next).collect()
}
