//! When a plan's reports are due.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::schedule::Schedule;
use crate::period::Period;

impl Schedule {
    /// The day on which a period's report is due.
    pub fn due_on(&self, period: Period) -> NaiveDate {
        period.end() + Days::new(u64::from(self.report_after_days))
    }

    /// The last day on which a period's files are in time.
    pub fn submit_by(&self, period: Period) -> NaiveDate {
        period.end() + Days::new(u64::from(self.submit_within_days))
    }

    /// The last day on which a file is in time whatever its hour.
    pub fn last_day_for_files(&self, period: Period) -> NaiveDate {
        self.files_deadline(period).date() - Days::new(1)
    }

    /// The first moment, local time, at which a file that is not there is late: the end of the
    /// last day for files, or the start of the day on which the report falls due, where that is
    /// earlier, because from then on the report is issued without it.
    pub fn files_deadline(&self, period: Period) -> NaiveDateTime {
        let after_last_day = self.submit_by(period) + Days::new(1);
        after_last_day
            .min(self.due_on(period))
            .and_time(NaiveTime::MIN)
    }

    /// The step of a period's ladder of reminders that is to be taken on `today`: the last one whose
    /// day has come, so that of several that were missed one is made up for. Up to the last day for
    /// files those before it count, afterwards those after it, as long as a run still issues the
    /// report.
    pub fn reminder_step(&self, period: Period, today: NaiveDate) -> Option<NaiveDate> {
        if today > self.held_after(period) {
            return None;
        }
        let last_day = self.last_day_for_files(period);
        let days = |n: &u32| Days::new(u64::from(*n));
        let steps: Vec<NaiveDate> = if today <= last_day {
            let before = self.remind_before_days.iter();
            before.map(|n| last_day - days(n)).collect()
        } else {
            let after = self.remind_after_days.iter();
            after.map(|n| last_day + days(n)).collect()
        };
        steps.into_iter().filter(|step| *step <= today).max()
    }

    /// Every period that has begun by `today`, oldest first.
    pub fn begun_by(&self, today: NaiveDate) -> Vec<Period> {
        std::iter::successors(Some(self.first_period), |period| Some(period.next()))
            .take_while(|period| period.start() <= today)
            .collect()
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
    use crate::plan::Incomplete;

    fn schedule() -> Schedule {
        Schedule {
            every: Frequency::Quarter,
            report_after_days: 5,
            remind_before_days: Vec::new(),
            remind_after_days: Vec::new(),
            submit_within_days: 3,
            max_lateness_days: 45,
            first_period: "2026-T1".parse().unwrap(),
            incomplete: Incomplete::Issue,
        }
    }

    #[test]
    fn due_days() {
        let schedule = schedule();
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

    /// Files are due on 3 July; the ladder is 10, 3 and 1 days before, 1 and 2 after.
    #[test]
    fn the_last_step_of_the_ladder_that_has_come_is_taken() {
        let schedule = Schedule {
            submit_within_days: 3,
            remind_before_days: vec![1, 3, 10],
            remind_after_days: vec![1, 2],
            ..schedule()
        };
        for (today, step) in [
            ("2026-06-22", None),
            ("2026-06-23", Some("2026-06-23")),
            ("2026-06-29", Some("2026-06-23")),
            ("2026-06-30", Some("2026-06-30")),
            ("2026-07-02", Some("2026-07-02")),
            ("2026-07-03", Some("2026-07-02")),
            ("2026-07-04", Some("2026-07-04")),
            ("2026-07-05", Some("2026-07-05")),
            ("2026-07-20", Some("2026-07-05")),
        ] {
            let day = |text: &str| text.parse::<NaiveDate>().unwrap();
            let found = schedule.reminder_step("2026-T2".parse().unwrap(), day(today));
            assert_eq!(found, step.map(day), "{today}");
        }
        let silent = Schedule {
            remind_after_days: vec![],
            ..schedule
        };
        let day = "2026-07-05".parse().unwrap();
        assert_eq!(silent.reminder_step("2026-T2".parse().unwrap(), day), None);
    }

    #[test]
    fn a_report_is_held_from_the_day_after_its_longest_lateness() {
        let last = schedule().held_after("2026-T1".parse().unwrap());
        assert_eq!(last.to_string(), "2026-05-20");
    }

    #[test]
    fn files_are_in_time_until_the_end_of_their_last_day_and_never_after_the_report() {
        let period: Period = "2026-T1".parse().unwrap();
        for (submit, report, deadline) in [
            (3, 5, "2026-04-04T00:00"),
            (4, 5, "2026-04-05T00:00"),
            (5, 5, "2026-04-05T00:00"),
            (0, 5, "2026-04-01T00:00"),
            (0, 0, "2026-03-31T00:00"),
        ] {
            let mut schedule = schedule();
            schedule.submit_within_days = submit;
            schedule.report_after_days = report;
            let told = schedule.files_deadline(period).format("%Y-%m-%dT%H:%M");
            assert_eq!(told.to_string(), deadline, "{submit} {report}");
        }
    }
}
