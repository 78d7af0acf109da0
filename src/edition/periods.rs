//! How a plan's periods stand: which have their report, which wait for it, which are closed without one.

use chrono::NaiveDate;

use crate::exit::CommandError;
use crate::ledger::{Edition, Ledger};
use crate::period::Period;
use crate::plan::Plan;

/// How a period stands.
pub(super) enum Standing {
    /// It has its report: the latest final edition.
    Issued(Box<Edition>),
    /// It was closed without one.
    Closed,
    /// It waits for it.
    Open,
}

/// How a period of a plan stands, as the ledger has it.
///
/// # Errors
/// The ledger cannot be read.
pub(super) fn standing(
    ledger: &Ledger,
    plan: &str,
    period: Period,
) -> Result<Standing, CommandError> {
    let last = ledger.latest_final_edition(plan, period);
    if let Some(edition) = last? {
        return Ok(Standing::Issued(Box::new(edition)));
    }
    let skips = ledger.skips(plan)?;
    Ok(match skips.iter().any(|skip| skip.period == period) {
        true => Standing::Closed,
        false => Standing::Open,
    })
}

/// The periods that have begun, oldest first. Those that were closed without a report are in neither.
pub(super) struct Periods {
    /// Those with a final edition.
    pub issued: Vec<Period>,
    /// Those without one.
    pub open: Vec<Period>,
}

impl Periods {
    /// As the ledger has them on `today`.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(super) fn of(ledger: &Ledger, plan: &Plan, today: NaiveDate) -> Result<Self, CommandError> {
        let mut periods = Self {
            issued: Vec::new(),
            open: Vec::new(),
        };
        for period in plan.schedule.begun_by(today) {
            match standing(ledger, &plan.plan.id, period)? {
                Standing::Issued(_) => periods.issued.push(period),
                Standing::Open => periods.open.push(period),
                Standing::Closed => {}
            }
        }
        Ok(periods)
    }
}
