//! The checked plan. Whoever holds a [`Pipeline`] need not check it again: ids refer to things
//! that exist, dates are dates, and a goal carries just what its kind needs.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, SourceText};
use crate::period::{DueDate, Frequency, Period};

/// A text of the definition with the place it has there, for error messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Byte range in [`Pipeline::text`].
    pub span: std::ops::Range<usize>,
}

/// One plan, ready to run.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The definition's text, for carets.
    pub text: Arc<SourceText>,
    /// SHA-256 of that text, in hex.
    pub sha256: String,
    /// `[plan]`.
    pub plan: Plan,
    /// `[schedule]`.
    pub schedule: Schedule,
    /// `[department.*]`, in the order of the definition.
    pub departments: IndexMap<String, Department>,
    /// `[source.*]`.
    pub sources: IndexMap<String, Source>,
    /// `[axis.*]`.
    pub axes: IndexMap<String, Axis>,
    /// `[goal.*]`.
    pub goals: IndexMap<String, Goal>,
    /// `[report]`.
    pub report: ReportSpec,
    /// `[delivery]`; none: the report is issued and nobody is written to.
    pub delivery: Option<Delivery>,
    /// `[limits]`, with defaults filled in.
    pub limits: Limits,
    /// What is odd but no error.
    pub warnings: Vec<Diagnostic>,
}

/// What the plan is.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Its id: also the definition's file name.
    pub id: String,
    /// Its title, as printed.
    pub title: String,
    /// What the report is about, below its title.
    pub subtitle: Option<String>,
    /// The zone in which its days begin and end.
    pub timezone: chrono_tz::Tz,
    /// Bands for `on-track`, `at-risk`, `critical`.
    pub traffic_light: TrafficLight,
}

/// Lower bounds in percent of attainment against what was planned to date.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TrafficLight {
    /// At least this: on track.
    pub on_track: f64,
    /// At least this: at risk; below: critical.
    pub at_risk: f64,
}

/// What happens when a source is missing or blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// The report is issued and says *Sin información*.
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
    /// Days before that due day on which liaisons are reminded, falling.
    pub remind_before_days: Vec<u32>,
    /// An unattended run more than this many days after the due day holds.
    pub max_lateness_days: u32,
    /// No period before this one is ever due.
    pub first_period: Period,
    /// What to do without some of the data.
    pub incomplete: Incomplete,
}

/// A department.
#[derive(Debug, Clone)]
pub struct Department {
    /// Its name, as printed.
    pub name: String,
    /// Its liaison's address.
    pub liaison: Option<String>,
}

/// Which departments fill in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Providers {
    /// One department, one file.
    One(String),
    /// Several, each with its own file; their rows become one table.
    Each(Vec<String>),
}

impl Providers {
    /// Their ids.
    pub fn departments(&self) -> &[String] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Each(ids) => ids,
        }
    }
}

/// One tabular source. Serialised, it is the order given to the reading process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its id, which is the SQL table's name.
    pub id: String,
    /// Who sends it.
    pub providers: Providers,
    /// Glob below `inputs/<period>/`; may hold `{department}`.
    pub file: String,
    /// Sheet name or glob; none: the only sheet, or the one that has the headers.
    pub sheet: Option<String>,
    /// Whether its absence is reported as an error.
    pub required: bool,
    /// Declared columns, in order.
    pub columns: IndexMap<String, Column>,
    /// Cross-column checks: SQL conditions that each row must meet.
    pub checks: Vec<String>,
}

/// A declared column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Column {
    /// Accepted headers, the preferred first.
    pub headers: Vec<String>,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// No value twice.
    pub unique: bool,
    /// A blank cell, or the whole column's absence, is no error.
    pub optional: bool,
    /// Never leaves the reader.
    pub personal: bool,
    /// Inclusive lower bound of an integer, number or percent (percent points).
    pub min: Option<f64>,
    /// Inclusive upper bound.
    pub max: Option<f64>,
}

/// Type of a column's cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// Percent points: 90, `90 %` and 0.9 formatted as percent are all 90.
    Percent,
    /// A calendar day.
    Date,
    /// One of these texts.
    Category(Vec<String>),
}

