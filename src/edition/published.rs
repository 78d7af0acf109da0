//! What lies published, held against what the ledger knows. What is published is the truth: the
//! ledger may be lost or older, an edition's folder may be gone or changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::folders::{FoundFolder, folder_of, lying};
use super::manifest::{MANIFEST_FILE, Manifest, ManifestFile};
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{Edition, EditionKey, Ledger, Making};
use crate::period::Period;
use crate::plan::Plan;
use crate::store::presence;

/// Tells of each period of a plan in whose folder lies what the ledger does not know: below
/// `reports/`, below `out`, and wherever the ledger has editions of the plan.
///
/// # Errors
/// A folder or the ledger cannot be read.
pub(crate) fn unknown(
    home: &Home,
    ledger: Option<&Ledger>,
    plan: &str,
    out: Option<&Path>,
) -> Result<Vec<Diagnostic>, CommandError> {
    // The folders first: what is published meanwhile is then known when the ledger is asked.
    let mut roots = vec![home.root.join("reports")];
    roots.extend(out.map(Path::to_owned));
    let before = editions(ledger, plan)?;
    roots.extend(before.iter().filter_map(|e| root_of(home, e)));
    let mut lies: Vec<FoundFolder> = Vec::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    for root in roots {
        let real = root.canonicalize().unwrap_or_else(|_| root.clone());
        if !seen.contains(&real) {
            lies.extend(lying(&root, plan)?);
            seen.push(real);
        }
    }
    let editions = editions(ledger, plan)?;
    let makings = match ledger {
        Some(ledger) => ledger.makings()?,
        None => Vec::new(),
    };
    lies.retain(|l| !is_known(home, l, plan, &editions, &makings));
    let mut by_folder: BTreeMap<PathBuf, Vec<&FoundFolder>> = BTreeMap::new();
    for one in &lies {
        let folder = one.path.parent().unwrap_or(&one.path).to_owned();
        by_folder.entry(folder).or_default().push(one);
    }
    let told = |(folder, lies): (PathBuf, Vec<&FoundFolder>)| {
        let period = lies.first().map(|l| l.period)?;
        let knows = editions.iter().filter(|e| e.key.period == period).count();
        Some(not_known(home, &folder, plan, (period, knows), &lies))
    };
    Ok(by_folder.into_iter().filter_map(told).collect())
}

/// Whether nothing may be done for a plan because the ledger does not know what is published; tells
/// why.
///
/// # Errors
/// As [`unknown`].
pub(crate) fn holds(
    console: &Console,
    home: &Home,
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    out: Option<&Path>,
) -> Result<bool, CommandError> {
    let found = unknown(home, ledger, &pipeline.plan.id, out)?;
    console.diagnostics(&found);
    Ok(!found.is_empty())
}

/// Tells of the plan's editions that are gone or changed, and how a run that finds them ends.
///
/// # Errors
/// As [`damaged`].
pub(crate) fn tell_damaged(
    console: &Console,
    home: &Home,
    ledger: Option<&Ledger>,
    pipeline: &Plan,
) -> Result<ExitStatus, CommandError> {
    let found = match ledger {
        Some(ledger) => damaged(home, ledger, Some(&pipeline.plan.id))?,
        None => Vec::new(),
    };
    console.diagnostics(&found);
    Ok(if found.is_empty() {
        ExitStatus::Done
    } else {
        ExitStatus::Held
    })
}

fn editions(ledger: Option<&Ledger>, plan: &str) -> Result<Vec<Edition>, CommandError> {
    let Some(ledger) = ledger else {
        return Ok(Vec::new());
    };
    let mut editions = ledger.editions(Some(plan), None)?;
    editions.retain(|e| e.published);
    Ok(editions)
}

/// The folder that holds the plan's folder of an edition.
fn root_of(home: &Home, edition: &Edition) -> Option<PathBuf> {
    let folder = folder_of(home, edition);
    folder.ancestors().nth(3).map(Path::to_owned)
}

