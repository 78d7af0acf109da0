//! When a home was last run and how that ended, for whoever watches over many of them: a file in
//! `state/` that each run replaces. Nothing is decided by it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::exit::ExitStatus;
use crate::home::Home;
use crate::store::files::write_whole;
use crate::store::regular;

/// Name of the file below `state/`.
const FILE: &str = "last-run.json";

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastRun {
    /// When.
    pub ended_at: DateTime<Utc>,
    /// How.
    pub exit_code: u8,
}

/// Notes that a run has ended. A home that has no `state/` yet has none to note it in, and a note
/// that cannot be written keeps nothing from being done: whoever watches sees the old one age.
pub(crate) fn note(home: &Home, status: ExitStatus, at: DateTime<Utc>) {
    let run = LastRun {
        ended_at: at,
        exit_code: status.code(),
    };
    if let Ok(text) = serde_json::to_vec(&run)
        && home.state().is_dir()
        && let Err(error) = write_whole(&home.state().join(FILE), &text)
    {
        tracing::debug!(why = %error.source, "the end of this run is not noted");
    }
}

/// The last run that was noted. What cannot be read tells of none.
pub(crate) fn of(home: &Home) -> Option<LastRun> {
    let bytes = regular::read(&home.state().join(FILE)).ok()?;
    serde_json::from_slice(&bytes).ok()
}
