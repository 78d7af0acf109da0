//! One file of the drop folder, taken once it lies still: hashed, and archived where that is asked.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use super::findings::{too_big, unreadable, vanished};
use super::list::{FolderEntry, FolderError};
use super::matching::{Expected, plain};
use super::submission::{Collected, DropFolder, Refused, Submission};
use crate::diagnostic::Diagnostic;
use crate::plan::Limits;
use crate::store::archive::{ArchivedFile, archive, hash};
use crate::store::stamp::FileStamp;

/// What is short for the moment may be there again after this.
const BREATH: Duration = Duration::from_millis(300);

/// What came of a try.
enum FileAttempt {
    Whole(FileStamp, ArchivedFile),
    /// It changed meanwhile, or has gone.
    Changed,
    /// This user may not open it.
    Closed(io::Error),
}

/// Takes a file. One that is too big or closed to us is a finding, one that still changes is left.
///
/// # Errors
/// The disk or the archive failed, twice.
pub(super) fn take(
    dropbox: &DropFolder<'_>,
    one: &Expected<'_>,
    entry: &FolderEntry,
    limits: &Limits,
    out: &mut Collected,
) -> Result<(), FolderError> {
    if entry.stamp.size > limits.file_mib.saturating_mul(1 << 20) {
        refuse(
            dropbox,
            one,
            (&[entry], too_big(entry, limits)),
            limits,
            out,
        );
        return Ok(());
    }
    let quiet = Duration::from_secs(limits.quiet_seconds);
    // A file that is replaced while it is copied gets two more chances where somebody waits.
    for _ in 0..if dropbox.attended { 3 } else { 1 } {
        let taken = attempt(dropbox, entry, quiet).or_else(|_| {
            (dropbox.wait)(BREATH);
            attempt(dropbox, entry, quiet)
        });
        match taken? {
            FileAttempt::Changed => {}
            FileAttempt::Whole(stamp, stored) => {
                out.submissions.push(Submission {
                    source: one.source.id.clone(),
                    department: one.department.clone(),
                    file: entry.file.clone(),
                    path: stored.path,
                    sha256: stored.sha256,
                    size: stored.size,
                    modified: stamp.modified,
                });
                return Ok(());
            }
            FileAttempt::Closed(error) => {
                out.findings.push(unreadable(&entry.file, &error));
                out.closed.push(entry.file.clone());
                return Ok(());
            }
        }
    }
    out.unsettled.push(entry.file.clone());
    Ok(())
}

/// Tells that files can't be taken in: at once for who looks, and to their department once they lie
/// still, because many programs leave a second file beside the first while they save.
pub(super) fn refuse(
    dropbox: &DropFolder<'_>,
    one: &Expected<'_>,
    (entries, why): (&[&FolderEntry], Diagnostic),
    limits: &Limits,
    out: &mut Collected,
) {
    let quiet = Duration::from_secs(limits.quiet_seconds);
    let now = (dropbox.now)();
    let is_still = |entry: &&FolderEntry| {
        let age = now.duration_since(entry.stamp.last_touched());
        age.unwrap_or_default() >= quiet
    };
    if entries.iter().all(is_still) {
        out.refused.push(Refused {
            source: one.source.id.clone(),
            department: one.department.clone(),
            files: entries.iter().map(|entry| entry.file.clone()).collect(),
            size: entries.iter().map(|entry| entry.stamp.size).sum(),
            why: why.clone(),
        });
    }
    out.findings.push(why);
}

