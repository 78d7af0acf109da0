//! The file that `metas backup` writes: what it may hold, what it says about itself, and reading it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use zip::ZipArchive;

use crate::delivery::RECORD_FILE;
use crate::diagnostic::Diagnostic;
use crate::edition::folders::{self, TOKEN_FILE};
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::ledger::LEDGER_FILE;
use crate::store::error::Doing;
use crate::store::files;

/// The list of hashes in the archive.
pub(crate) const INDEX: &str = "backup.json";
/// The ledger in the archive.
pub(crate) const LEDGER: &str = "state/ledger.db";
/// Folders of `state/` that hold what people take from there, and editions that wait for approval.
pub(super) const GIVEN: [&str; 3] = ["held", "outbox", "returned"];
/// The format of the archive. Since 2 it holds what stands beside a plan's reports about its
/// notices; 1 is read all the same.
pub(crate) const FORMAT: u32 = 2;

/// What the archive says about itself.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Index {
    /// The format of the archive.
    pub format: u32,
    /// Which metas wrote it.
    pub metas: String,
    /// When its ledger was copied.
    pub made_at: DateTime<Utc>,
    /// Everything in it but this list.
    pub files: Vec<BackupEntry>,
}

/// One file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BackupEntry {
    /// Its path in the home, with `/`.
    pub path: String,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Bytes.
    pub bytes: u64,
}

/// An archive to read from, its list checked.
pub(crate) struct BackupReader {
    zip: ZipArchive<File>,
    path: PathBuf,
    /// What it says about itself.
    pub index: Index,
}

impl BackupReader {
    /// Opens an archive and reads its list: exactly what the list names may be in it, under paths
    /// that a backup has.
    ///
    /// # Errors
    /// `not-a-backup` where it is none, `backup-damaged` where it is not as it was written.
    pub(crate) fn open(path: &Path) -> Result<Self, CommandError> {
        let file = File::open(path).doing("open", path)?;
        let no_backup = |why: &str| {
            let message = format!("{} is no backup of metas: {why}", path.display());
            let hint = "name a file that `metas backup FILE` wrote";
            CommandError::environment(Diagnostic::error("not-a-backup", message).hint(hint))
        };
        let mut zip = ZipArchive::new(file).map_err(|e| no_backup(&e.to_string()))?;
        let index = {
            let entry = zip
                .by_name(INDEX)
                .map_err(|_| no_backup("it has no list"))?;
            serde_json::from_reader::<_, Index>(entry).map_err(|e| no_backup(&e.to_string()))?
        };
        if !(1..=FORMAT).contains(&index.format) {
            let message = format!(
                "{} has format {}; this metas reads format {FORMAT}",
                path.display(),
                index.format
            );
            let error = Diagnostic::error("backup-newer", message);
            return Err(CommandError::environment(
                error.hint("install the metas that wrote it; nothing was changed"),
            ));
        }
        let reading = Self {
            zip,
            path: path.to_owned(),
            index,
        };
        reading.names()?;
        Ok(reading)
    }

    fn names(&self) -> Result<(), CommandError> {
        let mut listed: Vec<&str> = self.index.files.iter().map(|f| f.path.as_str()).collect();
        if let Some(strange) = listed.iter().find(|name| !is_expected(name)) {
            return Err(self.damaged(&format!("a backup has no {strange:?}")));
        }
        listed.push(INDEX);
        listed.sort_unstable();
        if listed.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(self.damaged("its list names a file twice"));
        }
        let there: Result<Vec<_>, _> = self.zip.file_names().collect();
        let mut there = there.map_err(|e| self.damaged(&e.to_string()))?;
        there.sort_unstable();
        if !there.iter().eq(listed.iter()) {
            return Err(self.damaged("it does not hold what its list names"));
        }
        Ok(())
    }

    /// The bytes of one file, as the list has them.
    ///
    /// # Errors
    /// `backup-damaged` where they are others.
    pub(crate) fn bytes(&mut self, entry: &BackupEntry) -> Result<Vec<u8>, CommandError> {
        let mut bytes = Vec::new();
        let read = self
            .zip
            .by_name(&entry.path)
            .map_err(std::io::Error::from)
            .and_then(|file| {
                let plain = file.is_file() && !file.is_symlink();
                // One byte more than the list says is enough to know that it lies.
                let read = file.take(entry.bytes + 1).read_to_end(&mut bytes);
                read.map(|_| plain)
            });
        match read {
            Ok(true) if sha256_hex(&bytes) == entry.sha256 => Ok(bytes),
            Ok(_) => Err(self.damaged(&format!("{} is not what was backed up", entry.path))),
            Err(e) => Err(self.damaged(&format!("{}: {e}", entry.path))),
        }
    }

    /// Reads everything and compares every hash.
    ///
    /// # Errors
    /// As [`BackupReader::bytes`].
    pub(crate) fn check_all(&mut self) -> Result<(), CommandError> {
        for entry in self.index.files.clone() {
            self.bytes(&entry)?;
        }
        Ok(())
    }

    fn damaged(&self, what: &str) -> CommandError {
        let message = format!("the backup {} is damaged: {what}", self.path.display());
        let hint = "nothing was put back; take another backup";
        CommandError::environment(Diagnostic::error("backup-damaged", message).hint(hint))
    }
}

/// Whether a path is one that a backup holds, and none that leads out of the home.
fn is_expected(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let safe = files::is_inside(name)
        && !name.contains(['\\', '\0'])
        && parts
            .iter()
            .all(|p| !p.is_empty() && *p != "." && *p != "..");
    safe && match parts.as_slice() {
        ["state", LEDGER_FILE] => true,
        ["state", folder, _, ..] if GIVEN.contains(folder) => true,
        ["state", "archive", head, sha256] => {
            sha256.len() == 64
                && sha256.starts_with(head)
                && sha256.chars().all(|c| c.is_ascii_hexdigit())
        }
        ["reports", _, RECORD_FILE] => true,
        ["reports", _, period, edition, _, ..] => {
            period.parse::<crate::period::Period>().is_ok()
                && folders::number(edition).is_some()
                && parts.last() != Some(&TOKEN_FILE)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_a_backup_are_taken() {
        let sha256 = "ab".repeat(32);
        for (name, fine) in [
            ("state/ledger.db", true),
            (&format!("state/archive/ab/{sha256}"), true),
            ("state/outbox/a.eml", true),
            ("state/returned/p/2026-T1/obras/a.xlsx", true),
            ("state/held/p/2026-T1/report.pdf", true),
            ("reports/p/2026-T1/v1/data/goals.csv", true),
            ("reports/p/2026-T1/v1/.deliveries", true),
            ("reports/p/.deliveries", true),
            ("reports/.deliveries", false),
            ("reports/p/.making", false),
            ("reports/p/2026-T1/v1/.making", false),
            ("reports/p/2026-T1/v1", false),
            ("reports/p/2026-T1/vx/a", false),
            ("reports/../2026-T1/v1/a", false),
            ("reports/p/2026-T1/v1/../../../../x", false),
            ("/etc/passwd", false),
            ("state/lock", false),
            ("state/archive/cd/x", false),
            ("state//ledger.db", false),
            ("pipelines/p.toml", false),
            ("reports\\p\\2026-T1\\v1\\a", false),
        ] {
            assert_eq!(is_expected(name), fine, "{name}");
        }
    }
}
