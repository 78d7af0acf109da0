//! `metas skip`: closes a period that will never be reported.

use serde_json::json;

use crate::console::Console;
use crate::diagnostic::visible;
use crate::edition::approval;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::period::Period;
use clap::Args;

/// `metas skip`.
#[derive(Debug, Args)]
pub struct SkipArguments {
    /// The plan
    pub plan: String,
    /// The period
    pub period: Period,
    /// Why, for the record
    #[arg(long)]
    pub reason: String,
}

/// Records that a period is never reported, and why.
///
/// # Errors
/// The plan or period is unknown, or the period has an edition.
pub(crate) fn skip(
    console: &Console,
    home: &Home,
    arguments: &SkipArguments,
) -> Result<ExitStatus, CommandError> {
    let (plan, period) = (arguments.plan.as_str(), arguments.period);
    let reason = arguments.reason.as_str();
    let pipeline = home.plan(plan)?;
    let now = home::now(None, pipeline.plan.timezone)?;
    home::period(&pipeline, Some(period), &now)?;
    let now = now.to_utc();
    let mut work = work::alone(home, now)?;
    let ledger = &mut work.ledger;
    let editions = ledger.editions(Some(plan), Some(period))?;
    if editions.iter().any(|e| e.published) {
        let message = format!("{plan} {period} has an edition already");
        return Err(CommandError::usage(
            "has-edition",
            message,
            "a published period cannot be skipped",
        ));
    }
    ledger.skip(plan, period, reason, now)?;
    approval::withdraw(home, ledger, (plan, period), now)?;
    let document = json!({ "plan": plan, "period": period, "reason": reason });
    console.data(
        &document,
        &format!(
            "{plan} {period} will not be reported: {}\n",
            visible(reason)
        ),
    );
    Ok(ExitStatus::Done)
}
