//! What tells one state of a file from another without reading it.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// What changes while a file is being written or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileStamp {
    /// Bytes.
    pub size: u64,
    /// When its content last changed, by what it says itself.
    pub modified: SystemTime,
    /// When it last changed in any way. A copy that keeps the original's time can't hide here.
    pub changed: SystemTime,
    /// Which file it is.
    pub inode: u64,
}

impl FileStamp {
    /// Looks at `path`.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&fs::metadata(path)?))
    }

    /// When it last changed, as far as can be told.
    pub(crate) fn last_touched(&self) -> SystemTime {
        self.modified.max(self.changed)
    }
}

impl From<&Metadata> for FileStamp {
    #[cfg(unix)]
    fn from(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        use std::time::Duration;
        let seconds = u64::try_from(metadata.ctime()).unwrap_or(0);
        Self {
            size: metadata.len(),
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            changed: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
            inode: metadata.ino(),
        }
    }

    #[cfg(not(unix))]
    fn from(metadata: &Metadata) -> Self {
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        Self {
            size: metadata.len(),
            modified,
            changed: modified,
            inode: 0,
        }
    }
}
