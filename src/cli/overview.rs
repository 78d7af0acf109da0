//! How the periods of a plan stand, in a few figures each: for the lines of many homes and for
//! metrics.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::edition::submissions;
use crate::exit::CommandError;
use crate::ledger::{
    Delivery, DeliveryFilter, DeliveryState, Edition, Ledger, PendingApproval, Skip,
};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::SubmissionMatrix;

/// How a plan stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct PlanOverview {
    /// Editions that were ever issued.
    pub editions_issued: usize,
    /// What does not agree with the ledger: editions that it does not know, that have gone or
    /// changed.
    pub problems: usize,
    /// Since when the oldest of the deliveries in doubt waits for a person.
    pub in_doubt_since: Option<DateTime<Utc>>,
    /// How many messages without a period there are in each state.
    pub other_deliveries: BTreeMap<String, usize>,
    /// The period that was reported last, those that wait for their report, and those with a
    /// delivery in doubt; oldest first.
    pub periods: Vec<PeriodOverview>,
}

/// How a period stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PeriodOverview {
    /// The period.
    pub period: Period,
    /// What becomes of its report.
    pub state: PeriodState,
    /// The day on which the report is due.
    pub due: NaiveDate,
    /// Days from today to that day; less than 0 after it.
    pub days_until_due: i64,
    /// Until when departments' files are in time.
    pub files_due_at: DateTime<Utc>,
    /// The files, where they are asked for already.
    pub files: Option<FileCounts>,
    /// The departments of which a file is missing.
    pub missing_from: Vec<String>,
    /// The newest edition.
    pub edition: Option<u32>,
    /// When it was issued.
    pub issued_at: Option<DateTime<Utc>>,
    /// Since when the report waits for a person.
    pub held_since: Option<DateTime<Utc>>,
    /// How many messages about it there are in each state.
    pub deliveries: BTreeMap<String, usize>,
}

/// The files of a period, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileCounts {
    /// Those that departments are asked for.
    pub expected: usize,
    /// Those that came and can be used.
    pub received: usize,
    /// Of those, the ones that came after the deadline.
    pub late: usize,
    /// Those that did not come.
    pub missing: usize,
    /// Those that came and cannot be used.
    pub refused: usize,
}

/// What becomes of a period's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PeriodState {
    /// It is not due yet.
    NotDue,
    /// It is due and not issued.
    Due,
    /// It is so late that a person must decide.
    Held,
    /// It is made and waits for approval.
    AwaitingApproval,
    /// It is issued.
    Published,
    /// The period was closed without one.
    Skipped,
}

impl PlanOverview {
    /// Deliveries of which nobody knows whether they arrived.
    pub(super) fn in_doubt(&self) -> usize {
        let periods = self.periods.iter().map(|period| &period.deliveries);
        periods.chain([&self.other_deliveries]).map(doubtful).sum()
    }
}

/// Those among counted deliveries of which nobody knows whether they arrived.
pub(super) fn doubtful(deliveries: &BTreeMap<String, usize>) -> usize {
    let count = deliveries.get(DeliveryState::Ambiguous.as_str());
    count.copied().unwrap_or_default()
}

/// What the ledger has of a plan.
#[derive(Default)]
struct Recorded {
    editions: Vec<Edition>,
    skips: Vec<Skip>,
    pending: Vec<PendingApproval>,
    deliveries: Vec<Delivery>,
}

impl Recorded {
    fn of(ledger: &Ledger, plan: &str) -> Result<Self, CommandError> {
        let filter = DeliveryFilter {
            plan: Some(plan.to_owned()),
            ..DeliveryFilter::default()
        };
        let mut editions = ledger.editions(Some(plan), None)?;
        editions.retain(|edition| edition.published);
        Ok(Self {
            editions,
            skips: ledger.skips(plan)?,
            pending: ledger.pending_approvals(plan)?,
            deliveries: ledger.deliveries(&filter)?,
        })
    }

    fn is_closed(&self, period: Period) -> bool {
        let is_final = |e: &Edition| e.key.period == period && !e.preliminary;
        self.editions.iter().any(is_final) || self.is_skipped(period)
    }

    fn is_skipped(&self, period: Period) -> bool {
        self.skips.iter().any(|skip| skip.period == period)
    }

    /// How many messages there are in each state.
    fn counted(&self, of: Option<Period>) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for delivery in self.deliveries.iter().filter(|d| d.topic.period == of) {
            *counts
                .entry(delivery.state.as_str().to_owned())
                .or_default() += 1;
        }
        counts
    }
}

