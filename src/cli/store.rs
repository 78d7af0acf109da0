//! `metas store copy`: the home's files to the store that METAS_STORE names, and back.

use serde_json::json;

use crate::console::{Console, counted};
use crate::diagnostic::Diagnostic;
use crate::edition::{archive, edition_store, published, store_place, work};
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::store::Store;
use clap::{Args, Subcommand};

/// `metas store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Bring archive and editions to the store that METAS_STORE names; a run does so, too
    Copy(StoreCopyArguments),
}

/// `metas store copy`.
#[derive(Debug, Args)]
pub struct StoreCopyArguments {
    /// From the store into this folder, which then keeps its files alone
    #[arg(long)]
    pub back: bool,
}

/// Copies the files.
///
/// # Errors
/// No store is named, another run is at work, or the store or the disk refuses.
pub(crate) fn store(
    console: &Console,
    home: &Home,
    command: &StoreCommand,
) -> Result<ExitStatus, CommandError> {
    let StoreCommand::Copy(arguments) = command;
    let store = named(home)?;
    let now = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    // A run begins with it: what is not there is put there, what is not here is brought back.
    let work = work::begin(console, home, now)?;
    if arguments.back {
        let left = published::damaged(home, &work.ledger, None)?;
        return back(console, home, store, left);
    }
    let archived = store.list("archive")?.len();
    let editions = edition_store::all_announced(store)?.len();
    let place = store.place();
    let text = format!(
        "In {place}: {} of the archive, {}.\nFrom now on set METAS_STORE, or METAS_STORE_FILE, wherever metas runs in this home: in the timer or cron, and in your shell.\n",
        counted(archived, "file"),
        counted(editions, "edition"),
    );
    let document = json!({ "to": place, "archived_files": archived, "editions": editions });
    console.data(&document, &text);
    Ok(ExitStatus::Done)
}

/// The store that the environment names.
pub(super) fn named(home: &Home) -> Result<&dyn Store, CommandError> {
    store_place::of(home)?.ok_or_else(|| {
        CommandError::usage(
            "no-store",
            "METAS_STORE names no store",
            "set METAS_STORE=s3://BUCKET/PREFIX?endpoint=https://HOST or to a folder, or METAS_STORE_FILE, the file that holds it",
        )
    })
}

fn back(
    console: &Console,
    home: &Home,
    store: &dyn Store,
    mut left: Vec<Diagnostic>,
) -> Result<ExitStatus, CommandError> {
    let mut files = 0;
    for name in archive::all(home)? {
        let sha256 = name.rsplit('/').next().unwrap_or_default();
        match archive::find(home, sha256)? {
            Some(_) => files += 1,
            None => left.push(archive::damaged(&home.root.join(&name))),
        }
    }
    console.diagnostics(&left);
    let place = store.place();
    let mut text = format!(
        "In this folder: {} of the archive of {place}, and every edition.\n",
        counted(files, "file")
    );
    if left.is_empty() {
        store_place::leave(home)?;
        text.push_str("From now on run metas without METAS_STORE. The store keeps what it has.\n");
    } else {
        text = "Not everything is in this folder yet: see above. Its files are still kept in the store.\n".to_owned();
    }
    let document = json!({ "from": place, "archived_files": files, "left": left.len() });
    console.data(&document, &text);
    Ok(if left.is_empty() {
        ExitStatus::Done
    } else {
        ExitStatus::Held
    })
}
