//! How much of an edition rests on data. One that says *Sin información* of most of its goals is
//! no error of the report, and an error of whatever brought the files.

use crate::diagnostic::Diagnostic;
use crate::indicators::{GoalResult, Status};
use crate::period::Period;
use crate::plan::Plan;

/// The error where more than half of the goals that are measured in this period have no data.
pub(crate) fn mostly_without_data(
    pipeline: &Plan,
    period: Period,
    goals: &[GoalResult],
) -> Option<Diagnostic> {
    let all = goals.iter().filter(|goal| goal.status.is_due()).count();
    let without = goals
        .iter()
        .filter(|goal| goal.status == Status::NoData)
        .count();
    if 2 * without <= all {
        return None;
    }
    let id = &pipeline.plan.id;
    let message = format!(
        "{id} {period}: {without} of the {all} goals that are measured have no data; the report says Sin información of them"
    );
    Some(Diagnostic::error("mostly-no-data", message).hint(format!(
        "see what is missing or blocked: metas check {id} --period {period}; when it is there, issue a correction: metas run {id} --period {period} --new-edition --reason \"…\""
    )))
}
