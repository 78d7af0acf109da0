//! Recurring goals: which instance a period reports.

use chrono::{Datelike, Months, NaiveDate};

use super::model::{Goal, Measure, Pipeline, Window};
use crate::period::{DueDate, Period, month_end};

impl Pipeline {
    /// The plan as `period` reports it: each recurring goal becomes the instance of that period.
    ///
    /// An instance is reported up to the period after the one in which it falls due, since what a
    /// year achieved is presented when the year is over: of a goal due every December, the first
    /// quarter reports the year before, the other quarters the year itself.
    pub fn at(&self, period: Period) -> Self {
        let mut plan = self.clone();
        for goal in plan.goals.values_mut() {
            *goal = goal.instance(period);
        }
        plan
    }
}

impl Goal {
    fn instance(&self, period: Period) -> Self {
        let (Some(recurrence), Some(first)) = (&self.recurrence, self.due) else {
            return self.clone();
        };
        let reported_from = period.previous().end();
        let mut years = 0;
        while later(first, years).date < reported_from
            && later(first, years + 1).date <= recurrence.until
        {
            years += 1;
        }
        let due = later(first, years);
        let mut goal = self.clone();
        goal.due = Some(due);
        goal.window = self.window.map(|w| shift(w, years));
        goal.covers = self.covers.map(|w| shift(w, years));
        if let Some(target) = recurrence.targets.get(&due.date.year()) {
            match &mut goal.measure {
                Measure::Ratio(quantity)
                | Measure::Cumulative { quantity, .. }
                | Measure::Stock { quantity, .. } => quantity.target = *target,
                _ => {}
            }
        }
        goal
    }
}

fn shift(window: Window, years: u32) -> Window {
    Window {
        from: later(window.from, years),
        to: later(window.to, years),
    }
}

/// The same day, or the same month's last day, `years` later.
fn later(date: DueDate, years: u32) -> DueDate {
    let moved: NaiveDate = date.date + Months::new(12 * years);
    DueDate {
        date: if date.month_only {
            month_end(moved)
        } else {
            moved
        },
        month_only: date.month_only,
    }
}
