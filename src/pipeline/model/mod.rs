//! The checked plan. Whoever holds a [`Pipeline`] need not check it again: ids refer to things
//! that exist, dates are dates, and a goal carries just what its kind needs.

mod goal;
mod limits;
mod output;
mod source;

use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, SourceText};
use crate::period::{Frequency, Period};

pub use goal::*;
pub use limits::*;
pub use output::*;
pub use source::*;

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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Days between the cutoff and the last day on which departments' files are in time.
    pub submit_within_days: u32,
    /// An unattended run more than this many days after the due day holds.
    pub max_lateness_days: u32,
    /// No period before this one is ever due.
    pub first_period: Period,
    /// What to do without some of the data.
    pub incomplete: Incomplete,
}
