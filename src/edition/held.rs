//! The folder of an edition that waits to be released: its files as they will be published, and what
//! was asked for. It lies in `state/held/PLAN/PERIOD/`, which only its owner can open, comes there
//! whole by a rename, and is believed only as far as its manifest and the ledger vouch for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::edition_store;
use super::manifest::{MANIFEST_FILE, Manifest};
use super::request::IssueRequest;
use super::store_place;
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::failpoint;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{Ledger, PendingApproval, nonce_of};
use crate::percent::encoded;
use crate::period::Period;
use crate::store::error::{Doing, StoreError};
use crate::store::files::{
    create_private_folder, is_inside, rename_new, sync_folder, write_private, write_tree,
};
use crate::store::{files, keep, presence, regular};

/// What was asked for, beside the files.
const REQUEST_FILE: &str = "request.json";
/// How old a folder on its way is before it is cleared away although another run may be at work.
const OLD: Duration = Duration::from_hours(1);

/// What was asked for when the edition was made: a later run goes on with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeldRequest {
    /// Whether the period had not closed.
    pub preliminary: bool,
    /// Why an operator asked for a correction.
    pub reason: Option<String>,
    /// Another drop folder than the period's.
    pub inputs: Option<PathBuf>,
    /// Another folder for reports than the home's.
    pub out: Option<PathBuf>,
}

impl HeldRequest {
    /// As `request` asks for it; folders as they are found from anywhere.
    pub(crate) fn of(request: &IssueRequest, preliminary: bool) -> Self {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Self {
            preliminary,
            reason: request.correction.clone(),
            inputs: request.inputs.as_ref().map(absolute),
            out: request.out.as_ref().map(absolute),
        }
    }
}

