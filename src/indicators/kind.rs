//! What the rules ask of each kind of goal. A new kind gets a line in every match here, and its
//! formula a file of its own where it needs one.

use super::figures::PastFigure;
use super::measure::{Figures, GoalReading};
use super::table::ReportingPeriod;
use crate::plan::{Basis, Direction, Goal, Measure, Quantity, Step};

/// What a goal's query must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerForm {
    /// One row with `value`, or `numerator` and `denominator`.
    Number,
    /// One row with `completed_on`.
    Day,
    /// A row for each step: `step` and `completed_on`.
    Steps,
    /// Variables for its note, if anything.
    Variables,
}

/// Whether what is reached can be lost again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// What has been counted stays counted: a target that is met is met.
    ForGood,
    /// It is measured until its due date.
    UntilMeasuredAgain,
}

pub(super) fn answer_form(measure: &Measure) -> AnswerForm {
    match measure {
        Measure::Ratio(_)
        | Measure::Cumulative { .. }
        | Measure::Stock { .. }
        | Measure::Constant { .. } => AnswerForm::Number,
        Measure::Milestone => AnswerForm::Day,
        Measure::Process { .. } => AnswerForm::Steps,
        Measure::Narrative => AnswerForm::Variables,
    }
}

pub(super) fn reached(measure: &Measure) -> Reached {
    match measure {
        Measure::Cumulative { .. } | Measure::Milestone | Measure::Process { .. } => {
            Reached::ForGood
        }
        Measure::Ratio(_)
        | Measure::Stock { .. }
        | Measure::Constant { .. }
        | Measure::Narrative => Reached::UntilMeasuredAgain,
    }
}

/// What a sum's value covers; none where the value is no sum.
pub(super) fn basis(measure: &Measure) -> Option<Basis> {
    match measure {
        Measure::Cumulative { basis, .. } => Some(*basis),
        Measure::Ratio(_)
        | Measure::Stock { .. }
        | Measure::Constant { .. }
        | Measure::Milestone
        | Measure::Process { .. }
        | Measure::Narrative => None,
    }
}

/// Whether the value is a percentage of cases, which no average of percentages gives.
pub(super) fn is_share(measure: &Measure) -> bool {
    match measure {
        Measure::Ratio(_) => true,
        Measure::Cumulative { .. }
        | Measure::Stock { .. }
        | Measure::Constant { .. }
        | Measure::Milestone
        | Measure::Process { .. }
        | Measure::Narrative => false,
    }
}

/// The dated parts that the plan names.
pub(super) fn steps(measure: &Measure) -> &[Step] {
    match measure {
        Measure::Process { steps } => steps,
        Measure::Ratio(_)
        | Measure::Cumulative { .. }
        | Measure::Stock { .. }
        | Measure::Constant { .. }
        | Measure::Milestone
        | Measure::Narrative => &[],
    }
}

/// The figures that a goal's rule gives of its value; none of a kind that has no value.
pub(super) fn figures(
    goal: &Goal,
    reporting: &ReportingPeriod,
    value: Option<f64>,
    past: &[PastFigure],
) -> Figures {
    let reading = GoalReading {
        goal,
        reporting,
        value,
        past,
    };
    match &goal.measure {
        Measure::Ratio(quantity) => reading.of_quantity(quantity, false),
        Measure::Stock {
            quantity,
            from_baseline,
        } => reading.of_quantity(quantity, *from_baseline),
        Measure::Cumulative { quantity, basis } => reading.accumulated(quantity, *basis),
        Measure::Constant { low, high } => reading.in_band(*low, *high),
        Measure::Milestone | Measure::Process { .. } | Measure::Narrative => Figures::default(),
    }
}

/// How far a value is from what is wished: less is better.
pub(super) fn distance(measure: &Measure, value: f64) -> f64 {
    match measure {
        Measure::Ratio(quantity)
        | Measure::Stock { quantity, .. }
        | Measure::Cumulative { quantity, .. } => match quantity.direction {
            Direction::Descending => value,
            Direction::Ascending => -value,
        },
        Measure::Constant { low, high } => (low - value).max(value - high).max(0.0),
        // What is done, in percent.
        Measure::Process { .. } | Measure::Milestone | Measure::Narrative => -value,
    }
}

/// The rule that a goal is computed by, as `tests/indicators/rules.txt` has it.
pub(crate) fn rule(goal: &Goal) -> String {
    let formula = match &goal.measure {
        Measure::Ratio(quantity) | Measure::Cumulative { quantity, .. } => {
            against_target(quantity, false)
        }
        Measure::Stock {
            quantity,
            from_baseline,
        } => against_target(quantity, *from_baseline),
        Measure::Constant { .. } => {
            "100 inside the band, else 0; over a year: periods inside / periods due"
        }
        Measure::Milestone => "100 with evidence by the cutoff, else 0",
        Measure::Process { steps } if steps.is_empty() => "no steps are defined: no percentage",
        Measure::Process { .. } => "100 · Σ weights of steps done / Σ weights",
        Measure::Narrative => "told in prose: no percentage",
    };
    format!("{}: {formula}", goal.kind())
}

fn against_target(quantity: &Quantity, from_baseline: bool) -> &'static str {
    match (quantity.direction, quantity.baseline) {
        (Direction::Descending, Some(_)) => "100 · (B − V) / (B − T)",
        (Direction::Descending, None) => "100 · T / V",
        (Direction::Ascending, _) if from_baseline => "100 · (V − B) / (T − B)",
        (Direction::Ascending, _) => "100 · V / T",
    }
}
