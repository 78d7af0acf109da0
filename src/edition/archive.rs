//! The archive: files under their own SHA-256, so that an edition can be made again.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::dropbox::Submission;
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::store::error::Doing;
use crate::store::files::{all_below, create_private_folder, write_whole};

/// Where a file with this hash lies, relative to the home.
pub(crate) fn place(sha256: &str) -> PathBuf {
    let head = sha256.get(..2).unwrap_or("00");
    Path::new("state").join("archive").join(head).join(sha256)
}

/// Puts bytes into the archive; gives their hash. Bytes that are there already are left
/// alone; others under the same name are damage, and these are the good copy.
///
/// # Errors
/// The archive cannot be written.
pub(crate) fn put(home: &Home, bytes: &[u8]) -> Result<String, CommandError> {
    let sha256 = sha256_hex(bytes);
    let path = home.kept(&place(&sha256));
    if is_whole(home, &sha256) {
        return Ok(sha256);
    }
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
        write_whole(&path, bytes)?;
    }
    Ok(sha256)
}

/// Takes bytes out of the archive.
///
/// # Errors
/// They are not there, or are not what they were.
pub(crate) fn get(home: &Home, sha256: &str) -> Result<Vec<u8>, CommandError> {
    let path = home.held(&place(sha256));
    match fs::read(&path) {
        Ok(bytes) if sha256_hex(&bytes) == sha256 => Ok(bytes),
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(CommandError::io("read", &path, &e))
        }
        _ => Err(CommandError::environment(damaged(&path))),
    }
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

/// Every file of the archive, by its path in the home with `/`.
///
/// # Errors
/// The archive cannot be read.
pub(crate) fn all(home: &Home) -> Result<Vec<(String, PathBuf)>, CommandError> {
    let files = all_below(&home.state().join("archive"))?;
    // Shelves hold files under their hashes; what is hidden is being written.
    let whole = |name: &str| {
        name.split_once('/')
            .is_some_and(|(_, sha256)| sha256.len() == 64)
    };
    let named = files
        .into_iter()
        .filter(|(name, _)| whole(name))
        .map(|(name, path)| (format!("state/archive/{name}"), path));
    Ok(named.collect())
}
