//! A ledger that comes out of a backup, where the home's ledger is on a server.

use super::ledger_place;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::RunLock;

/// Sees to it that a backup's ledger can be put back: a server must know nothing of the home.
///
/// # Errors
/// It knows the home, or can't be reached.
#[cfg(feature = "postgres")]
pub(crate) fn ready(home: &Home) -> Result<(), CommandError> {
    let Some(address) = ledger_place::address(home)? else {
        return Ok(());
    };
    let Some(place) = super::ledger_copy::known_on(&address)? else {
        return Ok(());
    };
    let message = format!("the ledger of this home lives, in {place}");
    let told = crate::diagnostic::Diagnostic::error("ledger-lives", message);
    Err(CommandError::environment(told.hint(
        "Nothing was put back: it may know of messages and editions that the backup does not know of. Put back only the files that are gone or damaged: metas restore FILE --missing.",
    )))
}

/// Brings the ledger that was put back into its file to the server.
///
/// # Errors
/// The server can't be reached, or refuses; then the file is kept, and a run is refused until it is
/// copied.
#[cfg(feature = "postgres")]
pub(crate) fn finish(home: &Home, lock: &RunLock) -> Result<(), CommandError> {
    let Some(address) = ledger_place::address(home)? else {
        return Ok(());
    };
    let brought = super::ledger_copy::to_server(home, &address, lock);
    brought.map(|_| ()).map_err(super::ledger_copy::left_to_do)
}

/// Without servers nothing stands in the way, unless one is named all the same.
///
/// # Errors
/// A server is named.
#[cfg(not(feature = "postgres"))]
pub(crate) fn ready(home: &Home) -> Result<(), CommandError> {
    if let Some(address) = ledger_place::address(home)? {
        crate::ledger::Ledger::connect(&address)?;
    }
    Ok(())
}

/// Without servers there is nothing more to do.
#[cfg(not(feature = "postgres"))]
#[allow(clippy::unnecessary_wraps, reason = "with servers it can go wrong")]
pub(crate) fn finish(_home: &Home, _lock: &RunLock) -> Result<(), CommandError> {
    Ok(())
}
