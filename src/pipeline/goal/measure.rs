//! What a goal is measured against: target, baseline, direction, band.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GoalKeys, GoalKind, Step, Window};
use crate::period::Period;
use crate::pipeline::check::Checker;

/// Whether more is better, as a definition writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum DirectionKey {
    /// More is better.
    Ascending,
    /// Less is better.
    Descending,
    /// Neither: the value is to stay inside its band.
    Constant,
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

/// Bounds of a constant goal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Band {
    /// Smallest value inside.
    pub low: f64,
    /// Largest value inside.
    pub high: f64,
}

/// How a goal is measured, with what its kind needs.
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

impl Measure {
    /// Its kind.
    pub fn kind(&self) -> GoalKind {
        match self {
            Self::Ratio(_) => GoalKind::Ratio,
            Self::Cumulative { .. } => GoalKind::Cumulative,
            Self::Stock { .. } => GoalKind::Stock,
            Self::Constant { .. } => GoalKind::Constant,
            Self::Milestone => GoalKind::Milestone,
            Self::Process { .. } => GoalKind::Process,
            Self::Narrative => GoalKind::Narrative,
        }
    }

    /// Target, baseline and planned values, where the kind has them.
    pub(crate) fn quantity(&self) -> Option<&Quantity> {
        match self {
            Self::Ratio(quantity)
            | Self::Cumulative { quantity, .. }
            | Self::Stock { quantity, .. } => Some(quantity),
            Self::Constant { .. } | Self::Milestone | Self::Process { .. } | Self::Narrative => {
                None
            }
        }
    }

    /// The same, to be changed.
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

impl GoalKeys {
    pub(super) fn direction_of_kind(&self, id: &str, kind: GoalKind, checker: &mut Checker<'_>) {
        let constant = self.direction.copied() == Some(DirectionKey::Constant);
        if self.direction.is_given() && (kind == GoalKind::Constant) != constant {
            checker.error_hint(
                "direction",
                self.direction.span(),
                format!("goal `{id}` is of kind {}, which cannot have this direction", kind.id()),
                "kind constant goes with direction constant, the others with ascending or descending",
            );
        }
    }

    pub(super) fn measure(
        &self,
        id: &str,
        window: Option<Window>,
        checker: &mut Checker<'_>,
    ) -> Option<Measure> {
        Some(match self.kind.copied()? {
            GoalKind::Ratio => Measure::Ratio(self.quantity(id, false, checker)),
            GoalKind::Cumulative => Measure::Cumulative {
                quantity: self.quantity(id, false, checker),
                basis: self.basis.copied().unwrap_or(Basis::YearToDate),
            },
            GoalKind::Stock => {
                let from_baseline = self.counts_from_baseline(id, checker);
                Measure::Stock {
                    quantity: self.quantity(id, from_baseline, checker),
                    from_baseline,
                }
            }
            GoalKind::Constant => {
                let Band { low, high } = self.band(checker);
                Measure::Constant { low, high }
            }
            GoalKind::Milestone => Measure::Milestone,
            GoalKind::Process => Measure::Process {
                steps: self.steps(window, checker),
            },
            GoalKind::Narrative => Measure::Narrative,
        })
    }

    fn counts_from_baseline(&self, id: &str, checker: &mut Checker<'_>) -> bool {
        let from_baseline = self.from_baseline.copied().unwrap_or(false);
        if from_baseline && !self.baseline.is_given() {
            checker.error_hint(
                "missing-key",
                self.from_baseline.key(),
                format!("goal `{id}` counts from a baseline that it does not have"),
                "add baseline = …",
            );
        }
        from_baseline
    }

    fn quantity(&self, id: &str, from_baseline: bool, checker: &mut Checker<'_>) -> Quantity {
        let quantity = Quantity {
            // A target that is missing has been told, and keeps the plan from being made.
            target: self.target.copied().unwrap_or(f64::NAN),
            baseline: self.baseline.copied(),
            direction: match self.direction.copied() {
                Some(DirectionKey::Descending) => Direction::Descending,
                Some(DirectionKey::Ascending | DirectionKey::Constant) | None => {
                    Direction::Ascending
                }
            },
            planned: self.planned.numbers(),
        };
        for (period, planned) in self.planned.entries() {
            checker.same_frequency(*period, planned.key());
        }
        let adjusted = self.adjusted_target.get().map(|keys| &keys.value);
        for target in [Some(&self.target), adjusted].into_iter().flatten() {
            if let Some(value) = target.copied()
                && let Some((code, message, hint)) = quantity.unsound(value, from_baseline)
            {
                let message = format!("goal `{id}` {message}");
                checker.error_hint(code, target.span(), message, hint);
            }
        }
        quantity
    }

    fn band(&self, checker: &mut Checker<'_>) -> Band {
        let Some(band) = self.band.copied() else {
            return Band {
                low: 0.0,
                high: 0.0,
            };
        };
        let Band { low, high } = band;
        if low > high {
            checker.error_hint(
                "range-reversed",
                self.band.span(),
                format!("the band's low {low} is above its high {high}"),
                "swap low and high",
            );
        }
        band
    }
}

impl Quantity {
    /// Why nothing can be measured against `target`: code, what the goal has, and the way out.
    fn unsound(
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
