//! An edition's folder from its first file to its place: whole, once, and only where nothing lies.
//!
//! While it is written it has a hidden name that carries the run's token, and it holds a file with
//! the whole token. That file goes away when the ledger has published the edition and before any of
//! it is sent. So a folder `v<N>` without the file is a published edition, whatever the ledger says,
//! and one with it was never announced: only then, and only by the ledger that knows the token, is
//! it ever removed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::folders::{TOKEN_FILE, in_the_way, token};
use super::store_place;
use crate::exit::{CommandError, ExitStatus};
use crate::failpoint;
use crate::home::Home;
use crate::ledger::{Ledger, Liveness, Making, nonce_of};
use crate::store::error::Doing;
use crate::store::files::{
    create_private_folder, rename_new, sync_folder, write_private, write_tree,
};
use crate::store::presence;

/// Writes the files under the hidden name and gives the folder its name, where this run may still go
/// on then.
///
/// # Errors
/// `unknown-edition` (held) where something lies there already, or the disk refuses.
pub(crate) fn write(
    home: &Home,
    making: &Making,
    files: &BTreeMap<String, Vec<u8>>,
    may_go_on: &dyn Fn() -> Result<(), CommandError>,
) -> Result<PathBuf, CommandError> {
    let (place, hidden) = places(home, making);
    let parent = place.parent().unwrap_or(&home.root);
    create_private_folder(parent)?;
    create_private_folder(&hidden)?;
    write_private(&hidden.join(TOKEN_FILE), making.run.as_bytes())?;
    write_tree(&hidden, files, || failpoint::hit("file-written"))?;
    failpoint::hit("before-rename");
    may_go_on()?;
    rename_new(&hidden, &place).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let key = &making.key;
            CommandError::new(ExitStatus::Held, in_the_way(&place, &key.plan, key.period))
        }
        _ => CommandError::io("rename", &hidden, &e),
    })?;
    sync_folder(parent)?;
    failpoint::hit("renamed");
    Ok(place)
}

/// Clears away what an attempt has left: of one that was published the token alone, of another one
/// everything. False where its folder can't be reached now, as on a disk that is not there.
///
/// # Errors
/// The disk refuses.
pub(crate) fn clear(home: &Home, making: &Making) -> Result<bool, CommandError> {
    let (place, hidden) = places(home, making);
    let parent = place.parent().unwrap_or(&home.root);
    if !presence::is_folder(parent)? {
        return Ok(false);
    }
    if is_of(&place, making)? {
        if making.published {
            let file = place.join(TOKEN_FILE);
            fs::remove_file(&file).doing("remove", &file)?;
            sync_folder(&place)?;
        } else {
            // Hidden first: removing takes time, and half a folder must not lie under its name.
            rename_new(&place, &hidden).doing("rename", &place)?;
            sync_folder(parent)?;
            failpoint::hit("sweep-hidden");
        }
    }
    if presence::remove(&hidden)? {
        sync_folder(parent)?;
        failpoint::hit("sweep-removed");
    }
    Ok(true)
}

/// Clears away what runs that have died left of editions in the making. Where hosts have folders of
/// their own, what a run on another host has left is left to that one.
///
/// # Errors
/// The disk or the ledger refuses.
pub(crate) fn sweep(home: &Home, ledger: &mut Ledger) -> Result<(), CommandError> {
    let has_store = store_place::of(home)?.is_some();
    for making in ledger.makings()? {
        if making.liveness != Liveness::Dead {
            continue;
        }
        let is_here = !has_store || has_left(home, &making)?;
        if is_here && clear(home, &making)? {
            ledger.forget_making(&making)?;
        }
    }
    Ok(())
}

/// Whether anything lies here that an attempt has left.
fn has_left(home: &Home, making: &Making) -> Result<bool, CommandError> {
    let (place, hidden) = places(home, making);
    Ok(is_of(&place, making)? || presence::lies(&hidden)?)
}

/// Whether what lies in a place carries the token of an attempt.
fn is_of(place: &Path, making: &Making) -> Result<bool, CommandError> {
    Ok(token(place)?.as_deref() == Some(making.run.as_str()))
}

/// The edition's folder, and its name while it is made.
fn places(home: &Home, making: &Making) -> (PathBuf, PathBuf) {
    let place = home.root.join(&making.directory);
    let nonce = nonce_of(&making.run).unwrap_or_default();
    let hidden = format!(".v{}.{nonce}.making", making.key.edition);
    let hidden = place.with_file_name(hidden);
    (place, hidden)
}
