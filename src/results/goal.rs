//! A goal in the document: what the plan says of it, and what was measured.

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::said::RemarkEntry;
use super::units;
use crate::indicators::{Flag, SourceUse, Status, Trend, Value};
use crate::period::Period;
use crate::plan::{Band, Changed, Commitment, Direction, GoalKind, IndicatorSheet};

/// A goal, its figures unrounded and in its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GoalEntry {
    /// Its id.
    pub id: String,
    /// Id of its axis.
    pub axis: String,
    /// Name of the responsible department.
    pub responsible: Option<String>,
    /// The goal as published.
    pub statement: String,
    /// The indicator as published.
    pub indicator: Option<String>,
    /// How it is measured.
    pub kind: GoalKind,
    /// Whether more is better; null where the kind has no target.
    pub direction: Option<Direction>,
    /// Unit of its values, as printed.
    pub unit: Option<String>,
    /// Value before the plan began.
    pub baseline: Option<f64>,
    /// Year of the baseline.
    pub baseline_year: Option<i32>,
    /// Target in force at the cutoff.
    pub target: Option<f64>,
    /// Target as first published.
    pub original_target: Option<f64>,
    /// A recorded change of the target.
    pub adjusted_target: Option<AdjustedTargetEntry>,
    /// Who decided on the last change of the goal.
    pub changed: Option<Changed>,
    /// A recorded cancellation.
    pub cancelled: Option<CancellationEntry>,
    /// Bounds within which a constant goal is to be kept.
    pub band: Option<Band>,
    /// Due date; the month's last day where the plan names a month.
    pub due: Option<NaiveDate>,
    /// First and last day on which it is open.
    pub window: Option<WindowDays>,
    /// Planned to date; percent for a process.
    pub planned: Option<f64>,
    /// Measured value, accumulated where the goal accumulates.
    pub actual_value: Option<f64>,
    /// Numerator, where the query gave one.
    pub numerator: Option<f64>,
    /// Denominator, where the query gave one.
    pub denominator: Option<f64>,
    /// Attainment of the target in percent, uncapped.
    pub attainment_pct: Option<f64>,
    /// Attainment of what was planned to date in percent, uncapped.
    pub planned_attainment_pct: Option<f64>,
    /// Attainment of the target kept within 0 and 100.
    #[schemars(range(min = 0, max = 100))]
    pub progress_pct: Option<f64>,
    /// Its status.
    pub status: Status,
    /// Why it has that status: an English sentence that names the rule.
    pub status_reason: String,
    /// Remarks beside the status.
    pub flags: Vec<Flag>,
    /// Day of completion of a milestone.
    pub completed_on: Option<NaiveDate>,
    /// Evidence of the completion.
    pub evidence: Option<String>,
    /// Footnote, filled in.
    pub note: Option<String>,
    /// The columns that the query gave, by their names.
    pub variables: IndexMap<String, Value>,
    /// Steps of a process.
    pub steps: Vec<StepEntry>,
    /// Where its figures come from.
    pub sources: Vec<SourceUse>,
    /// Names of the departments whose data is missing.
    pub missing_departments: Vec<String>,
    /// What people say of it; null where nobody does.
    #[serde(default)]
    pub remark: Option<RemarkEntry>,
    /// The last period with an edition; null where there is none.
    pub previous: Option<FigureEntry>,
    /// Every period since the first with an edition, oldest first, those without one too.
    pub history: Vec<FigureEntry>,
    /// Whether a count began anew since the last of them.
    #[serde(default)]
    pub begins_anew: bool,
    /// How the value moved since the last period that can be compared; null where none can.
    pub trend: Option<Trend>,
    /// How its status stands beside that of the last period with an edition; null where they can't
    /// be compared.
    #[serde(default)]
    pub status_change: Option<Trend>,
    /// Its place among the goals that need attention, 1 the worst; null where it needs none.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub attention: Option<usize>,
    /// What there is to say of it, in one sentence.
    #[serde(default)]
    pub conclusion: String,
    /// The indicator sheet (ficha técnica), as far as the plan gives it.
    #[serde(default)]
    pub sheet: IndicatorSheet,
    /// What stays published of the goal: later editions are held against it.
    #[schemars(with = "Commitment")]
    pub commitment: Option<Commitment>,
    /// The suggested completion level of the Open Government Partnership; only where the plan asks
    /// for it, and null where none applies.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "there"
    )]
    #[schemars(with = "Option<CompletionLevel>")]
    pub completion_level: Option<Option<CompletionLevel>>,
    /// Spanish text of what is printed of the goal.
    pub shown: GoalShown,
}

