//! Files that came or changed after their period's report was issued: kept, told once, and a
//! correction is offered. Nothing that was published changes by itself.

use chrono::{DateTime, Utc};

use super::home::Home;
use super::stop::Stop;
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::inbox::{self, Collected, Inbox};
use crate::ledger::{Edition, Ledger, SeenSubmission, Submission, SubmissionState};
use crate::pipeline::Pipeline;

/// Looks at the drop folder of a period that has its report. Each file that no run has seen before
/// is archived and recorded as late; a warning for each of them, this once.
///
/// # Errors
/// The folder cannot be read, or the ledger cannot be written.
pub fn look(
    home: &Home,
    pipeline: &Pipeline,
    ledger: &mut Ledger,
    edition: &Edition,
    at: DateTime<Utc>,
) -> Result<Vec<Diagnostic>, Stop> {
    let (plan, period) = (&pipeline.plan.id, edition.key.period);
    let known = ledger
        .submissions(plan, period)
        .map_err(Stop::environment)?;
    let is_known = |sha256: &str| known.iter().any(|s| s.submission.sha256 == sha256);
    let seen = collect(home, pipeline, edition, false)?;
    if seen.submissions.iter().all(|s| is_known(&s.sha256)) {
        return Ok(Vec::new());
    }
    let kept = collect(home, pipeline, edition, true)?;
    let mut told = Vec::new();
    for new in kept.submissions.iter().filter(|s| !is_known(&s.sha256)) {
        let row = Submission {
            plan: plan.clone(),
            period,
            source: new.source.clone(),
            department: new.department.clone(),
            file: new.file.clone(),
            sha256: new.sha256.clone(),
            size: i64::try_from(new.size).unwrap_or(i64::MAX),
            state: SubmissionState::Late,
        };
        ledger
            .record_submission(&row, at)
            .map_err(Stop::environment)?;
        told.push(warning(pipeline, edition, &new.file));
    }
    Ok(told)
}

/// The files that were first seen after an edition was issued.
pub fn since<'s>(
    seen: &'s [SeenSubmission],
    edition: &'s Edition,
) -> impl Iterator<Item = &'s SeenSubmission> {
    seen.iter()
        .filter(|s| s.submission.state == SubmissionState::Late)
        .filter(|s| s.first_seen_at > edition.issued_at)
}

/// How a correction is made.
pub fn correction(pipeline: &Pipeline, edition: &Edition) -> String {
    format!(
        "metas run {} --period {} --new-edition --reason \"…\"",
        pipeline.plan.id, edition.key.period
    )
}

fn collect(
    home: &Home,
    pipeline: &Pipeline,
    edition: &Edition,
    archive: bool,
) -> Result<Collected, Stop> {
    let folder = home.inputs(edition.key.period);
    let archived = home.state().join("archive");
    #[allow(
        clippy::disallowed_methods,
        reason = "only compared with the files' own times"
    )]
    let clock = std::time::SystemTime::now;
    let inbox = Inbox {
        folder: &folder,
        archive: archive.then_some(archived.as_path()),
        attended: false,
        now: &clock,
        wait: &std::thread::sleep,
    };
    inbox::collect(&inbox, &pipeline.sources, &pipeline.limits)
        .map_err(|e| Stop::io("read", &folder, &e))
}

fn warning(pipeline: &Pipeline, edition: &Edition, file: &str) -> Diagnostic {
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
            correction(pipeline, edition)
        ))
}
