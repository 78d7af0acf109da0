//! Everything that a report says, before it is put into words.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Results;
use crate::diagnostic::Diagnostic;
use crate::indicators::{Activity, GoalChange, GoalResult, History};
use crate::period::Period;
use crate::pipeline::Pipeline;

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct ReportData<'a> {
    /// The plan.
    pub pipeline: &'a Pipeline,
    /// The period reported.
    pub period: Period,
    /// The edition's number.
    pub edition: u32,
    /// The editions that this one replaces, newest last.
    pub replaces: &'a [Replaced],
    /// Last day whose facts count.
    pub cutoff: NaiveDate,
    /// When it is issued.
    pub issued_at: DateTime<Tz>,
    /// Whether the period is not closed.
    pub preliminary: bool,
    /// Whether it is a preview, and marked so on every page.
    pub draft: bool,
    /// Goals, in the order of the plan.
    pub goals: &'a [GoalResult],
    /// Activities.
    pub activities: &'a [Activity],
    /// Who was to send what.
    pub departments: &'a [DepartmentStatus],
    /// Each source and department.
    pub sources: &'a [SourceStatus],
    /// What is wrong with the files.
    pub findings: &'a [Diagnostic],
    /// Figures of earlier periods by goal.
    pub history: &'a History,
    /// `results.json` of the final edition that this one corrects.
    pub corrects: Option<&'a Results>,
    /// Goals of the last edition that the plan has no more.
    pub removed: &'a [GoalChange],
}

impl ReportData<'_> {
    /// A department's name; its id where the plan has no such department.
    pub(super) fn department(&self, id: &str) -> String {
        let known = self.pipeline.departments.get(id);
        known.map_or(id.to_owned(), |department| department.name.clone())
    }

    /// Their names.
    pub(super) fn department_names(&self, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.department(id)).collect()
    }
}

/// An earlier edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its number.
    pub edition: u32,
    /// When it was issued.
    pub issued_at: NaiveDate,
    /// Whether it was preliminary.
    pub preliminary: bool,
    /// Why the next one was issued.
    pub reason: Option<String>,
}

/// What a department has sent, counted in sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DepartmentStatus {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Files expected of it.
    pub expected: usize,
    /// Files received and used.
    pub received: usize,
    /// Of those, received after the deadline.
    pub late: usize,
    /// Files received and not used, because of their findings.
    pub rejected: usize,
    /// Files not received.
    pub missing: usize,
    /// Ids of the sources not received.
    pub missing_sources: Vec<String>,
    /// The files.
    pub files: Vec<FileStatus>,
}

/// One file of a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileStatus {
    /// The source that it is for.
    pub source: String,
    /// Path below the period's folder.
    pub file: String,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Whether it was used.
    pub state: SourceState,
}

/// Whether a source's file was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SourceState {
    /// In time, and used.
    Received,
    /// After the deadline, and used.
    Late,
    /// Not used, because of its findings.
    Rejected,
    /// Not there.
    Missing,
}

impl SourceState {
    /// Its id, as `results.json` writes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Late => "late",
            Self::Rejected => "rejected",
            Self::Missing => "missing",
        }
    }
}

/// One source as one department sent it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceStatus {
    /// The source's id.
    pub source: String,
    /// The department's id.
    pub department: String,
    /// Path below the period's folder.
    pub file: Option<String>,
    /// SHA-256 of the file, in hex.
    pub sha256: Option<String>,
    /// Sheet; null for CSV.
    pub sheet: Option<String>,
    /// Cells, header included, such as `A5:F454`.
    pub range: Option<String>,
    /// Data rows.
    pub rows: Option<usize>,
    /// Whether it was used.
    pub state: SourceState,
    /// Why not, in Spanish.
    pub reason: Option<String>,
}
