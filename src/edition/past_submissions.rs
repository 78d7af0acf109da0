//! What was published of the files of earlier periods.

use chrono::{DateTime, Utc};

use super::compose;
use super::earlier_results as published;
use super::submissions;
use crate::exit::CommandError;
use crate::ledger::Ledger;
use crate::period::Period;
use crate::plan::Plan;
use crate::results::{MATRIX_PERIODS, PeriodSubmissions};

/// The periods before `period`, oldest first, each as its latest edition issued by `before` has
/// told it; those without an edition too, from the plan's first period on.
///
/// # Errors
/// The ledger, or an edition's results in it, cannot be read.
pub(crate) fn before(
    ledger: Option<&Ledger>,
    plan: &Plan,
    period: Period,
    before: DateTime<Utc>,
) -> Result<Vec<PeriodSubmissions>, CommandError> {
    let editions = compose::latest_before(ledger, plan, period, before)?;
    let first = plan.schedule.first_period.start();
    let first = editions
        .first()
        .map_or(first, |e| first.min(e.key.period.start()));
    let earlier = std::iter::successors(Some(period.previous()), |p| Some(p.previous()));
    let mut told = Vec::new();
    for earlier in earlier
        .take_while(|p| p.start() >= first)
        .take(MATRIX_PERIODS - 1)
    {
        let edition = editions.iter().find(|e| e.key.period == earlier);
        let deadline = submissions::deadline(plan, earlier);
        told.push(PeriodSubmissions {
            period: earlier,
            open: edition.is_some_and(|e| e.issued_at < deadline),
            departments: edition
                .map(|e| Ok::<_, CommandError>(published::of(e)?.departments))
                .transpose()?,
        });
    }
    told.reverse();
    Ok(told)
}
