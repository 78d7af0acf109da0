//! How a value moved since the last period that it can be compared with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::figures::{GoalResult, PastFigure};
use super::kind;
use crate::period::Period;
use crate::plan::{Basis, Commitment, Goal};

/// How a value moved, by the goal's direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// Nearer to the target, or further beyond it.
    Better,
    /// Away from it.
    Worse,
    /// The same value.
    Same,
}

/// What must be the same of two figures before one is called better: how it is measured, against
/// what, and of which instance. None where that is not known.
pub fn method(commitment: &Commitment, target: Option<f64>) -> Option<u64> {
    let text = serde_json::to_vec(&(
        &commitment.kind,
        &commitment.query,
        commitment.direction,
        commitment.baseline,
        commitment.basis,
        commitment.band,
        commitment.year,
        target,
    ));
    let hash = Sha256::digest(text.ok()?);
    hash.first_chunk().copied().map(u64::from_le_bytes)
}

/// A value beside the last earlier one that it can be compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// The period of the earlier value.
    pub period: Period,
    /// By how much the value is more.
    pub by: f64,
    /// What that means by the goal's direction.
    pub trend: Trend,
}

/// Why a value can't be compared with an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomparable {
    /// There is no earlier period, or the goal has no values.
    Nothing,
    /// There is no value now.
    NoValueNow,
    /// There was none in that period, nor in any before.
    NoValueThen(Period),
    /// A count of the year begins anew with each year.
    CountBeganAnew,
    /// A recurring goal begins anew with each year.
    GoalBeganAnew,
    /// The target, the method or the basis is not what it was.
    Changed,
    /// The earlier editions do not say how it was measured.
    MethodUnknown,
}

/// Whether a sum that has run until `before` counts from nothing again at `now`.
pub fn begins_anew(goal: &Goal, before: Period, now: Period) -> bool {
    let of_the_year = match kind::basis(&goal.measure) {
        Some(Basis::YearToDate) => true,
        Some(Basis::Period) => goal.recurrence.is_some(),
        None => false,
    };
    of_the_year && before.year() != now.year()
}

/// A goal's value beside the last earlier one that is measured alike.
///
/// # Errors
/// Why there is none.
pub fn compare(
    goal: &Goal,
    period: Period,
    result: &GoalResult,
    past: &[PastFigure],
) -> Result<Comparison, Incomparable> {
    let last = past.last().ok_or(Incomparable::Nothing)?;
    let valued: Vec<&PastFigure> = past.iter().filter(|p| p.actual_value.is_some()).collect();
    let now = match (result.actual_value, valued.last()) {
        (Some(value), Some(_)) => value,
        (None, Some(_)) => return Err(Incomparable::NoValueNow),
        (Some(_), None) => return Err(Incomparable::NoValueThen(last.period)),
        (None, None) => return Err(Incomparable::Nothing),
    };
    let own = method(&goal.commitment(), result.target);
    let alike = |figure: &&&PastFigure| {
        figure.method.is_some() && figure.method == own && !begins_anew(goal, figure.period, period)
    };
    let Some((before, value)) = valued
        .iter()
        .rev()
        .find(alike)
        .and_then(|figure| Some((figure.period, figure.actual_value?)))
    else {
        return Err(why_not(goal, period, &valued));
    };
    let distance = |value: f64| kind::distance(&goal.measure, value);
    let (then, later) = (distance(value), distance(now));
    let noise = 1e-9 * then.abs().max(later.abs()).max(1.0);
    let trend = if (then - later).abs() <= noise {
        Trend::Same
    } else if later < then {
        Trend::Better
    } else {
        Trend::Worse
    };
    Ok(Comparison {
        period: before,
        by: now - value,
        trend,
    })
}

fn why_not(goal: &Goal, period: Period, valued: &[&PastFigure]) -> Incomparable {
    let before = valued.last().map_or(period, |figure| figure.period);
    if begins_anew(goal, before, period) {
        return Incomparable::CountBeganAnew;
    }
    if goal.recurrence.is_some() && before.year() != period.year() {
        return Incomparable::GoalBeganAnew;
    }
    match valued.iter().all(|figure| figure.method.is_none()) {
        true => Incomparable::MethodUnknown,
        false => Incomparable::Changed,
    }
}

/// A goal's status beside the one that it had in the last period with an edition; none where one
/// of them says nothing of how it stands, or it was measured otherwise.
pub fn status_change(
    goal: &Goal,
    period: Period,
    result: &GoalResult,
    past: &[PastFigure],
) -> Option<Trend> {
    let before = past.last()?;
    let own = method(&goal.commitment(), result.target);
    let alike = before.method.is_some() && before.method == own;
    let judged = before.status.is_judged() && result.status.is_judged();
    if !alike || !judged || begins_anew(goal, before.period, period) {
        return None;
    }
    let (then, now) = (before.status.weight(), result.status.weight());
    Some(match now.cmp(&then) {
        std::cmp::Ordering::Less => Trend::Better,
        std::cmp::Ordering::Equal => Trend::Same,
        std::cmp::Ordering::Greater => Trend::Worse,
    })
}
