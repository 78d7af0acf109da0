//! `[schedule]`: when reports are due.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::field::{Field, days, usual};
use super::shape;
use crate::period::{Frequency, Period};

/// The keys of `[schedule]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ScheduleKeys {
    /// Length of a period.
    every: Field<Frequency>,
    /// Day of the period on which its figures are cut, local time.
    #[serde(default = "usual::<Cutoff>")]
    #[expect(
        dead_code,
        reason = "there is only one choice, which the periods have built in"
    )]
    cutoff: Field<Cutoff>,
    /// Days between the cutoff and the day that the report is due.
    #[serde(default = "days::<5>")]
    #[schemars(range(min = 0, max = 366))]
    report_after_days: Field<u32>,
    /// Days after the cutoff until whose end departments' files are due; a file that comes later
    /// is late. Default: report_after_days.
    #[serde(default)]
    #[schemars(range(min = 0, max = 366))]
    submit_within_days: Field<u32>,
    /// Days before the last day for files on which liaisons whose file is missing are reminded; 0
    /// is that day itself. They are written to from 8:00 on in the plan's time zone; earlier only by a
    /// run that comes more than twelve hours after the one before it. Absent: none.
    #[serde(default)]
    #[schemars(inner(range(min = 0, max = 366)))]
    remind_before_days: Field<Vec<Field<u32>>>,
    /// Days after the last day for files on which they are reminded again, while the report is not
    /// issued. Absent: none.
    #[serde(default)]
    #[schemars(inner(range(min = 1, max = 366)))]
    remind_after_days: Field<Vec<Field<u32>>>,
    /// An unattended run later than this holds and asks.
    #[serde(default = "days::<45>")]
    #[schemars(range(min = 0, max = 3660))]
    max_lateness_days: Field<u32>,
    /// No period before this one is ever due.
    #[schemars(schema_with = "shape::period")]
    first_period: Field<Period>,
    /// What becomes of the report where a source is missing or blocked.
    #[serde(default = "usual::<Incomplete>")]
    incomplete: Field<Incomplete>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
enum Cutoff {
    #[default]
    #[serde(rename = "last day")]
    LastDay,
}

/// What happens when a source is missing or blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Incomplete {
    /// The report is issued and says *Sin información*.
    #[default]
    Issue,
    /// The report is not issued; exit 65.
    Hold,
}

/// When reports are due.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Length of a period.
    pub every: Frequency,
    /// Days between the cutoff and the day that the report is due.
    pub report_after_days: u32,
    /// Days between the cutoff and the last day on which departments' files are in time.
    pub submit_within_days: u32,
    /// Days before the last day for files on which liaisons are reminded, rising, each once.
    pub remind_before_days: Vec<u32>,
    /// Days after it on which they are reminded while the report is not issued, rising, each once.
    pub remind_after_days: Vec<u32>,
    /// An unattended run more than this many days after the due day holds.
    pub max_lateness_days: u32,
    /// No period before this one is ever due.
    pub first_period: Period,
    /// What to do without some of the data.
    pub incomplete: Incomplete,
}

impl Schedule {
    /// Whether anybody is ever reminded of a missing file.
    pub fn reminds(&self) -> bool {
        !self.remind_before_days.is_empty() || !self.remind_after_days.is_empty()
    }
}

impl Schedule {
    /// What stands for a `[schedule]` that can't be read, so that the rest of a definition can be
    /// looked at.
    pub(crate) fn unread() -> Self {
        let day = chrono::NaiveDate::default();
        Self {
            every: Frequency::Quarter,
            report_after_days: 0,
            submit_within_days: 0,
            remind_before_days: Vec::new(),
            remind_after_days: Vec::new(),
            max_lateness_days: 0,
            first_period: Period::containing(day, Frequency::Quarter),
            incomplete: Incomplete::default(),
        }
    }
}

impl ScheduleKeys {
    pub(crate) fn check(&self, checker: &mut Checker<'_>) -> Option<Schedule> {
        let every = self.every.copied();
        checker.frequency = every;
        let first_period = self.first_period.copied();
        if let Some(first) = first_period {
            checker.same_frequency(first, self.first_period.span());
        }
        let report_after_days = self.report_after_days.copied();
        let submit_within_days = self.submit_within_days.copied().or(report_after_days);
        if let (Some(submit), Some(report)) = (submit_within_days, report_after_days)
            && submit > report
        {
            checker.error_hint(
                "submit-after-report",
                self.submit_within_days.span(),
                format!("files are due {submit} days after the cutoff, and the report after {report}"),
                "let the files be due before the report: submit_within_days at most report_after_days",
            );
        }
        Some(Schedule {
            every: every?,
            report_after_days: report_after_days?,
            submit_within_days: submit_within_days?,
            remind_before_days: each_once(&self.remind_before_days, checker),
            remind_after_days: each_once(&self.remind_after_days, checker),
            max_lateness_days: self.max_lateness_days.copied()?,
            first_period: first_period?,
            incomplete: self.incomplete.copied().unwrap_or_default(),
        })
    }
}

/// The days of a list, rising; reports those that stand in it twice.
fn each_once(days: &Field<Vec<Field<u32>>>, checker: &mut Checker<'_>) -> Vec<u32> {
    let mut all: Vec<u32> = Vec::new();
    for field in days.get().map_or(&[][..], Vec::as_slice) {
        let Some(day) = field.copied() else {
            continue;
        };
        if all.contains(&day) {
            checker.error_hint(
                "duplicate",
                field.span(),
                format!("day {day} is named twice"),
                "name each day once",
            );
        } else {
            all.push(day);
        }
    }
    all.sort_unstable();
    all
}
