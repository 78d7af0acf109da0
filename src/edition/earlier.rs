//! What earlier runs saw in a period's folder, from the ledger: absence is not deletion.

use super::archive;
use crate::dropbox::Submission;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Ledger, SeenSubmission};
use crate::period::Period;

/// Every file version that a run has seen for the period, with the place of its archived copy and
/// the time at which it was last seen.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn seen(
    home: &Home,
    ledger: &Ledger,
    plan: &str,
    period: Period,
) -> Result<Vec<Submission>, CommandError> {
    let seen = ledger.submissions(plan, period)?;
    Ok(of(home, seen.into_iter()))
}

/// Files that were seen, with the places of their archived copies.
pub(crate) fn of(home: &Home, seen: impl Iterator<Item = SeenSubmission>) -> Vec<Submission> {
    seen.map(|seen| Submission {
        path: home.held(&archive::place(&seen.submission.sha256)),
        source: seen.submission.source,
        department: seen.submission.department,
        file: seen.submission.file,
        sha256: seen.submission.sha256,
        size: u64::try_from(seen.submission.size).unwrap_or_default(),
        modified: seen.last_seen_at.into(),
    })
    .collect()
}
