//! From a goal's figures to places on a line.

use crate::plan::Direction;
use crate::results::GoalEntry;

/// Room behind the largest figure, as a factor.
const ROOM: f64 = 1.08;

/// A range of values, and the width that it is drawn on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    width: f64,
}

impl Scale {
    /// From the least to the greatest of 0 and `values`, with room behind; none where nothing could
    /// be told apart on it.
    pub(super) fn of(values: impl IntoIterator<Item = f64>, width: f64) -> Option<Self> {
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        (high > low).then_some(Self {
            low: low * ROOM,
            high: high * ROOM,
            width,
        })
    }

    /// From 0 to `high`.
    pub(super) fn up_to(high: f64, width: f64) -> Self {
        Self {
            low: 0.0,
            high,
            width,
        }
    }

    /// Where a value stands, kept on the line.
    pub(super) fn at(self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        share.clamp(0.0, 1.0) * self.width
    }

    /// Where the line ends.
    pub(super) fn end(self) -> f64 {
        self.width
    }
}

/// The values that bound the bands of the traffic light, from those of `on_track` and `at_risk`
/// percent of what was planned; none where nothing was planned.
pub(super) fn bands(goal: &GoalEntry, (on_track, at_risk): (f64, f64)) -> Option<(f64, f64)> {
    let planned = goal.planned?;
    let value = |percent: f64| value_at(goal, planned, percent / 100.0);
    Some((value(on_track)?, value(at_risk)?))
}

/// The value whose attainment of what was planned is `share`: the formulas of the kinds, turned
/// around.
fn value_at(goal: &GoalEntry, planned: f64, share: f64) -> Option<f64> {
    let from_baseline = goal
        .baseline
        .filter(|_| counts_from_baseline(goal, planned));
    match (goal.direction?, from_baseline) {
        (_, Some(baseline)) => Some(baseline + (planned - baseline) * share),
        (Direction::Ascending, None) => Some(planned * share),
        (Direction::Descending, None) => (share > 0.0).then(|| planned / share),
    }
}

/// Whether the attainment is counted from the baseline: a descending goal's is where there is one,
/// an ascending one's only where it is not simply the value's share of what was planned.
fn counts_from_baseline(goal: &GoalEntry, planned: f64) -> bool {
    match goal.direction {
        Some(Direction::Descending) => true,
        Some(Direction::Ascending) => {
            let (Some(value), Some(attainment)) = (goal.actual_value, goal.planned_attainment_pct)
            else {
                return false;
            };
            (attainment - 100.0 * value / planned).abs() > 0.01
        }
        None => false,
    }
}
