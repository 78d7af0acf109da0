//! A person's word: exactly the bytes that waited become the edition, and its messages are queued.

use std::path::PathBuf;

use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, Serialize};

use super::approval;
use super::held;
use super::held::HeldEdition;
use super::manifest;
use super::manifest::MANIFEST_FILE;
use super::publish;
use super::publish::{MESSAGE_FILE, Publishing};
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::ledger::{Approved, Ledger, PendingApproval, Publication, Release};

/// Who released an edition and when, among its files.
pub(crate) const APPROVAL_FILE: &str = "approval.json";
/// Format of the document.
const FORMAT: u32 = 1;

/// The manifest's companion: who released the edition, and which PDF it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApprovalDocument {
    /// Format of the document.
    pub format: u32,
    /// When it was released, in the plan's time zone.
    pub approved_at: DateTime<FixedOffset>,
    /// By whom, as the definition names them.
    pub approved_by: String,
    /// When the PDF was made, in the plan's time zone.
    pub rendered_at: DateTime<FixedOffset>,
    /// SHA-256 of the PDF that was released.
    pub pdf_sha256: String,
    /// SHA-256 of the manifest of what waited.
    pub held_manifest_sha256: String,
}

impl ApprovalDocument {
    /// Reads a document.
    ///
    /// # Errors
    /// What is not as a document has it; or that a newer metas wrote it.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if document.format > FORMAT {
            return Err(format!(
                "it has format {}, and this metas reads format {FORMAT}",
                document.format
            ));
        }
        Ok(document)
    }

    /// As the ledger keeps it.
    pub(crate) fn approved(&self) -> Approved {
        Approved {
            pdf_sha256: self.pdf_sha256.clone(),
            at: Some(self.approved_at.to_utc()),
            by: Some(self.approved_by.clone()),
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        // Every key is a text or a whole number, so that this cannot fail.
        let document = serde_json::to_value(self).unwrap_or_default();
        format!("{document:#}\n").into_bytes()
    }
}

/// Publishes the edition that waits, and queues its messages; gives its folder.
///
/// # Errors
/// The disk or the ledger refuses, or something lies in the edition's place; then nothing was
/// released.
pub(crate) fn release(
    what: &Publishing<'_>,
    ledger: &mut Ledger,
    (pending, held): (&PendingApproval, &HeldEdition),
    by: &str,
) -> Result<PathBuf, CommandError> {
    let key = what.key;
    let results = approval::results(held)?;
    let mail = publish::mail(what, ledger, &results, &held.files)?;
    let mut files = held.files.clone();
    if let Some(copy) = mail.copy() {
        files.insert(MESSAGE_FILE.to_owned(), copy);
    }
    let zone = what.request.now.timezone();
    let document = ApprovalDocument {
        format: FORMAT,
        approved_at: what.request.now.fixed_offset(),
        approved_by: by.to_owned(),
        rendered_at: pending.rendered_at.with_timezone(&zone).fixed_offset(),
        pdf_sha256: pending.pdf_sha256.clone(),
        held_manifest_sha256: pending.manifest_sha256.clone(),
    };
    files.insert(APPROVAL_FILE.to_owned(), document.to_bytes());
    let mut manifest = held.manifest.clone();
    manifest.files = manifest::hashes(&files);
    let manifest = manifest.to_bytes();
    let publication = Publication {
        manifest_sha256: sha256_hex(&manifest),
        results: results.json().to_string(),
        release: Some(Release {
            pdf_sha256: pending.pdf_sha256.clone(),
            by: by.to_owned(),
        }),
        deliveries: mail.queued(what)?,
    };
    files.insert(MANIFEST_FILE.to_owned(), manifest);
    let place = publish::put_in_place(what, ledger, &files, &publication)?;
    held::forget(what.home, (&key.plan, key.period), &ledger.run())?;
    Ok(place)
}
