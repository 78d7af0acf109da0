//! Submissions kept under their SHA-256, so that any edition can be computed again.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::disk;
use super::stamp::FileStamp;
use crate::hash::hex;

/// A file whose bytes are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArchivedFile {
    /// SHA-256 in hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// Where to read it from: the archived copy, or the original where nothing was archived.
    pub path: PathBuf,
}

/// Hashes `path` and keeps nothing. `None` when the file changed meanwhile.
pub(crate) fn hash(path: &Path, stamp: &FileStamp) -> io::Result<Option<ArchivedFile>> {
    let mut file = crate::store::regular::open(path)?;
    let (sha256, size) = copy(&mut file, &mut io::sink())?;
    if is_other(path, stamp, size) {
        return Ok(None);
    }
    Ok(Some(ArchivedFile {
        sha256,
        size,
        path: path.to_owned(),
    }))
}

/// Copies `path` into `folder`, under the first two digits of its hash. The copy is on disk when
/// this returns. `None` when the file changed meanwhile; the same file twice is kept once.
pub(crate) fn archive(
    path: &Path,
    stamp: &FileStamp,
    folder: &Path,
) -> io::Result<Option<ArchivedFile>> {
    disk::make_private_folder(folder)?;
    let mut copied = tempfile::Builder::new()
        .prefix(".incoming-")
        .tempfile_in(folder)?;
    let mut file = crate::store::regular::open(path)?;
    let (sha256, size) = copy(&mut file, copied.as_file_mut())?;
    if is_other(path, stamp, size) {
        return Ok(None);
    }
    let folder_of_it = folder.join(sha256.get(..2).unwrap_or("00"));
    let kept = folder_of_it.join(&sha256);
    let stored = ArchivedFile {
        sha256: sha256.clone(),
        size,
        path: kept.clone(),
    };
    if holds(&kept, &sha256) {
        return Ok(Some(stored));
    }
    // What lies there under this name is damaged: the copy takes its place.
    disk::make_private_folder(&folder_of_it)?;
    copied.as_file().sync_all()?;
    copied.persist(&kept).map_err(|e| e.error)?;
    disk::sync_folder(&folder_of_it)?;
    Ok(Some(stored))
}

/// Whether a file's bytes are those that its name says; its size proves nothing.
fn holds(path: &Path, sha256: &str) -> bool {
    let plain = fs::symlink_metadata(path).is_ok_and(|m| m.is_file());
    let hashed = || copy(&mut crate::store::regular::open(path)?, &mut io::sink());
    plain && hashed().is_ok_and(|(found, _)| found == sha256)
}

fn is_other(path: &Path, stamp: &FileStamp, size: u64) -> bool {
    size != stamp.size || FileStamp::of(path).map_or(true, |now| now != *stamp)
}

fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 256 << 10];
    let mut size = 0;
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let chunk = buffer.get(..read).unwrap_or_default();
        hasher.update(chunk);
        to.write_all(chunk)?;
        size += read as u64;
    }
    Ok((hex(&hasher.finalize()), size))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn kept_once_and_private() {
        let home = tempfile::tempdir().unwrap();
        let original = home.path().join("a.csv");
        fs::write(&original, "abc").unwrap();
        let stamp = FileStamp::of(&original).unwrap();
        let folder = home.path().join("archive");
        let first = archive(&original, &stamp, &folder).unwrap().unwrap();
        let again = archive(&original, &stamp, &folder).unwrap().unwrap();
        assert_eq!(first, again);
        assert_eq!(
            first.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(fs::read_to_string(&first.path).unwrap(), "abc");
        assert_eq!(
            fs::read_dir(&folder).unwrap().count(),
            1,
            "no temporary stays"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&first.path), 0o600);
            assert_eq!(mode(&folder), 0o700);
        }
    }

    #[test]
    fn a_damaged_copy_of_the_same_size_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let original = home.path().join("a.csv");
        fs::write(&original, "abc").unwrap();
        let stamp = FileStamp::of(&original).unwrap();
        let folder = home.path().join("archive");
        let kept = archive(&original, &stamp, &folder).unwrap().unwrap();
        fs::write(&kept.path, "abd").unwrap();
        let again = archive(&original, &stamp, &folder).unwrap().unwrap();
        assert_eq!(kept, again);
        assert_eq!(fs::read_to_string(&kept.path).unwrap(), "abc");
    }

    #[test]
    fn a_file_that_changes_is_left() {
        let home = tempfile::tempdir().unwrap();
        let original = home.path().join("a.csv");
        fs::write(&original, "abc").unwrap();
        let stamp = FileStamp::of(&original).unwrap();
        fs::write(&original, "abcd").unwrap();
        assert_eq!(
            archive(&original, &stamp, &home.path().join("archive")).unwrap(),
            None
        );
        assert_eq!(hash(&original, &stamp).unwrap(), None);
    }
}
