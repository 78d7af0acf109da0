//! `[goal.*]`: what is measured, against what, until when.

mod decision;
mod effect;
mod indicator_sheet;
mod kind;
mod measure;
mod quantity;
mod recurrence;
mod steps;
mod window;

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::field::{Field, usual};
use super::shape;
use super::shape::{Keyed, Line, PROSE, Prose, STATEMENT, Text};
use super::{NoteTemplate, Placed};
use crate::period::{DueDate, Period};

pub use super::goal::decision::{AdjustedTarget, Cancelled, Changed};
pub use super::goal::indicator_sheet::IndicatorSheet;
pub(crate) use super::goal::kind::MeasureParts;
pub use super::goal::kind::{GoalKind, Measure};
pub use super::goal::quantity::{Band, Basis, Direction, Quantity};
pub use super::goal::recurrence::{Occurrence, Recurrence};
pub use super::goal::steps::Step;
pub use super::goal::window::Window;

/// The keys of a goal.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct GoalKeys {
    /// The axis that it belongs to.
    axis: Field<Text>,
    /// Responsible department.
    #[serde(default)]
    responsible: Field<Text>,
    /// The goal as published.
    statement: Field<Line<STATEMENT>>,
    /// The indicator as published.
    #[serde(default)]
    indicator: Field<Line<STATEMENT>>,
    /// How it is measured.
    kind: Field<GoalKind>,
    /// Whether more is better. Default ascending, and constant of a constant goal.
    #[serde(default)]
    direction: Field<measure::DirectionKey>,
    /// Unit of its values, as printed.
    #[serde(default)]
    #[schemars(example = &"sesiones")]
    unit: Field<Line<60>>,
    /// Value before the plan began; of a constant goal it is printed only.
    #[serde(default)]
    baseline: Field<f64>,
    /// Year of the baseline.
    #[serde(default)]
    #[schemars(range(min = 1900, max = 2200))]
    baseline_year: Field<i32>,
    /// Attainment counts from the baseline (stock); that of a descending goal always does.
    #[serde(default = "usual::<bool>")]
    from_baseline: Field<bool>,
    /// Value to reach by the due date.
    #[serde(default)]
    target: Field<f64>,
    /// Planned value by period.
    #[serde(default)]
    planned: Field<Keyed<Period, f64>>,
    /// A recorded change of the target.
    #[serde(default)]
    adjusted_target: Field<decision::AdjustedKeys>,
    /// Who decided that the goal is no longer what was published; printed in the report.
    #[serde(default)]
    changed: Field<decision::DecisionKeys>,
    /// A recorded cancellation.
    #[serde(default)]
    cancelled: Field<decision::DecisionKeys>,
    /// What a cumulative query's value covers.
    #[serde(default)]
    basis: Field<Basis>,
    /// Bounds of a constant goal.
    #[serde(default)]
    band: Field<Band>,
    /// Dated parts of a process.
    #[serde(default)]
    #[schemars(length(min = 1))]
    steps: Field<Vec<Field<steps::StepKeys>>>,
    /// Due date: a month, meaning its last day, or a day.
    #[serde(default)]
    #[schemars(schema_with = "shape::date")]
    due: Field<DueDate>,
    /// The goal returns every year, on the same day, until this date.
    #[serde(default)]
    #[schemars(schema_with = "shape::date")]
    recurs_until: Field<DueDate>,
    /// Target of a recurring goal by the year of its due date.
    #[serde(default)]
    targets: Field<Keyed<i32, f64>>,
    /// When it is open; before it the goal is scheduled.
    #[serde(default)]
    window: Field<window::WindowKeys>,
    /// The days that its value covers. Default: the due date's year up to the due date, or the
    /// window.
    #[serde(default)]
    span: Field<window::WindowKeys>,
    /// SQL over the sources; one row.
    #[serde(default)]
    #[schemars(example = &"SELECT COUNT(*) AS value FROM sesiones WHERE fecha <= cutoff")]
    pub query: Field<Text>,
    /// Footnote, with {variables} of the query.
    #[serde(default)]
    note: Field<Prose<PROSE>>,
    /// Of which departments' files there must be one.
    #[serde(default = "usual::<Requires>")]
    requires: Field<Requires>,
    /// Indicator sheet: what it measures.
    #[serde(default)]
    definition: Field<Prose<PROSE>>,
    /// Indicator sheet: efficacy, efficiency, quality, economy.
    #[serde(default)]
    dimension: Field<Prose<PROSE>>,
    /// Indicator sheet: method of calculation in words.
    #[serde(default)]
    method: Field<Prose<PROSE>>,
    /// Indicator sheet: how often it is measured.
    #[serde(default)]
    frequency: Field<Prose<PROSE>>,
    /// Indicator sheet: means of verification.
    #[serde(default)]
    verification: Field<Prose<PROSE>>,
}

/// Of which departments' files there must be one before a goal has a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Requires {
    /// No figure unless every department has sent its file.
    All,
    /// A figure of those that have, which says who is missing.
    #[default]
    Any,
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
    /// Value before the plan began: of a constant goal printed only, of the others part of the rule.
    pub baseline: Option<f64>,
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
    /// Who decided that it is no longer what was published.
    pub changed: Option<Changed>,
    /// Its cancellation.
    pub cancelled: Option<Cancelled>,
    /// What its indicator sheet says.
    pub sheet: IndicatorSheet,
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
        self.measure.kind().id()
    }

    /// Target, baseline and planned values, where its kind has them.
    pub fn quantity(&self) -> Option<&Quantity> {
        self.measure.quantity()
    }
}

impl GoalKeys {
    pub(crate) fn check(
        &self,
        id: &str,
        place: &Field<Self>,
        checker: &mut Checker<'_>,
    ) -> Option<Goal> {
        checker.slug("a goal's id", id, place.key());
        let axis = self.axis.required_text();
        let axes = checker.axes.clone();
        checker.refers("axis", &axis, self.axis.span(), &axes);
        let responsible = checker.department(&self.responsible);
        if let Some(kind) = self.kind.copied() {
            self.keys_of_kind(id, kind, place, checker);
            self.direction_of_kind(id, kind, checker);
        }
        self.keys_without_effect(id, checker);
        let note = self.note.placed();
        if let Some(note) = &note
            && let Err(why) = NoteTemplate::parse(&note.value)
        {
            checker.error("invalid-note", note.span.clone(), why);
        }
        let window = window::check("window", &self.window, checker);
        let covers = window::check("span", &self.span, checker);
        let goal = Goal {
            id: id.to_owned(),
            span: place.key(),
            axis,
            responsible,
            statement: self.statement.required_text(),
            indicator: self.indicator.text(),
            unit: self.unit.text(),
            measure: self.measure(id, window, checker)?,
            baseline: self.baseline.copied(),
            due: self.due.copied(),
            window,
            covers,
            recurrence: None,
            query: self.query.placed(),
            note,
            requires_all: self.requires.copied() == Some(Requires::All),
            adjusted: self.adjusted_target.get().and_then(|keys| keys.adjusted()),
            changed: self.changed.get().and_then(|keys| keys.changed()),
            cancelled: self.cancelled.get().and_then(|keys| keys.cancelled()),
            sheet: self.sheet(),
        };
        Some(Goal {
            recurrence: self.recurrence(&goal, checker),
            ..goal
        })
    }
}
