//! Which figures there are. Labels name homes, plans, periods and states, and nobody.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, Utc};

use super::open_metrics::{Family, MetricKind};
use crate::cli::overview::{PeriodOverview, PeriodState, PlanOverview};
use crate::cli::status_homes::HomeStatus;
use crate::ledger::DeliveryState;

/// A home, and how it stands where that can be told.
pub(super) struct HomeFigures {
    /// What it is called.
    pub name: String,
    /// How it stands.
    pub stands: Option<HomeStatus>,
}

use MetricKind::{Counter, Gauge};

/// Every family: name, kind, unit, help.
#[rustfmt::skip]
const FAMILIES: &[(&str, MetricKind, &str, &str)] = &[
    ("metas_home_up", Gauge, "", "1 if the home could be read, 0 if not."),
    ("metas_last_run_timestamp_seconds", Gauge, "seconds", "When the last run of the home ended."),
    ("metas_last_run_exit_code", Gauge, "", "How it ended: 0 done, 3 held, 65 findings, 70 fault, 75 put off, 78 definition or environment wrong."),
    ("metas_archive_files", Gauge, "", "Files in the archive of the home."),
    ("metas_archive_bytes", Gauge, "bytes", "Room that they take."),
    ("metas_plan_up", Gauge, "", "1 if the definition of the plan is sound, 0 if not."),
    ("metas_editions_issued", Counter, "", "Editions of the plan that were ever issued."),
    ("metas_editions_damaged", Gauge, "", "Editions that have gone, have changed or are not in the ledger."),
    ("metas_in_doubt", Gauge, "", "Deliveries of which nobody knows whether they arrived."),
    ("metas_in_doubt_since_timestamp_seconds", Gauge, "seconds", "Since when the oldest of them waits for a person."),
    ("metas_period_open", Gauge, "", "1 if the period waits for its report, 0 if it has it."),
    ("metas_period_due_timestamp_seconds", Gauge, "seconds", "The day on which the report is due, at 0:00 UTC."),
    ("metas_period_until_due_days", Gauge, "days", "Days until that day, less than 0 after it."),
    ("metas_period_files_due_timestamp_seconds", Gauge, "seconds", "Until when the files of departments are in time."),
    ("metas_period_held_since_timestamp_seconds", Gauge, "seconds", "Since when the report waits for a person: for approval, or because it is too late."),
    ("metas_files_expected", Gauge, "", "Files that departments are asked for."),
    ("metas_files_received", Gauge, "", "Files that came and can be used."),
    ("metas_files_late", Gauge, "", "Of those, files that came after the deadline."),
    ("metas_files_missing", Gauge, "", "Files that did not come."),
    ("metas_files_refused", Gauge, "", "Files that came and cannot be used."),
    ("metas_edition_number", Gauge, "", "Number of the newest edition."),
    ("metas_edition_issued_timestamp_seconds", Gauge, "seconds", "When it was issued."),
    ("metas_deliveries", Gauge, "", "Messages by their state."),
];

