//! From a drop folder to submissions.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;

use super::findings::{not_files, same_files, two_files, unexpected};
use super::list::{FolderEntry, FolderError, Listing, list};
use super::matching::{Expected, expected, plain};
use super::submission::{Collected, DropFolder, Missing};
use super::take::{refuse, same_bytes, take, take_earlier};
use crate::plan::{Limits, Source};
use crate::worker::side_by_side;

/// A copy that has to be on disk before it counts is mostly a wait for the disk, which takes
/// several at once: eight made 60 files durable in less than half the time of one.
const AT_ONCE: usize = 8;

/// Why a folder cannot be used: a matter of the machine, which says nothing about departments.
#[derive(Debug)]
pub enum CollectError {
    /// A folder, file or the archive cannot be used.
    Failed(FolderError),
    /// The folder is missing or empty, although earlier runs saw files in it.
    Gone {
        /// The folder.
        folder: PathBuf,
        /// What was seen there.
        files: Vec<String>,
    },
    /// This user may open nothing of what lies there.
    Closed {
        /// The folder.
        folder: PathBuf,
        /// What may not be opened.
        files: Vec<String>,
    },
}

impl From<FolderError> for CollectError {
    fn from(error: FolderError) -> Self {
        Self::Failed(error)
    }
}

/// Looks at the folder, matches files to sources, waits, hashes and archives.
///
/// # Errors
/// The machine keeps the folder or its files from being read, or the archive from being written.
pub fn collect(
    dropbox: &DropFolder<'_>,
    sources: &IndexMap<String, Source>,
    limits: &Limits,
) -> Result<Collected, CollectError> {
    let expected = expected(sources);
    let listing = listed(dropbox, limits)?;
    let place = dropbox.folder.file_name().unwrap_or_default();
    let place = place.to_string_lossy();
    let names: Vec<String> = listing.entries.iter().map(|e| plain(&e.file)).collect();
    let mut out = Collected::default();
    out.findings.extend(not_files(&listing, &place));
    let mut claimed = vec![false; names.len()];
    let mut matching: Vec<Vec<&FolderEntry>> = Vec::with_capacity(expected.len());
    for one in &expected {
        let mut of_one = Vec::new();
        for ((entry, name), claimed) in listing.entries.iter().zip(&names).zip(&mut claimed) {
            if one.is(name) {
                *claimed = true;
                of_one.push(entry);
            }
        }
        matching.push(of_one);
    }
    let pairs: Vec<_> = expected.iter().zip(&matching).collect();
    let found = side_by_side(&pairs, 0..AT_ONCE, &|_, (one, matching)| {
        of_one(dropbox, one, matching, limits, &listing)
    })?;
    let mut missing = Vec::new();
    for (one, found) in expected.iter().zip(found) {
        if !found.missing.is_empty() {
            missing.push(one);
        }
        out.add(found);
    }
    let strays = listing.entries.iter().zip(claimed);
    let strays: Vec<&FolderEntry> = strays.filter(|(_, w)| !w).map(|(e, _)| e).collect();
    let strays = unexpected(&strays, &expected, &missing, &place);
    out.findings.extend(strays);
    nothing_open(dropbox, &listing, &out)?;
    Ok(out)
}

/// What the folder holds of one expected file.
fn of_one(
    dropbox: &DropFolder<'_>,
    one: &Expected<'_>,
    matching: &[&FolderEntry],
    limits: &Limits,
    listing: &Listing,
) -> Result<Collected, CollectError> {
    let mut out = Collected::default();
    match matching {
        [] => {}
        [entry] => take(dropbox, one, entry, limits, &mut out)?,
        several => first_of(dropbox, one, several, limits, &mut out)?,
    }
    let closed = listing.closed.iter().any(|(f, _)| one.may_lie_in(f));
    let absent = matching.is_empty() || out.closed.iter().any(|f| one.is(&plain(f)));
    let kept = absent && take_earlier(dropbox, one, &mut out)?;
    if matching.is_empty() && !kept && !closed {
        out.missing.push(Missing {
            source: one.source.id.clone(),
            department: one.department.clone(),
            pattern: one.pattern.clone(),
        });
    }
    Ok(out)
}

/// Lists the folder. One that was not empty before is looked at twice: a program that saves its
/// only file can take it away for a moment, a share that is not mounted stays empty.
fn listed(dropbox: &DropFolder<'_>, limits: &Limits) -> Result<Listing, CollectError> {
    let listing = list(dropbox.folder)?;
    if dropbox.earlier.is_empty() || !listing.is_empty() {
        return Ok(listing);
    }
    (dropbox.wait)(Duration::from_secs(limits.quiet_seconds));
    let listing = list(dropbox.folder)?;
    if !listing.is_empty() {
        return Ok(listing);
    }
    let mut files: Vec<String> = dropbox.earlier.iter().map(|s| s.file.clone()).collect();
    files.sort();
    files.dedup();
    Err(CollectError::Gone {
        folder: dropbox.folder.to_owned(),
        files,
    })
}

/// A folder of which not one file can be opened has been mounted with the wrong owner or mode.
fn nothing_open(
    dropbox: &DropFolder<'_>,
    listing: &Listing,
    out: &Collected,
) -> Result<(), CollectError> {
    let mut files: Vec<String> = listing.closed.iter().map(|(f, _)| f.clone()).collect();
    files.extend(out.closed.iter().cloned());
    if files.is_empty() || !out.submissions.is_empty() || !out.unsettled.is_empty() {
        return Ok(());
    }
    Err(CollectError::Closed {
        folder: dropbox.folder.to_owned(),
        files,
    })
}

/// Several files for one source: the first, where all hold the same bytes.
fn first_of(
    dropbox: &DropFolder<'_>,
    one: &Expected<'_>,
    several: &[&FolderEntry],
    limits: &Limits,
    out: &mut Collected,
) -> Result<(), CollectError> {
    let Some(first) = several.first() else {
        return Ok(());
    };
    if !same_bytes(several)? {
        let why = two_files(one, several);
        refuse(dropbox, one, (several, why), limits, out);
        return Ok(());
    }
    let before = out.submissions.len();
    take(dropbox, one, first, limits, out)?;
    if out.submissions.len() > before {
        out.findings.push(same_files(one, several));
    }
    Ok(())
}

/// A source, the department that sends it, and the files of it.
pub(super) type Present = (String, String, Vec<String>);

/// Which files of each source and department lie in the folder, by name only.
///
/// # Errors
/// The folder cannot be read.
pub fn present(folder: &Path, sources: &IndexMap<String, Source>) -> io::Result<Vec<Present>> {
    let entries = list(folder).map_err(|e| e.error)?.entries;
    let names: Vec<String> = entries.iter().map(|e| plain(&e.file)).collect();
    let of = |one: &Expected<'_>| {
        let files = entries
            .iter()
            .zip(&names)
            .filter(|(_, name)| one.is(name))
            .map(|(e, _)| e.file.clone());
        (
            one.source.id.clone(),
            one.department.clone(),
            files.collect(),
        )
    };
    Ok(expected(sources).iter().map(of).collect())
}

#[cfg(test)]
mod tests;
