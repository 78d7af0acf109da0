//! SHELL: folders and names that outlast a power cut.
//!
//! A file that was synced is lost all the same where its name was not: the name lies in the
//! folder, the folder's own name in the one above it. So whoever makes a folder waits for the name
//! of each one made before anything is put in it that others will rely on.

#![allow(clippy::disallowed_methods, reason = "the shell opens folders")]

use std::fs::{DirBuilder, File};
use std::io;
use std::path::Path;

/// Makes a folder, and those above it, that only their owner can open; their names are on the disk
/// when this returns. A folder that is there already stays as it is.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    let named = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
    let missing: Vec<&Path> = path.ancestors().take_while(named).collect();
    for folder in missing.into_iter().rev() {
        make_one(folder)?;
        sync_folder(match folder.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        })?;
    }
    Ok(())
}

fn make_one(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        // Somebody else made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Waits until a folder's names are on the disk. Only unix lets a folder be synced, and some
/// network shares say that theirs can't be: there nothing more can be done.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    unless_it_cannot(File::open(path)?.sync_all())
}

/// Waits until all that was written so far to the file system of a folder is on the disk.
pub(crate) fn sync_whole(folder: &Path) -> io::Result<()> {
    let folder = File::open(folder)?;
    #[cfg(target_os = "linux")]
    unless_it_cannot(rustix::fs::syncfs(&folder).map_err(io::Error::from))?;
    drop(folder);
    Ok(())
}

fn unless_it_cannot(synced: io::Result<()>) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, Unsupported};
    match synced {
        Err(error) if matches!(error.kind(), InvalidInput | Unsupported) => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_private_and_made_once() {
        let home = tempfile::tempdir().unwrap();
        let deep = home.path().join("a/b/c");
        make_private_folder(&deep).unwrap();
        make_private_folder(&deep).unwrap();
        #[cfg(unix)]
        for folder in ["a", "a/b", "a/b/c"] {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(home.path().join(folder)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o700, "{folder}");
        }
        let file = home.path().join("a/file");
        std::fs::write(&file, "").unwrap();
        assert!(make_private_folder(&file).is_err(), "a file is in the way");
        assert!(make_private_folder(&file.join("b")).is_err());
    }
}
