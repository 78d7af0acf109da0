//! What `metas doctor` tells of editions that wait for approval.

use crate::edition::approval;
use crate::edition::held;
use crate::edition::mailing;
use crate::edition::work;
use crate::exit::CommandError;
use crate::home::Home;
use crate::plan::Plan;

/// Which of a plan's editions wait, for whom, and how each is released; none where the plan asks
/// nobody and none waits.
///
/// # Errors
/// The ledger, or an edition that is not as it was made.
pub(super) fn waiting(home: &Home, plan: &Plan) -> Option<Result<String, CommandError>> {
    let pending = work::open_if_there(home).and_then(|ledger| match ledger {
        Some(ledger) => Ok(ledger.pending_approvals(&plan.plan.id)?),
        None => Ok(Vec::new()),
    });
    let pending = match pending {
        Ok(pending) => pending,
        Err(error) => return Some(Err(error)),
    };
    if pending.is_empty() {
        let nothing = "no edition waits".to_owned();
        return plan.approval.is_some().then_some(Ok(nothing));
    }
    let (mut waits, mut changed) = (Vec::new(), Vec::new());
    let by = mailing::approvers(plan).join(", ");
    for one in &pending {
        if let Err(fault) = held::read(home, one) {
            changed.extend(fault.diagnostics);
        }
        let since = one.rendered_at.with_timezone(&plan.plan.timezone);
        waits.push(format!(
            "edition {} of {} waits since {} for {by}: {}",
            one.key.edition,
            one.key.period,
            since.format("%Y-%m-%d %H:%M"),
            approval::command(one)
        ));
    }
    Some(match changed.is_empty() {
        true => Ok(waits.join("; ")),
        false => Err(CommandError::of_all(changed)),
    })
}
