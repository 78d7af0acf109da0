//! Opening the ledger and the run lock of a home.

use chrono::{DateTime, Utc};

use super::home::Home;
use super::stop::{End, Stop};
use crate::ledger::{Ledger, RunLock};

/// Takes the run lock.
///
/// # Errors
/// Another run holds it (try again later), or it cannot be taken.
pub fn lock(home: &Home, now: DateTime<Utc>) -> Result<RunLock, Stop> {
    RunLock::acquire(&home.state(), now).map_err(|diagnostic| {
        let end = if diagnostic.code == "lock-held" {
            End::Later
        } else {
            End::Environment
        };
        Stop::new(end, diagnostic)
    })
}

/// Opens the ledger.
///
/// # Errors
/// It cannot be opened, or is newer than this binary.
pub fn open(home: &Home) -> Result<Ledger, Stop> {
    Ledger::open(&home.state()).map_err(Stop::environment)
}

/// Opens the ledger where there is one already.
///
/// # Errors
/// As [`open`].
pub fn open_if_there(home: &Home) -> Result<Option<Ledger>, Stop> {
    if home.state().join("ledger.db").is_file() {
        open(home).map(Some)
    } else {
        Ok(None)
    }
}
