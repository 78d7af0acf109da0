//! `metas restore FILE`: puts a backup back into an empty home, or only what is gone or damaged
//! into one that lives.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::backup_file::{BackupEntry, BackupReader};
use super::restore_missing;
use crate::console::{Console, counted};
use crate::delivery::RECORD_FILE;
use crate::diagnostic::Diagnostic;
use crate::edition::archive;
use crate::edition::delivery_lines;
use crate::edition::ledger_restore;
use crate::edition::manifest::MANIFEST_FILE;
use crate::edition::published;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::failpoint;
use crate::home;
use crate::home::Home;
use crate::ledger::{Delivery, Edition, Ledger, RunLock};
use crate::store::error::Doing;
use crate::store::files::{
    create_private_folder, rename_new, sync_folder, write_private, write_whole,
};
use crate::store::{files, presence};
use clap::Args;

/// `metas restore`.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// A file of `metas backup`; with --missing it may be left out where METAS_STORE names a store
    #[arg(required_unless_present = "missing")]
    pub file: Option<PathBuf>,
    /// Into a home that lives: only what is gone or damaged
    #[arg(long)]
    pub missing: bool,
}

/// Where a backup is put together before it gets its place.
const STAGE: &str = ".restoring";

/// Puts a backup back.
///
/// # Errors
/// The backup is damaged, the home is not empty, or the disk refuses; then the home is as it was.
pub(crate) fn restore(
    console: &Console,
    home: &Home,
    arguments: &RestoreArguments,
) -> Result<ExitStatus, CommandError> {
    let RestoreArguments { file, missing } = arguments;
    let Some(file) = file else {
        return restore_missing::from_the_store(console, home);
    };
    let mut reading = BackupReader::open(file)?;
    let now = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    if *missing {
        return put_back_missing(console, home, &mut reading, now);
    }
    empty(home, file)?;
    ledger_restore::ready(home)?;
    let stage = home.root.join(STAGE);
    // Whoever begins a run from the moment on that state/ is there finds the lock taken.
    let lock = RunLock::acquire(&stage.join("state"), now)?;
    let (held, problems) = staged(&stage, &mut reading, now).inspect_err(|_| {
        // Whatever stays here is cleared away by the next restore.
        let _ = fs::remove_dir_all(&stage);
    })?;
    failpoint::hit("restore-staged");
    in_place(home, &stage, "state")?;
    failpoint::hit("restore-state");
    in_place(home, &stage, "reports")?;
    sync_folder(&home.root)?;
    fs::remove_dir(&stage).doing("remove", &stage)?;
    ledger_restore::finish(home, &lock)?;
    drop(lock);
    console.diagnostics(&problems);
    tell(console, &reading, &held);
    Ok(ExitStatus::Done)
}

/// Neither `state/` nor `reports/` may hold anything.
fn empty(home: &Home, file: &Path) -> Result<(), CommandError> {
    for name in ["state", "reports"] {
        let folder = home.root.join(name);
        // Only an empty folder lets itself be removed.
        match fs::remove_dir(&folder) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => {
                let message = format!(
                    "{} holds something: this home is not empty",
                    folder.display()
                );
                let file = file.display();
                let hint = format!(
                    "to put the whole backup back, move both aside first: mv state state.old; mv reports reports.old; then again: metas restore {file}. To put back only what is gone or damaged here: metas restore {file} --missing"
                );
                return Err(CommandError::usage("home-not-empty", message, hint));
            }
        }
    }
    Ok(())
}

/// Removes what an earlier restore that died has left, the lock aside.
fn clean(stage: &Path) -> Result<(), CommandError> {
    for folder in [stage.to_owned(), stage.join("state")] {
        for (_, path) in files::entries(&folder)? {
            if path == stage.join("state") || path == stage.join("state/lock") {
                continue;
            }
            presence::remove(&path)?;
        }
    }
    Ok(())
}

/// Unpacks the backup where it is put together.
fn staged(
    stage: &Path,
    reading: &mut BackupReader,
    now: DateTime<Utc>,
) -> Result<(Vec<Delivery>, Vec<Diagnostic>), CommandError> {
    clean(stage)?;
    create_private_folder(&stage.join("reports"))?;
    for entry in reading.index.files.clone() {
        let bytes = reading.bytes(&entry)?;
        unpack(stage, &entry, &bytes)?;
    }
    let settled = settle(stage, reading.index.made_at, now)?;
    sync_tree(stage)?;
    Ok(settled)
}

fn unpack(root: &Path, entry: &BackupEntry, bytes: &[u8]) -> Result<(), CommandError> {
    let path = root.join(&entry.path);
    if let Some(folder) = path.parent() {
        create_private_folder(folder)?;
    }
    Ok(write_private(&path, bytes)?)
}

