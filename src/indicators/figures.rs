//! What the indicators give: one [`GoalResult`] a goal, one [`Activity`] a told activity.

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::indicators::labels::{Flag, Status};
use crate::indicators::value::Value;
use crate::period::Period;
use crate::plan::{Changed, Commitment, CommitmentKey, CommittedValue};

/// A goal's figure in an earlier period, from that period's latest edition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastFigure {
    /// The period.
    pub period: Period,
    /// Its latest edition.
    pub edition: u32,
    /// Measured value then, accumulated where the goal accumulates.
    pub actual_value: Option<f64>,
    /// What the query gave for that period alone.
    pub period_value: Option<f64>,
    /// Progress then.
    pub progress_pct: Option<f64>,
    /// Status then.
    pub status: Status,
    /// How it was measured then, where that is known.
    pub method: Option<u64>,
}

/// A figure's part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceUse {
    /// The source's id.
    pub source: String,
    /// Path below `inputs/<period>/`.
    pub file: String,
    /// SHA-256 of the file, in hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub sha256: String,
    /// Sheet; null for CSV.
    pub sheet: Option<String>,
    /// Cells, header included, such as `A5:F454`.
    pub range: Option<String>,
    /// Data rows in the table.
    pub rows: usize,
}

/// A goal, computed. Absent figures are `None`, never 0.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalResult {
    /// The goal's id.
    pub goal: String,
    /// Measured value, in the goal's unit.
    pub actual_value: Option<f64>,
    /// Numerator, where the query gave one.
    pub numerator: Option<f64>,
    /// Denominator, where the query gave one.
    pub denominator: Option<f64>,
    /// Target in force at the cutoff, in the goal's unit.
    pub target: Option<f64>,
    /// Planned to date, in the goal's unit (percent for a process).
    pub planned: Option<f64>,
    /// Attainment against what was planned to date, in percent, uncapped.
    pub planned_attainment_pct: Option<f64>,
    /// Attainment in percent, uncapped.
    pub attainment_pct: Option<f64>,
    /// Attainment clamped to 0..=100.
    pub progress_pct: Option<f64>,
    /// Status.
    pub status: Status,
    /// Why that status, as one English sentence naming the rule.
    pub status_reason: String,
    /// Flags, sorted.
    pub flags: Vec<Flag>,
    /// Day of completion of a milestone.
    pub completed_on: Option<NaiveDate>,
    /// Its evidence.
    pub evidence: Option<String>,
    /// Footnote, filled in.
    pub note: Option<String>,
    /// The query's columns.
    pub variables: IndexMap<String, Value>,
    /// Steps of a process.
    pub steps: Vec<StepResult>,
    /// Where it comes from.
    pub sources: Vec<SourceUse>,
    /// Departments whose data is missing, by id.
    pub missing_departments: Vec<String>,
    /// What of it is not as the last edition published it.
    pub changes: Vec<GoalChange>,
    /// Whether these are the figures of the goal as it was published, which say more against it.
    pub held: bool,
    /// What stays published of it, where that is not what the definition says.
    pub commitment: Option<Commitment>,
}

/// A key of a published goal that the definition has changed.
#[derive(Debug, Clone, PartialEq)]
pub struct GoalChange {
    /// The goal's id.
    pub goal: String,
    /// The key.
    pub key: CommitmentKey,
    /// What was published.
    pub before: CommittedValue,
    /// What the definition says now.
    pub after: CommittedValue,
    /// The period of the edition that published it.
    pub period: Period,
    /// That edition's number.
    pub edition: u32,
    /// Who decided, where the definition says so.
    pub decided: Option<Changed>,
}

/// A step of a process.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepResult {
    /// The step's id.
    pub step: String,
    /// Its title.
    pub title: String,
    /// When it is due.
    pub due: Option<NaiveDate>,
    /// When it was done.
    pub completed_on: Option<NaiveDate>,
}

/// What people say of a goal's figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// Why it stands as it does.
    pub cause: Option<String>,
    /// What may go wrong.
    pub risk: Option<String>,
    /// What is done next.
    pub next_step: Option<String>,
    /// When.
    pub next_date: Option<NaiveDate>,
}

/// A decision asked of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRequest {
    /// What is asked.
    pub text: String,
    /// Who is to do it.
    pub who: Option<String>,
    /// By when.
    pub date: Option<NaiveDate>,
}

/// Something that a department tells, with or without a photo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Activity {
    /// Axis id.
    pub axis: String,
    /// Goal id that it belongs to.
    pub goal: Option<String>,
    /// Day.
    pub date: Option<NaiveDate>,
    /// Title.
    pub title: String,
    /// Prose.
    pub text: Option<String>,
    /// Path of the photo below `inputs/<period>/`.
    pub photo: Option<String>,
    /// Alternative text of the photo.
    pub alt: Option<String>,
    /// What stands where a photo would that could not be used.
    pub photo_note: Option<String>,
}
