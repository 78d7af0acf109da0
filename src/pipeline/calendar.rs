//! When a plan's reports are due.

use chrono::{Days, NaiveDate};

use super::model::Schedule;
use crate::period::Period;

impl Schedule {
    /// The day on which a period's report is due.
    pub fn due_on(&self, period: Period) -> NaiveDate {
        period.end() + Days::new(u64::from(self.report_after_days))
    }

    /// The last day on which an unattended run still issues a period's report.
    pub fn held_after(&self, period: Period) -> NaiveDate {
        self.due_on(period) + Days::new(u64::from(self.max_lateness_days))
    }

    /// Every period whose report is due on `today`, oldest first, issued or not.
    pub fn due_by(&self, today: NaiveDate) -> Vec<Period> {
        std::iter::successors(Some(self.first_period), |period| Some(period.next()))
            .take_while(|period| self.due_on(*period) <= today)
            .collect()
    }

    /// The first period whose report is not due yet on `today`.
    pub fn next_after(&self, today: NaiveDate) -> Period {
        self.due_by(today)
            .last()
            .map_or(self.first_period, |last| last.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::Frequency;
    use crate::pipeline::Incomplete;

    #[test]
    fn due_days() {
        let schedule = Schedule {
            every: Frequency::Quarter,
            report_after_days: 5,
            remind_before_days: Vec::new(),
            max_lateness_days: 45,
            first_period: "2026-T1".parse().unwrap(),
            incomplete: Incomplete::Issue,
        };
        for (today, due, next) in [
            ("2026-04-04", "", "2026-T1"),
            ("2026-04-05", "2026-T1", "2026-T2"),
            ("2026-11-22", "2026-T1 2026-T2 2026-T3", "2026-T4"),
            ("2025-01-01", "", "2026-T1"),
        ] {
            let today: NaiveDate = today.parse().unwrap();
            let periods: Vec<_> = schedule
                .due_by(today)
                .iter()
                .map(Period::to_string)
                .collect();
            assert_eq!(periods.join(" "), due, "{today}");
            assert_eq!(schedule.next_after(today).to_string(), next, "{today}");
        }
    }
}