type Labels = Vec<(&'static str, String)>;

/// The figures, by the name of their family.
#[derive(Default)]
struct Samples(BTreeMap<&'static str, Vec<(Labels, f64)>>);

impl Samples {
    fn add(&mut self, family: &'static str, labels: &Labels, value: f64) {
        let samples = self.0.entry(family).or_default();
        samples.push((labels.clone(), value));
    }

    fn add_if(&mut self, family: &'static str, labels: &Labels, value: Option<f64>) {
        if let Some(value) = value {
            self.add(family, labels, value);
        }
    }
}

/// The families of these homes, always in the same order.
pub(super) fn of(homes: &[HomeFigures]) -> Vec<Family> {
    let mut samples = Samples::default();
    for home in homes {
        of_home(&mut samples, home);
    }
    FAMILIES
        .iter()
        .map(|&(name, kind, unit, help)| Family {
            name,
            kind,
            unit,
            help,
            samples: samples.0.remove(name).unwrap_or_default(),
        })
        .collect()
}

fn of_home(samples: &mut Samples, home: &HomeFigures) {
    let labels = vec![("home", home.name.clone())];
    samples.add("metas_home_up", &labels, truth(home.stands.is_some()));
    let Some(stands) = &home.stands else {
        return;
    };
    if let Some(run) = &stands.last_run {
        let at = seconds(run.ended_at);
        samples.add("metas_last_run_timestamp_seconds", &labels, at);
        samples.add("metas_last_run_exit_code", &labels, run.exit_code.into());
    }
    if let Some(archive) = &stands.archive {
        samples.add("metas_archive_files", &labels, number(archive.files));
        samples.add("metas_archive_bytes", &labels, number(archive.bytes));
    }
    let plan = |id: &str| [labels.clone(), vec![("plan", id.to_owned())]].concat();
    for failed in &stands.failures {
        samples.add("metas_plan_up", &plan(&failed.plan), 0.0);
    }
    for one in &stands.plans {
        let labels = plan(&one.plan);
        samples.add("metas_plan_up", &labels, 1.0);
        of_plan(samples, &labels, &one.overview);
    }
}

fn of_plan(samples: &mut Samples, labels: &Labels, plan: &PlanOverview) {
    for (family, count) in [
        ("metas_editions_issued", plan.editions_issued),
        ("metas_editions_damaged", plan.problems),
        ("metas_in_doubt", plan.in_doubt()),
    ] {
        samples.add(family, labels, many(count));
    }
    let since = plan.in_doubt_since.map(seconds);
    samples.add_if("metas_in_doubt_since_timestamp_seconds", labels, since);
    for period in &plan.periods {
        let more = vec![("period", period.period.to_string())];
        of_period(samples, &[labels.clone(), more].concat(), period);
    }
    // Alerts and other messages about no one period.
    let others = [labels.clone(), vec![("period", String::new())]].concat();
    for (state, count) in &plan.other_deliveries {
        let labels = [others.clone(), vec![("state", state.clone())]].concat();
        samples.add("metas_deliveries", &labels, many(*count));
    }
}

fn of_period(samples: &mut Samples, labels: &Labels, period: &PeriodOverview) {
    let is_open = !matches!(period.state, PeriodState::Published | PeriodState::Skipped);
    samples.add("metas_period_open", labels, truth(is_open));
    let due = seconds(period.due.and_time(NaiveTime::MIN).and_utc());
    samples.add("metas_period_due_timestamp_seconds", labels, due);
    // Days fit into any number.
    let days = period.days_until_due as f64;
    samples.add("metas_period_until_due_days", labels, days);
    let files_due = seconds(period.files_due_at);
    samples.add(
        "metas_period_files_due_timestamp_seconds",
        labels,
        files_due,
    );
    let held = period.held_since.map(seconds);
    samples.add_if("metas_period_held_since_timestamp_seconds", labels, held);
    if let Some(files) = &period.files {
        for (family, count) in [
            ("metas_files_expected", files.expected),
            ("metas_files_received", files.received),
            ("metas_files_late", files.late),
            ("metas_files_missing", files.missing),
            ("metas_files_refused", files.refused),
        ] {
            samples.add(family, labels, many(count));
        }
    }
    samples.add_if(
        "metas_edition_number",
        labels,
        period.edition.map(f64::from),
    );
    let issued = period.issued_at.map(seconds);
    samples.add_if("metas_edition_issued_timestamp_seconds", labels, issued);
    // Every state, so that a rule sees the step from 0 to 1.
    for state in DeliveryState::ALL.map(DeliveryState::as_str) {
        let count = period.deliveries.get(state).copied().unwrap_or_default();
        let labels = [labels.clone(), vec![("state", state.to_owned())]].concat();
        samples.add("metas_deliveries", &labels, many(count));
    }
}

fn truth(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

/// Whole seconds since 1970: finer ones say nothing here.
fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp() as f64
}

fn number(count: u64) -> f64 {
    count as f64
}

fn many(count: usize) -> f64 {
    count as f64
}
