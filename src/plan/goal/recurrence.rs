//! How a goal returns year after year.

use chrono::NaiveDate;
use indexmap::IndexMap;

use super::{Goal, GoalKeys, Window};
use crate::period::DueDate;
use crate::plan::check::Checker;

/// A goal that returns every year on the same day.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    /// No instance is due after this day.
    pub until: NaiveDate,
    /// Target by the year of the due date; the first one's where a year is not there.
    pub targets: IndexMap<i32, f64>,
    /// What the definition says, of which every other instance is made. Kept apart from the goal's
    /// own fields, which are one instance's, so that no instance can be made of another.
    pub first: Occurrence,
}

/// What changes from one instance of a recurring goal to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occurrence {
    /// Its due date.
    pub due: Option<DueDate>,
    /// When it is open.
    pub window: Option<Window>,
    /// The days that its value covers.
    pub covers: Option<Window>,
    /// Its target, where its kind has one.
    pub target: Option<f64>,
}

impl GoalKeys {
    pub(crate) fn recurrence(&self, goal: &Goal, checker: &mut Checker<'_>) -> Option<Recurrence> {
        let id = &goal.id;
        let Some(until) = self.recurs_until.copied() else {
            if self.targets.is_given() && !self.recurs_until.is_given() {
                checker.error_hint(
                    "missing-key",
                    self.targets.key(),
                    format!("goal `{id}` has targets by year, but does not recur"),
                    "add recurs_until = \"2027-12\"",
                );
            }
            return None;
        };
        if self.due.copied().is_none_or(|due| due.date >= until.date) {
            checker.error_hint(
                "recurrence",
                self.recurs_until.span(),
                format!("goal `{id}` ends recurring before its first due date, or has none"),
                "due is its first due date; recurs_until lies at least a year later",
            );
        }
        Some(Recurrence {
            until: until.date,
            targets: self.targets.numbers(),
            first: Occurrence {
                due: goal.due,
                window: goal.window,
                covers: goal.covers,
                target: goal.quantity().map(|quantity| quantity.target),
            },
        })
    }
}
