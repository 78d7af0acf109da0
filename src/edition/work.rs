//! Opening the ledger and the run lock of a home.

use chrono::{DateTime, Utc};

use super::held;
use super::ledger_place;
use super::leftovers;
use super::making;
use super::permissions;
use super::store_sync;
use crate::console::Console;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Ledger, RunLock};
use crate::store::error::Doing;
use crate::store::{disk, presence};

/// Takes the run lock.
///
/// # Errors
/// Another run holds it (try again later), or it cannot be taken.
pub(crate) fn lock(home: &Home, now: DateTime<Utc>) -> Result<RunLock, CommandError> {
    Ok(RunLock::acquire(&home.state(), now)?)
}

/// A run at work: the ledger is its own until this goes away.
pub(crate) struct AtWork {
    /// The ledger, set right after what runs that died have left.
    pub ledger: Ledger,
    _lock: RunLock,
}

/// Takes the lock, opens the ledger, and sets right what runs that died have left in either and on
/// the disk.
///
/// # Errors
/// Another run is at work (try again later), or the ledger or the disk cannot be used.
pub(crate) fn begin(
    console: &Console,
    home: &Home,
    now: DateTime<Utc>,
) -> Result<AtWork, CommandError> {
    let lock = lock(home, now)?;
    let begun = presence::is_file(&ledger_place::file(home))?;
    let closed = permissions::tighten(home);
    // Told by the one run that closes them, also where only errors are wanted. Before the first run
    // there was nothing to see.
    if begun {
        console.first_time(&closed);
    }
    let mut ledger = open(home)?;
    ledger.check()?;
    let claim = ledger.claim(&lock)?;
    if claim.after_a_death {
        make_certain(home)?;
    }
    ledger.recover(&lock, now)?;
    let mut store = store_sync::begin(home)?;
    if let Some(store) = &mut store {
        store.announce(&ledger)?;
    }
    making::sweep(home, &mut ledger)?;
    leftovers::sweep(home, claim)?;
    held::sweep(home, &ledger, claim.alone)?;
    if let Some(store) = store {
        store.bring_back(&ledger)?;
    }
    Ok(AtWork {
        ledger,
        _lock: lock,
    })
}

/// A run that was killed may have left names and bytes that the disk does not hold yet. This run
/// finds them, leaves them alone and relies on them, so they must outlast a power cut from here on.
fn make_certain(home: &Home) -> Result<(), CommandError> {
    for folder in [home.state(), home.root.join("reports")] {
        if presence::is_folder(&folder)? {
            disk::sync_whole(&folder).doing("sync", &folder)?;
        }
    }
    Ok(())
}

/// Opens the ledger.
///
/// # Errors
/// It cannot be opened, or is newer than this binary.
pub(crate) fn open(home: &Home) -> Result<Ledger, CommandError> {
    ledger_place::open(home)
}

/// Opens the ledger where there is one already.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_if_there(home: &Home) -> Result<Option<Ledger>, CommandError> {
    ledger_place::open_if_there(home)
}

/// Takes the lock and opens the ledger, for what a person decides on: what runs that died have left
/// is left to the next run.
///
/// # Errors
/// Another run is at work (try again later), or the ledger cannot be used.
pub(crate) fn alone(home: &Home, now: DateTime<Utc>) -> Result<AtWork, CommandError> {
    let lock = lock(home, now)?;
    let mut ledger = open(home)?;
    // The lock keeps out the runs of this machine only.
    if ledger.is_on_a_server() {
        ledger.claim(&lock)?;
    }
    Ok(AtWork {
        ledger,
        _lock: lock,
    })
}
