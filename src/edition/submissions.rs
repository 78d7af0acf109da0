//! What was in the drop folder, for the ledger; and which of it came late.

use chrono::{DateTime, NaiveDateTime, Utc};
use tracing::info;

use super::archive;
use super::gathered::Gathered;
use super::lateness;
use super::request::IssueRequest;
use crate::dropbox;
use crate::dropbox::Missing;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Ledger, SeenSubmission, SubmissionRecord, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::SourceState;

/// Records each file, marks as late what a run at or after the deadline did not find, and notes
/// what is not there now. A file's own date proves nothing: copying changes it.
///
/// # Errors
/// The ledger cannot be written.
pub(crate) fn record(
    home: &Home,
    ledger: &mut Ledger,
    pipeline: &Plan,
    request: &IssueRequest,
    gathered: &mut Gathered,
) -> Result<(), CommandError> {
    let (plan, at) = (&pipeline.plan.id, request.now.to_utc());
    let absences = ledger.absences(plan, request.period)?;
    let (mut rows, mut late) = (Vec::new(), Vec::new());
    for submission in &gathered.submissions {
        let of = (&submission.source, &submission.department);
        let mut sources = gathered.sources.iter();
        let Some(place) = sources.position(|s| (&s.source, &s.department) == of) else {
            continue;
        };
        let rejected = gathered.sources[place].state == SourceState::Rejected;
        let absent = absences
            .iter()
            .any(|(source, department)| (source, department) == of);
        let state = match (rejected, absent) {
            (true, _) => SubmissionState::Rejected,
            (false, true) => SubmissionState::Late,
            (false, false) => SubmissionState::Received,
        };
        if state == SubmissionState::Late {
            late.push(place);
        }
        rows.push(row(pipeline, request.period, submission, state));
    }
    enter(home, ledger, &rows, at)?;
    if !late.is_empty() {
        let seen = ledger.submissions(plan, request.period)?;
        for place in late {
            let status = &mut gathered.sources[place];
            let of = (status.source.as_str(), status.department.as_str());
            let first = lateness::first_seen(&seen, of).unwrap_or(at);
            status.state = SourceState::Late;
            status.late_days = Some(lateness::days(pipeline, request.period, first));
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
    let pairs = missing.iter();
    let pairs = pairs.map(|one| (one.source.as_str(), one.department.as_str()));
    let pairs: Vec<(&str, &str)> = pairs.collect();
    Ok(ledger.record_absences((&pipeline.plan.id, period), &pairs, at)?)
}

/// Records files, and says in the log which of them no run has seen before.
///
/// # Errors
/// The ledger cannot be written, or the store can't be used.
pub(crate) fn enter(
    home: &Home,
    ledger: &mut Ledger,
    rows: &[SubmissionRecord],
    at: DateTime<Utc>,
) -> Result<(), CommandError> {
    keep_new(home, ledger, rows)?;
    let added = ledger.record_submissions(rows, at)?;
    for (row, _) in rows.iter().zip(added).filter(|(_, is_new)| *is_new) {
        info!(
            plan = row.plan,
            period = %row.period,
            source = row.source,
            department = row.department,
            file = row.file,
            bytes = row.size,
            sha256 = row.sha256,
            state = row.state.as_str(),
            "file {}",
            match row.state {
                SubmissionState::Late => "late",
                SubmissionState::Received | SubmissionState::Rejected => "received",
            }
        );
    }
    Ok(())
}

/// Puts what no run has recorded before into the store, where the home has one.
fn keep_new(home: &Home, ledger: &Ledger, rows: &[SubmissionRecord]) -> Result<(), CommandError> {
    let Some(first) = rows.first() else {
        return Ok(());
    };
    let known = ledger.submissions(&first.plan, first.period)?;
    let is_known = |sha256: &str| known.iter().any(|seen| seen.submission.sha256 == sha256);
    let new = rows.iter().map(|row| row.sha256.as_str());
    archive::keep_for_good(home, new.filter(|sha256| !is_known(sha256)))
}

/// What the ledger keeps of a file.
pub(crate) fn row(
    pipeline: &Plan,
    period: Period,
    file: &dropbox::Submission,
    state: SubmissionState,
) -> SubmissionRecord {
    SubmissionRecord {
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

/// The version of a department's file for a source that was seen last.
pub(crate) fn last_version<'s>(
    seen: &'s [SeenSubmission],
    source: &str,
    department: &str,
) -> Option<&'s SeenSubmission> {
    seen.iter()
        .filter(|s| s.submission.source == source && s.submission.department == department)
        .max_by_key(|s| (s.last_seen_at, s.first_seen_at))
}

/// The files' deadline of a period as an instant.
pub(crate) fn deadline(pipeline: &Plan, period: Period) -> DateTime<Utc> {
    instant(pipeline, pipeline.schedule.files_deadline(period))
}

/// The first instant at which clocks of the plan's zone show this time, or would.
pub(crate) fn instant(pipeline: &Plan, local: NaiveDateTime) -> DateTime<Utc> {
    let zoned = local.and_local_timezone(pipeline.plan.timezone).earliest();
    zoned.map_or_else(|| local.and_utc(), |moment| moment.to_utc())
}
