//! `manifest.json`: what an edition was made from and what it holds, with the hash of each file. One
//! document for whoever writes it, reads it or holds a folder against it.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::compose::EditionFiles;
use super::gathered::Gathered;
use crate::diagnostic::Diagnostic;
use crate::hash::sha256_hex;
use crate::ledger::EditionKey;
use crate::period::Period;
use crate::plan::Plan;
use crate::results::SourceState;

/// Its name in the edition's folder.
pub(crate) const MANIFEST_FILE: &str = "manifest.json";

/// Format of the document.
const FORMAT: u32 = 1;

/// What an edition was made from and what it holds. What is new since the first editions has a
/// default, so that they can still be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "metas manifest.json")]
pub(crate) struct Manifest {
    /// Format of the document.
    #[schemars(extend("const" = FORMAT))]
    pub format: u32,
    /// The version of metas that made the edition.
    pub metas: String,
    /// The plan's id.
    pub plan: String,
    /// The period reported.
    pub period: Period,
    /// Number of the edition, from 1.
    #[schemars(range(min = 1))]
    pub edition: u32,
    /// When it was issued, in the plan's time zone.
    #[serde(serialize_with = "in_full")]
    #[schemars(with = "DateTime<FixedOffset>")]
    pub issued_at: DateTime<FixedOffset>,
    /// Why an operator had it replace the one before it; null where nobody asked for it.
    pub reason: Option<String>,
    /// The definition; it is one of `made_from`.
    pub definition: DefinitionFile,
    /// Files that it was made from, submissions aside, by their path in the home. Each lies in the
    /// archive under its hash.
    pub made_from: Vec<ManifestFile>,
    /// Files of the departments that it was made from. Each lies in the archive under its hash.
    pub submissions: Vec<ManifestSubmission>,
    /// Files that were expected and were not there.
    #[serde(default)]
    pub missing: Vec<ManifestMissing>,
    /// Sources whose file came after the deadline.
    #[serde(default)]
    pub late: Vec<LateSource>,
    /// What was wrong with the drop folder itself, and with what is published.
    #[serde(default)]
    pub folder_findings: Vec<Diagnostic>,
    /// Photos that were not taken, each with the reason, by their name in the drop folder.
    #[serde(default)]
    pub refused_photos: BTreeMap<String, String>,
    /// Files of the edition's folder, by their path in it. This document is none of them.
    pub files: Vec<ManifestFile>,
}

/// A definition and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DefinitionFile {
    /// Its path in the home.
    pub path: String,
    /// SHA-256 in hex.
    pub sha256: String,
}

/// A file by path and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ManifestFile {
    /// Path with `/` between folders.
    pub path: String,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// A file that a department sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ManifestSubmission {
    /// The source's id.
    pub source: String,
    /// The department's id.
    pub department: String,
    /// Path below the drop folder.
    pub file: String,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// A file that was not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ManifestMissing {
    /// The source's id.
    pub source: String,
    /// The department's id.
    pub department: String,
    /// The name that it should have.
    pub file: String,
}

/// A source whose file came late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct LateSource {
    /// The source's id.
    pub source: String,
    /// The department's id.
    pub department: String,
    /// How many days after the last day for files it was first seen; null where it is not known.
    #[serde(default)]
    pub days: Option<u32>,
}

/// The offset in figures also where it is zero, and fractions of a second where there are any: an
/// edition is made again as at this time.
fn in_full<S: Serializer>(at: &DateTime<FixedOffset>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339())
}

impl Manifest {
    /// Of an edition that was issued at `issued_at`; `reason` is an operator's.
    pub(crate) fn of(
        (plan, key): (&Plan, &EditionKey),
        issued_at: DateTime<FixedOffset>,
        reason: Option<&str>,
        composed: &EditionFiles,
        gathered: &Gathered,
    ) -> Self {
        let late = gathered.sources.iter();
        let late = late.filter(|s| s.state == SourceState::Late);
        Self {
            format: FORMAT,
            metas: env!("CARGO_PKG_VERSION").to_owned(),
            plan: key.plan.clone(),
            period: key.period,
            edition: key.edition,
            issued_at,
            reason: reason.map(str::to_owned),
            definition: DefinitionFile {
                path: plan.text.name.clone(),
                sha256: plan.sha256.clone(),
            },
            made_from: hashes(&composed.archived),
            submissions: submissions(gathered),
            missing: missing(gathered),
            late: late
                .map(|s| LateSource {
                    source: s.source.clone(),
                    department: s.department.clone(),
                    days: s.late_days,
                })
                .collect(),
            folder_findings: gathered.folder_findings.clone(),
            refused_photos: composed.refused_photos.clone(),
            files: hashes(&composed.files),
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// What is not as a document has it, with its line and column; or that a newer metas wrote it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let manifest: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if manifest.format > FORMAT {
            return Err(format!(
                "it has format {}, and this metas reads format {FORMAT}",
                manifest.format
            ));
        }
        Ok(manifest)
    }

