//! Files that came or changed after their period's report was issued: kept, told once, and a
//! correction is offered. Nothing that was published changes by itself.

use chrono::{DateTime, Utc};

use super::arrivals;
use super::submissions;
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::dropbox::Refused;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Edition, Ledger, SeenSubmission, SubmissionRecord, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;

/// Looks at the drop folder of a period that has its report. Each file that no run has seen before
/// is archived and recorded as late; a warning for each of them, this once. Gives also what can't be
/// taken in.
///
/// # Errors
/// The folder cannot be read, or the ledger cannot be written.
pub(crate) fn record_late_files(
    home: &Home,
    pipeline: &Plan,
    ledger: &mut Ledger,
    edition: &Edition,
    at: DateTime<Utc>,
) -> Result<(Vec<Diagnostic>, Vec<Refused>), CommandError> {
    let sight = arrivals::arrivals(home, pipeline, ledger, edition.key.period)?;
    let arrived = sight.arrived.iter();
    let late = arrived
        .map(|new| submissions::row(pipeline, edition.key.period, new, SubmissionState::Late));
    let late: Vec<SubmissionRecord> = late.collect();
    submissions::enter(home, ledger, &late, at)?;
    let told = late.iter().map(|one| warning(pipeline, edition, &one.file));
    Ok((told.collect(), sight.refused))
}

/// The files that were first seen after an edition was issued.
pub(crate) fn since<'s>(
    seen: &'s [SeenSubmission],
    edition: &'s Edition,
) -> impl Iterator<Item = &'s SeenSubmission> {
    seen.iter()
        .filter(|s| s.submission.state == SubmissionState::Late)
        .filter(|s| s.first_seen_at > edition.issued_at)
}

/// How a correction is made.
pub(crate) fn correction(pipeline: &Plan, period: Period) -> String {
    format!(
        "metas run {} --period {period} --new-edition --reason \"…\"",
        pipeline.plan.id
    )
}

fn warning(pipeline: &Plan, edition: &Edition, file: &str) -> Diagnostic {
    let key = &edition.key;
    let message = format!(
        "{} {}: this file came or changed after edition {} was issued; it is kept in the archive, and the report stays as it is",
        pipeline.plan.id, key.period, key.edition
    );
    let place = CellLocation {
        file: file.to_owned(),
        ..CellLocation::default()
    };
    Diagnostic::warning("late-file", message)
        .in_cells(place)
        .hint(format!(
            "see what it would change with `metas preview {} --period {}`; a correction: {}",
            pipeline.plan.id,
            key.period,
            correction(pipeline, key.period)
        ))
}
