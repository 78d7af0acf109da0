//! What lies in the drop folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::store::stamp::FileStamp;

const MAX_DEPTH: usize = 8;

/// A file of the drop folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FolderEntry {
    /// Its path below the drop folder, with `/` between folders.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its stamp.
    pub stamp: FileStamp,
}

/// What lies below a folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files that could be somebody's, in order of their names.
    pub entries: Vec<FolderEntry>,
    /// Links that are not followed, as paths below the folder.
    pub links: Vec<String>,
    /// FIFOs, sockets and devices.
    pub special: Vec<String>,
    /// Folders too deep to be looked into.
    pub too_deep: Vec<String>,
    /// Folders that this user may not look into, and why.
    pub closed: Vec<(String, String)>,
}

impl Listing {
    /// Whether nothing at all was found.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.links.is_empty()
            && self.special.is_empty()
            && self.too_deep.is_empty()
            && self.closed.is_empty()
    }
}

/// A file or folder that the machine keeps from being used.
#[derive(Debug)]
pub struct FolderError {
    /// What was to be done with it: "read", "write".
    pub doing: &'static str,
    /// Which one.
    pub path: PathBuf,
    /// What the system said.
    pub error: io::Error,
}

impl FolderError {
    pub(crate) fn new(doing: &'static str, path: &Path, error: io::Error) -> Self {
        Self {
            doing,
            path: path.to_owned(),
            error,
        }
    }
}

/// All files below `folder`. A folder that is not there holds nothing.
///
/// # Errors
/// The folder cannot be read, or the disk fails below it.
pub(super) fn list(folder: &Path) -> Result<Listing, FolderError> {
    let mut found = Listing::default();
    let root = match folder.canonicalize() {
        Ok(root) => root,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(FolderError::new("read", folder, error)),
    };
    walk(&root, &root, 0, &mut found)?;
    found.entries.sort_by(|a, b| a.file.cmp(&b.file));
    found.closed.sort();
    for names in [&mut found.links, &mut found.special, &mut found.too_deep] {
        names.sort();
    }
    Ok(found)
}

fn walk(root: &Path, folder: &Path, depth: usize, found: &mut Listing) -> Result<(), FolderError> {
    let failed = |error| FolderError::new("read", folder, error);
    let items = match fs::read_dir(folder) {
        Ok(items) => items,
        // One folder that is closed to us does not close the others.
        Err(error) if depth > 0 && error.kind() == io::ErrorKind::PermissionDenied => {
            found.closed.push((below(root, folder), error.to_string()));
            return Ok(());
        }
        // A folder that has gone since holds nothing.
        Err(error) if depth > 0 && error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for item in items {
        let item = item.map_err(failed)?;
        let name = item.file_name().to_string_lossy().into_owned();
        if is_skipped(&name) {
            continue;
        }
        let path = item.path();
        let kind = item
            .file_type()
            .map_err(|e| FolderError::new("read", &path, e))?;
        if kind.is_dir() {
            if depth < MAX_DEPTH {
                walk(root, &path, depth + 1, found)?;
            } else {
                found.too_deep.push(below(root, &path));
            }
            continue;
        }
        if kind.is_symlink() && !leads_to_a_file_of(root, &path)? {
            found.links.push(below(root, &path));
            continue;
        }
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // A file that has gone since is a file that is being replaced: the next run sees it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            // The folder tells names and nothing else.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                found.closed.push((below(root, folder), error.to_string()));
                return Ok(());
            }
            Err(error) => return Err(FolderError::new("look at", &path, error)),
        };
        if !metadata.is_file() {
            found.special.push(below(root, &path));
        } else if metadata.len() > 0 {
            found.entries.push(FolderEntry {
                file: below(root, &path),
                stamp: FileStamp::from(&metadata),
                path,
            });
        }
    }
    Ok(())
}

/// Whether a link leads to something of this folder that is no folder itself: never outside.
fn leads_to_a_file_of(root: &Path, link: &Path) -> Result<bool, FolderError> {
    use rustix::io::Errno;
    let leads = link
        .canonicalize()
        .and_then(|real| Ok(real.starts_with(root) && !fs::metadata(real)?.is_dir()));
    leads.or_else(|error| match Errno::from_io_error(&error) {
        Some(
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::ACCESS
            | Errno::PERM
            | Errno::LOOP
            | Errno::NAMETOOLONG,
        ) => Ok(false),
        _ => Err(FolderError::new("look at", link, error)),
    })
}

/// The path below `root`, with `/` between folders.
fn below(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path).components();
    let parts: Vec<_> = parts.map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

/// Lock files, temporaries and what systems leave behind.
fn is_skipped(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ending = |ends: &[&str]| ends.iter().any(|e| lower.ends_with(e));
    name.starts_with("~$")
        || name.starts_with('.')
        || ending(&[
            ".tmp",
            ".temp",
            ".part",
            ".partial",
            ".crdownload",
            ".lnk",
            "~",
        ])
        || matches!(lower.as_str(), "thumbs.db" | "desktop.ini")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn locks_and_temporaries_are_skipped() {
        for name in [
            "~$acuerdos.xlsx",
            ".~lock.acuerdos.ods#",
            ".oculto",
            "x.TMP",
            "Thumbs.db",
            "x.xlsx.part",
        ] {
            assert!(is_skipped(name), "{name}");
        }
        assert!(!is_skipped("acuerdos.xlsx"));
    }

    #[test]
    #[cfg(unix)]
    fn lists_what_is_inside() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        fs::write(outside.path(), "x").unwrap();
        fs::create_dir(folder.path().join("b")).unwrap();
        fs::write(folder.path().join("b/uno.xlsx"), "x").unwrap();
        fs::write(folder.path().join("vacio.xlsx"), "").unwrap();
        fs::write(folder.path().join("a.csv"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("fuera.xlsx")).unwrap();
        let long = "x".repeat(300);
        for (to, name) in [
            (folder.path(), "c"),
            (Path::new("nada"), "d"),
            (Path::new("e"), "e"),
            (Path::new(&long), "f"),
            (Path::new("a.csv/g"), "g"),
        ] {
            std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
        }
        let listing = list(folder.path()).unwrap();
        let files: Vec<String> = listing.entries.into_iter().map(|e| e.file).collect();
        assert_eq!(files, ["a.csv", "b/uno.xlsx"]);
        assert_eq!(listing.links, ["c", "d", "e", "f", "fuera.xlsx", "g"]);
        assert!(listing.special.is_empty() && listing.too_deep.is_empty());
        assert!(list(&folder.path().join("no")).unwrap().entries.is_empty());
    }

    #[test]
    fn what_lies_too_deep_is_told_and_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let deepest = folder.path().join("1/2/3/4/5/6/7/8");
        fs::create_dir_all(deepest.join("9/10")).unwrap();
        fs::write(deepest.join("uno.csv"), "x").unwrap();
        fs::write(deepest.join("9/dos.csv"), "x").unwrap();
        let listing = list(folder.path()).unwrap();
        let files: Vec<String> = listing.entries.into_iter().map(|e| e.file).collect();
        assert_eq!(files, ["1/2/3/4/5/6/7/8/uno.csv"]);
        assert_eq!(listing.too_deep, ["1/2/3/4/5/6/7/8/9"]);
    }
}
