//! `metas ledger copy`: the home's ledger from its file to a PostgreSQL database, and back.

use serde_json::json;

use crate::console::{Console, counted};
use crate::edition::{ledger_copy, work};
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use clap::{Args, Subcommand};

/// `metas ledger`.
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Copy state/ledger.db to the database that METAS_LEDGER names, and compare every row
    Copy(CopyArguments),
}

/// `metas ledger copy`.
#[derive(Debug, Args)]
pub struct CopyArguments {
    /// From the database into state/ledger.db
    #[arg(long)]
    pub back: bool,
}

/// Copies the ledger.
///
/// # Errors
/// What it is copied to holds something already, another run is at work, or a database refuses.
pub(crate) fn ledger(
    console: &Console,
    home: &Home,
    command: &LedgerCommand,
) -> Result<ExitStatus, CommandError> {
    let LedgerCommand::Copy(arguments) = command;
    let now = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    let address = ledger_copy::address(home)?;
    let lock = work::lock(home, now)?;
    if arguments.back {
        let place = ledger_copy::back(home, &address, &lock)?;
        let text = format!(
            "Copied from {place} into state/ledger.db, and compared row by row.\nFrom now on run metas without METAS_LEDGER. The server keeps what it has; an operator of the database removes it: SELECT metas.forget_home('NAME').\n"
        );
        console.data(&json!({ "from": place, "to": "state/ledger.db" }), &text);
        return Ok(ExitStatus::Done);
    }
    let brought = ledger_copy::to_server(home, &address, &lock)?;
    let rows: usize = brought.copied.rows.values().sum();
    let (place, kept) = (&brought.place, brought.kept.display());
    let done = if brought.copied.was_there {
        "Was there already, row by row"
    } else {
        "Copied, and compared row by row"
    };
    let text = format!(
        "{done}: {} in {place}.\nFrom now on set METAS_LEDGER, or METAS_LEDGER_FILE, wherever metas runs in this home: in the timer or cron, and in your shell.\nThe file is kept as {kept}; remove it when the first run has gone well.\n",
        counted(rows, "row")
    );
    let document = json!({
        "from": "state/ledger.db",
        "to": place,
        "rows": brought.copied.rows,
        "was_there": brought.copied.was_there,
        "kept": brought.kept,
    });
    console.data(&document, &text);
    Ok(ExitStatus::Done)
}
