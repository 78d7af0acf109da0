//! The home's ledger from its file to the server, and back.

use std::path::PathBuf;

use super::ledger_place::{self, MARKER};
use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{CopiedLedger, LEDGER_FILE, Ledger, LedgerAddress, RunLock};
use crate::store::error::{Doing, StoreError};
use crate::store::files::{rename_new, sync_folder};
use crate::store::presence;

/// What was brought to the server, and where the file lies now.
pub(crate) struct BroughtLedger {
    /// What was copied.
    pub copied: CopiedLedger,
    /// Which server, for people.
    pub place: String,
    /// The file, which is kept.
    pub kept: PathBuf,
}

/// The server that the environment names.
///
/// # Errors
/// It names none.
pub(crate) fn address(home: &Home) -> Result<LedgerAddress, CommandError> {
    ledger_place::address(home)?.ok_or_else(|| {
        CommandError::usage(
            "no-ledger-server",
            "METAS_LEDGER names no server",
            "set METAS_LEDGER=postgres://USER:PASSWORD@HOST/DATABASE, or METAS_LEDGER_FILE, the file that holds it",
        )
    })
}

/// The server, for people, where it knows anything of the home.
///
/// # Errors
/// It can't be reached.
pub(crate) fn known_on(address: &LedgerAddress) -> Result<Option<String>, CommandError> {
    match Ledger::connect_if_there(address)? {
        Some(server) if !server.is_empty()? => Ok(Some(server.place())),
        _ => Ok(None),
    }
}

/// Copies the home's file to the server. The file is kept under another name.
///
/// # Errors
/// There is none, the server holds something else or has another run, or the disk refuses.
pub(crate) fn to_server(
    home: &Home,
    address: &LedgerAddress,
    lock: &RunLock,
) -> Result<BroughtLedger, CommandError> {
    let path = ledger_place::file(home);
    if !presence::is_file(&path)? {
        return Err(CommandError::usage(
            "nothing-to-copy",
            format!("{} is not there", path.display()),
            "a home without a ledger begins one on the server with its first run",
        ));
    }
    let file = Ledger::open(&home.state())?;
    file.check()?;
    let mut server = Ledger::connect(address)?;
    server.claim(lock)?;
    let copied = file.copy_to(&server)?;
    file.close()?;
    let place = server.place();
    // From here on a run without METAS_LEDGER is refused, whatever becomes of the rest.
    ledger_place::mark(home, &place)?;
    let kept = free_name(home)?;
    rename_new(&path, &kept).doing("rename", &path)?;
    sync_folder(&home.state())?;
    Ok(BroughtLedger {
        copied,
        place,
        kept,
    })
}

/// Copies the ledger from the server into the home's file. The server keeps what it has.
///
/// # Errors
/// The server knows nothing of the home or has another run, or a file is there.
pub(crate) fn back(
    home: &Home,
    address: &LedgerAddress,
    lock: &RunLock,
) -> Result<String, CommandError> {
    let path = ledger_place::file(home);
    if presence::lies(&path)? {
        return Err(CommandError::usage(
            "ledger-file-there",
            format!("{} is there already", path.display()),
            "nothing was copied; move it aside where it is worth nothing",
        ));
    }
    let Some(mut server) = Ledger::connect_if_there(address)? else {
        return Err(CommandError::usage(
            "nothing-to-copy",
            "the server knows nothing of this home",
            "see METAS_LEDGER, and METAS_LEDGER_HOME where the home is not called as its folder is",
        ));
    };
    server.claim(lock)?;
    let state = home.state();
    let work = tempfile::Builder::new()
        .prefix(".tmp-backup-")
        .tempdir_in(&state)
        .map_err(|e| CommandError::io("write in", &state, &e))?;
    let copy = work.path().join(LEDGER_FILE);
    server.snapshot(&copy)?;
    rename_new(&copy, &path).doing("rename", &copy)?;
    sync_folder(&state)?;
    let marker = state.join(MARKER);
    if presence::remove(&marker)? {
        sync_folder(&state)?;
    }
    Ok(server.place())
}

/// A name for the file that was copied: `ledger.db.copied`, or with a number.
fn free_name(home: &Home) -> Result<PathBuf, StoreError> {
    presence::first_free(|number| {
        home.state().join(match number {
            1 => format!("{LEDGER_FILE}.copied"),
            _ => format!("{LEDGER_FILE}.copied-{number}"),
        })
    })
}

/// What a command that failed half-way leaves to be done: the file is in its place, and the server
/// has nothing yet.
pub(crate) fn left_to_do(mut error: CommandError) -> CommandError {
    error.diagnostics.push(
        Diagnostic::warning(
            "ledger-not-copied",
            "the ledger was put back into its file, and is not on the server yet",
        )
        .hint("Copy it when the server can be used: metas ledger copy."),
    );
    error
}
