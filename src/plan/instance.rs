//! Recurring goals: which instance a period reports.

use chrono::{Datelike, Months, NaiveDate};

use super::definition::Plan;
use super::{Goal, Recurrence, Window};
use crate::period::{DueDate, Period, month_end};

impl Plan {
    /// The plan as `period` reports it: each recurring goal becomes the instance of that period.
    ///
    /// An instance is reported up to the period after the one in which it falls due, since what a
    /// year achieved is presented when the year is over: of a goal due every December, the first
    /// quarter reports the year before, the other quarters the year itself.
    ///
    /// It does not matter which period the plan has been taken at before: an instance is made of
    /// what the definition says.
    pub fn at(&self, period: Period) -> Self {
        let mut plan = self.clone();
        for source in plan.sources.values_mut() {
            source.period = Some(period);
        }
        for goal in plan.goals.values_mut() {
            *goal = goal.instance(period);
        }
        plan
    }
}

impl Goal {
    fn instance(&self, period: Period) -> Self {
        let Some(recurrence) = &self.recurrence else {
            return self.clone();
        };
        let Some(first) = recurrence.first.due else {
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
        goal.window = recurrence.first.window.map(|w| shift(w, years));
        goal.covers = recurrence.first.covers.map(|w| shift(w, years));
        if let Some(target) = recurrence.target_of(due.date.year())
            && let Some(quantity) = goal.measure.quantity_mut()
        {
            quantity.target = target;
        }
        goal
    }
}

impl Recurrence {
    /// The target of the instance that falls due in `year`.
    pub fn target_of(&self, year: i32) -> Option<f64> {
        self.targets.get(&year).copied().or(self.first.target)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_due_on_the_same_day_or_months_end_of_its_year() {
        for (day, month_only, years, moved) in [
            ("2025-12-31", true, 1, "2026-12-31"),
            ("2024-02-29", true, 1, "2025-02-28"),
            ("2027-02-28", true, 1, "2028-02-29"),
            ("2025-12-15", false, 2, "2027-12-15"),
        ] {
            let date = day.parse().unwrap();
            let then = later(DueDate { date, month_only }, years);
            assert_eq!(then.date.to_string(), moved, "{day}");
            assert_eq!(then.month_only, month_only);
        }
    }
}
