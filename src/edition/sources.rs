//! From the drop folder to the tables that a plan is computed from, and to who has sent what.

use std::path::Path;
use std::time::SystemTime;

use indexmap::IndexMap;

use super::archive;
use crate::console::Console;
use crate::diagnostic::{CellLocation, Diagnostic, Location, Severity, visible};
use crate::dropbox;
use crate::dropbox::{CollectError, Collected, DropFolder, Job, Missing, NotRead, Submission};
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::indicators;
use crate::indicators::{Availability, LastEdition, SourceTable, SourceUse};
use crate::ingest::Reading;
use crate::plan::{Plan, Providers, Source};
use crate::results::{DepartmentStatus, FileStatus, SourceState, SourceStatus};
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

    /// The same, to trace figures back to rows.
    pub(crate) fn traced(self) -> Self {
        Self {
            traced: true,
            ..self
        }
    }
}

/// What a period's drop folder gave.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// Tables by source id.
    pub tables: IndexMap<String, SourceTable>,
    /// Each source and department.
    pub sources: Vec<SourceStatus>,
    /// Everything that is wrong with the files.
    pub findings: Vec<Diagnostic>,
    /// The files, as hashed and perhaps archived.
    pub submissions: Vec<Submission>,
    /// Files that are still changing.
    pub unsettled: Vec<String>,
    /// What is wrong with the folder itself; part of `findings` too.
    pub folder_findings: Vec<Diagnostic>,
    /// Expected files that were not there.
    pub missing: Vec<Missing>,
}

/// Reads everything that a period's folder holds for a plan.
///
/// # Errors
/// The folder cannot be read. A bad file is a finding, not an error.
pub(crate) fn gather(
    console: &Console,
    home: &Home,
    request: SourcesRequest<'_>,
    inputs: &Path,
    mode: Mode,
) -> Result<Gathered, CommandError> {
    gather_since(console, home, request, (inputs, &[]), mode)
}