fn attempt(
    dropbox: &DropFolder<'_>,
    entry: &FolderEntry,
    quiet: Duration,
) -> Result<FileAttempt, FolderError> {
    let stamp = match settled(dropbox, &entry.path, quiet) {
        Ok(Some(stamp)) => stamp,
        Ok(None) => return Ok(FileAttempt::Changed),
        Err(error) => return sorted(&entry.path, error),
    };
    let stored = match dropbox.archive {
        Some(folder) => archive(&entry.path, &stamp, folder),
        None => hash(&entry.path, &stamp),
    };
    match stored {
        Ok(Some(stored)) => Ok(FileAttempt::Whole(stamp, stored)),
        Ok(None) => Ok(FileAttempt::Changed),
        // Which of the two failed, the original or the archive?
        Err(error) => match (hash(&entry.path, &stamp), dropbox.archive) {
            (Err(error), _) => sorted(&entry.path, error),
            (Ok(_), Some(folder)) => Err(FolderError::new("write", folder, error)),
            (Ok(_), None) => Err(FolderError::new("read", &entry.path, error)),
        },
    }
}

/// Whose matter it is that a file can't be read.
fn sorted(path: &Path, error: io::Error) -> Result<FileAttempt, FolderError> {
    match error.kind() {
        // Taken away or replaced by what is no file.
        ErrorKind::NotFound | ErrorKind::InvalidInput => Ok(FileAttempt::Changed),
        ErrorKind::PermissionDenied => Ok(FileAttempt::Closed(error)),
        _ => Err(FolderError::new("read", path, error)),
    }
}

/// The file's stamp once it has lain still for `quiet`; none when it has not.
fn settled(
    dropbox: &DropFolder<'_>,
    path: &Path,
    quiet: Duration,
) -> io::Result<Option<FileStamp>> {
    let stamp = FileStamp::of(path)?;
    // A time in the future says nothing: such a file is waited for in full.
    let age = (dropbox.now)()
        .duration_since(stamp.last_touched())
        .unwrap_or_default();
    if age >= quiet {
        return Ok(Some(stamp));
    }
    if !dropbox.attended {
        return Ok(None);
    }
    (dropbox.wait)(quiet.saturating_sub(age));
    Ok(Some(FileStamp::of(path)?).filter(|again| *again == stamp))
}

/// Whether all of these files hold the same bytes. One that changes or can't be opened does not.
///
/// # Errors
/// The disk failed.
pub(super) fn same_bytes(files: &[&FolderEntry]) -> Result<bool, FolderError> {
    let mut first: Option<String> = None;
    let sizes = || files.iter().map(|entry| entry.stamp.size);
    if sizes().min() != sizes().max() {
        return Ok(false);
    }
    for entry in files {
        let sha256 = match hash(&entry.path, &entry.stamp) {
            Ok(Some(stored)) => stored.sha256,
            Ok(None) => return Ok(false),
            Err(error) => {
                return match sorted(&entry.path, error)? {
                    FileAttempt::Whole(..) | FileAttempt::Changed | FileAttempt::Closed(_) => {
                        Ok(false)
                    }
                };
            }
        };
        if *first.get_or_insert_with(|| sha256.clone()) != sha256 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes the newest copy of a file that earlier runs archived and that is not there now: programs
/// save by deleting and renaming, shares come and go. Says whether there was one.
///
/// # Errors
/// The copy is not what was archived, or can't be read: then nobody knows what was sent.
pub(super) fn take_earlier(
    dropbox: &DropFolder<'_>,
    one: &Expected<'_>,
    out: &mut Collected,
) -> Result<bool, FolderError> {
    let known = dropbox.earlier.iter().filter(|s| {
        let its = s.source == one.source.id && s.department == one.department;
        its && one.is(&plain(&s.file))
    });
    let Some(newest) = known.max_by_key(|s| s.modified) else {
        return Ok(false);
    };
    let lost = |error| FolderError::new("read what an earlier run archived", &newest.path, error);
    let stamp = FileStamp::of(&newest.path).map_err(lost)?;
    let kept = hash(&newest.path, &stamp).map_err(lost)?;
    if kept.is_none_or(|kept| kept.sha256 != newest.sha256) {
        let damaged = "it is not what was archived";
        return Err(lost(io::Error::new(ErrorKind::InvalidData, damaged)));
    }
    out.findings.push(vanished(&newest.file, &newest.sha256));
    out.submissions.push(newest.clone());
    Ok(true)
}