/// An edition that waits, each byte as the ledger and its manifest say.
pub(crate) struct HeldEdition {
    /// Where it lies.
    pub folder: PathBuf,
    /// What was asked for.
    pub request: HeldRequest,
    /// What it was made from and holds.
    pub manifest: Manifest,
    /// Its files, the manifest aside.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Where an edition of a period waits.
pub(crate) fn folder(home: &Home, plan: &str, period: Period) -> PathBuf {
    parent(home, plan).join(period.to_string())
}

fn parent(home: &Home, plan: &str) -> PathBuf {
    home.state().join("held").join(plan)
}

/// Writes the files whole under a hidden name that carries the run's token, and puts the folder into
/// its place. What waited there before is gone then.
///
/// # Errors
/// The disk refuses; then what waited before still lies there, or nothing.
pub(crate) fn write(
    home: &Home,
    (plan, period, run): (&str, Period, &str),
    request: &HeldRequest,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<PathBuf, CommandError> {
    let parent = parent(home, plan);
    let place = folder(home, plan, period);
    let hidden = parent.join(hidden_name(period, run, "making"));
    presence::remove(&hidden)?;
    create_private_folder(&hidden)?;
    write_private(&hidden.join(REQUEST_FILE), &document(request))?;
    write_tree(&hidden, files, || ())?;
    failpoint::hit("held-written");
    set_aside(&place, &parent.join(hidden_name(period, run, "old")))?;
    failpoint::hit("held-aside");
    rename_new(&hidden, &place).doing("rename", &hidden)?;
    sync_folder(&parent)?;
    failpoint::hit("held-in-place");
    Ok(place)
}

/// What was asked for, as a file.
fn document(request: &HeldRequest) -> Vec<u8> {
    let request = serde_json::json!(request);
    format!("{request:#}\n").into_bytes()
}

fn hidden_name(period: Period, run: &str, what: &str) -> String {
    let nonce = nonce_of(run).unwrap_or_else(|| run.to_owned());
    format!(".{period}.{nonce}.{what}")
}

/// What stands for a run in hidden names where none is at work.
fn bringing() -> String {
    format!("bringing-{}", std::process::id())
}

/// Takes what lies in a place away, hidden first: removing takes time, and half of it must not lie
/// under its name.
fn set_aside(place: &Path, hidden: &Path) -> Result<(), CommandError> {
    if !presence::lies(place)? {
        return Ok(());
    }
    presence::remove(hidden)?;
    fs::rename(place, hidden).doing("rename", place)?;
    presence::remove(hidden)?;
    Ok(())
}

/// Removes what waited for a period and waits no more.
///
/// # Errors
/// The disk refuses.
pub(crate) fn forget(
    home: &Home,
    (plan, period): (&str, Period),
    run: &str,
) -> Result<(), CommandError> {
    let hidden = parent(home, plan).join(hidden_name(period, run, "old"));
    set_aside(&folder(home, plan, period), &hidden)
}

/// What was asked for when the edition was made that waits for a period; none where that can't be
/// read any more.
pub(crate) fn request_of(home: &Home, plan: &str, period: Period) -> Option<HeldRequest> {
    let bytes = regular::read(&folder(home, plan, period).join(REQUEST_FILE)).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Puts an edition that is to wait into the store, where the home has one, with what was asked for:
/// before anybody is asked for it.
///
/// # Errors
/// The store can't be used.
pub(crate) fn keep_for_good(
    home: &Home,
    pending: &PendingApproval,
    request: &HeldRequest,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), CommandError> {
    let Some(store) = store_place::to_write(home)? else {
        return Ok(());
    };
    // What was asked for, and the manifest last: what has its manifest there is whole.
    keep(store, &request_key(pending), &document(request))?;
    edition_store::put(home, (&pending.key.plan, pending.key.period), files)
}

/// Brings the edition that waits into this folder, where another host has made it. False where it is
/// not in the store either.
fn bring_back(home: &Home, pending: &PendingApproval) -> Result<bool, CommandError> {
    let Some(store) = store_place::of(home)? else {
        return Ok(false);
    };
    let (plan, period) = (pending.key.plan.as_str(), pending.key.period);
    let Some(files) = edition_store::files(home, (plan, period), &pending.manifest_sha256)? else {
        return Ok(false);
    };
    let Some(request) = store.get(&request_key(pending))? else {
        return Ok(false);
    };
    let Ok(request) = serde_json::from_slice(&request) else {
        return Ok(false);
    };
    write(home, (plan, period, &bringing()), &request, &files)?;
    Ok(true)
}

fn request_key(pending: &PendingApproval) -> String {
    let key = &pending.key;
    let plan = encoded(&key.plan);
    format!(
        "held/{plan}/{}/{}.json",
        key.period, pending.manifest_sha256
    )
}

/// Reads the edition that waits and holds every byte against the ledger and its manifest. What does
/// not lie here as it was made is brought from the store first, where the home has one.
///
/// # Errors
/// `held-changed` (held): what is not as it was made; or the store can't be used.
pub(crate) fn read(home: &Home, pending: &PendingApproval) -> Result<HeldEdition, CommandError> {
    let held = |changed| CommandError::new(ExitStatus::Held, changed);
    match read_here(home, pending) {
        Ok(edition) => Ok(edition),
        Err(_) if bring_back(home, pending)? => read_here(home, pending).map_err(held),
        Err(changed) => Err(held(changed)),
    }
}

fn read_here(home: &Home, pending: &PendingApproval) -> Result<HeldEdition, Diagnostic> {
    let key = &pending.key;
    let folder = folder(home, &key.plan, key.period);
    let changed = |what: String| {
        let shown = folder.strip_prefix(&home.root).unwrap_or(&folder);
        let message = format!(
            "edition {} of {} {} waits for approval in {}, and is not as it was made: {what}",
            key.edition,
            key.plan,
            key.period,
            shown.display()
        );
        Diagnostic::error("held-changed", message).hint(format!(
            "Nothing was released. The next run makes it anew and asks again: metas run {}",
            key.plan
        ))
    };
    let file = |name: &str| {
        regular::read(&folder.join(name)).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => changed(format!("{name} is gone")),
            _ => changed(format!("{name} can't be read: {e}")),
        })
    };
    let manifest = file(MANIFEST_FILE)?;
    if sha256_hex(&manifest) != pending.manifest_sha256 {
        return Err(changed(format!("{MANIFEST_FILE} is another")));
    }
    let manifest = Manifest::parse(&manifest).map_err(|why| changed(why.clone()))?;
    let mut files = BTreeMap::new();
    for one in &manifest.files {
        if !is_inside(&one.path) {
            return Err(changed(format!("{} lies outside the folder", one.path)));
        }
        let bytes = file(&one.path)?;
        if sha256_hex(&bytes) != one.sha256 {
            return Err(changed(format!("{} is another", one.path)));
        }
        files.insert(one.path.clone(), bytes);
    }
    if manifest.file("report.pdf").map(|pdf| &pdf.sha256) != Some(&pending.pdf_sha256) {
        return Err(changed(
            "report.pdf is another than the one asked for".to_owned(),
        ));
    }
    let request = request_of(home, &key.plan, key.period)
        .ok_or_else(|| changed(format!("{REQUEST_FILE} is gone or can't be read")))?;
    Ok(HeldEdition {
        folder: folder.clone(),
        request,
        manifest,
        files,
    })
}

/// Clears away what waits no more, and what runs that died have left on its way.
///
/// # Errors
/// A folder can't be read or removed, or the ledger can't be read.
pub(crate) fn sweep(home: &Home, ledger: &Ledger, alone: bool) -> Result<(), CommandError> {
    let root = home.state().join("held");
    for (plan, path) in entries(&root)? {
        for (name, path) in entries(&path)? {
            let waits = match name.parse::<Period>() {
                Ok(period) => {
                    let pending = ledger.pending_approval(&plan, period);
                    pending?.is_some()
                }
                Err(_) => false,
            };
            if !waits && (alone || is_old(&path)) {
                presence::remove(&path)?;
                failpoint::hit("held-swept");
            }
        }
    }
    Ok(())
}

fn is_old(path: &Path) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|m| m.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > OLD))
}

/// What lies in a folder; what is none holds nothing.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, StoreError> {
    if presence::is_folder(folder)? {
        files::entries(folder)
    } else {
        Ok(Vec::new())
    }
}
