//! The rules of calculation; `tests/indicators/rules.txt` has them with cases. V value, T target, B baseline, P planned.

use crate::plan::{Direction, Quantity};

/// A figure measured against a target, in percent, uncapped.
///
/// `from_baseline` counts an ascending figure from B; a descending one always does where B is
/// known. None where no percentage can be taken.
pub fn attainment(
    value: f64,
    target: f64,
    quantity: &Quantity,
    from_baseline: bool,
) -> Option<f64> {
    let baseline = quantity.baseline;
    let percent = match quantity.direction {
        Direction::Ascending => match baseline.filter(|_| from_baseline) {
            Some(base) if base != target => 100.0 * (value - base) / (target - base),
            Some(_) => return reached(value >= target),
            None if target > 0.0 => 100.0 * value / target,
            None => return None,
        },
        Direction::Descending => match baseline {
            Some(base) if base != target => 100.0 * (base - value) / (base - target),
            Some(_) => return reached(value <= target),
            None if value <= 0.0 => 100.0,
            None => 100.0 * target / value,
        },
    };
    percent.is_finite().then_some(percent)
}

fn reached(met: bool) -> Option<f64> {
    Some(if met { 100.0 } else { 0.0 })
}

/// Whether V meets T; compared unrounded.
pub fn meets(value: f64, target: f64, direction: Direction) -> bool {
    match direction {
        Direction::Ascending => value >= target,
        Direction::Descending => value <= target,
    }
}

/// Whether V is worse than B.
pub(super) fn regressed(value: f64, quantity: &Quantity) -> bool {
    quantity
        .baseline
        .is_some_and(|base| match quantity.direction {
            Direction::Ascending => value < base,
            Direction::Descending => value > base,
        })
}

/// Attainment as progress: 0 to 100.
pub fn progress(attainment: f64, regressed: bool) -> f64 {
    if regressed {
        0.0
    } else {
        attainment.clamp(0.0, 100.0)
    }
}
