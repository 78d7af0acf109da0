//! The archive: files under their own SHA-256, so that an edition can be made again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::store_place;
use crate::diagnostic::Diagnostic;
use crate::dropbox::Submission;
use crate::exit::CommandError;
use crate::failpoint;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{DeliveryFilter, DeliveryState, Ledger};
use crate::store::error::Doing;
use crate::store::files::{all_below, create_private_folder, write_whole};
use crate::store::{Store, fetch, keep, regular};

/// Where a file with this hash lies, relative to the home.
pub(crate) fn place(sha256: &str) -> PathBuf {
    let head = sha256.get(..2).unwrap_or("00");
    Path::new("state").join("archive").join(head).join(sha256)
}

/// Puts bytes into the archive, and into the store where the home has one; gives their hash. Bytes
/// that are there already are left alone; others under the same name are damage, and these are the
/// good copy.
///
/// # Errors
/// The archive cannot be written, or the store can't be used.
pub(crate) fn put(home: &Home, bytes: &[u8]) -> Result<String, CommandError> {
    let sha256 = sha256_hex(bytes);
    if !is_whole(home, &sha256) {
        write(home, &sha256, bytes)?;
    }
    if let Some(store) = store_place::to_write(home)? {
        keep(store, &key(&sha256), bytes)?;
        failpoint::hit("store-archived");
    }
    Ok(sha256)
}

fn write(home: &Home, sha256: &str, bytes: &[u8]) -> Result<(), CommandError> {
    let path = home.kept(&place(sha256));
    create_private_folder(path.parent().unwrap_or(&home.root))?;
    Ok(write_whole(&path, bytes)?)
}

/// Puts files of the archive into the store, where the home has one: before the ledger says that
/// they are there.
///
/// # Errors
/// One of them is damaged, or the store can't be used.
pub(crate) fn keep_for_good<'a>(
    home: &Home,
    hashes: impl Iterator<Item = &'a str>,
) -> Result<(), CommandError> {
    let Some(store) = store_place::to_write(home)? else {
        return Ok(());
    };
    for sha256 in hashes {
        keep(store, &key(sha256), &get(home, sha256)?)?;
        failpoint::hit("store-archived");
    }
    Ok(())
}

/// Puts every sound file of this folder's archive into the store; gives how many were not there.
///
/// # Errors
/// A file can't be read, or the store can't be used.
pub(crate) fn keep_all(home: &Home, store: &dyn Store) -> Result<usize, CommandError> {
    let there: BTreeSet<String> = store.list("archive")?.into_iter().collect();
    let mut put = 0;
    for (name, path) in files(home)? {
        let sha256 = name.rsplit('/').next().unwrap_or_default();
        let bytes = fs::read(&path).doing("read", &path)?;
        // What is damaged is told by whoever needs it.
        if sha256_hex(&bytes) == sha256 && !there.contains(&key(sha256)) {
            keep(store, &key(sha256), &bytes)?;
            put += 1;
        }
    }
    Ok(put)
}

/// Takes bytes out of the archive: out of this folder, else out of the store. Then the folder has
/// them again, too.
///
/// # Errors
/// They are in neither, or are not what they were; or the store can't be used.
pub(crate) fn get(home: &Home, sha256: &str) -> Result<Vec<u8>, CommandError> {
    match find(home, sha256)? {
        Some(bytes) => Ok(bytes),
        None => Err(CommandError::environment(damaged(
            &home.held(&place(sha256)),
        ))),
    }
}

/// The same; none where they are in neither, or not as they were.
///
/// # Errors
/// A disk or the store can't be used.
pub(crate) fn find(home: &Home, sha256: &str) -> Result<Option<Vec<u8>>, CommandError> {
    let path = home.held(&place(sha256));
    match fs::read(&path) {
        Ok(bytes) if sha256_hex(&bytes) == sha256 => return Ok(Some(bytes)),
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            return Err(CommandError::io("read", &path, &e));
        }
        _ => {}
    }
    let Some(store) = store_place::of(home)? else {
        return Ok(None);
    };
    let Some(bytes) = fetch(store, &key(sha256), sha256)? else {
        return Ok(None);
    };
    write(home, sha256, &bytes)?;
    failpoint::hit("store-back-file");
    Ok(Some(bytes))
}

