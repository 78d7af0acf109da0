//! `metas backup FILE`: one consistent archive of ledger, archive and editions, while runs go on. A ZIP file with a list of hashes, so that `metas restore` and any other program can read
//! it.
//!
//! The ledger is copied first. All that it names was whole on the disk before it was named and
//! never changes, so that what is copied after it is at least what it needs.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::json;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::backup_file::{BackupEntry, BackupReader, FORMAT, GIVEN, INDEX, Index, LEDGER};

use crate::console::{Console, counted, finding_json};
use crate::delivery::RECORD_FILE;
use crate::diagnostic::Diagnostic;
use crate::edition::archive;
use crate::edition::edition_store;
use crate::edition::folders::{self, TOKEN_FILE};
use crate::edition::published;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home;
use crate::home::Home;
use crate::ledger::{Edition, LEDGER_FILE, Ledger};
use crate::store::error::Doing;
use crate::store::files;
use crate::store::files::sync_folder;
use crate::store::presence;
use clap::Args;

/// `metas backup`.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The file to write; it must not be there yet
    pub file: PathBuf,
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
    if presence::lies(file)? {
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
    let copy = work.path().join(LEDGER_FILE);
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
    packing.records(home)?;
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
        for name in archive::all(home)? {
            let sha256 = name.rsplit('/').next().unwrap_or_default();
            match archive::find(home, sha256)? {
                Some(bytes) => self.add_bytes(&name, &bytes)?,
                None => self.problems.push(archive::damaged(&home.root.join(&name))),
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
        let place = edition.key.folder();
        if let Some(wrong) = published::told_damage(home, edition) {
            let Some(kept) = edition_store::of_edition(home, edition)? else {
                self.problems.push(wrong);
                return Ok(false);
            };
            for (name, bytes) in &kept {
                self.add_bytes(&format!("{place}/{name}"), bytes)?;
            }
            return Ok(true);
        }
        for (name, path) in files::all_below(&folder)? {
            if name != TOKEN_FILE {
                self.add(&format!("{place}/{name}"), &path)?;
            }
        }
        Ok(true)
    }

    /// What stands beside each plan's reports about the sending of its notices. It is read after the
    /// ledger was copied, so that it knows at least of what that knows.
    fn records(&mut self, home: &Home) -> Result<(), CommandError> {
        for plan in folders::plans(home)? {
            let place = format!("reports/{plan}/{RECORD_FILE}");
            let path = home.root.join(&place);
            if presence::is_file(&path)? {
                self.add(&place, &path)?;
            }
        }
        Ok(())
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
