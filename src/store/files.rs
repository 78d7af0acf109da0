//! Writing files so that nobody ever sees half of one.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::disk;
use super::error::{Doing, StoreError};
use super::presence;

/// Makes a folder, and those above it, that only their owner can open. Their names are on the disk
/// when this returns.
///
/// # Errors
/// It cannot be made.
pub(crate) fn create_private_folder(path: &Path) -> Result<(), StoreError> {
    disk::make_private_folder(path).doing("make", path)
}

/// Writes a file that only its owner can read, and waits until it is on the disk. For files in
/// a folder that is not in its place yet.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .doing("write", path)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .doing("write", path)
}

/// Writes files into a folder that is not in its place yet, by their paths with `/`, and waits until
/// they and their names are on the disk. `after_each` is called when one is.
///
/// # Errors
/// One of them cannot be written.
pub(crate) fn write_tree(
    root: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    after_each: impl Fn(),
) -> Result<(), StoreError> {
    let mut folders = vec![root.to_owned()];
    for (name, bytes) in files {
        let path = root.join(name);
        if let Some(folder) = path.parent()
            && !folders.iter().any(|f| f == folder)
        {
            create_private_folder(folder)?;
            folders.push(folder.to_owned());
        }
        write_private(&path, bytes)?;
        after_each();
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))
}

/// Writes a file beside its place and renames it into it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let failed = |e: std::io::Error| StoreError::new("write", path, e);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    sync_folder(folder)
}

/// As [`write_whole`], for a file that everybody may read: other programs wait for it.
///
/// # Errors
/// It cannot be written, or what lies there is no file.
pub(crate) fn write_for_all(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |e: std::io::Error| StoreError::new("write", path, e);
    let there = presence::unless_absent(fs::metadata(path)).map_err(failed)?;
    if there.is_some_and(|about| !about.is_file()) {
        return Err(failed(std::io::ErrorKind::AlreadyExists.into()));
    }
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(0o644))
        .and_then(|()| file.as_file().sync_all())
        .map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    sync_folder(folder)
}

/// Renames a folder to a name that must be free: what lies there is never replaced.
///
/// # Errors
/// `AlreadyExists` where the name is taken, or what the system says.
pub(crate) fn rename_new(from: &Path, to: &Path) -> std::io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Some file systems do not know the flag.
            Err(e) if unsupported(e) => {}
            Err(e) => return Err(e.into()),
        }
    }
    if presence::unless_absent(fs::symlink_metadata(to))?.is_some() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    // A folder that holds anything is not replaced by a plain rename either.
    fs::rename(from, to)
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn unsupported(error: rustix::io::Errno) -> bool {
    use rustix::io::Errno;
    [Errno::INVAL, Errno::NOSYS, Errno::NOTSUP, Errno::OPNOTSUPP].contains(&error)
}

/// Waits until a folder's entries are on the disk.
///
/// # Errors
/// It cannot be opened.
pub(crate) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    disk::sync_folder(path).doing("sync", path)
}

/// Whether a path with `/` stays below the folder that it is joined to.
pub(crate) fn is_inside(name: &str) -> bool {
    use std::path::Component;
    let path = Path::new(name);
    !name.is_empty()
        && path
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
}

/// What lies in a folder, hidden or not, by name and with its path, sorted; nothing where the folder is
/// not there.
///
/// # Errors
/// It can't be read, or is no folder.
pub(crate) fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let named = |entry: DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, entry.path())
    };
    let mut all: Vec<_> = read_entries(folder)?.into_iter().map(named).collect();
    all.sort();
    Ok(all)
}

fn read_entries(folder: &Path) -> Result<Vec<DirEntry>, StoreError> {
    match fs::read_dir(folder).and_then(Iterator::collect) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.doing("read", folder),
    }
}

/// Every plain file below a folder, hidden ones too, by its path in it with `/`; none where the
/// folder is not there.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn all_below(root: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in read_entries(&folder)? {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
                    files.push((name.into_owned(), path));
                }
                Ok(_) => {}
                Err(e) => return Err(StoreError::new("read", &path, e)),
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Every file below a folder by its path in it with `/`, sorted; links are left out.
///
/// # Errors
/// A folder or file cannot be read.
pub(crate) fn read_tree(
    root: &Path,
) -> Result<std::collections::BTreeMap<String, Vec<u8>>, StoreError> {
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).doing("read", &folder)?;
        for entry in entries {
            let entry = entry.doing("read", &folder)?;
            let path = entry.path();
            let kind = entry.file_type().doing("read", &path)?;
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !hidden {
                folders.push(path);
            } else if kind.is_file() && !hidden {
                let bytes = crate::store::regular::read(&path).doing("read", &path)?;
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy();
                files.insert(name.replace('\\', "/"), bytes);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder() {
        for name in ["a", "a/b.csv", ".deliveries", "a..b/c", "..a"] {
            assert!(is_inside(name), "{name}");
        }
        for name in ["", "..", "../a", "a/../b", "a/..", "/a", "./a", "/"] {
            assert!(!is_inside(name), "{name}");
        }
    }
}
