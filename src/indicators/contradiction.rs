//! What a department says against what its data gives.

use super::figures::{GoalResult, PastFigure};
use super::kind;
use super::table::ReportingPeriod;
use super::value::Value;
use crate::plan::{Basis, Direction, Goal};
use crate::spanish;

/// A sum that has fallen since an earlier period of the same span.
pub(super) fn of_figures(
    goal: &Goal,
    reporting: &ReportingPeriod,
    result: &GoalResult,
    past: &[PastFigure],
) -> Option<String> {
    if kind::basis(&goal.measure) != Some(Basis::YearToDate) {
        return None;
    }
    let quantity = goal.quantity()?;
    let now = result.actual_value?;
    let (start, _) = goal.target_span()?;
    let before = past
        .iter()
        .rev()
        .find(|f| f.period.end() >= start && f.period.end() < reporting.period.start())?;
    let then = before.actual_value?;
    let fell = quantity.direction == Direction::Ascending && now < then;
    fell.then(|| {
        format!(
            "a cumulative value has fallen from {then} in {} to {now}",
            before.period
        )
    })
}

/// A status or percentage that the department declares (columns `declared_status` and
/// `declared_pct` of the query) and that is not what the rules give.
pub(super) fn of_declared(result: &GoalResult) -> Vec<String> {
    let mut found = Vec::new();
    let computed = result.status.label();
    if let Some(Value::Text(declared)) = result.variables.get("declared_status") {
        let said = declared.trim().to_lowercase();
        if !said.is_empty() && said != computed.to_lowercase() && said != result.status.id() {
            found.push(format!(
                "the department declares «{declared}»; the rules give «{computed}»"
            ));
        }
    }
    let declared = match result.variables.get("declared_pct") {
        Some(Value::Integer(n)) => Some(*n as f64),
        Some(Value::Number(n)) => Some(*n),
        _ => None,
    };
    if let Some(declared) = declared {
        let computed = result.progress_pct;
        // Half a point: departments declare whole percentages.
        if computed.is_none_or(|c| (c - declared).abs() > 0.5) {
            let ours = computed.map_or("none".to_owned(), |c| {
                format!("{}%", spanish::number_short(c))
            });
            found.push(format!(
                "the department declares {declared}% of progress; the rules give {ours}"
            ));
        }
    }
    found
}
