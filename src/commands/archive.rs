//! The archive: files under their own SHA-256, so that an edition can be made again.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::{create_private_folder, write_whole};
use super::home::Home;
use super::stop::Stop;
use crate::delivery::sha256_hex;
use crate::diagnostic::Diagnostic;

/// Where a file with this hash lies, relative to the home.
pub fn place(sha256: &str) -> PathBuf {
    let head = sha256.get(..2).unwrap_or("00");
    Path::new("state").join("archive").join(head).join(sha256)
}

/// Puts bytes into the archive; gives their hash. Bytes that are there already are left alone.
///
/// # Errors
/// The archive cannot be written.
pub fn put(home: &Home, bytes: &[u8]) -> Result<String, Stop> {
    let sha256 = sha256_hex(bytes);
    let path = home.root.join(place(&sha256));
    if path.is_file() {
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
pub fn get(home: &Home, sha256: &str) -> Result<Vec<u8>, Stop> {
    let path = home.root.join(place(sha256));
    let bytes = fs::read(&path).map_err(|e| Stop::io("read", &path, &e))?;
    if sha256_hex(&bytes) != sha256 {
        let message = format!("{} is not what was archived", path.display());
        let error = Diagnostic::error("archive-damaged", message);
        return Err(Stop::environment(error.hint("restore it from a backup")));
    }
    Ok(bytes)
}
