//! Departments' own workbooks, returned with what was found in them. They hold what departments
//! sent, personal data included: each lies in a folder that only its owner can open, and nowhere
//! near a report.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::thread::{self, JoinHandle};

use super::gathered::Gathered;
use super::sources::machine_fault;
use crate::diagnostic::Diagnostic;
use crate::dropbox::Submission;
use crate::exit::CommandError;
use crate::home::Home;
use crate::period::Period;
use crate::plan::{Limits, Plan};
use crate::store::files::{create_private_folder, write_whole};
use crate::store::regular;
use crate::workbook;
use crate::workbook::Returned;
use crate::worker;
use crate::worker::{Bounds, Helper};

/// Name of the hidden subcommand that edits one workbook.
pub(crate) const SUBCOMMAND: &str = "__annotate";
const OUTPUT_MIB: u64 = 128;

/// The folder of what is returned to a department for a period.
pub(crate) fn folder(home: &Home, plan: &str, period: Period, department: &str) -> PathBuf {
    home.state()
        .join("returned")
        .join(plan)
        .join(period.to_string())
        .join(department)
}

/// A workbook that goes back to its department, as it lies in `state/returned/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptWorkbook {
    /// The file that it was made from, below the period's folder.
    pub file: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is the department's own workbook; if not, it is a list of the findings.
    pub edited: bool,
}

/// Whose files are kept.
pub(crate) struct KeepRequest<'a> {
    /// The home.
    pub home: &'a Home,
    /// The plan.
    pub plan: &'a Plan,
    /// The period.
    pub period: Period,
}

/// Workbooks being marked for the receipts, beside what else a run does.
pub(crate) struct Keeping(Option<JoinHandle<KeepResult>>, Vec<KeptWorkbook>);

type KeepResult = Result<Vec<KeptWorkbook>, CommandError>;

impl Keeping {
    /// Nothing is to be kept.
    pub(crate) fn nothing() -> Self {
        Self(None, Vec::new())
    }

    /// Begins to keep the returned workbook of each submission that has findings.
    ///
    /// # Errors
    /// As [`Keeping::end`], where the system gives no thread and it is done at once.
    pub(crate) fn begin(
        request: &KeepRequest<'_>,
        gathered: &Gathered,
    ) -> Result<Self, CommandError> {
        let work = Work {
            home: request.home.clone(),
            plan: request.plan.plan.id.clone(),
            period: request.period,
            limits: request.plan.limits,
            submissions: gathered.submissions.clone(),
            findings: gathered.findings.clone(),
        };
        let again = work.clone();
        match thread::Builder::new().spawn(move || keep(&work)) {
            Ok(thread) => Ok(Self(Some(thread), Vec::new())),
            Err(_) => keep(&again).map(|kept| Self(None, kept)),
        }
    }

    /// Waits until all are kept.
    ///
    /// # Errors
    /// The disk. A workbook that can't be edited is returned as a list of findings.
    pub(crate) fn end(mut self) -> KeepResult {
        match self.0.take().map(JoinHandle::join) {
            Some(Ok(kept)) => kept,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(std::mem::take(&mut self.1)),
        }
    }
}

impl Drop for Keeping {
    /// A run that stops for another reason does not leave half a workbook either.
    fn drop(&mut self) {
        let _ = self.0.take().map(JoinHandle::join);
    }
}

/// What a thread of its own needs to know.
#[derive(Clone)]
struct Work {
    home: Home,
    plan: String,
    period: Period,
    limits: Limits,
    submissions: Vec<Submission>,
    findings: Vec<Diagnostic>,
}

fn keep(work: &Work) -> KeepResult {
    let mut annotator = annotator(&work.limits)?;
    let mut kept = Vec::new();
    for submission in &work.submissions {
        if let Some(returned) = annotated(&mut annotator, submission, &work.findings)? {
            let department = &submission.department;
            let folder = folder(&work.home, &work.plan, work.period, department);
            kept.push(KeptWorkbook {
                file: submission.file.clone(),
                path: write(&folder, &returned)?,
                edited: returned.edited,
            });
        }
    }
    // What was put right since the last run is not to be returned again. Only what is not among
    // these files goes, so that a run at the same time, should the lock not lock, finds its folders.
    let period_folder = work.home.state().join("returned").join(&work.plan);
    let paths = kept.iter().map(|one| one.path.clone()).collect();
    prune(&period_folder.join(work.period.to_string()), &paths);
    Ok(kept)
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
pub(crate) fn write_all(
    folder: &Path,
    gathered: &Gathered,
    limits: &Limits,
) -> Result<Vec<(PathBuf, bool)>, CommandError> {
    let mut written = Vec::new();
    let mut annotator = annotator(limits)?;
    for submission in &gathered.submissions {
        if let Some(returned) = annotated(&mut annotator, submission, &gathered.findings)? {
            written.push((write(folder, &returned)?, returned.edited));
        }
    }
    Ok(written)
}

/// The process that edits one workbook after another. It starts with the first.
fn annotator(limits: &Limits) -> Result<Helper, CommandError> {
    let bounds = Bounds {
        memory_mib: limits.memory_mib,
        seconds: limits.seconds,
        output_mib: OUTPUT_MIB,
    };
    let program = worker::this(SUBCOMMAND)
        .map_err(|failure| machine_fault("marking the findings", &failure.kind))?;
    Ok(Helper::new(&program, bounds))
}

/// The returned workbook of one submission; none where nothing was found in it.
fn annotated(
    annotator: &mut Helper,
    submission: &Submission,
    all: &[Diagnostic],
) -> Result<Option<Returned>, CommandError> {
    let own = |finding: &&Diagnostic| finding.file() == Some(submission.file.as_str());
    let findings: Vec<Diagnostic> = all.iter().filter(own).cloned().collect();
    if findings.iter().all(Diagnostic::is_note) {
        return Ok(None);
    }
    let list = || workbook::list(&findings, &submission.file);
    let bytes = regular::read(&submission.path)
        .map_err(|e| CommandError::io("read", &submission.path, &e))?;
    let request = workbook::encode_request(&bytes, &findings, &submission.file);
    let returned = match annotator.ask(&request) {
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

fn write(folder: &Path, returned: &Returned) -> Result<PathBuf, CommandError> {
    let plain: PathBuf = Path::new(&returned.name)
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect();
    let path = folder.join(plain);
    create_private_folder(path.parent().unwrap_or(folder))?;
    write_whole(&path, &returned.bytes)?;
    Ok(path)
}
