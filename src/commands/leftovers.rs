//! Files that were being written when a run died: cleared away by the next run, under the lock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::home::Home;
use super::stop::Stop;
use crate::ledger::Claim;

/// How old a leftover is before it is cleared away although another run may be at work.
const OLD: Duration = Duration::from_hours(1);

/// Removes what is only ever there while something is written: never a file that is whole.
///
/// # Errors
/// A folder cannot be read, or a leftover cannot be removed.
pub fn sweep(home: &Home, claim: Claim) -> Result<(), Stop> {
    let state = home.state();
    let archive = state.join("archive");
    let mut folders = vec![state.clone(), archive.clone(), state.join("outbox")];
    folders.extend(below(&archive, 1)?);
    folders.extend(below(&state.join("returned"), 3)?);
    let mut swept = 0;
    for folder in folders {
        for path in entries(&folder)? {
            if is_leftover(&path) && (claim.alone || is_old(&path)) {
                match fs::remove_file(&path) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                        return Err(Stop::io("remove", &path, &e));
                    }
                    _ => swept += 1,
                }
            }
        }
    }
    // A backup is written while runs go on, so that a young one may be at work.
    for path in entries(&state)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(".tmp-backup-") && is_old(&path) {
            fs::remove_dir_all(&path).map_err(|e| Stop::io("remove", &path, &e))?;
        }
    }
    if swept > 0 {
        tracing::info!(files = swept, "cleared away what a run that died left");
    }
    Ok(())
}

/// A plain file with the name that metas gives to what is not whole yet.
fn is_leftover(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let named = name.starts_with(".incoming-")
        || name.starts_with(".tmp")
        || (name.starts_with('.') && name.ends_with(".tmp"));
    named && fs::symlink_metadata(path).is_ok_and(|m| m.is_file())
}

fn is_old(path: &Path) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|m| m.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

/// The folders below one, so many levels deep.
fn below(folder: &Path, levels: usize) -> Result<Vec<PathBuf>, Stop> {
    let mut all = Vec::new();
    let mut level = vec![folder.to_owned()];
    for _ in 0..levels {
        let mut next = Vec::new();
        for folder in &level {
            let folders = entries(folder)?.into_iter();
            let real = |p: &PathBuf| fs::symlink_metadata(p).is_ok_and(|m| m.is_dir());
            next.extend(folders.filter(real));
        }
        all.extend(next.iter().cloned());
        level = next;
    }
    Ok(all)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Stop> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Stop::io("read", folder, &e)),
    };
    entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(|e| Stop::io("read", folder, &e))
}