fn is_known(
    home: &Home,
    lies: &FoundFolder,
    plan: &str,
    editions: &[Edition],
    makings: &[Making],
) -> bool {
    let in_making = |m: &Making| {
        let key = &m.key;
        (key.plan.as_str(), key.period, key.edition) == (plan, lies.period, lies.number)
            && lies.token.as_deref() == Some(m.run.as_str())
    };
    let same = |e: &&Edition| e.key.period == lies.period && e.key.edition == lies.number;
    let known = |e: &Edition| {
        is_same_folder(&folder_of(home, e), &lies.path)
            || e.manifest_sha256.is_some() && e.manifest_sha256 == manifest_sha256(&lies.path)
    };
    makings.iter().any(in_making) || editions.iter().find(same).is_some_and(known)
}

fn is_same_folder(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn manifest_sha256(folder: &Path) -> Option<String> {
    fs::read(folder.join(MANIFEST_FILE))
        .ok()
        .map(|bytes| sha256_hex(&bytes))
}

fn not_known(
    home: &Home,
    folder: &Path,
    plan: &str,
    (period, knows): (Period, usize),
    lies: &[&FoundFolder],
) -> Diagnostic {
    let names: Vec<String> = lies.iter().map(|l| format!("v{}", l.number)).collect();
    let shown = folder.strip_prefix(&home.root).unwrap_or(folder);
    let knows = match knows {
        0 => "knows no edition of it".to_owned(),
        n => format!("knows {n} other of it"),
    };
    let message = format!(
        "{} holds {}, which this home's ledger does not know: it {knows}",
        shown.display(),
        names.join(", ")
    );
    let out = if shown.starts_with("reports") {
        String::new()
    } else {
        let root = folder.ancestors().nth(2).unwrap_or(folder);
        format!(" --out {}", root.display())
    };
    Diagnostic::error("unknown-edition", message).hint(format!(
        "Nothing of {plan} is issued or sent until this is settled. If state/ was lost or is an older one: move state/ and reports/ aside and put both back with `metas restore FILE`; or record what lies there as issued and delivered, sending nothing: `metas adopt {plan} {period}{out}`"
    ))
}

/// Tells of each published edition of a plan (of all where none is given) whose folder, or a file
/// of it, is gone or is not what was published.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn damaged(
    home: &Home,
    ledger: &Ledger,
    plan: Option<&str>,
) -> Result<Vec<Diagnostic>, CommandError> {
    let editions = ledger.editions(plan, None)?;
    Ok(editions
        .iter()
        .filter(|e| e.published)
        .filter_map(|edition| told_damage(home, edition))
        .collect())
}

/// Tells what is wrong with an edition's folder, if anything is.
pub(crate) fn told_damage(home: &Home, edition: &Edition) -> Option<Diagnostic> {
    let folder = folder_of(home, edition);
    let what = damage(&folder, edition.manifest_sha256.as_deref())?;
    Some(changed(home, edition, &folder, &what))
}

/// Tells of a period without an edition in a ledger that was put back from a backup after the
/// period was due: it may have been issued since the backup. To an unattended run that is a reason
/// to wait for a person.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn since_restore(
    ledger: &Ledger,
    pipeline: &Plan,
    period: Period,
    attended: bool,
) -> Result<Option<Diagnostic>, CommandError> {
    let Some(at) = ledger.restored_at()? else {
        return Ok(None);
    };
    let day = at.with_timezone(&pipeline.plan.timezone).date_naive();
    let due = pipeline.schedule.due_on(period);
    if day < due {
        return Ok(None);
    }
    let id = &pipeline.plan.id;
    let message = format!(
        "{id} {period} was due on {due} and has no edition in this ledger, which was put back from a backup on {day}: it may have been issued since that backup"
    );
    let told = if attended {
        Diagnostic::warning("restored-ledger", message)
    } else {
        Diagnostic::error("restored-ledger", message)
    };
    Ok(Some(told.hint(format!(
        "if it was, put its folder back and record it: metas adopt {id} {period}; if not, issue it: metas run {id} --period {period}; or close it: metas skip {id} {period} --reason \"…\""
    ))))
}

