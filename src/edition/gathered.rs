//! What a period's drop folder gave: tables, and who has sent what.

use indexmap::IndexMap;
use tracing::info;

use crate::diagnostic::{CellLocation, Diagnostic, Severity, visible};
use crate::dropbox::{Collected, Missing, Refused, Submission};
use crate::indicators::{Availability, SourceTable, SourceUse};
use crate::ingest::{Frame, Reading};
use crate::plan::{Plan, Source};
use crate::results::{DepartmentStatus, FileStatus, SourceState, SourceStatus};

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
    /// What has arrived and can't be taken in.
    pub refused: Vec<Refused>,
}

/// Sorts readings to their sources.
pub(super) fn sort(pipeline: &Plan, collected: Collected, readings: Vec<Reading>) -> Gathered {
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
    gathered.refused = collected.refused;
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
    ) -> Option<Frame> {
        let blocked = reading.is_blocked();
        if blocked {
            let findings = reading.findings.len();
            info!(
                source = source.id,
                department = submission.department,
                file = submission.file,
                bytes = submission.size,
                findings,
                "file blocked"
            );
        }
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
            late_days: None,
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
            late_days: None,
            reason: Some(reason.clone()),
        });
        reason
    }

    /// Findings about files that a figure came from.
    pub(crate) fn findings_of(&self, uses: &[SourceUse]) -> impl Iterator<Item = &Diagnostic> {
        self.findings
            .iter()
            .filter(move |finding| uses.iter().any(|u| finding.file() == Some(u.file.as_str())))
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
                    status.late_days = status.late_days.max(source.late_days);
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
