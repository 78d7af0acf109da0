//! The matrix of departments and periods as it stands today.

use chrono::DateTime;
use chrono_tz::Tz;

use super::earlier_results as published;
use super::periods::{Standing, standing};
use super::sent_so_far;
use super::submissions;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::results;
use crate::results::{MATRIX_PERIODS, PeriodSubmissions, SubmissionMatrix};

/// The periods of the plan that have begun, the last ones: as published where a final edition has
/// told them, and as the ledger has it where not. Of a skipped period nothing is told.
///
/// # Errors
/// The drop folder, the ledger, or an edition's results in it cannot be read.
pub(crate) fn today(
    home: &Home,
    ledger: Option<&Ledger>,
    plan: &Plan,
    now: &DateTime<Tz>,
) -> Result<SubmissionMatrix, CommandError> {
    let begun = plan.schedule.begun_by(now.date_naive());
    let first = begun.len().saturating_sub(MATRIX_PERIODS);
    let mut periods = Vec::new();
    for period in begun.into_iter().skip(first) {
        let standing = match ledger {
            Some(ledger) => standing(ledger, &plan.plan.id, period)?,
            None => Standing::Open,
        };
        let departments = match standing {
            Standing::Closed => None,
            Standing::Issued(edition) => Some(published::of(&edition)?.departments),
            Standing::Open => {
                let then = plan.at(period);
                let sent = sent_so_far::departments(home, ledger, &then, period, now.to_utc());
                Some(sent?)
            }
        };
        periods.push(PeriodSubmissions {
            period,
            open: now.to_utc() < submissions::deadline(plan, period),
            departments,
        });
    }
    let departments = plan.departments.iter();
    let names = departments.map(|(id, d)| (id.as_str(), d.name.as_str()));
    Ok(results::submission_matrix(names, &periods))
}