/// What is wrong with an edition's folder; none where every file is what its manifest says.
pub(crate) fn damage(folder: &Path, manifest_sha256: Option<&str>) -> Option<String> {
    match presence::is_folder(folder) {
        Ok(true) => {}
        Ok(false) => return Some("its folder is gone".to_owned()),
        Err(e) => return Some(format!("its folder can't be looked at: {}", e.source)),
    }
    let bytes = match fs::read(folder.join(MANIFEST_FILE)) {
        Ok(bytes) => bytes,
        Err(e) => return Some(format!("manifest.json can't be read: {e}")),
    };
    if manifest_sha256.is_some_and(|expected| sha256_hex(&bytes) != expected) {
        return Some("manifest.json is not what was published".to_owned());
    }
    let manifest = match Manifest::parse(&bytes) {
        Ok(manifest) => manifest,
        Err(why) => return Some(format!("manifest.json is no manifest: {why}")),
    };
    if manifest.files.is_empty() {
        return Some("manifest.json names no files".to_owned());
    }
    let files = manifest.files.iter();
    let wrong: Vec<String> = files.filter_map(|f| wrong_file(folder, f)).collect();
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

fn wrong_file(folder: &Path, file: &ManifestFile) -> Option<String> {
    let (name, sha256) = (&file.path, &file.sha256);
    if !crate::store::files::is_inside(name) {
        return Some(format!("manifest.json names {name}, outside the folder"));
    }
    match fs::read(folder.join(name)) {
        Ok(bytes) if sha256_hex(&bytes) == *sha256 => None,
        Ok(_) => Some(format!("{name} is not what was published")),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Some(format!("{name} is gone")),
        Err(e) => Some(format!("{name} can't be read: {e}")),
    }
}

fn changed(home: &Home, edition: &Edition, folder: &Path, what: &str) -> Diagnostic {
    let EditionKey {
        plan,
        period,
        edition: number,
    } = &edition.key;
    let shown = folder.strip_prefix(&home.root).unwrap_or(folder).display();
    let is_gone = matches!(presence::is_folder(folder), Ok(false));
    let code = if is_gone {
        "edition-missing"
    } else {
        "edition-changed"
    };
    let message = format!("edition {number} of {plan} {period} ({shown}): {what}");
    Diagnostic::error(code, message).hint(
        "Put it back as it was published: `metas restore FILE --missing` takes it from a file of `metas backup`; without FILE from the store, where METAS_STORE names one. What was sent does not change.",
    )
}

#[cfg(test)]
mod tests {
    use super::super::manifest;
    use super::*;

    /// What `damage` says of a folder with the file `a` that holds `x`, beside a file `out` of the
    /// same content, where `files` is what the manifest lists.
    fn said(files: &str) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("v1");
        fs::create_dir(&folder).unwrap();
        for place in [folder.join("a"), home.path().join("out")] {
            fs::write(place, "x").unwrap();
        }
        let files = files.replace('#', &sha256_hex(b"x"));
        let files = serde_json::from_str(&files).unwrap();
        let manifest = manifest::tests::with_files(files);
        fs::write(folder.join(MANIFEST_FILE), manifest).unwrap();
        damage(&folder, None)
    }

    #[test]
    fn a_manifest_vouches_for_files_of_its_own_folder_alone() {
        for (files, wrong) in [
            (r##"[{"path":"a","sha256":"#","bytes":1}]"##, None),
            (
                r##"[{"path":"a","sha256":"0","bytes":1}]"##,
                Some("a is not what was published"),
            ),
            (
                r##"[{"path":"b","sha256":"#","bytes":1}]"##,
                Some("b is gone"),
            ),
            (
                r##"[{"path":"../out","sha256":"#","bytes":1}]"##,
                Some("names ../out, outside the folder"),
            ),
            (r##"[{"path":"a"}]"##, Some("missing field `sha256`")),
            ("[]", Some("names no files")),
            ("7", Some("no manifest: invalid type")),
        ] {
            let said = said(files);
            match wrong {
                None => assert_eq!(said, None, "{files}"),
                Some(wrong) => assert!(said.as_deref().unwrap().contains(wrong), "{said:?}"),
            }
        }
    }
}
