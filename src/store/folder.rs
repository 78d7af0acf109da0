//! A store in a folder, such as a disk of another machine that is mounted here.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::object_error::ObjectError;
use super::objects::Store;
use super::{disk, files, regular};
use crate::diagnostic::Diagnostic;
use crate::percent;

/// The objects of one home below a folder.
#[derive(Debug)]
pub(super) struct FolderStore {
    /// The folder that is named, which must be there.
    root: PathBuf,
    /// The home's folder in it.
    folder: PathBuf,
    /// Where that is, for people.
    place: String,
}

impl FolderStore {
    /// The store of a home in a folder.
    pub(super) fn new(root: &Path, home: &str) -> Self {
        let folder = root.join(percent::encoded(home));
        Self {
            root: root.to_owned(),
            place: folder.display().to_string(),
            folder,
        }
    }

    /// A folder that is not there is not made: a disk may not be mounted.
    fn is_there(&self) -> Result<(), ObjectError> {
        if self.root.is_dir() {
            return Ok(());
        }
        let message = format!(
            "the folder of the store {} is not there",
            self.root.display()
        );
        Err(ObjectError::lasting(
            Diagnostic::error("store-missing", message).hint(
                "Mount its disk, or make the folder where this is a new store; METAS_STORE names it. Nothing was done.",
            ),
        ))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        let folder = path.parent().unwrap_or(&self.folder);
        disk::make_private_folder(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".incoming-")
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(failed) => return Err(failed.error),
        }
        disk::sync_folder(folder)?;
        Ok(true)
    }

    fn failed(&self, doing: &str, path: &Path, error: &io::Error) -> ObjectError {
        let message = format!(
            "the store {} can't be {doing}: {}: {error}",
            self.place,
            path.display()
        );
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ObjectError::lasting(
                Diagnostic::error("store-full", message)
                    .hint("Make room there and run again. Nothing that relies on it was recorded."),
            ),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ObjectError::lasting(
                Diagnostic::error("store-login", message)
                    .hint("Let this user read and write there, and run again."),
            ),
            _ if regular::is_passing(error) => ObjectError::passing(
                Diagnostic::error("store-unreachable", message)
                    .hint("Nothing that relies on it was recorded; the next run goes on. See to the share."),
            ),
            _ => ObjectError::lasting(
                Diagnostic::error("store-failed", message)
                    .hint("Nothing that relies on it was recorded. Put it right and run again."),
            ),
        }
    }
}

impl Store for FolderStore {
    fn put_new(&self, key: &str, bytes: &[u8]) -> Result<bool, ObjectError> {
        self.is_there()?;
        let path = self.folder.join(key);
        if fs::symlink_metadata(&path).is_ok() {
            return Ok(false);
        }
        self.write(&path, bytes)
            .map_err(|error| self.failed("written", &path, &error))
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        self.is_there()?;
        let path = self.folder.join(key);
        match regular::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("read", &path, &error)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        self.is_there()?;
        let below = files::all_below(&self.folder.join(folder))
            .map_err(|error| self.failed("listed", &error.path, &error.source))?;
        let is_whole = |name: &str| !name.split('/').any(|part| part.starts_with('.'));
        let named = below.into_iter().filter(|(name, _)| is_whole(name));
        Ok(named.map(|(name, _)| format!("{folder}/{name}")).collect())
    }

    fn place(&self) -> &str {
        &self.place
    }
}
