//! `metas backup FILE`: one consistent archive of ledger, archive and editions, while runs go on. A ZIP file with a list of hashes, so that `metas restore` and any other program can read
//! it.
//!
//! The ledger is copied first. All that it names was whole on the disk before it was named and
//! never changes, so that what is copied after it is at least what it needs.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::console::{Console, counted, finding_json};
use crate::diagnostic::Diagnostic;
use crate::edition::archive;
use crate::edition::folders;
use crate::edition::folders::TOKEN_FILE;
use crate::edition::published;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home;
use crate::home::Home;
use crate::ledger::{Edition, Ledger};
use crate::store::error::Doing;
use crate::store::files;
use crate::store::files::sync_folder;
use clap::Args;

/// `metas backup`.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The file to write; it must not be there yet
    pub file: PathBuf,
}

/// The list of hashes in the archive.
pub(crate) const INDEX: &str = "backup.json";
/// The ledger in the archive.
pub(crate) const LEDGER: &str = "state/ledger.db";
/// Folders of `state/` that hold what people take from there, and editions that wait for approval.
const GIVEN: [&str; 3] = ["held", "outbox", "returned"];
/// The format of the archive.
pub(crate) const FORMAT: u32 = 1;

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

/// Writes the archive.
///
/// # Errors
/// FILE is there already, there is nothing to back up, or the disk refuses; then there is no FILE.
pub(crate) fn backup(
    console: &Console,
    home: &Home,
    arguments: &BackupArguments,
) -> Result<ExitStatus, CommandError> {
    let file = &arguments.file;
    if fs::symlink_metadata(file).is_ok() {
        let message = format!("{} is there already", file.display());
        let hint = "name another file: a backup is never overwritten";
        return Err(CommandError::usage("backup-exists", message, hint));
    }
    let Some(ledger) = work::open_if_there(home)? else {
        let message = format!("{} has no ledger", home.state().display());
        let hint = "there is nothing to back up before the first run; if state/ was lost: metas restore FILE, or metas adopt PLAN PERIOD";
        return Err(CommandError::usage("nothing-to-back-up", message, hint));
    };
    ledger.check()?;
    let made_at = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    let work = tempfile::Builder::new()
        .prefix(".tmp-backup-")
        .tempdir_in(home.state())
        .map_err(|e| CommandError::io("write in", &home.state(), &e))?;
    let copy = work.path().join("ledger.db");
    ledger.snapshot(&copy)?;
    drop(ledger);
    let editions = editions_of(work.path())?;

    let mut packing = Packing::begin(file)?;
    packing.add(LEDGER, &copy)?;
    packing.archive(home)?;
    packing.given(home)?;
    let mut kept = 0;
    for edition in &editions {
        kept += usize::from(packing.edition(home, edition)?);
    }
    let problems = std::mem::take(&mut packing.problems);
    let index = packing.finish(file, made_at)?;
    console.diagnostics(&problems);
    let bytes: u64 = index.files.iter().map(|f| f.bytes).sum();
    let document = json!({
        "file": file,
        "made_at": made_at,
        "files": index.files.len(),
        "bytes": bytes,
        "editions": kept,
        "problems": problems.iter().map(finding_json).collect::<Vec<_>>(),
    });
    let text = format!(
        "{}: the ledger, {} and all that they were made from: {}, {} MiB; read again, every hash as it must be.\n",
        file.display(),
        counted(kept, "edition"),
        counted(index.files.len(), "file"),
        bytes >> 20
    );
    console.data(&document, &text);
    Ok(if problems.is_empty() {
        ExitStatus::Done
    } else {
        ExitStatus::Held
    })
}

/// The editions that a copy of the ledger names.
fn editions_of(folder: &Path) -> Result<Vec<Edition>, CommandError> {
    let frozen = Ledger::open(folder)?;
    frozen.check()?;
    let mut editions = frozen.editions(None, None)?;
    editions.retain(|e| e.published);
    frozen.close()?;
    Ok(editions)
}

/// The archive while it is written, beside its place.
struct Packing {
    zip: ZipWriter<BufWriter<File>>,
    temporary: tempfile::TempPath,
    files: Vec<BackupEntry>,
    problems: Vec<Diagnostic>,
}

impl Packing {
    fn begin(file: &Path) -> Result<Self, CommandError> {
        let folder = folder_of(file);
        let (written, temporary) = tempfile::Builder::new()
            .prefix(".metas-backup-")
            .tempfile_in(folder)
            .map_err(|e| CommandError::io("write in", folder, &e))?
            .into_parts();
        Ok(Self {
            zip: ZipWriter::new(BufWriter::new(written)),
            temporary,
            files: Vec::new(),
            problems: Vec::new(),
        })
    }