/// Looks into the ledger that is put back, and holds what it had not sent. Tells of each edition
/// that is not whole in the backup.
fn settle(
    stage: &Path,
    made_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(Vec<Delivery>, Vec<Diagnostic>), CommandError> {
    let mut ledger = Ledger::open(&stage.join("state"))?;
    ledger.check()?;
    let held = ledger.mark_restored(made_at, now)?;
    let staged = Home::at(stage.to_owned());
    let problems = published::damaged(&staged, &ledger, None)?;
    ledger.close()?;
    Ok((held, problems))
}

fn in_place(home: &Home, stage: &Path, name: &str) -> Result<(), CommandError> {
    let (from, to) = (stage.join(name), home.root.join(name));
    rename_new(&from, &to).map_err(|e| CommandError::io("rename", &from, &e))
}

/// Waits until every folder's entries are on the disk.
fn sync_tree(folder: &Path) -> Result<(), CommandError> {
    for (_, path) in files::entries(folder)? {
        if presence::is_folder(&path)? {
            sync_tree(&path)?;
        }
    }
    Ok(sync_folder(folder)?)
}

fn tell(console: &Console, reading: &BackupReader, held: &[Delivery]) {
    let made_at = reading.index.made_at.format("%Y-%m-%d %H:%M UTC");
    let mut text = format!(
        "Put back: {} of the backup of {made_at}, every hash as it must be.\n",
        counted(reading.index.files.len(), "file")
    );
    if !held.is_empty() {
        text.push_str("Held, because it may have been sent since; settle each with `metas deliver resolve ID --sent` or `--resend`:\n");
        held.iter()
            .for_each(|row| text.push_str(&delivery_lines::line(row)));
    }
    text.push_str("Periods that were due before now and have no edition in it are held too: they may have been issued since.\n");
    let document = json!({
        "made_at": reading.index.made_at,
        "files": reading.index.files.len(),
        "held": held.iter().map(delivery_lines::document).collect::<Vec<_>>(),
    });
    console.data(&document, &text);
}

/// Puts back archived files and editions that are gone or damaged; leaves everything else alone.
fn put_back_missing(
    console: &Console,
    home: &Home,
    reading: &mut BackupReader,
    now: DateTime<Utc>,
) -> Result<ExitStatus, CommandError> {
    let work = work::begin(console, home, now)?;
    let mut files = 0;
    for entry in reading.index.files.clone() {
        if entry.path.starts_with("state/archive/") && !archive::is_whole(home, &entry.sha256) {
            let path = home.root.join(&entry.path);
            create_private_folder(path.parent().unwrap_or(&home.root))?;
            write_whole(&path, &reading.bytes(&entry)?)?;
            files += 1;
        }
    }
    put_back_records(home, reading)?;
    let mut editions = work.ledger.editions(None, None)?;
    editions.retain(|e| e.published);
    let mut back = Vec::new();
    let mut left = Vec::new();
    for edition in &editions {
        if let Some(wrong) = published::told_damage(home, edition) {
            if put_back(home, reading, edition)? {
                back.push(edition.key.folder());
            } else {
                left.push(wrong);
            }
        }
    }
    console.diagnostics(&left);
    let mut text = format!(
        "Put back: {} of the archive, {}.\n",
        counted(files, "file"),
        counted(back.len(), "edition")
    );
    back.iter()
        .for_each(|place| text.push_str(&format!("  {place}\n")));
    if !left.is_empty() {
        text.push_str("This backup does not hold the others.\n");
    }
    console.data(
        &json!({ "archived_files": files, "editions": back, "left": left.len() }),
        &text,
    );
    Ok(if left.is_empty() {
        ExitStatus::Done
    } else {
        ExitStatus::Held
    })
}

/// Puts back what stood beside a plan's reports about the sending of its notices, where it is gone;
/// one that is there knows more.
fn put_back_records(home: &Home, reading: &mut BackupReader) -> Result<(), CommandError> {
    for entry in reading.index.files.clone() {
        let path = home.root.join(&entry.path);
        let is_record = path.file_name().is_some_and(|name| name == RECORD_FILE);
        let of_a_plan = entry.path.split('/').count() == 3;
        if is_record && of_a_plan && !presence::lies(&path)? {
            create_private_folder(path.parent().unwrap_or(&home.root))?;
            write_whole(&path, &reading.bytes(&entry)?)?;
        }
    }
    Ok(())
}

/// Puts one edition back in its place; what lies there is moved aside. False where the backup does
/// not hold just that edition.
fn put_back(
    home: &Home,
    reading: &mut BackupReader,
    edition: &Edition,
) -> Result<bool, CommandError> {
    let place = edition.key.folder();
    let prefix = format!("{place}/");
    let inside = |e: &&BackupEntry| e.path.starts_with(&prefix);
    let entries: Vec<BackupEntry> = reading.index.files.iter().filter(inside).cloned().collect();
    let manifest = entries
        .iter()
        .find(|e| e.path.strip_prefix(&prefix) == Some(MANIFEST_FILE));
    if manifest.map(|e| &e.sha256) != edition.manifest_sha256.as_ref() || manifest.is_none() {
        return Ok(false);
    }
    let mut files = BTreeMap::new();
    for entry in &entries {
        let name = entry.path.replacen(&prefix, "", 1);
        files.insert(name, reading.bytes(entry)?);
    }
    restore_missing::put_back(home, edition, &files)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lock stays: whoever waits for it has it open.
    #[test]
    fn a_restore_that_died_leaves_nothing_but_the_lock() {
        let home = tempfile::tempdir().unwrap();
        let (stage, kept) = (home.path().join(STAGE), home.path().join("kept"));
        for folder in ["state/archive/ab", "reports/p"] {
            fs::create_dir_all(stage.join(folder)).unwrap();
        }
        for file in ["state/lock", "state/ledger.db", "reports/p/a", "junk"] {
            fs::write(stage.join(file), "x").unwrap();
        }
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("mine"), "x").unwrap();
        std::os::unix::fs::symlink(&kept, stage.join("link")).unwrap();
        clean(&stage).unwrap_or_else(|error| panic!("{:?}", error.diagnostics));
        let left = crate::store::files::all_below(&stage).unwrap_or_default();
        let names: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["state/lock"]);
        assert_eq!(fs::read_dir(&stage).unwrap().count(), 1);
        assert!(kept.join("mine").is_file(), "a link is not followed");
    }
}
