//! From the drop folder to the tables that a plan is computed from, and to who has sent what.

use std::path::Path;
use std::time::SystemTime;

use super::archive;
use super::gathered::{self, Gathered};
use super::input_folder::InputFolder;
use crate::console::Console;
use crate::diagnostic::{Diagnostic, visible};
use crate::dropbox;
use crate::dropbox::{CollectError, Collected, DropFolder, Job, NotRead, Submission};
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::indicators;
use crate::indicators::LastEdition;
use crate::ingest::Reading;
use crate::plan::{Plan, Providers};
use crate::worker;
use crate::worker::{Kind, Passing};

/// How to look at the drop folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    /// Whether files are archived; if not, nothing is written.
    pub archive: bool,
    /// Whether files that are still changing are waited for.
    pub attended: bool,
}

impl Mode {
    /// For a person who waits and looks: nothing is archived.
    pub(crate) const LOOK: Self = Self {
        archive: false,
        attended: true,
    };
}

/// What files are read for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourcesRequest<'a> {
    /// The plan, at its period.
    pub pipeline: &'a Plan,
    /// The edition that its goals are held against: what that one's queries read is read, too.
    pub last: Option<&'a LastEdition>,
    /// Whether figures are traced back to the rows of each file.
    pub traced: bool,
}

impl<'a> SourcesRequest<'a> {
    /// For `pipeline`, and for what the `last` edition published of it.
    pub(crate) fn new(pipeline: &'a Plan, last: Option<&'a LastEdition>) -> Self {
        Self {
            pipeline,
            last,
            traced: false,
        }
    }
}

/// Reads everything that a drop folder holds for a plan.
///
/// # Errors
/// The folder cannot be read, or is missing or empty and was not before. A bad file is a finding,
/// not an error.
pub(crate) fn gather(
    console: &Console,
    home: &Home,
    request: SourcesRequest<'_>,
    folder: &InputFolder,
    mode: Mode,
) -> Result<Gathered, CommandError> {
    let collected = collect_since(home, request.pipeline, &folder.path, mode, &folder.earlier)?;
    read_and_sort(console, request, collected)
}

/// The files of a period's folder, matched to sources and hashed; none of them is read.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn collect(
    home: &Home,
    pipeline: &Plan,
    inputs: &Path,
    mode: Mode,
) -> Result<Collected, CommandError> {
    collect_since(home, pipeline, inputs, mode, &[])
}

/// The same, where earlier runs have looked into the folder.
///
/// # Errors
/// As [`collect`]; or the folder is missing or empty and was not before.
pub(crate) fn collect_since(
    home: &Home,
    pipeline: &Plan,
    inputs: &Path,
    mode: Mode,
    earlier: &[Submission],
) -> Result<Collected, CommandError> {
    archive::bring_earlier(home, inputs, earlier)?;
    let archive = home.state().join("archive");
    #[allow(
        clippy::disallowed_methods,
        reason = "only compared with the files' own times"
    )]
    let clock = SystemTime::now;
    let dropbox = DropFolder {
        folder: inputs,
        archive: mode.archive.then_some(archive.as_path()),
        attended: mode.attended,
        now: &clock,
        wait: &std::thread::sleep,
        earlier,
    };
    dropbox::collect(&dropbox, &pipeline.sources, &pipeline.limits).map_err(not_collected)
}

/// A folder that the machine keeps from being read: nothing is said about any department.
fn not_collected(error: CollectError) -> CommandError {
    let list = |files: &[String]| {
        let some: Vec<&str> = files.iter().take(5).map(String::as_str).collect();
        let more = if files.len() > 5 { ", …" } else { "" };
        format!("{}{more}", some.join(", "))
    };
    match error {
        CollectError::Failed(failed) => CommandError::io(failed.doing, &failed.path, &failed.error),
        CollectError::Gone { folder, files } => {
            let (folder, files) = (folder.display(), list(&files));
            let message =
                format!("{folder} is missing or empty, and earlier runs saw files in it: {files}");
            let hint = "mount the share or put the files back; to go on without them on purpose, name an empty folder: metas run PLAN --period PERIOD --inputs DIR";
            CommandError::environment(Diagnostic::error("inputs-gone", message).hint(hint))
        }
        CollectError::Closed { folder, files } => {
            let (folder, files) = (folder.display(), list(&files));
            let message = format!("this user may open nothing of what lies in {folder}: {files}");
            let hint = "check the owner and mode of the files, and how the share is mounted";
            CommandError::environment(Diagnostic::error("inputs-closed", message).hint(hint))
        }
    }
}

/// What the machine kept from being done: passing, or for a person to put right.
pub(crate) fn machine_fault(doing: &str, kind: &Kind) -> CommandError {
    let status = match kind {
        Kind::Prevented(_, Passing::No) => ExitStatus::Environment,
        _ => ExitStatus::Later,
    };
    let message = format!("{doing} was kept from its end by the machine: {kind}");
    CommandError::new(
        status,
        Diagnostic::error("machine-fault", message).hint(kind.way_out()),
    )
}

/// Reads what was collected, now or for an earlier edition.
///
/// # Errors
/// This binary cannot be started again.
pub(crate) fn read_and_sort(
    console: &Console,
    request: SourcesRequest<'_>,
    collected: Collected,
) -> Result<Gathered, CommandError> {
    let pipeline = indicators::carrying(request.pipeline, request.last, request.traced);
    let readings = read(console, &pipeline, &collected)?;
    archive::check_read(&collected.submissions)?;
    Ok(gathered::sort(&pipeline, collected, readings))
}

fn read(
    console: &Console,
    pipeline: &Plan,
    collected: &Collected,
) -> Result<Vec<Reading>, CommandError> {
    let jobs: Vec<Job> = collected
        .submissions
        .iter()
        .filter_map(|s| {
            let mut source = pipeline.sources.get(&s.source)?.clone();
            // Whose file it is: a template made for another department is recognised.
            source.providers = Providers::One(s.department.clone());
            Some(Job {
                source,
                file: s.file.clone(),
                path: s.path.clone(),
            })
        })
        .collect();
    let program = worker::this(dropbox::READ_SUBCOMMAND)
        .map_err(|failure| machine_fault("reading", &failure.kind))?;
    let parallel = worker::parallelism();
    let bar = console.progress("leyendo", jobs.len() as u64);
    let done = |index: usize| {
        if let Some(job) = jobs.get(index) {
            bar.set_message(visible(&job.file).into_owned());
        }
        bar.inc(1);
    };
    let readings = dropbox::read_all(&program, &jobs, &pipeline.limits, parallel, &done);
    bar.finish_and_clear();
    readings.map_err(|NotRead { file, kind }| machine_fault(&format!("reading {file}"), &kind))
}

/// Nothing at all lies in the folder.
pub(crate) fn nothing_arrived(inputs: &Path) -> Diagnostic {
    let message = format!("nothing has arrived in {}", inputs.display());
    let hint = "ask the departments, or issue it without them: metas run PLAN --period PERIOD";
    Diagnostic::error("nothing-arrived", message).hint(hint)
}
