//! What a drop folder is asked for, and what it holds.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::diagnostic::Diagnostic;

/// How to look at a drop folder.
pub struct DropFolder<'a> {
    /// `inputs/<period>/`.
    pub folder: &'a Path,
    /// `state/archive/`; none: nothing is kept, originals are read in place.
    pub archive: Option<&'a Path>,
    /// Whether somebody waits for the run: then files that are still being written are waited for.
    pub attended: bool,
    /// The clock.
    pub now: &'a (dyn Fn() -> SystemTime + Sync),
    /// How to wait.
    pub wait: &'a (dyn Fn(Duration) + Sync),
    /// What earlier runs saw in this folder: where each archived copy lies, and when it was last
    /// seen.
    pub earlier: &'a [Submission],
}

/// A file of a source, with its bytes known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The source's id.
    pub source: String,
    /// The department that sent it.
    pub department: String,
    /// Its path below the drop folder.
    pub file: String,
    /// Where to read it from.
    pub path: PathBuf,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// A file that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The source's id.
    pub source: String,
    /// The department that should send it.
    pub department: String,
    /// The name that it should have.
    pub pattern: String,
}

/// What was sent for a source and can't be taken in: too large, or several files where one is
/// expected. It lies still.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The source's id.
    pub source: String,
    /// The department that sent it.
    pub department: String,
    /// Paths below the drop folder, in order.
    pub files: Vec<String>,
    /// Their bytes.
    pub size: u64,
    /// Why, for the department.
    pub why: Diagnostic,
}

/// What a drop folder holds.
#[derive(Debug, Default)]
pub struct Collected {
    /// Files to read, in the order of the definition.
    pub submissions: Vec<Submission>,
    /// What is wrong with the folder.
    pub findings: Vec<Diagnostic>,
    /// Files left for the next run, because they are still changing.
    pub unsettled: Vec<String>,
    /// Expected files that have not arrived. One that is unsettled, doubled or closed to us has,
    /// or may have.
    pub missing: Vec<Missing>,
    /// Files that this user may not open.
    pub closed: Vec<String>,
    /// What has arrived and can't be taken in.
    pub refused: Vec<Refused>,
}

impl Collected {
    /// Adds what was found later in the definition's order.
    pub(super) fn add(&mut self, later: Self) {
        self.submissions.extend(later.submissions);
        self.findings.extend(later.findings);
        self.unsettled.extend(later.unsettled);
        self.missing.extend(later.missing);
        self.closed.extend(later.closed);
        self.refused.extend(later.refused);
    }
}
