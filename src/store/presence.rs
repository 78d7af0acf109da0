//! SHELL: whether something lies under a name. The standard library's `exists`, `is_dir` and `is_file`
//! say no also where the disk did not answer: an edition would look unannounced, a ledger missing, a
//! municipality's template absent. Here only the system's word that nothing lies there is a no.

#![allow(clippy::disallowed_methods, reason = "the shell looks at the disk")]

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Doing, StoreError};

/// Whether anything bears a name, be it a link that leads nowhere.
///
/// # Errors
/// The disk does not answer, or a folder above may not be entered.
pub(crate) fn lies(path: &Path) -> Result<bool, StoreError> {
    Ok(about(path, fs::symlink_metadata(path))?.is_some())
}

/// Whether a folder is there, or a link that leads to one.
///
/// # Errors
/// As [`lies`].
pub(crate) fn is_folder(path: &Path) -> Result<bool, StoreError> {
    Ok(about(path, fs::metadata(path))?.is_some_and(|about| about.is_dir()))
}

/// Whether a file is there, or a link that leads to one.
///
/// # Errors
/// As [`lies`].
pub(crate) fn is_file(path: &Path) -> Result<bool, StoreError> {
    Ok(about(path, fs::metadata(path))?.is_some_and(|about| about.is_file()))
}

/// Whether a file is there, and no link.
///
/// # Errors
/// As [`lies`].
pub(crate) fn is_plain_file(path: &Path) -> Result<bool, StoreError> {
    Ok(about(path, fs::symlink_metadata(path))?.is_some_and(|about| about.is_file()))
}

/// Removes what bears a name, a folder with all that is in it; nothing where nothing does. Gives
/// whether something was removed.
///
/// # Errors
/// It can't be looked at or removed.
pub(crate) fn remove(path: &Path) -> Result<bool, StoreError> {
    let removed = match about(path, fs::symlink_metadata(path))? {
        None => return Ok(false),
        Some(about) if about.is_dir() => fs::remove_dir_all(path),
        Some(_) => fs::remove_file(path),
    };
    // Somebody else may have removed it meanwhile.
    Ok(unless_absent(removed).doing("remove", path)?.is_some())
}

/// The first of the paths with the numbers 1, 2, … that nothing bears.
///
/// # Errors
/// As [`lies`].
pub(crate) fn first_free(numbered: impl Fn(u32) -> PathBuf) -> Result<PathBuf, StoreError> {
    let mut number = 1;
    loop {
        let path = numbered(number);
        if !lies(&path)? {
            return Ok(path);
        }
        number += 1;
    }
}

/// What was read, none where nothing bears the name.
///
/// # Errors
/// What the system says otherwise.
pub(crate) fn unless_absent<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match read {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

fn about(path: &Path, looked: io::Result<Metadata>) -> Result<Option<Metadata>, StoreError> {
    unless_absent(looked).doing("look at", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_looked_at_is_not_absent() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::write(at("file"), "x").unwrap();
        fs::create_dir(at("folder")).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("dangling")).unwrap();
        std::os::unix::fs::symlink(at("loop"), at("loop")).unwrap();
        let long = "x".repeat(300);
        for (name, found) in [
            ("file", [Some(true), Some(false), Some(true)]),
            ("folder", [Some(true), Some(true), Some(false)]),
            ("absent", [Some(false); 3]),
            ("absent/deep", [Some(false); 3]),
            ("file/below", [Some(false); 3]),
            ("dangling", [Some(true), Some(false), Some(false)]),
            // What the system refuses to say stands for a disk that does not answer.
            ("loop", [Some(true), None, None]),
            ("loop/below", [None; 3]),
            (&long, [None; 3]),
        ] {
            let path = at(name);
            let said = [lies(&path).ok(), is_folder(&path).ok(), is_file(&path).ok()];
            assert_eq!(said, found, "{name}");
        }
    }

    #[test]
    fn links_are_removed_and_what_they_lead_to_stays() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir_all(at("kept/deep")).unwrap();
        fs::create_dir_all(at("full/deep")).unwrap();
        std::os::unix::fs::symlink(at("kept"), at("link")).unwrap();
        for (name, removed) in [
            ("full", true),
            ("link", true),
            ("link", false),
            ("no/such", false),
        ] {
            assert_eq!(remove(&at(name)).unwrap(), removed, "{name}");
        }
        assert!(at("kept/deep").is_dir() && !at("full").exists());
    }
}