/// A key that is there, be it null.
fn there<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A recorded change of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdjustedTargetEntry {
    /// The new target.
    pub value: f64,
    /// Since when it holds.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
    /// The day in Spanish.
    pub shown: String,
}

/// A recorded cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancellationEntry {
    /// Since when.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
    /// The day in Spanish.
    pub shown: String,
}

/// First and last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowDays {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// A step of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepEntry {
    /// Its id.
    pub step: String,
    /// Its title.
    pub title: String,
    /// When it is due.
    pub due: Option<NaiveDate>,
    /// When it was done.
    pub completed_on: Option<NaiveDate>,
    /// Spanish text of the days.
    pub shown: StepShown,
}

/// Spanish text of a step's days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StepShown {
    /// When it is due.
    pub due: Option<String>,
    /// When it was done.
    pub completed_on: Option<String>,
}

/// A goal's figure in an earlier period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureEntry {
    /// The period.
    pub period: Period,
    /// The edition that the figure is from: the period's latest; null where it has none.
    pub edition: Option<u32>,
    /// Measured value then.
    pub actual_value: Option<f64>,
    /// Progress then.
    #[schemars(range(min = 0, max = 100))]
    pub progress_pct: Option<f64>,
    /// Status then; null where the period has no edition.
    pub status: Option<Status>,
    /// Whether a count began anew with it.
    #[serde(default)]
    pub begins_anew: bool,
    /// Spanish text of the figure.
    pub shown: FigureShown,
}

/// Spanish text of an earlier figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FigureShown {
    /// The period.
    pub period: String,
    /// Measured value with its unit.
    pub actual_value: Option<String>,
    /// Progress.
    pub progress_pct: Option<String>,
    /// Status.
    pub status: String,
}

/// How far a commitment got, in the words of the Open Government Partnership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CompletionLevel {
    /// The level.
    pub id: LevelId,
    /// The level in Spanish.
    pub shown: String,
    /// Always true: a person decides on it.
    pub suggested: bool,
}

/// A completion level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LevelId {
    /// Sin evidencia.
    NoEvidence,
    /// No iniciado.
    NotStarted,
    /// Limitado.
    Limited,
    /// Sustancial.
    Substantial,
    /// Completo.
    Complete,
}

/// What is printed of a goal: figures with their unit, rounded so that no missed target looks met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct GoalShown {
    /// Measured value as headlines print it.
    pub actual_value: Option<String>,
    /// Measured value with up to two decimals, as many as the earlier ones that stand beside it.
    pub actual_value_exact: Option<String>,
    /// Numerator.
    pub numerator: Option<String>,
    /// Denominator.
    pub denominator: Option<String>,
    /// Target in force.
    pub target: Option<String>,
    /// Target as first published.
    pub original_target: Option<String>,
    /// Changed target.
    pub adjusted_target: Option<String>,
    /// Value before the plan began.
    pub baseline: Option<String>,
    /// Planned to date.
    pub planned: Option<String>,
    /// Attainment of the target.
    pub attainment_pct: Option<String>,
    /// Attainment of what was planned to date.
    pub planned_attainment_pct: Option<String>,
    /// What stands in the column Avance.
    pub progress_pct: Option<String>,
    /// The status.
    pub status: String,
    /// The status's symbol, so that colour never stands alone.
    pub symbol: String,
    /// The flags.
    pub flags: Vec<String>,
    /// Due date as plans print it: a month, a day, or a window.
    pub due: Option<String>,
    /// Due date as a day.
    pub due_long: Option<String>,
    /// When it is open.
    pub window: Option<String>,
    /// Day of completion.
    pub completed_on: Option<String>,
    /// The kind of goal.
    pub kind: String,
    /// How attainment is computed.
    pub formula: String,
    /// By how much the value moved since the last period that it can be compared with.
    pub change: Option<String>,
    /// Why no such change is told.
    pub not_comparable: Option<String>,
    /// Measured value without its unit, in millions where it has over seven digits.
    pub number: Option<String>,
    /// The unit that stands beside that number.
    pub number_unit: Option<String>,
    /// Measured value in full, where the number is in millions.
    pub number_exact: Option<String>,
    /// Why it stands as it does; that nobody says so, where it is behind.
    pub cause: Option<String>,
    /// Why it has its status, for the public.
    pub reason: Option<String>,
}

impl GoalShown {
    /// The measured value with its unit, in the form in which its headline says it everywhere.
    pub fn figure(&self) -> Option<String> {
        let whole = |number: &String| units::attach(number.clone(), self.number_unit.as_deref());
        let headline = self.number.as_ref().map(whole);
        headline.or_else(|| self.actual_value.clone())
    }
}
