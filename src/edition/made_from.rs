//! Everything that an edition is made from, as one hash: definition, template, photos, submissions,
//! what is published before it, what was asked for, and the program. The moment does not count, so
//! that the same things give the same hash on another day.

use std::collections::BTreeMap;

use serde_json::json;

use super::held::HeldRequest;
use crate::diagnostic::Diagnostic;
use crate::dropbox::{Missing, Submission};
use crate::hash::sha256_hex;
use crate::ledger::{Edition, EditionKey};

/// What the hash is made of.
pub(crate) struct MadeFrom<'a> {
    /// The edition.
    pub key: &'a EditionKey,
    /// What was asked for.
    pub request: &'a HeldRequest,
    /// Definition, template files and photos: SHA-256 by path in the home.
    pub files: BTreeMap<String, String>,
    /// Photos that can't be used, and why.
    pub refused_photos: &'a BTreeMap<String, String>,
    /// What departments sent.
    pub submissions: &'a [Submission],
    /// What they did not send.
    pub missing: &'a [Missing],
    /// What is wrong with the folder itself, and with what is published.
    pub findings: &'a [Diagnostic],
    /// The plan's editions; those before this one count.
    pub editions: &'a [Edition],
}

impl MadeFrom<'_> {
    /// Its SHA-256 in hex.
    pub(crate) fn sha256(&self) -> String {
        let key = self.key;
        let place = |key: &EditionKey| (key.period.start(), key.edition);
        let mut before: Vec<&Edition> = self
            .editions
            .iter()
            .filter(|edition| edition.published && place(&edition.key) < place(key))
            .collect();
        before.sort_by_key(|edition| place(&edition.key));
        let before = before.into_iter().map(|e| {
            json!([
                e.key.period,
                e.key.edition,
                e.preliminary,
                e.reason,
                e.manifest_sha256
            ])
        });
        let submissions = self.submissions.iter();
        let submissions = submissions.map(|s| json!([s.source, s.department, s.file, s.sha256]));
        let missing = self.missing.iter();
        let missing = missing.map(|m| json!([m.source, m.department, m.pattern]));
        let all = json!({
            "metas": env!("CARGO_PKG_VERSION"),
            "plan": key.plan,
            "period": key.period,
            "edition": key.edition,
            "request": self.request,
            "files": self.files,
            "refused_photos": self.refused_photos,
            "submissions": submissions.collect::<Vec<_>>(),
            "missing": missing.collect::<Vec<_>>(),
            "findings": self.findings,
            "before": before.collect::<Vec<_>>(),
        });
        sha256_hex(all.to_string().as_bytes())
    }
}
