//! What was in the drop folder, for the ledger; and which of it came late.

use chrono::{DateTime, Utc};

use super::request::IssueRequest;
use super::sources::Gathered;
use crate::dropbox;
use crate::dropbox::Missing;
use crate::exit::CommandError;
use crate::ledger::{Ledger, Submission, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::SourceState;

/// Records each file, marks as late what a run at or after the deadline did not find, and notes
/// what is not there now. A file's own date proves nothing: copying changes it.
///
/// # Errors
/// The ledger cannot be written.
pub(crate) fn record(
    ledger: &mut Ledger,
    pipeline: &Plan,
    request: &IssueRequest,
    gathered: &mut Gathered,
) -> Result<(), CommandError> {
    let (plan, at) = (&pipeline.plan.id, request.now.to_utc());
    let absences = ledger
        .absences(plan, request.period)
        .map_err(CommandError::environment)?;
    for submission in &gathered.submissions {
        let status = gathered
            .sources
            .iter_mut()
            .find(|s| s.source == submission.source && s.department == submission.department);
        let Some(status) = status else {
            continue;
        };
        let row = |state| row(pipeline, request.period, submission, state);
        let rejected = status.state == SourceState::Rejected;
        let state = if rejected {
            SubmissionState::Rejected
        } else {
            SubmissionState::Received
        };
        ledger
            .record_submission(&row(state), at)
            .map_err(CommandError::environment)?;
        let absent = absences.iter().any(|(source, department)| {
            (source, department) == (&submission.source, &submission.department)
        });
        if absent && !rejected {
            status.state = SourceState::Late;
            ledger
                .record_submission(&row(SubmissionState::Late), at)
                .map_err(CommandError::environment)?;
        }
    }
    if request.inputs.is_none() {
        absent(ledger, pipeline, request.period, &gathered.missing, at)?;
    }
    Ok(())
}

/// Notes which files are not there, once their deadline has passed.
///
/// # Errors
/// The ledger cannot be written.
pub(crate) fn absent(
    ledger: &mut Ledger,
    pipeline: &Plan,
    period: Period,
    missing: &[Missing],
    at: DateTime<Utc>,
) -> Result<(), CommandError> {
    if at < deadline(pipeline, period) {
        return Ok(());
    }
    for one in missing {
        ledger
            .record_absence(
                (&pipeline.plan.id, period),
                (&one.source, &one.department),
                at,
            )
            .map_err(CommandError::environment)?;
    }
    Ok(())
}

/// What the ledger keeps of a file.
pub(crate) fn row(
    pipeline: &Plan,
    period: Period,
    file: &dropbox::Submission,
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

/// The files' deadline of a period as an instant.
pub(crate) fn deadline(pipeline: &Plan, period: Period) -> DateTime<Utc> {
    let local = pipeline.schedule.files_deadline(period);
    let zoned = local.and_local_timezone(pipeline.plan.timezone).earliest();
    zoned.map_or_else(|| local.and_utc(), |moment| moment.to_utc())
}
