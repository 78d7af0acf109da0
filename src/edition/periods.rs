//! A plan's periods that have begun: which have their report, and which wait for it.

use chrono::NaiveDate;

use crate::exit::CommandError;
use crate::ledger::Ledger;
use crate::period::Period;
use crate::plan::Plan;

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
        let id = &plan.plan.id;
        let skips = ledger.skips(id).map_err(CommandError::environment)?;
        let mut periods = Self {
            issued: Vec::new(),
            open: Vec::new(),
        };
        for period in plan.schedule.begun_by(today) {
            let is_skipped = skips.iter().any(|skip| skip.period == period);
            let last = ledger.latest_final_edition(id, period);
            if last.map_err(CommandError::environment)?.is_some() {
                periods.issued.push(period);
            } else if !is_skipped {
                periods.open.push(period);
            }
        }
        Ok(periods)
    }
}
