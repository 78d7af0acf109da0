//! Axes and goals: what is measured, against what, until when.

use chrono::{Datelike, NaiveDate};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Placed;
use crate::period::{DueDate, Period};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Ascending,
    /// Less is better.
    Descending,
}

/// What a cumulative query's value covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Only the period.
    Period,
    /// From the start of the year to the cutoff.
    YearToDate,
}

/// How a goal is measured; the rules are `tests/indicators/rules.txt`.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Target by the year of the due date; the first one's where a year is not there.
    pub targets: IndexMap<i32, f64>,
    /// What the definition says, of which every other instance is made. Kept apart from the goal's
    /// own fields, which are one instance's, so that no instance can be made of another.
    pub first: Occurrence,
}

/// What changes from one instance of a recurring goal to the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Occurrence {
    /// Its due date.
    pub due: Option<DueDate>,
    /// When it is open.
    pub window: Option<Window>,
    /// The days that its value covers.
    pub covers: Option<Window>,
    /// Its target, where its kind has one.
    pub target: Option<f64>,
}

/// A recorded change of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// Who decided that a published goal is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Since when.
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

/// The indicator sheet (*ficha técnica*), as far as a plan gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

impl Measure {
    /// Target, baseline and planned values, where the kind has them.
    pub(crate) fn quantity_mut(&mut self) -> Option<&mut Quantity> {
        match self {
            Self::Ratio(quantity)
            | Self::Cumulative { quantity, .. }
            | Self::Stock { quantity, .. } => Some(quantity),
            Self::Constant { .. } | Self::Milestone | Self::Process { .. } | Self::Narrative => {
                None
            }
        }
    }
}
