//! Departments' own workbooks, returned with what was found in them. They hold what departments
//! sent, personal data included: each lies in a folder that only its owner can open, and nowhere
//! near a report.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::files::{create_private_folder, write_whole};
use super::gather::{Gathered, machine_fault};
use super::home::Home;
use super::stop::Stop;
use crate::child::{self, Bounds};
use crate::diagnostic::{Diagnostic, Location};
use crate::inbox::Submission;
use crate::period::Period;
use crate::pipeline::{Limits, Pipeline};
use crate::regular;
use crate::workbook::{self, Returned};

/// Name of the hidden subcommand that edits one workbook.
pub const SUBCOMMAND: &str = "__annotate";
const OUTPUT_MIB: u64 = 128;

/// The folder of what is returned to a department for a period.
pub fn folder(home: &Home, plan: &str, period: Period, department: &str) -> PathBuf {
    home.state()
        .join("returned")
        .join(plan)
        .join(period.to_string())
        .join(department)
}

/// Keeps the returned workbook of each submission that has findings, for the receipts.
///
/// # Errors
/// The disk. A workbook that can't be edited is returned as a list of findings.
pub fn keep(
    home: &Home,
    pipeline: &Pipeline,
    period: Period,
    gathered: &Gathered,
) -> Result<(), Stop> {
    let mut kept = BTreeSet::new();
    for submission in &gathered.submissions {
        if let Some(returned) = annotated(submission, &gathered.findings, &pipeline.limits)? {
            let folder = folder(home, &pipeline.plan.id, period, &submission.department);
            kept.insert(write(&folder, &returned)?);
        }
    }
    // What was put right since the last run is not to be returned again. Only what is not among
    // these files goes, so that a run at the same time, should the lock not lock, finds its folders.
    let period_folder = home.state().join("returned").join(&pipeline.plan.id);
    prune(&period_folder.join(period.to_string()), &kept);
    Ok(())
}

/// Removes the files below a folder that are not among `kept`, and the folders that are then
/// empty. What can't be removed now is removed by a later run.
fn prune(folder: &Path, kept: &BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            prune(&path, kept);
        } else if !kept.contains(&path) && !is_being_written(&path) {
            let _ = std::fs::remove_file(&path);
        }
    }
    if !kept.iter().any(|file| file.starts_with(folder)) {
        let _ = std::fs::remove_dir(folder);
    }
}

/// Whether a file is another run's, on its way to its name.
fn is_being_written(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with(".tmp"))
}

/// Writes the returned workbooks into a folder; gives their paths.
///
/// # Errors
/// The disk.
pub fn write_all(
    folder: &Path,
    gathered: &Gathered,
    limits: &Limits,
) -> Result<Vec<(PathBuf, bool)>, Stop> {
    let mut written = Vec::new();
    for submission in &gathered.submissions {
        if let Some(returned) = annotated(submission, &gathered.findings, limits)? {
            written.push((write(folder, &returned)?, returned.edited));
        }
    }
    Ok(written)
}

/// The returned workbook of one submission; none where nothing was found in it.
fn annotated(
    submission: &Submission,
    all: &[Diagnostic],
    limits: &Limits,
) -> Result<Option<Returned>, Stop> {
    let own = |finding: &&Diagnostic| match &finding.location {
        Location::Cells(place) => place.file == submission.file,
        _ => false,
    };
    let findings: Vec<Diagnostic> = all.iter().filter(own).cloned().collect();
    if findings.is_empty() {
        return Ok(None);
    }
    let list = || workbook::list(&findings, &submission.file);
    let bytes =
        regular::read(&submission.path).map_err(|e| Stop::io("read", &submission.path, &e))?;
    let bounds = Bounds {
        memory_mib: limits.memory_mib,
        seconds: limits.seconds,
        output_mib: OUTPUT_MIB,
    };
    let request = workbook::encode_request(&bytes, &findings, &submission.file);
    let returned = match child::run(SUBCOMMAND, &request, bounds) {
        Ok(answer) => workbook::decode_answer(&answer),
        Err(failure) if failure.kind.is_of_the_machine() => {
            let doing = format!("marking the findings in {}", submission.file);
            return Err(machine_fault(&doing, &failure.kind));
        }
        // What can't be edited is returned as a list.
        Err(_) => None,
    };
    Ok(Some(returned.unwrap_or_else(list)))
}

fn write(folder: &Path, returned: &Returned) -> Result<PathBuf, Stop> {
    let plain: PathBuf = Path::new(&returned.name)
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    let path = folder.join(plain);
    create_private_folder(path.parent().unwrap_or(folder))?;
    write_whole(&path, &returned.bytes)?;
    Ok(path)
}