/// The same, where earlier runs have looked into the folder: what they saw there and is gone now is
/// read from the archive.
///
/// # Errors
/// As [`gather`]; or the folder is missing or empty and was not before.
pub(crate) fn gather_since(
    console: &Console,
    home: &Home,
    request: SourcesRequest<'_>,
    (inputs, earlier): (&Path, &[Submission]),
    mode: Mode,
) -> Result<Gathered, CommandError> {
    let collected = collect_since(home, request.pipeline, inputs, mode, earlier)?;
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

fn collect_since(
    home: &Home,
    pipeline: &Plan,
    inputs: &Path,
    mode: Mode,
    earlier: &[Submission],
) -> Result<Collected, CommandError> {
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
    Ok(sort(&pipeline, collected, readings))
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
    let parallel = std::thread::available_parallelism().map_or(1, usize::from);
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

/// Sorts readings to their sources.
fn sort(pipeline: &Plan, collected: Collected, readings: Vec<Reading>) -> Gathered {
    let mut gathered = Gathered {
        findings: collected.findings.clone(),
        unsettled: collected.unsettled,
        ..Gathered::default()
    };
    let mut pairs: Vec<(&Submission, Reading)> =
        collected.submissions.iter().zip(readings).collect();
    for (id, source) in &pipeline.sources {
        let mut parts = Vec::new();
        let mut uses = Vec::new();
        let mut absent: Vec<(String, String)> = Vec::new();
        for department in source.providers.departments() {
            let at = pairs
                .iter()
                .position(|(s, _)| s.source == *id && s.department == *department);
            match at.map(|at| pairs.remove(at)) {
                Some((submission, reading)) => {
                    let used = gathered.take(source, submission, reading, &mut uses);
                    match used {
                        Some(frame) => parts.push((department.clone(), frame)),
                        None => absent.push((department.clone(), rejected(&submission.file))),
                    }
                }
                None => {
                    let missing = collected
                        .missing
                        .iter()
                        .any(|m| m.source == *id && m.department == *department);
                    let why = gathered.absent(pipeline, source, department, missing);
                    absent.push((department.clone(), why));
                }
            }
        }
        let who: Vec<String> = absent.iter().map(|(d, _)| d.clone()).collect();
        let availability = if absent.is_empty() {
            Availability::Complete
        } else if parts.is_empty() {
            let why: Vec<String> = absent.iter().map(|(_, why)| why.clone()).collect();
            Availability::Unavailable(who, why.join("; "))
        } else {
            Availability::Partial(who)
        };
        gathered.tables.insert(
            id.clone(),
            SourceTable::stack(source, parts, uses, availability),
        );
    }
    gathered.submissions = collected.submissions;
    gathered.folder_findings = collected.findings;
    gathered.missing = collected.missing;
    gathered
}

fn rejected(file: &str) -> String {
    format!("el archivo «{file}» tiene errores que impiden usarlo")
}

impl Gathered {
    fn take(
        &mut self,
        source: &Source,
        submission: &Submission,
        reading: Reading,
        uses: &mut Vec<SourceUse>,
    ) -> Option<crate::ingest::Frame> {
        let blocked = reading.is_blocked();
        self.sources.push(SourceStatus {
            source: source.id.clone(),
            department: submission.department.clone(),
            file: Some(submission.file.clone()),
            sha256: Some(submission.sha256.clone()),
            sheet: reading.sheet.clone(),
            range: reading.range.clone(),
            rows: (!blocked).then_some(reading.rows),
            state: if blocked {
                SourceState::Rejected
            } else {
                SourceState::Received
            },
            reason: blocked.then(|| rejected(&submission.file)),
        });
        self.findings.extend(reading.findings);
        if blocked {
            return None;
        }
        uses.push(SourceUse {
            source: source.id.clone(),
            file: submission.file.clone(),
            sha256: submission.sha256.clone(),
            sheet: reading.sheet,
            range: reading.range,
            rows: reading.rows,
        });
        reading.frame
    }

    /// Notes that a department's file is not there, or is there and cannot be used: doubled, too
    /// large, unreadable, which has a finding of its own. Gives the reason, in Spanish.
    fn absent(
        &mut self,
        pipeline: &Plan,
        source: &Source,
        department: &str,
        missing: bool,
    ) -> String {
        let pattern = source.file.replace("{department}", department);
        let name = pipeline
            .departments
            .get(department)
            .map_or(department, |d| d.name.as_str());
        let reason = if missing {
            format!("{name} no ha enviado «{pattern}»")
        } else {
            format!("no se pudo usar ningún archivo «{pattern}» de {name}")
        };
        if missing {
            let mut finding =
                Diagnostic::error("missing-file", format!("Falta el archivo de {name}"))
                    .in_cells(CellLocation {
                        file: pattern.clone(),
                        ..CellLocation::default()
                    })
                    .hint(format!(
                        "guarde en la carpeta del periodo un archivo que se llame «{pattern}»"
                    ));
            if !source.required {
                finding.severity = Severity::Warning;
            }
            self.findings.push(finding);
        }
        self.sources.push(SourceStatus {
            source: source.id.clone(),
            department: department.to_owned(),
            file: None,
            sha256: None,
            sheet: None,
            range: None,
            rows: None,
            state: if missing {
                SourceState::Missing
            } else {
                SourceState::Rejected
            },
            reason: Some(reason.clone()),
        });
        reason
    }

    /// Findings about files that a figure came from.
    pub(crate) fn findings_of(&self, uses: &[SourceUse]) -> impl Iterator<Item = &Diagnostic> {
        self.findings
            .iter()
            .filter(move |finding| match &finding.location {
                Location::Cells(place) => uses.iter().any(|u| u.file == place.file),
                _ => false,
            })
    }

    /// Who has sent what, by department.
    pub(crate) fn departments(&self, pipeline: &Plan) -> Vec<DepartmentStatus> {
        let mut all: IndexMap<&str, DepartmentStatus> = pipeline
            .departments
            .iter()
            .map(|(id, department)| {
                let status = DepartmentStatus {
                    id: id.clone(),
                    name: department.name.clone(),
                    ..DepartmentStatus::default()
                };
                (id.as_str(), status)
            })
            .collect();
        for source in &self.sources {
            let Some(status) = all.get_mut(source.department.as_str()) else {
                continue;
            };
            status.expected += 1;
            match source.state {
                SourceState::Received => status.received += 1,
                SourceState::Late => {
                    status.received += 1;
                    status.late += 1;
                }
                SourceState::Rejected => status.rejected += 1,
                SourceState::Missing => {
                    status.missing += 1;
                    status.missing_sources.push(source.source.clone());
                }
            }
            if let (Some(file), Some(sha256)) = (&source.file, &source.sha256) {
                status.files.push(FileStatus {
                    source: source.source.clone(),
                    file: file.clone(),
                    sha256: sha256.clone(),
                    state: source.state,
                });
            }
        }
        all.into_values().collect()
    }

    /// One line a source, for people.
    pub(crate) fn summary(&self, pipeline: &Plan) -> String {
        let line = |source: &SourceStatus| {
            let name = pipeline
                .departments
                .get(&source.department)
                .map_or(source.department.as_str(), |d| d.name.as_str());
            let what = match (&source.file, source.state) {
                (Some(file), SourceState::Rejected) => {
                    format!("{}: no se puede usar", visible(file))
                }
                (Some(file), _) => {
                    format!(
                        "{}: {} filas",
                        visible(file),
                        source.rows.unwrap_or_default()
                    )
                }
                (None, _) => "no se ha recibido".to_owned(),
            };
            format!("  {}  {name}: {what}\n", source.source)
        };
        self.sources.iter().map(line).collect()
    }

    /// Whether a required source is missing or blocked.
    pub(crate) fn is_incomplete(&self, pipeline: &Plan) -> bool {
        self.sources.iter().any(|source| {
            let absent = matches!(source.state, SourceState::Missing | SourceState::Rejected);
            absent
                && pipeline
                    .sources
                    .get(&source.source)
                    .is_some_and(|s| s.required)
        })
    }

    /// Whether not one file has arrived.
    pub(crate) fn is_empty(&self) -> bool {
        self.submissions.is_empty() && self.unsettled.is_empty()
    }
}

/// Nothing at all lies in the folder.
pub(crate) fn nothing_arrived(inputs: &Path) -> Diagnostic {
    let message = format!("nothing has arrived in {}", inputs.display());
    let hint = "ask the departments, or issue it without them: metas run PLAN --period PERIOD";
    Diagnostic::error("nothing-arrived", message).hint(hint)
}
