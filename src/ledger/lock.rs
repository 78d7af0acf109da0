//! One run at a time: an advisory lock on `state/lock` that the system drops with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::database::stamp;
use super::error::LedgerError;
use super::sqlite::private_dir;
use crate::diagnostic::Diagnostic;

/// Name of the file below `state/`.
const FILE: &str = "lock";

/// Held by the run; whoever has it may change the ledger's deliveries.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock, or says who holds it.
    ///
    /// # Errors
    /// `lock-held` (exit code 75) where another run holds it, `lock-failed` where it can't be taken.
    pub fn acquire(state_dir: &Path, now: DateTime<Utc>) -> Result<Self, LedgerError> {
        private_dir(state_dir)?;
        let path = state_dir.join(FILE);
        let failed = |e: &std::io::Error| {
            Diagnostic::error(
                "lock-failed",
                format!("the lock {} can't be taken: {e}", path.display()),
            )
            .hint("The home must lie on a disk that supports file locks, and this user must be able to write there.")
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LedgerError::Busy(held(&mut file))),
            Err(TryLockError::Error(e)) => return Err(failed(&e).into()),
        }
        let holder = format!("process {} since {}\n", std::process::id(), stamp(now));
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(|e| failed(&e))?;
        Ok(Self { _file: file })
    }
}

fn held(file: &mut File) -> Diagnostic {
    // Who holds it is for the message only: it may be half-written, so it is never trusted.
    let mut holder = String::new();
    let read = Read::by_ref(file).take(200).read_to_string(&mut holder);
    let holder = holder.lines().next().unwrap_or_default().trim();
    let by = if read.is_ok() && !holder.is_empty() {
        format!(" ({holder})")
    } else {
        String::new()
    };
    Diagnostic::error(
        "lock-held",
        format!("another run is at work in this home{by}"),
    )
    .hint("Nothing was done; the next run will do it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_makes_its_folder_closed_and_names_who_holds_it() {
        let home = tempfile::tempdir().unwrap();
        let state = home.path().join("a/state");
        let now = "2026-04-06T12:00:00Z".parse().unwrap();
        let lock = RunLock::acquire(&state, now).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&state), mode(&state.join(FILE))), (0o700, 0o600));
        }
        let held = RunLock::acquire(&state, now).unwrap_err().diagnostic();
        assert_eq!(held.code, "lock-held");
        let holder = format!(
            "another run is at work in this home (process {} since 2026-04-06T12:00:00Z)",
            std::process::id()
        );
        assert_eq!(held.message, holder);
        drop(lock);
        // What a longer line of the one before left is no part of the next.
        std::fs::write(state.join(FILE), "x".repeat(500)).unwrap();
        let _lock = RunLock::acquire(&state, now).unwrap();
        let held = RunLock::acquire(&state, now).unwrap_err().diagnostic();
        assert_eq!(held.message, holder);
        // A holder that has not yet said who it is.
        std::fs::write(state.join(FILE), "").unwrap();
        let held = RunLock::acquire(&state, now).unwrap_err().diagnostic();
        assert_eq!(held.message, "another run is at work in this home");
    }
}
