//! Files that were being written when a run died: cleared away by the next run, under the lock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Claim, Occasion};
use crate::store::error::Doing;
use crate::store::files;

/// How old a leftover is before it is cleared away although another run may be at work.
const OLD: Duration = Duration::from_hours(1);

/// Removes what is only ever there while something is written: never a file that is whole.
///
/// # Errors
/// A folder cannot be read, or a leftover cannot be removed.
pub(crate) fn sweep(home: &Home, claim: Claim) -> Result<(), CommandError> {
    let state = home.state();
    let archive = state.join("archive");
    let mut folders = vec![state.clone(), archive.clone(), state.join("outbox")];
    folders.extend(Occasion::ALL.map(|occasion| state.join("outbox").join(occasion.as_str())));
    folders.extend(below(&archive, 1)?);
    folders.extend(below(&state.join("returned"), 3)?);
    let mut swept = 0;
    for folder in folders {
        for (_, path) in files::entries(&folder)? {
            if is_leftover(&path) && (claim.alone || is_old(&path)) {
                match fs::remove_file(&path) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                        return Err(CommandError::io("remove", &path, &e));
                    }
                    _ => swept += 1,
                }
            }
        }
    }
    // A backup is written while runs go on, so that a young one may be at work.
    for (name, path) in files::entries(&state)? {
        if name.starts_with(".tmp-backup-") && is_old(&path) {
            fs::remove_dir_all(&path).doing("remove", &path)?;
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
fn below(folder: &Path, levels: usize) -> Result<Vec<PathBuf>, CommandError> {
    let mut all = Vec::new();
    let mut level = vec![folder.to_owned()];
    for _ in 0..levels {
        let mut next = Vec::new();
        for folder in &level {
            let folders = files::entries(folder)?.into_iter().map(|(_, path)| path);
            let real = |p: &PathBuf| fs::symlink_metadata(p).is_ok_and(|m| m.is_dir());
            next.extend(folders.filter(real));
        }
        all.extend(next.iter().cloned());
        level = next;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes a folder with a file in it that was last changed so many minutes ago.
    fn left(state: &Path, name: &str, minutes: u64) {
        let folder = state.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("x"), "x").unwrap();
        let then = std::time::SystemTime::now() - Duration::from_secs(minutes * 60);
        fs::File::open(&folder).unwrap().set_modified(then).unwrap();
    }

    #[test]
    fn only_the_old_folder_of_a_backup_that_died_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path().to_owned());
        let state = home.state();
        for (name, minutes) in [
            (".tmp-backup-old", 61),
            (".tmp-backup-young", 59),
            ("returned", 600),
            ("archive", 600),
            (".tmp-other", 600),
        ] {
            left(&state, name, minutes);
        }
        for alone in [false, true] {
            let claim = Claim {
                alone,
                after_a_death: false,
            };
            sweep(&home, claim).unwrap_or_else(|error| panic!("{:?}", error.diagnostics));
        }
        let mut names: Vec<String> = fs::read_dir(&state)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [".tmp-backup-young", ".tmp-other", "archive", "returned"]
        );
    }

    #[test]
    fn a_young_leftover_is_another_runs_unless_none_is_at_work() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::at(root.path().to_owned());
        let claim = |alone| Claim {
            alone,
            after_a_death: false,
        };
        let there = |name: &str| home.state().join(name).exists();
        fs::create_dir_all(home.state().join("outbox/report")).unwrap();
        for (name, swept) in [
            (".incoming-x", true),
            (".tmpAbC", true),
            ("outbox/.b.eml.tmp", true),
            ("outbox/report/.a.eml.tmp", true),
            ("outbox/.keep", false),
            ("outbox/a.tmp", false),
        ] {
            let path = home.state().join(name);
            fs::write(&path, "x").unwrap();
            assert!(sweep(&home, claim(false)).is_ok());
            assert!(there(name), "{name}");
            assert!(sweep(&home, claim(true)).is_ok());
            assert_eq!(there(name), !swept, "{name}");
            if swept {
                fs::write(&path, "x").unwrap();
                let then = std::time::SystemTime::now() - Duration::from_secs(61 * 60);
                fs::File::open(&path).unwrap().set_modified(then).unwrap();
                assert!(sweep(&home, claim(false)).is_ok());
                assert!(!there(name), "{name}");
            }
        }
    }
}
