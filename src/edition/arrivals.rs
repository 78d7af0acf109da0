//! What lies in the drop folder of each period that is open: archived as soon as it has settled,
//! recorded, and what is missing at the deadline noted. Nothing is read or judged here.

use chrono::{DateTime, Utc};

use super::sources;
use super::sources::Mode;
use super::submissions;
use crate::dropbox::{Missing, Refused, Submission};
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger;
use crate::ledger::{Ledger, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;
use crate::store::presence;

/// What one look at a folder gave.
#[derive(Debug, Default)]
pub(crate) struct Sight {
    /// Files in versions that no run has seen before; they are in the archive now.
    pub arrived: Vec<Submission>,
    /// Expected files that are not there.
    pub missing: Vec<Missing>,
    /// What has arrived and can't be taken in.
    pub refused: Vec<Refused>,
}

/// Looks at a period's folder and archives what no run has seen before. What is known already is
/// hashed and not copied again.
///
/// # Errors
/// The folder or the ledger cannot be read, or the archive cannot be written.
pub(crate) fn arrivals(
    home: &Home,
    pipeline: &Plan,
    ledger: &Ledger,
    period: Period,
) -> Result<Sight, CommandError> {
    let folder = home.inputs(period);
    if !presence::is_folder(&folder)? {
        // A folder that is not there, such as a share that is not mounted, says nothing about
        // what departments have sent.
        return Ok(Sight::default());
    }
    let known = ledger.submissions(&pipeline.plan.id, period)?;
    let is_new = |file: &Submission| {
        let same = |sha256: &str, source: &str| sha256 == file.sha256 && source == file.source;
        !known
            .iter()
            .any(|k| same(&k.submission.sha256, &k.submission.source))
    };
    let look = |archive| {
        let mode = Mode {
            archive,
            attended: false,
        };
        sources::collect(home, pipeline, &folder, mode)
    };
    // Of a period that nothing is known of, everything is new.
    let all_new = known.is_empty();
    let mut seen = look(all_new)?;
    if !all_new && seen.submissions.iter().any(is_new) {
        seen = look(true)?;
    }
    seen.submissions.retain(is_new);
    Ok(Sight {
        arrived: seen.submissions,
        missing: seen.missing,
        refused: seen.refused,
    })
}

/// Looks at the folder of an open period. Gives the files that are new, as they are recorded, and
/// what can't be taken in.
///
/// # Errors
/// As [`arrivals`]; the ledger cannot be written.
pub(crate) fn open_period(
    home: &Home,
    pipeline: &Plan,
    ledger: &mut Ledger,
    period: Period,
    at: DateTime<Utc>,
) -> Result<(Vec<ledger::SubmissionRecord>, Vec<Refused>), CommandError> {
    let sight = arrivals(home, pipeline, ledger, period)?;
    let absences = ledger.absences(&pipeline.plan.id, period)?;
    let mut recorded = Vec::new();
    for new in &sight.arrived {
        let late = absences
            .iter()
            .any(|(source, department)| (source, department) == (&new.source, &new.department));
        let state = if late {
            SubmissionState::Late
        } else {
            SubmissionState::Received
        };
        let row = submissions::row(pipeline, period, new, state);
        recorded.push(row);
    }
    submissions::enter(home, ledger, &recorded, at)?;
    submissions::absent(ledger, pipeline, period, &sight.missing, at)?;
    Ok((recorded, sight.refused))
}
