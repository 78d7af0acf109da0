//! `state/` and `reports/` are for their owner alone: what departments sent and what was not
//! published yet lies there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::home::Home;

/// Bits that let anybody but the owner in.
const OTHERS: u32 = 0o077;

/// Closes what is found open to others and tells of it.
pub(crate) fn tighten(home: &Home) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for root in roots(home) {
        let open = open_below(&root);
        let failed: Vec<&(PathBuf, u32)> = open
            .iter()
            .filter(|(path, mode)| !close(path, *mode))
            .collect();
        if let Some((path, mode)) = open.first() {
            let message = format!(
                "{} was open to others (mode {:o}, {} of them below {})",
                path.display(),
                mode & 0o777,
                open.len(),
                root.display()
            );
            let hint = if failed.is_empty() {
                "It is closed now. Who let others in? A umask or a copy, perhaps."
            } else {
                "It can't be closed by this user: as its owner, chmod -R go-rwx it."
            };
            told.push(Diagnostic::warning("open-folder", message).hint(hint));
        }
    }
    told
}

/// Tells what is open to others and changes nothing.
pub(crate) fn open(home: &Home) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    for root in roots(home) {
        if let Some((path, mode)) = open_below(&root).first() {
            let message = format!(
                "{} is open to others (mode {:o})",
                path.display(),
                mode & 0o777
            );
            told.push(
                Diagnostic::error("open-folder", message)
                    .hint("the next run closes it; or now: chmod -R go-rwx state reports"),
            );
        }
    }
    told
}

fn roots(home: &Home) -> [PathBuf; 2] {
    [home.state(), home.root.join("reports")]
}

/// Folders that others may enter or list, and the ledger where they may read it, with their modes.
/// In a folder that is closed nobody reaches what is below.
fn open_below(root: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(meta) = fs::metadata(&folder) else {
            continue;
        };
        note(&folder, &meta, &mut found);
        for path in fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
        {
            match fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_dir() => folders.push(path),
                Ok(meta) if meta.is_file() && is_ledger(&path) => note(&path, &meta, &mut found),
                _ => {}
            }
        }
    }
    found
}

fn is_ledger(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("ledger.db")
}

fn note(path: &Path, meta: &fs::Metadata, found: &mut Vec<(PathBuf, u32)>) {
    let mode = meta.permissions().mode();
    if mode & OTHERS != 0 {
        found.push((path.to_owned(), mode));
    }
}

fn close(path: &Path, mode: u32) -> bool {
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o777 & !OTHERS)).is_ok()
}
