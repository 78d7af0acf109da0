//! What a goal is measured against: target, baseline, direction, band.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::period::Period;

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

/// Bounds of a constant goal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Band {
    /// Smallest value inside.
    pub low: f64,
    /// Largest value inside.
    pub high: f64,
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

impl Quantity {
    /// Why nothing can be measured against `target`: code, what the goal has, and the way out.
    pub(crate) fn unsound(
        &self,
        target: f64,
        from_baseline: bool,
    ) -> Option<(&'static str, &'static str, &'static str)> {
        let descending = self.direction == Direction::Descending;
        let baseline = self.baseline.filter(|_| descending || from_baseline);
        if baseline == Some(target) {
            Some((
                "baseline-is-target",
                "has a target equal to its baseline",
                "one of them is a slip",
            ))
        } else if baseline.is_some_and(|b| (b < target) == descending) {
            Some((
                "target-behind-baseline",
                "has a target on the wrong side of its baseline",
                "check target, baseline and direction",
            ))
        } else if target == 0.0 && !descending && baseline.is_none() {
            Some((
                "target-zero",
                "has the target 0, of which no percentage can be taken",
                "give the real target, or direction = \"descending\"",
            ))
        } else if target < 0.0 && baseline.is_none() {
            Some((
                "target-negative",
                "has a target below 0, of which no percentage can be taken",
                "give a baseline, and from_baseline = true where it ascends",
            ))
        } else {
            None
        }
    }
}
