//! Which ledger is a home's: its own file, or one on a server. Never both, and never the wrong one
//! because a variable is missing: what the other one knows would be done a second time.

use std::path::PathBuf;

use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{LEDGER_FILE, Ledger, LedgerAddress};
use crate::store::error::Doing;
use crate::store::files::{create_private_folder, sync_folder, write_private};
use crate::store::presence;

/// Says in a home whose ledger is on a server which one that is.
pub(crate) const MARKER: &str = "ledger.server";

/// Opens the home's ledger, making it where it is missing.
///
/// # Errors
/// It cannot be opened, is newer than this binary, or lies elsewhere.
pub(crate) fn open(home: &Home) -> Result<Ledger, CommandError> {
    let Some(address) = address(home)? else {
        not_elsewhere(home)?;
        return Ok(Ledger::open(&home.state())?);
    };
    not_in_a_file(home)?;
    let ledger = Ledger::connect(&address)?;
    mark(home, &ledger.place())?;
    Ok(ledger)
}

/// Opens the home's ledger where there is one already.
///
/// # Errors
/// As [`open`].
pub(crate) fn open_if_there(home: &Home) -> Result<Option<Ledger>, CommandError> {
    if let Some(address) = address(home)? {
        not_in_a_file(home)?;
        return Ok(Ledger::connect_if_there(&address)?);
    }
    not_elsewhere(home)?;
    // Where it can't be seen whether there is one, opening it tells why. Below what is no folder
    // there is none.
    match file(home).try_exists() {
        Ok(false) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(None),
        _ => open(home).map(Some),
    }
}

/// The server that keeps the home's ledger; none where its own file does.
///
/// # Errors
/// What the environment names is none.
pub(crate) fn address(home: &Home) -> Result<Option<LedgerAddress>, CommandError> {
    Ok(LedgerAddress::of_environment(&home.root)?)
}

/// Notes in the home that its ledger is on a server.
///
/// # Errors
/// The disk refuses.
pub(crate) fn mark(home: &Home, place: &str) -> Result<(), CommandError> {
    let path = home.state().join(MARKER);
    if presence::lies(&path)? {
        return Ok(());
    }
    create_private_folder(&home.state())?;
    write_private(&path, format!("{place}\n").as_bytes())?;
    Ok(sync_folder(&home.state())?)
}

fn not_in_a_file(home: &Home) -> Result<(), CommandError> {
    let file = file(home);
    if !presence::lies(&file)? {
        return Ok(());
    }
    let message = format!(
        "METAS_LEDGER names a server, and {} is there: this home has two ledgers",
        file.display()
    );
    let told = Diagnostic::error("ledger-twice", message);
    Err(CommandError::environment(told.hint(
        "Nothing was done. Copy it to the server: metas ledger copy; or unset METAS_LEDGER, where the file is the right one.",
    )))
}

/// A home whose ledger is on a server is not begun anew in a file.
fn not_elsewhere(home: &Home) -> Result<(), CommandError> {
    let path = home.state().join(MARKER);
    let read = presence::unless_absent(std::fs::read_to_string(&path)).doing("read", &path)?;
    let Some(place) = read else {
        return Ok(());
    };
    let message = format!(
        "the ledger of this home is in {}, and METAS_LEDGER is not set",
        place.trim_end()
    );
    let told = Diagnostic::error("ledger-elsewhere", message);
    Err(CommandError::environment(told.hint(
        "Nothing was done. Set METAS_LEDGER or METAS_LEDGER_FILE, as whoever runs metas by the clock does; `metas ledger copy --back` brings the ledger back into state/.",
    )))
}

/// The file of the home's own ledger.
pub(crate) fn file(home: &Home) -> PathBuf {
    home.state().join(LEDGER_FILE)
}
