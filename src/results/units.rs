//! Values with their units.

use crate::plan::{Goal, GoalKind, Measure};
use crate::spanish::{self, NO_BREAK};

/// The goal's unit; a ratio is in percent where the plan says nothing.
pub(super) fn unit(goal: &Goal) -> Option<String> {
    match (&goal.unit, &goal.measure) {
        (Some(unit), _) => Some(unit.clone()),
        (None, Measure::Ratio(_)) => Some("%".to_owned()),
        (None, _) => None,
    }
}

/// The unit that stands beside a goal's values: of a process, what is done is in percent.
pub(super) fn printed_unit(goal: &Goal) -> Option<String> {
    if goal.measure.kind() == GoalKind::Process {
        return Some("%".to_owned());
    }
    unit(goal)
}

/// A value with its unit, as many decimals as it has, two at most: `89.98%`, `21 eventos`.
pub(super) fn with_unit(value: f64, goal: &Goal) -> String {
    attach(spanish::number_short(value), printed_unit(goal).as_deref())
}

/// A value with its unit and so many decimals, as columns need it.
pub(super) fn with_decimals(value: f64, goal: &Goal, decimals: usize) -> String {
    attach(
        spanish::number(value, decimals),
        printed_unit(goal).as_deref(),
    )
}

/// As many decimals as the values of a column need, two at most.
pub(super) fn decimals(values: impl Iterator<Item = f64>) -> usize {
    values.map(spanish::decimals_of).max().unwrap_or(0)
}

/// A number and its unit in one.
pub(super) fn attach(number: String, unit: Option<&str>) -> String {
    match unit {
        Some("%") => format!("{number}%"),
        Some(unit) => format!("{number}{NO_BREAK}{unit}"),
        None => number,
    }
}
