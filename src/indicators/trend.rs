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

/// The trend of a goal's value; none where there is no figure that it can be compared with.
pub fn trend(
    goal: &Goal,
    period: Period,
    result: &GoalResult,
    past: &[PastFigure],
) -> Option<Trend> {
    let now = result.actual_value?;
    let own = method(&goal.commitment(), result.target)?;
    // A count of the year begins anew with each year.
    let to_date = kind::basis(&goal.measure) == Some(Basis::YearToDate);
    let before = past
        .iter()
        .rev()
        .filter(|figure| figure.method == Some(own))
        .filter(|figure| !to_date || figure.period.year() == period.year())
        .find_map(|figure| figure.actual_value)?;
    let distance = |value: f64| kind::distance(&goal.measure, value);
    let (then, now) = (distance(before), distance(now));
    let noise = 1e-9 * then.abs().max(now.abs()).max(1.0);
    Some(if (then - now).abs() <= noise {
        Trend::Same
    } else if now < then {
        Trend::Better
    } else {
        Trend::Worse
    })
}