/// How a plan stands at `now`; `matrix` has what departments have sent.
///
/// # Errors
/// The ledger cannot be read.
pub(super) fn of_plan(
    plan: &Plan,
    ledger: Option<&Ledger>,
    matrix: &SubmissionMatrix,
    now: &DateTime<Tz>,
) -> Result<PlanOverview, CommandError> {
    let recorded = ledger.map(|ledger| Recorded::of(ledger, &plan.plan.id));
    let recorded = recorded.transpose()?.unwrap_or_default();
    let doubtful = |d: &&Delivery| d.state == DeliveryState::Ambiguous;
    let in_doubt: Vec<&Delivery> = recorded.deliveries.iter().filter(doubtful).collect();
    let of = OfPlan {
        plan,
        recorded: &recorded,
        matrix,
        now,
    };
    Ok(PlanOverview {
        editions_issued: recorded.editions.len(),
        problems: 0,
        in_doubt_since: in_doubt.iter().map(|d| d.updated_at).min(),
        other_deliveries: recorded.counted(None),
        periods: of
            .shown(&in_doubt)
            .into_iter()
            .map(|period| of.period(period))
            .collect(),
    })
}

struct OfPlan<'a> {
    plan: &'a Plan,
    recorded: &'a Recorded,
    matrix: &'a SubmissionMatrix,
    now: &'a DateTime<Tz>,
}

impl OfPlan<'_> {
    /// The periods that are told of.
    fn shown(&self, in_doubt: &[&Delivery]) -> Vec<Period> {
        let schedule = &self.plan.schedule;
        let mut begun = schedule.begun_by(self.now.date_naive());
        if begun.is_empty() {
            begun.push(schedule.first_period);
        }
        let issued = |period: &&Period| {
            let editions = self.recorded.editions.iter();
            editions.clone().any(|e| e.key.period == **period)
        };
        let last = begun.iter().rev().find(issued).copied();
        let doubted = |period: Period| in_doubt.iter().any(|d| d.topic.period == Some(period));
        begun.retain(|period| {
            !self.recorded.is_closed(*period) || Some(*period) == last || doubted(*period)
        });
        begun
    }

    fn period(&self, period: Period) -> PeriodOverview {
        let schedule = &self.plan.schedule;
        let due = schedule.due_on(period);
        let editions = self.recorded.editions.iter();
        let last = editions
            .filter(|e| e.key.period == period)
            .max_by_key(|e| e.key.edition);
        let (state, held_since) = self.state(period);
        let (files, missing_from) = self.files(period);
        PeriodOverview {
            period,
            state,
            due,
            days_until_due: (due - self.now.date_naive()).num_days(),
            files_due_at: submissions::deadline(self.plan, period),
            files,
            missing_from,
            edition: last.map(|e| e.key.edition),
            issued_at: last.map(|e| e.issued_at),
            held_since,
            deliveries: self.recorded.counted(Some(period)),
        }
    }

    /// What becomes of the report, and since when it waits for a person if it does.
    fn state(&self, period: Period) -> (PeriodState, Option<DateTime<Utc>>) {
        let schedule = &self.plan.schedule;
        let today = self.now.date_naive();
        let pending = self.recorded.pending.iter();
        if let Some(pending) = pending.clone().find(|p| p.key.period == period) {
            return (PeriodState::AwaitingApproval, Some(pending.rendered_at));
        }
        if self.recorded.is_skipped(period) {
            return (PeriodState::Skipped, None);
        }
        if self.recorded.is_closed(period) {
            return (PeriodState::Published, None);
        }
        let last_day = schedule.held_after(period);
        if today > last_day {
            let first = last_day.succ_opt().unwrap_or(last_day);
            let since = submissions::instant(self.plan, first.and_time(chrono::NaiveTime::MIN));
            return (PeriodState::Held, Some(since));
        }
        match today >= schedule.due_on(period) {
            true => (PeriodState::Due, None),
            false => (PeriodState::NotDue, None),
        }
    }

    /// The files of a period, and whose are missing; nothing where the matrix does not have it.
    fn files(&self, period: Period) -> (Option<FileCounts>, Vec<String>) {
        let mut counts: Option<FileCounts> = None;
        let mut missing_from = Vec::new();
        for department in &self.matrix.departments {
            let cell = department.cells.iter().find(|cell| cell.period == period);
            let Some((cell, expected)) = cell.and_then(|cell| Some((cell, cell.expected?))) else {
                continue;
            };
            let count = |n: Option<usize>| n.unwrap_or_default();
            let sum = counts.get_or_insert_default();
            sum.expected += expected;
            sum.received += count(cell.received);
            sum.late += count(cell.late);
            sum.missing += count(cell.missing);
            sum.refused += count(cell.rejected);
            if count(cell.missing) > 0 {
                missing_from.push(department.id.clone());
            }
        }
        (counts, missing_from)
    }
}
