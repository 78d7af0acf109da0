//! What was published of a goal: all that a later definition may not change in silence.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::goal::MeasureParts;
use super::placed::Placed;
use super::{
    AdjustedTarget, Band, Basis, Changed, Direction, Goal, GoalKind, Measure, Occurrence, Quantity,
    Recurrence, Step, Window,
};
use crate::period::{DueDate, Period};

/// A goal as it was published. Dates and targets of a recurring goal are its first instance's, as
/// the definition has them, so that a new year changes nothing here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Commitment {
    /// How it is measured.
    pub kind: String,
    /// The goal as published.
    pub statement: String,
    /// Its query.
    pub query: Option<String>,
    /// Whether more is better.
    pub direction: Option<Direction>,
    /// Target by the due date.
    pub target: Option<f64>,
    /// A recorded change of the target.
    pub adjusted_target: Option<AdjustedTarget>,
    /// Value before the plan began.
    pub baseline: Option<f64>,
    /// Attainment counts from the baseline.
    pub from_baseline: bool,
    /// What a cumulative query's value covers.
    pub basis: Option<Basis>,
    /// Bounds of a constant goal.
    pub band: Option<Band>,
    /// Planned value by period.
    pub planned: IndexMap<Period, f64>,
    /// Dated parts of a process.
    pub steps: Vec<Step>,
    /// Due date.
    pub due: Option<DueDate>,
    /// When it is open.
    pub window: Option<Window>,
    /// The days that its value covers.
    pub span: Option<Window>,
    /// Until when it recurs.
    pub recurs_until: Option<chrono::NaiveDate>,
    /// Target by the year of the due date.
    pub targets: IndexMap<i32, f64>,
    /// Year of the due date of the instance that was published.
    pub year: Option<i32>,
    /// Who decided on the last change.
    pub changed: Option<Changed>,
}

impl Goal {
    /// What an edition publishes of this goal.
    pub fn commitment(&self) -> Commitment {
        let first = self
            .recurrence
            .as_ref()
            .map_or_else(|| self.occurrence(), |recurrence| recurrence.first);
        let quantity = self.quantity();
        let parts = self.measure.parts();
        Commitment {
            kind: self.kind().to_owned(),
            statement: self.statement.clone(),
            query: self.query.as_ref().map(|query| query.value.clone()),
            direction: quantity.map(|q| q.direction),
            target: first.target,
            adjusted_target: self.adjusted.clone(),
            baseline: quantity.and_then(|q| q.baseline),
            from_baseline: parts.from_baseline,
            basis: parts.basis,
            band: parts.band,
            planned: quantity.map(|q| q.planned.clone()).unwrap_or_default(),
            steps: parts.steps,
            due: first.due,
            window: first.window,
            span: first.covers,
            recurs_until: self.recurrence.as_ref().map(|r| r.until),
            targets: self
                .recurrence
                .as_ref()
                .map(|r| r.targets.clone())
                .unwrap_or_default(),
            year: self.due.map(|due| chrono::Datelike::year(&due.date)),
            changed: self.changed.clone(),
        }
    }

    fn occurrence(&self) -> Occurrence {
        Occurrence {
            due: self.due,
            window: self.window,
            covers: self.covers,
            target: self.quantity().map(|quantity| quantity.target),
        }
    }

    /// This goal with what was published put back. For a recurring goal that is its first
    /// instance: the plan is to be taken at a period again. None where the kind is not known.
    pub fn as_published(&self, commitment: &Commitment) -> Option<Self> {
        let first = Occurrence {
            due: commitment.due,
            window: commitment.window,
            covers: commitment.span,
            target: commitment.target,
        };
        let query = commitment.query.as_ref().map(|value| Placed {
            value: value.clone(),
            span: self
                .query
                .as_ref()
                .map_or(self.span.clone(), |query| query.span.clone()),
        });
        Some(Self {
            statement: commitment.statement.clone(),
            measure: commitment.measure()?,
            due: first.due,
            window: first.window,
            covers: first.covers,
            recurrence: commitment.recurs_until.map(|until| Recurrence {
                until,
                targets: commitment.targets.clone(),
                first,
            }),
            query,
            adjusted: commitment.adjusted_target.clone(),
            ..self.clone()
        })
    }
}

impl Commitment {
    fn measure(&self) -> Option<Measure> {
        let quantity = || {
            Some(Quantity {
                target: self.target?,
                baseline: self.baseline,
                direction: self.direction?,
                planned: self.planned.clone(),
            })
        };
        self.kind()?.measure(MeasureParts {
            quantity: quantity(),
            basis: self.basis,
            from_baseline: self.from_baseline,
            band: self.band,
            steps: self.steps.clone(),
        })
    }

    /// None where a later metas published a kind that this one does not know.
    fn kind(&self) -> Option<GoalKind> {
        GoalKind::ALL
            .into_iter()
            .find(|kind| kind.id() == self.kind)
    }
}