/// An axis of the plan.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Title, as printed.
    pub title: String,
    /// Prose before its goals.
    pub intro: Option<String>,
    /// Query for its activities: columns date, title, text, photo, alt, all optional but title.
    pub activities: Option<Placed<String>>,
}

/// Whether more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Ascending,
    /// Less is better.
    Descending,
}

/// What a cumulative query's value covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Only the period.
    Period,
    /// From the start of the year to the cutoff.
    YearToDate,
}

/// How a goal is measured; design.md section 5.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Share of cases.
    Ratio(Quantity),
    /// A sum that grows.
    Cumulative {
        /// Target and baseline.
        quantity: Quantity,
        /// What the query's value covers.
        basis: Basis,
    },
    /// A level at a moment.
    Stock {
        /// Target and baseline.
        quantity: Quantity,
        /// Attainment counts from the baseline.
        from_baseline: bool,
    },
    /// A level to be kept inside a band.
    Constant {
        /// Inclusive lower bound.
        low: f64,
        /// Inclusive upper bound.
        high: f64,
    },
    /// Something done on a day.
    Milestone,
    /// Something under way during a window.
    Process {
        /// Its dated parts; none: no percentage.
        steps: Vec<Step>,
    },
    /// Told in prose only.
    Narrative,
}

/// Target, baseline and direction of a measured goal, in the goal's unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    /// Value to reach by the due date.
    pub target: f64,
    /// Value before the plan began.
    pub baseline: Option<f64>,
    /// Whether more is better.
    pub direction: Direction,
    /// Planned value by period.
    pub planned: IndexMap<Period, f64>,
}

/// Part of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What the query's column `step` holds.
    pub id: String,
    /// As printed.
    pub title: String,
    /// When it should be done.
    pub due: DueDate,
    /// Its share; weights need not sum to 100.
    pub weight: f64,
    /// A step that must be done first.
    pub after: Option<String>,
}

/// First and last day of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First day and how it was written.
    pub from: DueDate,
    /// Last day and how it was written.
    pub to: DueDate,
}

/// A goal that returns every year on the same day.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    /// No instance is due after this day.
    pub until: NaiveDate,
    /// Target by the year of the due date; the goal's own where a year is not there.
    pub targets: IndexMap<i32, f64>,
}

/// A recorded change of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct AdjustedTarget {
    /// The new target.
    pub value: f64,
    /// Since when it holds.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
}

/// A recorded cancellation.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancelled {
    /// Since when.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
}

/// One goal.
#[derive(Debug, Clone)]
pub struct Goal {
    /// Its id.
    pub id: String,
    /// Where its table begins in the definition.
    pub span: std::ops::Range<usize>,
    /// The axis that it belongs to.
    pub axis: String,
    /// Responsible department.
    pub responsible: Option<String>,
    /// The goal as published.
    pub statement: String,
    /// The indicator as published.
    pub indicator: Option<String>,
    /// Unit of values, as printed: `%`, `sesiones`.
    pub unit: Option<String>,
    /// How it is measured.
    pub measure: Measure,
    /// Its due date.
    pub due: Option<DueDate>,
    /// When it is open.
    pub window: Option<Window>,
    /// The days that its value covers, where the definition says so.
    pub covers: Option<Window>,
    /// How it returns year after year; none: it falls due once.
    pub recurrence: Option<Recurrence>,
    /// Its query.
    pub query: Option<Placed<String>>,
    /// Footnote with `{variables}`.
    pub note: Option<Placed<String>>,
    /// Whether every department must have sent its file (`requires = "all"`).
    pub requires_all: bool,
    /// A change of its target.
    pub adjusted: Option<AdjustedTarget>,
    /// Its cancellation.
    pub cancelled: Option<Cancelled>,
    /// What its indicator sheet says.
    pub sheet: IndicatorSheet,
}