/// Sees to it that this folder holds the archived copies of files that do not lie in their drop
/// folder any more, as far as the home has a store to take them from.
///
/// # Errors
/// The store can't be used, or does not have them.
pub(crate) fn bring_earlier(
    home: &Home,
    inputs: &Path,
    earlier: &[Submission],
) -> Result<(), CommandError> {
    if earlier.is_empty() || store_place::of(home)?.is_none() {
        return Ok(());
    }
    for one in earlier {
        if regular::open(&inputs.join(&one.file)).is_err() {
            get(home, &one.sha256)?;
        }
    }
    Ok(())
}

/// Sees to it that this folder holds the messages of a plan that wait, as far as the home has a store
/// to take them from. What is in neither is told by whoever sends them.
///
/// # Errors
/// The store or the ledger can't be used.
pub(crate) fn bring_messages(home: &Home, ledger: &Ledger, plan: &str) -> Result<(), CommandError> {
    if store_place::of(home)?.is_none() {
        return Ok(());
    }
    let waiting = ledger.deliveries(&DeliveryFilter {
        plan: Some(plan.to_owned()),
        states: vec![DeliveryState::Queued, DeliveryState::Deferred],
        ..DeliveryFilter::default()
    })?;
    for row in waiting {
        find(home, &row.message_sha256)?;
    }
    Ok(())
}

/// Whether the archive holds a file, and as it was put there.
pub(crate) fn is_whole(home: &Home, sha256: &str) -> bool {
    fs::read(home.held(&place(sha256))).is_ok_and(|bytes| sha256_hex(&bytes) == sha256)
}

/// An archived file that is gone, or is another than its name says.
pub(crate) fn damaged(path: &Path) -> Diagnostic {
    let what = if path.exists() {
        "is not what was archived"
    } else {
        "is not there"
    };
    Diagnostic::error("archive-damaged", format!("{} {what}", path.display())).hint(
        "`metas restore FILE --missing` takes it from a file of `metas backup`; a department's file that still lies in inputs/ is archived again by the next run that reads it",
    )
}

/// Compares what was read from the archive with its names: a file that was changed there must not
/// be published under the hash of what a department sent.
///
/// # Errors
/// One of them is damaged.
pub(crate) fn check_read(submissions: &[Submission]) -> Result<(), CommandError> {
    for submission in submissions {
        // An original in the drop folder bears its own name.
        let archived = submission
            .path
            .file_name()
            .is_some_and(|name| name == submission.sha256.as_str());
        if archived {
            let path = &submission.path;
            let bytes = fs::read(path).doing("read", path)?;
            if sha256_hex(&bytes) != submission.sha256 {
                return Err(CommandError::environment(damaged(path)));
            }
        }
    }
    Ok(())
}

/// Every file of the archive, in this folder or in the store, by its path in the home with `/`.
///
/// # Errors
/// The archive cannot be read, or the store can't be used.
pub(crate) fn all(home: &Home) -> Result<BTreeSet<String>, CommandError> {
    let mut names: BTreeSet<String> = files(home)?.into_iter().map(|(name, _)| name).collect();
    if let Some(store) = store_place::of(home)? {
        let kept = store.list("archive")?.into_iter();
        names.extend(
            kept.map(|key| format!("state/{key}"))
                .filter(|name| is_whole_name(name)),
        );
    }
    Ok(names)
}

/// Every file of this folder's archive, by its path in the home with `/`.
fn files(home: &Home) -> Result<Vec<(String, PathBuf)>, CommandError> {
    let files = all_below(&home.state().join("archive"))?.into_iter();
    let named = files.map(|(name, path)| (format!("state/archive/{name}"), path));
    Ok(named.filter(|(name, _)| is_whole_name(name)).collect())
}

/// Shelves hold files under their hashes; what is hidden is being written.
fn is_whole_name(name: &str) -> bool {
    let sha256 = name.rsplit('/').next().unwrap_or_default();
    name.split('/').count() == 4 && sha256.len() == 64
}

/// The key of a file of the archive in the store.
fn key(sha256: &str) -> String {
    format!("archive/{}/{sha256}", sha256.get(..2).unwrap_or("00"))
}
