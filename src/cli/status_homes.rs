//! `metas status --homes`: a line a home, plan and period.

use std::ffi::OsString;

use serde::Deserialize;
use serde_json::Value;

use super::global::GlobalArguments;
use super::homes;
use super::homes::{HomeEnd, HomeEntries, HomesSummary, ListedHome};
use super::overview::{PeriodOverview, PeriodState, PlanOverview, doubtful};
use super::status::StatusArguments;
use crate::console::{Console, counted};
use crate::diagnostic::visible;
use crate::edition::last_run::LastRun;
use crate::exit::{CommandError, ExitStatus};
use crate::home::AsOf;

/// What `metas status --json` prints of a home, as far as many homes need it.
#[derive(Debug, Deserialize)]
pub(super) struct HomeStatus {
    /// Its plans.
    #[serde(default)]
    pub plans: Vec<PlanLine>,
    /// Plans that cannot be read.
    #[serde(default)]
    pub failures: Vec<FailedPlan>,
    /// Its last run.
    #[serde(default)]
    pub last_run: Option<LastRun>,
    /// How much its archive holds.
    #[serde(default)]
    pub archive: Option<ArchiveSize>,
}

/// A plan of a home.
#[derive(Debug, Deserialize)]
pub(super) struct PlanLine {
    /// Its id.
    pub plan: String,
    /// How it stands.
    pub overview: PlanOverview,
}

/// A plan that cannot be read.
#[derive(Debug, Deserialize)]
pub(super) struct FailedPlan {
    /// Its id.
    pub plan: String,
}

/// How much an archive holds.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct ArchiveSize {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Prints how each home stands.
///
/// # Errors
/// The homes cannot be told.
pub(super) fn status(
    console: &Console,
    global: &GlobalArguments,
    arguments: &StatusArguments,
) -> Result<ExitStatus, CommandError> {
    let mut summary = HomesSummary::default();
    let mut entries = HomeEntries::new(console, "status");
    let mut rows = vec![HEAD.map(str::to_owned)];
    let json = global.json;
    let words = command(global, arguments.as_of);
    arguments.homes.go_over(global, words, &mut |home, end| {
        homes::pass_on_errors(console, global, home, &end);
        if json {
            let status = entries.add(home, &end);
            summary.add(home, status);
            return;
        }
        let (status, told) = lines(home, &end);
        rows.extend(told);
        summary.add(home, status);
    })?;
    if json {
        entries.end(&summary);
    } else {
        console.data(&Value::Null, &(page(&rows) + &summary.text()));
    }
    Ok(summary.status())
}

/// `metas status --json` for one home of many.
pub(super) fn command(global: &GlobalArguments, as_of: Option<AsOf>) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["status".into()];
    words.extend(homes::passed_on(global, true));
    if let Some(moment) = as_of {
        words.extend(["--as-of".into(), moment.to_string().into()]);
    }
    words
}

/// A line of the page: home, plan, period, day, state, files, deliveries.
type Row = [String; 7];

const HEAD: [&str; 7] = [
    "HOME",
    "PLAN",
    "PERIOD",
    "DUE",
    "STATE",
    "FILES",
    "DELIVERIES",
];

/// A home's status, or the codes of what keeps it from being told.
pub(super) fn read(end: &HomeEnd) -> (ExitStatus, Result<HomeStatus, Vec<String>>) {
    let (document, findings, status) = homes::answer(end);
    match HomeStatus::deserialize(&document) {
        Ok(read) if !document.is_null() => (status, Ok(read)),
        _ => {
            let of_answer = findings
                .iter()
                .filter_map(|finding| finding["code"].as_str().map(str::to_owned));
            let own = end.findings.iter().map(|finding| finding.code.clone());
            let codes = of_answer.chain(own).collect();
            (status, Err(codes))
        }
    }
}

fn lines(home: &ListedHome, end: &HomeEnd) -> (ExitStatus, Vec<Row>) {
    let row = |plan: &str, told: [String; 5]| {
        let [period, due, state, files, deliveries] = told;
        let name = home.name.clone();
        [
            name,
            visible(plan).into_owned(),
            period,
            due,
            state,
            files,
            deliveries,
        ]
    };
    let only = |state: String| {
        let empty = String::new;
        [empty(), empty(), state, empty(), empty()]
    };
    let (status, read) = read(end);
    let read = match read {
        Ok(read) => read,
        Err(codes) => {
            let mut codes = codes;
            codes.dedup();
            return (status, vec![row("", only(codes.join(", ")))]);
        }
    };
    let mut rows = Vec::new();
    for plan in &read.plans {
        let overview = &plan.overview;
        for period in &overview.periods {
            rows.push(row(&plan.plan, line(period)));
        }
        let others = doubtful(&overview.other_deliveries);
        if others > 0 {
            let mut told = only(String::new());
            told[4] = format!("{others} in doubt");
            rows.push(row(&plan.plan, told));
        }
        if overview.problems > 0 {
            let state = counted(overview.problems, "edition") + " not as published";
            rows.push(row(&plan.plan, only(state)));
        }
    }
    let failed = read.failures.iter();
    rows.extend(failed.map(|failed| row(&failed.plan, only("definition wrong".to_owned()))));
    (status, rows)
}

fn line(period: &PeriodOverview) -> [String; 5] {
    [
        period.period.to_string(),
        period.due.to_string(),
        state(period),
        files(period),
        deliveries(period),
    ]
}

fn state(period: &PeriodOverview) -> String {
    let days = |days: i64| match days {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    let since = period.held_since.map(|at| at.date_naive().to_string());
    let since = since.unwrap_or_default();
    let issued = match (period.edition, period.issued_at) {
        (Some(edition), Some(at)) => format!("v{edition} of {}", at.date_naive()),
        _ => String::new(),
    };
    let state = match period.state {
        PeriodState::NotDue => format!("due in {}", days(period.days_until_due)),
        PeriodState::Due if period.days_until_due == 0 => "due today".to_owned(),
        PeriodState::Due => format!("overdue by {}", days(-period.days_until_due)),
        PeriodState::Held => format!("too late, held since {since}"),
        PeriodState::AwaitingApproval => format!("waits for approval since {since}"),
        PeriodState::Published => return format!("published, {issued}"),
        PeriodState::Skipped => return "skipped".to_owned(),
    };
    match issued.is_empty() {
        true => state,
        false => format!("{state}; {issued} is out"),
    }
}

fn files(period: &PeriodOverview) -> String {
    let Some(files) = &period.files else {
        return String::new();
    };
    let mut text = format!("{} of {}", files.received, files.expected);
    for (count, word) in [(files.late, "late"), (files.refused, "refused")] {
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    if !period.missing_from.is_empty() {
        text.push_str(&format!(", missing: {}", period.missing_from.join(" ")));
    }
    visible(&text).into_owned()
}

/// What is settled needs no words.
fn deliveries(period: &PeriodOverview) -> String {
    let told = period.deliveries.iter().filter_map(|(state, count)| {
        let words = match state.as_str() {
            "ambiguous" => "in doubt",
            "accepted" => "sent",
            "superseded" | "cancelled" => return None,
            "dot_intent" => "sending",
            other => other,
        };
        Some(format!("{count} {words}"))
    });
    told.collect::<Vec<_>>().join(", ")
}

/// The rows in columns as wide as their widest words.
fn page(rows: &[Row]) -> String {
    let mut widths = [0; 7];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