    /// The document as it is published: its keys sorted, on lines of their own.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Every key is a text and there is no number but whole ones, so that this cannot fail.
        let document = serde_json::to_value(self).unwrap_or_default();
        format!("{document:#}\n").into_bytes()
    }

    /// A file of the edition's folder.
    pub(crate) fn file(&self, path: &str) -> Option<&ManifestFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// A department's file for a source, where it came late.
    pub(crate) fn late(&self, source: &str, department: &str) -> Option<&LateSource> {
        let same = |late: &&LateSource| late.source == source && late.department == department;
        self.late.iter().find(same)
    }
}

/// Files by path and hash.
pub(crate) fn hashes(files: &BTreeMap<String, Vec<u8>>) -> Vec<ManifestFile> {
    let one = |(path, bytes): (&String, &Vec<u8>)| ManifestFile {
        path: path.clone(),
        sha256: sha256_hex(bytes),
        bytes: bytes.len() as u64,
    };
    files.iter().map(one).collect()
}

fn submissions(gathered: &Gathered) -> Vec<ManifestSubmission> {
    let all = gathered.submissions.iter();
    all.map(|s| ManifestSubmission {
        source: s.source.clone(),
        department: s.department.clone(),
        file: s.file.clone(),
        sha256: s.sha256.clone(),
        bytes: s.size,
    })
    .collect()
}

fn missing(gathered: &Gathered) -> Vec<ManifestMissing> {
    let all = gathered.missing.iter();
    all.map(|m| ManifestMissing {
        source: m.source.clone(),
        department: m.department.clone(),
        file: m.pattern.clone(),
    })
    .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A manifest as the first editions had it, with `files`.
    pub(in crate::edition) fn with_files(files: Value) -> Vec<u8> {
        let document = json!({
            "format": 1, "metas": "0.1.0", "plan": "p", "period": "2026-T1", "edition": 1,
            "issued_at": "2026-04-06T01:00:00+00:00", "reason": null,
            "definition": { "path": "pipelines/p.toml", "sha256": "0" },
            "made_from": [], "submissions": [], "files": files,
        });
        document.to_string().into_bytes()
    }

    #[test]
    fn what_is_written_is_read_again_as_it_was() {
        let files = json!([{ "path": "report.pdf", "sha256": "0", "bytes": 7 }]);
        let mut manifest = Manifest::parse(&with_files(files)).unwrap();
        manifest.late.push(LateSource {
            source: "obras".to_owned(),
            department: "norte".to_owned(),
            days: Some(3),
        });
        let finding = Diagnostic::warning("restatement", "x").hint("y");
        manifest.folder_findings.push(finding);
        let bytes = manifest.to_bytes();
        assert_eq!(Manifest::parse(&bytes), Ok(manifest.clone()));
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            text.contains("\"issued_at\": \"2026-04-06T01:00:00+00:00\""),
            "{text}"
        );
        let days = |department| manifest.late("obras", department).map(|late| late.days);
        assert_eq!((days("norte"), days("sur")), (Some(Some(3)), None));
        assert_eq!(manifest.file("report.pdf").map(|f| f.bytes), Some(7));
    }

    #[test]
    fn a_newer_format_is_not_taken_for_this_one() {
        let text = String::from_utf8(with_files(json!([]))).unwrap();
        let newer = text.replace("\"format\":1", "\"format\":2");
        let error = Manifest::parse(newer.as_bytes()).unwrap_err();
        assert!(error.contains("format 2"), "{error}");
    }
}
