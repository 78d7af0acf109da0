//! What departments have sent, as an edition tells it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// How many days after the last day for files the last of those came; null where none was late
    /// or it is not known.
    #[serde(default)]
    pub late_days: Option<u32>,
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
    /// How many days after the last day for files it was first seen; null where it was in time or it
    /// is not known.
    #[serde(default)]
    pub late_days: Option<u32>,
    /// Why not, in Spanish.
    pub reason: Option<String>,
}
