//! From a query's one row to a value, its target and its attainment.

use indexmap::IndexMap;

use super::figures::PastFigure;
use super::labels::Flag;
use super::rules;
use super::table::ReportingPeriod;
use super::value::Value;
use crate::plan::{Basis, Goal, Quantity};

/// A goal's figures before a status is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    pub value: Option<f64>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub target: Option<f64>,
    pub planned: Option<f64>,
    pub attainment: Option<f64>,
    pub planned_attainment: Option<f64>,
    pub progress: Option<f64>,
    pub flags: Vec<Flag>,
    /// Why there is no value, where there is none.
    pub absent: Option<String>,
}

/// A number that the query gave, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    Is(f64),
    NoCases,
    Absent(String),
    Wrong(String),
}

/// Reads the value out of a query's row.
pub(super) fn number(row: &IndexMap<String, Value>) -> (Number, Option<f64>, Option<f64>) {
    if row.contains_key("numerator") || row.contains_key("denominator") {
        let (top, bottom) = (part(row, "numerator"), part(row, "denominator"));
        let (n, d) = (given(&top), given(&bottom));
        let result = match (top, bottom) {
            (Number::Wrong(why), _) | (_, Number::Wrong(why)) => Number::Wrong(why),
            (_, Number::Is(0.0)) => Number::NoCases,
            (Number::Is(n), Number::Is(d)) => Number::Is(100.0 * n / d),
            (Number::Absent(why), _) | (_, Number::Absent(why)) => Number::Absent(why),
            (other, _) => other,
        };
        return (result, n, d);
    }
    (part(row, "value"), None, None)
}

fn given(number: &Number) -> Option<f64> {
    match number {
        Number::Is(n) => Some(*n),
        _ => None,
    }
}

fn part(row: &IndexMap<String, Value>, name: &str) -> Number {
    match row.get(name) {
        Some(Value::Integer(n)) => Number::Is(*n as f64),
        // 0/0 in SQL: no cases. x/0 cannot be told from a slip.
        Some(Value::Number(n)) if n.is_nan() => Number::NoCases,
        Some(Value::Number(n)) if n.is_infinite() => Number::Absent(format!(
            "the query's `{name}` is infinite: it divides by zero"
        )),
        Some(Value::Number(n)) => Number::Is(*n),
        Some(Value::Null) => Number::Absent(format!("the query's `{name}` is NULL")),
        Some(other) => Number::Wrong(format!(
            "the query's `{name}` must be a number, but is {}",
            type_name(other)
        )),
        None => Number::Wrong(format!("the query gives no column `{name}`")),
    }
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Integer(_) | Value::Number(_) => "a number",
        Value::Date(_) => "a date",
        Value::Text(_) => "a text",
        Value::Bool(_) => "a truth value",
    }
}

/// The target in force on the cutoff.
pub(super) fn target(goal: &Goal, quantity: &Quantity, reporting: &ReportingPeriod) -> (f64, bool) {
    match &goal.adjusted {
        Some(adjusted) if adjusted.date <= reporting.cutoff => (adjusted.value, true),
        _ => (quantity.target, false),
    }
}

/// A goal's value at a moment, with what came before.
pub(super) struct GoalReading<'a> {
    pub goal: &'a Goal,
    pub reporting: &'a ReportingPeriod,
    pub value: Option<f64>,
    pub past: &'a [PastFigure],
}

impl GoalReading<'_> {
    /// A value against its target, and against what was planned for the period.
    pub(super) fn of_quantity(&self, quantity: &Quantity, from_baseline: bool) -> Figures {
        let (value, reporting) = (self.value, self.reporting);
        let (target, adjusted) = target(self.goal, quantity, reporting);
        let planned = quantity.planned.get(&reporting.period).copied();
        let percent = |of: f64| rules::attainment(value?, of, quantity, from_baseline);
        let attainment = percent(target);
        let behind = value.is_some_and(|v| rules::regressed(v, quantity));
        let mut flags = Vec::new();
        if adjusted {
            flags.push(Flag::Adjusted);
        }
        if behind {
            flags.push(Flag::Regressed);
        }
        if attainment.is_some_and(|a| a > 100.0) {
            flags.push(Flag::OverAchieved);
        }
        Figures {
            value,
            target: Some(target),
            planned,
            attainment,
            planned_attainment: planned.and_then(percent),
            progress: attainment.map(|a| rules::progress(a, behind)),
            flags,
            ..Figures::default()
        }
    }

    /// The same of the goal's total.
    pub(super) fn accumulated(&self, quantity: &Quantity, basis: Basis) -> Figures {
        let Self {
            goal, reporting, ..
        } = *self;
        let (value, complete) = total(goal, reporting, self.value, basis, self.past);
        let total = GoalReading { value, ..*self };
        let mut figures = total.of_quantity(quantity, false);
        if !complete {
            figures.flags.push(Flag::Incomplete);
        }
        figures
    }

    /// 100 inside the band, else 0; at the due date, the share of the covered periods inside it.
    pub(super) fn in_band(&self, low: f64, high: f64) -> Figures {
        let Self {
            goal,
            reporting,
            value,
            past,
        } = *self;
        let inside = |v: f64| (low..=high).contains(&v);
        let now = value.map(|v| if inside(v) { 100.0 } else { 0.0 });
        let due = goal.due.is_some_and(|d| reporting.cutoff >= d.date);
        let mut flags = Vec::new();
        let attainment = match (now, goal.target_span()) {
            (Some(now), Some((start, end))) if due => {
                let (mut hits, mut periods) = (0.0, 0.0);
                let mut period = reporting.period;
                // What is measured after the last day covered is not the goal's any more.
                if period.start() <= end {
                    (hits, periods) = (now / 100.0, 1.0);
                }
                while period.previous().end() >= start {
                    period = period.previous();
                    if period.start() > end {
                        continue;
                    }
                    let then = past
                        .iter()
                        .find(|f| f.period == period)
                        .and_then(|f| f.actual_value);
                    match then {
                        Some(v) if inside(v) => hits += 1.0,
                        Some(_) => {}
                        None => flags.push(Flag::Incomplete),
                    }
                    periods += 1.0;
                }
                flags.dedup();
                (periods > 0.0).then(|| 100.0 * hits / periods)
            }
            _ => now,
        };
        Figures {
            value,
            attainment,
            progress: attainment.map(|a| rules::progress(a, false)),
            flags,
            ..Figures::default()
        }
    }
}

/// The goal's total: a period's value alone is added to those of the earlier periods that the
/// goal covers. The second part tells whether none of those is missing.
fn total(
    goal: &Goal,
    reporting: &ReportingPeriod,
    value: Option<f64>,
    basis: Basis,
    past: &[PastFigure],
) -> (Option<f64>, bool) {
    let (Basis::Period, Some(mut total), Some((start, end))) = (basis, value, goal.target_span())
    else {
        return (value, true);
    };
    let mut complete = true;
    // A recurring goal's instance is still reported in the period after its last: what that period
    // counts is the next instance's.
    let next = goal.recurrence.is_some() && reporting.period.start() > end;
    if next {
        total = 0.0;
    }
    let mut period = reporting.period;
    while period.previous().end() >= start {
        period = period.previous();
        let figure = past.iter().find(|f| f.period == period);
        match figure.and_then(|f| f.period_value) {
            Some(earlier) => total += earlier,
            None => complete = false,
        }
    }
    (Some(total), complete)
}