    fn add(&mut self, name: &str, path: &Path) -> Result<(), CommandError> {
        let bytes = fs::read(path).doing("read", path)?;
        self.add_bytes(name, &bytes)
    }

    fn add_bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        self.put(name, bytes)?;
        self.files.push(BackupEntry {
            path: name.to_owned(),
            sha256: sha256_hex(bytes),
            bytes: bytes.len() as u64,
        });
        Ok(())
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), CommandError> {
        let options = SimpleFileOptions::default()
            .unix_permissions(0o600)
            .large_file(bytes.len() as u64 >= u64::from(u32::MAX));
        self.zip
            .start_file(name, options)
            .map_err(std::io::Error::from)
            .and_then(|()| self.zip.write_all(bytes))
            .map_err(|e| CommandError::io("write", &self.temporary, &e))
    }

    /// What departments sent and what was sent to people, each under its hash. A file that is not
    /// what its name says is left out and told.
    fn archive(&mut self, home: &Home) -> Result<(), CommandError> {
        for (name, path) in archive::all(home)? {
            let sha256 = name.rsplit('/').next().unwrap_or_default();
            let bytes = fs::read(&path).doing("read", &path)?;
            if sha256_hex(&bytes) == sha256 {
                self.add_bytes(&name, &bytes)?;
            } else {
                self.problems.push(archive::damaged(&path));
            }
        }
        Ok(())
    }

    /// What lies in `state/` for people to take, messages without a server and workbooks that go
    /// back, and the editions that wait for approval.
    fn given(&mut self, home: &Home) -> Result<(), CommandError> {
        for folder in GIVEN {
            for (name, path) in files::all_below(&home.state().join(folder))? {
                if name.split('/').any(|part| part.starts_with('.')) {
                    continue;
                }
                match fs::read(&path) {
                    Ok(bytes) => self.add_bytes(&format!("state/{folder}/{name}"), &bytes)?,
                    // A run has taken it back meanwhile, or has made it anew.
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                    Err(e) => return Err(CommandError::io("read", &path, &e)),
                }
            }
        }
        Ok(())
    }

    /// An edition's folder, wherever it lies, with what stands beside it. False where it is not
    /// what was published: told, and left out.
    fn edition(&mut self, home: &Home, edition: &Edition) -> Result<bool, CommandError> {
        let folder = folders::folder_of(home, edition);
        if let Some(wrong) = published::told_damage(home, edition) {
            self.problems.push(wrong);
            return Ok(false);
        }
        let place = place_of(edition);
        for (name, path) in files::all_below(&folder)? {
            if name != TOKEN_FILE {
                self.add(&format!("{place}/{name}"), &path)?;
            }
        }
        Ok(true)
    }

    /// Closes the archive, reads it again, and gives it its name.
    fn finish(mut self, file: &Path, made_at: DateTime<Utc>) -> Result<Index, CommandError> {
        let index = Index {
            format: FORMAT,
            metas: env!("CARGO_PKG_VERSION").to_owned(),
            made_at,
            files: std::mem::take(&mut self.files),
        };
        let list = format!("{:#}\n", json!(index)).into_bytes();
        self.put(INDEX, &list)?;
        let failed = |e: std::io::Error| CommandError::io("write", file, &e);
        let written = self.zip.finish().map_err(|e| failed(e.into()))?;
        let written = written.into_inner().map_err(|e| failed(e.into_error()))?;
        written.sync_all().map_err(failed)?;
        BackupReader::open(&self.temporary)?.check_all()?;
        self.temporary
            .persist_noclobber(file)
            .map_err(|e| failed(e.error))?;
        sync_folder(folder_of(file))?;
        Ok(index)
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Where an edition's folder lies in the archive and after a restore.
pub(crate) fn place_of(edition: &Edition) -> String {
    let key = &edition.key;
    format!("reports/{}/{}/v{}", key.plan, key.period, key.edition)
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
        if index.format != FORMAT {
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
        ["state", "ledger.db"] => true,
        ["state", folder, _, ..] if GIVEN.contains(folder) => true,
        ["state", "archive", head, sha256] => {
            sha256.len() == 64
                && sha256.starts_with(head)
                && sha256.chars().all(|c| c.is_ascii_hexdigit())
        }
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