/// The indicator sheet (*ficha técnica*), as far as a plan gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct IndicatorSheet {
    /// What it measures.
    pub definition: Option<String>,
    /// Efficacy, efficiency, quality or economy.
    pub dimension: Option<String>,
    /// Method of calculation in words.
    pub method: Option<String>,
    /// How often it is measured.
    pub frequency: Option<String>,
    /// Means of verification.
    pub verification: Option<String>,
    /// Year of the baseline.
    pub baseline_year: Option<i32>,
}

impl Goal {
    /// First and last day that its value covers: as declared, else its window, else the year of
    /// its due date up to that date.
    pub fn target_span(&self) -> Option<(NaiveDate, NaiveDate)> {
        if let Some(span) = self.covers.or(self.window) {
            return Some((span.from.opening(), span.to.date));
        }
        let due = self.due?.date;
        Some((NaiveDate::from_ymd_opt(due.year(), 1, 1)?, due))
    }

    /// The goal's kind, as the definition writes it.
    pub fn kind(&self) -> &'static str {
        match self.measure {
            Measure::Ratio(_) => "ratio",
            Measure::Cumulative { .. } => "cumulative",
            Measure::Stock { .. } => "stock",
            Measure::Constant { .. } => "constant",
            Measure::Milestone => "milestone",
            Measure::Process { .. } => "process",
            Measure::Narrative => "narrative",
        }
    }

    /// Target, baseline and planned values, where its kind has them.
    pub fn quantity(&self) -> Option<&Quantity> {
        match &self.measure {
            Measure::Ratio(quantity)
            | Measure::Cumulative { quantity, .. }
            | Measure::Stock { quantity, .. } => Some(quantity),
            _ => None,
        }
    }
}

/// What the report looks like and says of itself.
#[derive(Debug, Clone)]
pub struct ReportSpec {
    /// Folder below `report-templates/`.
    pub template: String,
    /// In which session a period's report is presented.
    pub session: IndexMap<Period, String>,
    /// The municipality's identity.
    pub brand: Brand,
    /// Whether the Open Government Partnership's completion level is suggested.
    pub completion_level: bool,
}

/// The municipality's identity on the page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// The administration's term.
    pub term: Option<String>,
    /// Slogan, line by line.
    pub slogan: Vec<String>,
    /// Main colour as `#rrggbb`.
    pub color: Option<String>,
    /// Logo file below the template's folder.
    pub logo: Option<String>,
}

/// Who is written to and how.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Sender mailbox.
    pub from: String,
    /// Recipients of the report, and the allow-list.
    pub to: Vec<String>,
    /// Subject with `{title}`, `{period}`.
    pub subject: String,
    /// The server; none: messages go to `state/outbox/`.
    pub smtp: Option<Smtp>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain, then upgraded; refused where the server does not offer it.
    Starttls,
    /// From the first byte.
    Implicit,
    /// Never; loopback only.
    None,
}

/// An SMTP server. Its password is no part of a definition.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// User name; none: no AUTH.
    pub user: Option<String>,
    /// Extra trusted certificate, a path relative to the definition.
    pub ca_file: Option<String>,
}

/// Bounds for what a department's file may ask for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Limits {
    /// Largest file, in MiB.
    pub file_mib: u64,
    /// Largest file once inflated, in MiB.
    pub inflated_mib: u64,
    /// Most cells with content in a sheet.
    pub cells: u64,
    /// Most columns in a sheet.
    pub columns: u32,
    /// Memory of the reading process, in MiB.
    pub memory_mib: u64,
    /// Time for one file, in seconds.
    pub seconds: u64,
    /// Data that all files of a run may give, in MiB.
    pub run_mib: u64,
    /// Time for reading all files of a run, in seconds.
    pub run_seconds: u64,
    /// How long a file must lie unchanged before it is read, in seconds.
    pub quiet_seconds: u64,
    /// Largest message, in MiB.
    pub message_mib: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_mib: 50,
            inflated_mib: 512,
            cells: 20_000_000,
            columns: 2_000,
            memory_mib: 768,
            seconds: 15,
            run_mib: 512,
            run_seconds: 900,
            quiet_seconds: 3,
            message_mib: 20,
        }
    }
}
