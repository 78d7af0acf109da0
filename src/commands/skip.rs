//! `metas skip`: closes a period that will never be reported.

use serde_json::json;

use super::home::{self, Home};
use super::ledger;
use super::stop::{End, Stop};
use crate::diagnostic::visible;
use crate::period::Period;
use crate::terminal::Terminal;
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
pub fn skip(terminal: &Terminal, home: &Home, arguments: &SkipArguments) -> Result<End, Stop> {
    let (plan, period) = (arguments.plan.as_str(), arguments.period);
    let reason = arguments.reason.as_str();
    let pipeline = home.plan(plan)?;
    let now = home::now(None, pipeline.plan.timezone)?;
    home::period(&pipeline, Some(period), &now)?;
    let now = now.to_utc();
    let _lock = ledger::lock(home, now)?;
    let mut ledger = ledger::open(home)?;
    let editions = ledger
        .editions(Some(plan), Some(period))
        .map_err(Stop::environment)?;
    if editions.iter().any(|e| e.published) {
        let message = format!("{plan} {period} has an edition already");
        return Err(Stop::usage(
            "has-edition",
            message,
            "a published period cannot be skipped",
        ));
    }
    ledger
        .skip(plan, period, reason, now)
        .map_err(Stop::environment)?;
    let document = json!({ "plan": plan, "period": period, "reason": reason });
    terminal.data(
        &document,
        &format!(
            "{plan} {period} will not be reported: {}\n",
            visible(reason)
        ),
    );
    Ok(End::Done)
}
