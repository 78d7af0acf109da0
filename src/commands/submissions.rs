//! What was in the drop folder, for the ledger; and which of it came late.

use chrono::{DateTime, Utc};

use super::edition::Order;
use super::gather::Gathered;
use super::stop::Stop;
use crate::inbox;
use crate::ledger::{Ledger, SeenSubmission, Submission, SubmissionState};
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::report::SourceState;

/// Records each file and marks as late what was not there by the deadline although a run had
/// looked by then. A file's own date proves nothing: copying changes it.
///
/// # Errors
/// The ledger cannot be written.
pub fn record(
    ledger: &mut Ledger,
    pipeline: &Pipeline,
    order: &Order,
    gathered: &mut Gathered,
) -> Result<(), Stop> {
    let (plan, at) = (&pipeline.plan.id, order.now.to_utc());
    let first_look = ledger
        .observe(plan, order.period, at)
        .map_err(Stop::environment)?;
    let deadline = deadline(pipeline, order);
    for submission in &gathered.submissions {
        let status = gathered
            .sources
            .iter_mut()
            .find(|s| s.source == submission.source && s.department == submission.department);
        let Some(status) = status else {
            continue;
        };
        let row = |state| row(pipeline, order.period, submission, state);
        let rejected = status.state == SourceState::Rejected;
        let state = if rejected {
            SubmissionState::Rejected
        } else {
            SubmissionState::Received
        };
        ledger
            .record_submission(&row(state), at)
            .map_err(Stop::environment)?;
        let seen = ledger
            .submissions(plan, order.period)
            .map_err(Stop::environment)?;
        if !rejected && is_late(&seen, &submission.sha256, first_look, deadline) {
            status.state = SourceState::Late;
            ledger
                .record_submission(&row(SubmissionState::Late), at)
                .map_err(Stop::environment)?;
        }
    }
    Ok(())
}

/// What the ledger keeps of a file.
pub fn row(
    pipeline: &Pipeline,
    period: Period,
    file: &inbox::Submission,
    state: SubmissionState,
) -> Submission {
    Submission {
        plan: pipeline.plan.id.clone(),
        period,
        source: file.source.clone(),
        department: file.department.clone(),
        file: file.file.clone(),
        sha256: file.sha256.clone(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        state,
    }
}

/// Midnight, local, at the start of the day on which the report is due.
fn deadline(pipeline: &Pipeline, order: &Order) -> DateTime<Utc> {
    let day = pipeline
        .schedule
        .due_on(order.period)
        .and_time(chrono::NaiveTime::MIN);
    let local = day.and_local_timezone(pipeline.plan.timezone).earliest();
    local.map_or_else(|| day.and_utc(), |moment| moment.to_utc())
}

fn is_late(
    seen: &[SeenSubmission],
    sha256: &str,
    first_look: DateTime<Utc>,
    deadline: DateTime<Utc>,
) -> bool {
    let first_seen = seen
        .iter()
        .filter(|s| s.submission.sha256 == sha256)
        .map(|s| s.first_seen_at)
        .min();
    first_look < deadline && first_seen.is_some_and(|at| at >= deadline)
}
