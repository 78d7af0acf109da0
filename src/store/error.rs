//! A file or folder of the home that cannot be used.

use std::io;
use std::path::{Path, PathBuf};

/// What was being done to which path, and what the system said.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {source}", path.display())]
pub(crate) struct StoreError {
    /// A verb: `read`, `write`, `make`, `sync`.
    pub doing: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl StoreError {
    /// An error of `doing` something to `path`.
    pub(crate) fn new(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}

/// Adds to what the system said what was being done to which path.
pub(crate) trait Doing<T> {
    /// `doing` is a verb, as in [`StoreError`].
    fn doing(self, doing: &'static str, path: impl AsRef<Path>) -> Result<T, StoreError>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, doing: &'static str, path: impl AsRef<Path>) -> Result<T, StoreError> {
        self.map_err(|error| StoreError::new(doing, path.as_ref(), error))
    }
}
