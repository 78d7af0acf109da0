//! One round over the plans of a run: issues what is due, reminds, sends, and tells the operators
//! what is wrong.

use super::concerns::Concern;
use super::cycle::PlanRun;
use super::mailing;
use super::reminders;
use super::reminders::PlanNow;
use super::request::RunRequest;
use super::run_summary::RunSummary;
use super::watch::Watch;
use crate::console::Console;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::Ledger;
use crate::plan::Plan;

/// A plan's id, and the plan or what is wrong with it.
pub(crate) type ReadPlan = (String, Result<Plan, CommandError>);

/// Issues, reminds and sends; a plan that cannot go on keeps no other from it. Where not one of
/// them can be read, only the operators hear of it here.
///
/// # Errors
/// The archive or the ledger cannot be used for the operators' alerts.
pub(crate) fn of_plans(
    console: &Console,
    home: &Home,
    request: &RunRequest,
    (plans, watch): (&[ReadPlan], &Watch<'_>),
    ledger: &mut Ledger,
) -> Result<RunSummary, CommandError> {
    let all_broken = plans.iter().all(|(_, plan)| plan.is_err());
    let mut summary = RunSummary::default();
    let mut post = mailing::Mailer::new(console, home);
    let mut begun = Vec::new();
    for (id, plan) in plans {
        summary.of_plan(id);
        match (plan, PlanRun::new(console, home, request, plan)) {
            (_, Ok(run)) => {
                if let Some(at) = run.issue_due(&mut *ledger, &mut summary) {
                    begun.push((run, at));
                }
            }
            (Err(error), _) if all_broken => summary.concern(Concern::unreadable(error)),
            (Err(error), _) => summary.unreadable(console, id, error),
            (Ok(_), Err(error)) => summary.failed(console, id, &error),
        }
    }
    if request.period.is_none() {
        let plans: Vec<PlanNow<'_>> = begun.iter().map(|(_, at)| *at).collect();
        if let Err(error) = reminders::queue(home, &plans, ledger) {
            for (_, at) in &begun {
                summary.of_plan(&at.plan.plan.id);
                summary.failed(console, &at.plan.plan.id, &error);
            }
        }
    }
    for (run, at) in &begun {
        summary.of_plan(&at.plan.plan.id);
        run.send_due(ledger, &mut post, &mut summary);
        summary.looked_at();
    }
    let hold = request.no_deliver;
    watch.alert(plans, ledger, &mut post, (&mut summary, hold))?;
    Ok(summary)
}
