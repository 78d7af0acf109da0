//! What is wrong with the ledger's file, in words that lead to a way out.

use std::fs;
use std::path::Path;

use rusqlite::ErrorCode;

use super::database_error::DatabaseError;
use super::format::FORMAT;
use crate::diagnostic::Diagnostic;

/// How a home whose ledger can't be used is brought back.
pub(super) const WAYS_OUT: &str = "Move state/ aside; then put the home back with `metas restore FILE`, from a file of `metas backup` (reports/ moved aside too), or keep reports/ as it is and record what lies there with `metas adopt PLAN PERIOD`, for each period.";

/// A ledger that can't be opened.
pub(super) fn unusable(path: &Path, error: &(dyn std::error::Error + 'static)) -> Diagnostic {
    let sqlite: Option<&rusqlite::Error> = error.downcast_ref();
    if sqlite.and_then(rusqlite_code).is_some_and(is_damage) {
        return damaged(path, &error.to_string());
    }
    let message = format!("the ledger {} can't be opened: {error}", path.display());
    let wrong = Diagnostic::error("ledger-unusable", message);
    match not_ours(path) {
        Some(whose) => wrong.hint(format!(
            "{whose} Run metas as that user, or give state/ to this one. If it is the wrong ledger: {WAYS_OUT}"
        )),
        None => wrong.hint(
            "Check that its disk is not full and that this user may write to state/ and what is in it.",
        ),
    }
}

/// A ledger that holds what it can't hold.
pub(super) fn damaged(path: &Path, what: &str) -> Diagnostic {
    Diagnostic::error(
        "ledger-unusable",
        format!("the ledger {} is damaged: {what}", path.display()),
    )
    .hint(format!("Nothing was done. {WAYS_OUT}"))
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        if is_busy(&error) {
            Self::passing(in_use(&error))
        } else {
            Self::lasting(failed(&error))
        }
    }
}

/// A ledger of a format that this program does not know.
pub(super) fn from_the_future(place: &str, format: i64) -> Diagnostic {
    Diagnostic::error(
        "ledger-newer",
        format!("the ledger {place} has format {format}; this metas writes format {FORMAT}"),
    )
    .hint("Install the newer metas that wrote it. Nothing was changed.")
}

/// An error of SQLite in the midst of the work, as people see it.
fn failed(error: &rusqlite::Error) -> Diagnostic {
    if rusqlite_code(error).is_some_and(is_damage) {
        return damaged(Path::new("state/ledger.db"), &error.to_string());
    }
    Diagnostic::error("ledger-failed", format!("the ledger refused: {error}"))
        .hint("Nothing of this step was recorded. Check the disk and run again.")
}

/// Another program keeps the file to itself for longer than anybody waits.
fn in_use(error: &rusqlite::Error) -> Diagnostic {
    Diagnostic::error("ledger-busy", format!("the ledger is in use: {error}")).hint(
        "Nothing of this step was recorded; the next run goes on. If it comes back, close the program that keeps state/ledger.db open.",
    )
}

/// Whether SQLite waited for another program in vain.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    let code = rusqlite_code(error);
    matches!(
        code,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

fn rusqlite_code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

fn is_damage(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
}

/// Whose the file or its folder is, where it is not this user's.
#[cfg(unix)]
fn not_ours(path: &Path) -> Option<String> {
    another_owner(path, rustix::process::geteuid().as_raw())
}

#[cfg(unix)]
fn another_owner(path: &Path, me: u32) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let side = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        std::path::PathBuf::from(name)
    };
    let candidates = [path.to_owned(), side("-wal"), side("-shm")];
    candidates
        .iter()
        .map(std::path::PathBuf::as_path)
        .chain(path.parent())
        .find_map(|place| {
            let owner = fs::metadata(place).ok()?.uid();
            (owner != me).then(|| {
                format!(
                    "{} belongs to user {owner} and this is user {me}.",
                    place.display()
                )
            })
        })
}

#[cfg(not(unix))]
fn not_ours(_path: &Path) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn whose_the_ledger_is_is_told_where_it_is_not_ours() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let me = fs::metadata(folder.path()).unwrap().uid();
        assert_eq!(another_owner(&path, me), None);
        let told = another_owner(&path, me + 1).unwrap();
        let names = format!("belongs to user {me} and this is user {}.", me + 1);
        assert!(told.starts_with(&folder.path().display().to_string()) && told.contains(&names));
        // The file itself comes before its folder, and so do SQLite's side files.
        for name in ["ledger.db-shm", "ledger.db-wal", "ledger.db"] {
            let side = folder.path().join(name);
            fs::write(&side, "").unwrap();
            let told = another_owner(&path, me + 1).unwrap();
            assert!(
                told.starts_with(&format!("{} belongs", side.display())),
                "{told}"
            );
        }
    }
}
