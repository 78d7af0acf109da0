//! A goal beside its last period, in Spanish, and its conclusion.

use super::headline::headline;
use super::units;
use crate::indicators::{Comparison, GoalResult, Incomparable};
use crate::period::Period;
use crate::plan::Goal;
use crate::spanish::{self, NO_BREAK};

/// `+3.5 puntos desde el 2.º trimestre`, `Sin cambio desde el 2.º trimestre`.
pub(super) fn change(goal: &Goal, period: Period, comparison: &Comparison) -> String {
    let since = spanish::period_short(comparison.period, period.year());
    match amount(goal, comparison) {
        None => format!("Sin cambio desde {since}"),
        Some(amount) => {
            let sign = if comparison.by < 0.0 { '\u{2212}' } else { '+' };
            format!("{sign}{amount} desde {since}")
        }
    }
}

/// `bajó 5.64 puntos desde el 2.º trimestre`.
fn moved(goal: &Goal, period: Period, comparison: &Comparison) -> String {
    let since = spanish::period_short(comparison.period, period.year());
    match amount(goal, comparison) {
        None => format!("sin cambio desde {since}"),
        Some(amount) => {
            let verb = if comparison.by < 0.0 {
                "bajó"
            } else {
                "subió"
            };
            format!("{verb} {amount} desde {since}")
        }
    }
}

/// By how much the value moved, with its unit; none where that is nothing.
fn amount(goal: &Goal, comparison: &Comparison) -> Option<String> {
    // What six decimals do not show is what a sum's order alone can change.
    if comparison.by.abs() < 5e-7 {
        return None;
    }
    let number = spanish::number_short_against(comparison.by.abs(), &[0.0]);
    Some(match units::printed_unit(goal).as_deref() {
        Some("%") if number == "1" => format!("{number}{NO_BREAK}punto"),
        Some("%") => format!("{number}{NO_BREAK}puntos"),
        Some(unit) => format!("{number}{NO_BREAK}{unit}"),
        None => number,
    })
}

/// Why no change is shown.
pub(super) fn why_not(period: Period, why: Incomparable) -> Option<String> {
    Some(match why {
        Incomparable::Nothing => return None,
        Incomparable::NoValueNow => "Sin dato en este periodo".to_owned(),
        Incomparable::NoValueThen(before) => {
            let name = spanish::period_short(before, period.year());
            format!("Sin dato en {name}")
        }
        Incomparable::CountBeganAnew => "El conteo del año comienza de nuevo".to_owned(),
        Incomparable::GoalBeganAnew => "La meta comienza de nuevo cada año".to_owned(),
        Incomparable::Changed => "La meta cambió".to_owned(),
        Incomparable::MethodUnknown => "No consta cómo se midió antes".to_owned(),
    })
}

/// `75.61%: En tiempo; bajó 5.64 puntos desde el 2.º trimestre; meta 85% en diciembre de 2026.`
pub(super) fn conclusion(
    goal: &Goal,
    period: Period,
    result: &GoalResult,
    compared: Result<Comparison, Incomparable>,
) -> String {
    let target = result.target.or(goal.quantity().map(|q| q.target));
    let status = result.status.label();
    let first = match (result.actual_value, result.completed_on) {
        (Some(value), _) => format!("{}: {status}", headline(value, goal, target).whole()),
        (None, Some(day)) => format!("{status}: {}", spanish::date_long(day)),
        (None, None) => status.to_owned(),
    };
    let mut parts = vec![first];
    parts.extend(compared.ok().map(|one| moved(goal, period, &one)));
    let when = goal.due.map(spanish::due_when);
    match (target.map(|t| units::with_unit(t, goal)), when) {
        (Some(target), Some(when)) => parts.push(format!("meta {target} {when}")),
        (Some(target), None) => parts.push(format!("meta {target}")),
        (None, Some(when)) => parts.push(format!("fecha establecida: {}", when_alone(&when))),
        (None, None) => {}
    }
    format!("{}.", parts.join("; "))
}

/// A day without the word before it.
fn when_alone(when: &str) -> &str {
    when.split_once(' ').map_or(when, |(_, day)| day)
}
