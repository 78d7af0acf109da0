//! `metas verify DIR`: makes an edition again from the archive and compares every byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;

use crate::console::{Console, counted};
use crate::diagnostic::Diagnostic;
use crate::dropbox::{Collected, Missing, Submission};
use crate::edition::archive;
use crate::edition::compose;
use crate::edition::gathered::Gathered;
use crate::edition::inputs::EditionInputs;
use crate::edition::issue;
use crate::edition::manifest::{MANIFEST_FILE, Manifest, ManifestFile};
use crate::edition::past_submissions;
use crate::edition::photos::NoPhoto;
use crate::edition::publish::MESSAGE_FILE;
use crate::edition::release::{APPROVAL_FILE, ApprovalDocument};
use crate::edition::sources;
use crate::edition::sources::SourcesRequest;
use crate::edition::typeset::Typesetters;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home;
use crate::home::Home;
use crate::indicators::ReportingPeriod;
use crate::results::SourceState;
use crate::store::files::read_tree;
use clap::Args;

/// `metas verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The edition's folder, such as reports/PLAN/2026-T1/v1
    pub dir: PathBuf,
}

/// Files that are not made again: the manifest itself, and the message and the approval, whose bytes
/// are compared by hash.
const KEPT: [&str; 3] = [MANIFEST_FILE, MESSAGE_FILE, APPROVAL_FILE];

/// Makes the edition in `dir` again.
///
/// # Errors
/// It is no edition, or the archive lacks what it was made from.
pub(crate) fn verify(
    console: &Console,
    home: &Home,
    arguments: &VerifyArguments,
) -> Result<ExitStatus, CommandError> {
    let dir = &arguments.dir;
    let on_disk = read_tree(dir)?;
    let manifest = manifest(dir, &on_disk)?;
    let mut changed = against_manifest(&manifest, &on_disk);
    changed.extend(of_another_pdf(&on_disk));
    let made = again(console, home, &manifest)
        .map_err(|error| not_remade(dir, &manifest, changed.is_empty(), error))?;
    let mut otherwise = Vec::new();
    for (name, bytes) in &made {
        match on_disk.get(name) {
            None if manifest.files.iter().any(|file| file.path == *name) => {}
            None => otherwise.push(format!("{name} is not there")),
            Some(there) if there != bytes => {
                let what = format!("{name} differs from what its inputs give");
                match is_published(&manifest, name, there) {
                    true => otherwise.push(what),
                    false => changed.push(what),
                }
            }
            Some(_) => {}
        }
    }
    for name in on_disk.keys() {
        if !made.contains_key(name) && !KEPT.contains(&name.as_str()) {
            changed.push(format!("{name} is no part of the edition"));
        }
    }
    changed.sort();
    changed.dedup();
    let differences: Vec<&String> = changed.iter().chain(&otherwise).collect();
    let document = json!({
        "directory": dir.display().to_string(),
        "files": on_disk.len(),
        "identical": differences.is_empty(),
        "differences": differences,
    });
    if differences.is_empty() {
        let text = format!(
            "{}: {}, every byte as its inputs give it.\n",
            dir.display(),
            counted(on_disk.len(), "file")
        );
        console.data(&document, &text);
        return Ok(ExitStatus::Done);
    }
    console.data(&document, "");
    let restore = "restore the folder from a backup; what was sent is in state/archive";
    let differs = |what: String| Diagnostic::error("edition-differs", what);
    let changed = changed.into_iter().map(|what| differs(what).hint(restore));
    let by_its_own = of_another_metas(&manifest);
    let otherwise = otherwise.into_iter();
    let otherwise = otherwise.map(|what| differs(what).hint(&by_its_own));
    console.diagnostics(&changed.chain(otherwise).collect::<Vec<_>>());
    Ok(ExitStatus::Findings)
}

/// Whether a file is as it was published.
fn is_published(manifest: &Manifest, name: &str, bytes: &[u8]) -> bool {
    let mut files = manifest.files.iter();
    files.any(|file| file.path == name && file.sha256 == sha256_hex(bytes))
}

/// What to do about an edition that is as it was published, and that this metas makes otherwise.
fn of_another_metas(manifest: &Manifest) -> String {
    format!(
        "it is as it was published; verify it with the metas that made it, {}",
        manifest.metas
    )
}

/// An edition that this metas can't make again, such as one whose templates it does not take: what
/// its manifest proves is told all the same.
fn not_remade(
    dir: &Path,
    manifest: &Manifest,
    is_whole: bool,
    mut error: CommandError,
) -> CommandError {
    let (state, way) = match is_whole {
        true => ("is as it was published", of_another_metas(manifest)),
        false => (
            "is not as it was published",
            "restore the folder from a backup".to_owned(),
        ),
    };
    let message = format!(
        "{} {state}; metas {} can't make it again",
        dir.display(),
        env!("CARGO_PKG_VERSION")
    );
    let told = Diagnostic::error("edition-not-remade", message).hint(way);
    error.diagnostics.insert(0, told);
    error
}

fn not_an_edition(dir: &Path, why: &str) -> CommandError {
    let message = format!("{} is no edition: {why}", dir.display());
    CommandError::usage(
        "no-edition",
        message,
        "name a folder such as reports/PLAN/2026-T1/v1",
    )
}

fn manifest(dir: &Path, on_disk: &BTreeMap<String, Vec<u8>>) -> Result<Manifest, CommandError> {
    let bytes = on_disk
        .get(MANIFEST_FILE)
        .ok_or_else(|| not_an_edition(dir, "it has no manifest.json"))?;
    Manifest::parse(bytes).map_err(|e| not_an_edition(dir, &format!("manifest.json: {e}")))
}

fn against_manifest(manifest: &Manifest, on_disk: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let difference = |file: &ManifestFile| match on_disk.get(&file.path) {
        None => Some(format!("{} is not there", file.path)),
        Some(bytes) if sha256_hex(bytes) != file.sha256 => {
            Some(format!("{} is not what the manifest says", file.path))
        }
        Some(_) => None,
    };
    manifest.files.iter().filter_map(difference).collect()
}

/// An approval that is not of this report.
fn of_another_pdf(on_disk: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let approval = on_disk.get(APPROVAL_FILE)?;
    let pdf = on_disk.get("report.pdf").map(|pdf| sha256_hex(pdf));
    let approved = match ApprovalDocument::parse(approval) {
        Ok(document) => Some(document.pdf_sha256),
        Err(why) => return Some(format!("{APPROVAL_FILE}: {why}")),
    };
    (approved != pdf).then(|| format!("{APPROVAL_FILE} is of another report.pdf"))
}

/// Everything that the edition was made from, made into an edition again.
fn again(
    console: &Console,
    home: &Home,
    manifest: &Manifest,
) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
    let mut made_from = BTreeMap::new();
    for file in &manifest.made_from {
        let bytes = archive::get(home, &file.sha256)?;
        made_from.insert(file.path.clone(), bytes);
    }
    let name = &manifest.definition.path;
    let definition = made_from
        .get(name)
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let pipeline = home::load(name, &definition.unwrap_or_default())?;
    let (period, number) = (manifest.period, manifest.edition);
    let pipeline = pipeline.at(period);
    let now = manifest.issued_at.with_timezone(&pipeline.plan.timezone);
    let ledger = work::open_if_there(home)?;
    let mut editions = match &ledger {
        Some(ledger) => ledger.editions(Some(&pipeline.plan.id), Some(period))?,
        None => Vec::new(),
    };
    editions.retain(|e| e.published && e.key.edition < number);
    let replaces = issue::replaced(&editions, manifest.reason.as_deref(), &pipeline);
    let prefix = format!("report-templates/{}/", pipeline.report.template);
    let template = made_from
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), bytes.clone())))
        .collect();
    let corrects = compose::corrected(&editions)?;
    let which = (period, number);
    let (history, last) = compose::earlier(ledger.as_ref(), &pipeline, which, now.to_utc())?;
    let past = past_submissions::before(ledger.as_ref(), &pipeline, period, now.to_utc())?;
    let typesetters = Typesetters::begin(&template)?;
    let request = SourcesRequest::new(&pipeline, last.as_ref());
    let gathered = gathered(console, home, request, manifest)?;
    let edition_inputs = EditionInputs {
        pipeline: &pipeline,
        reporting: &ReportingPeriod::of(period, now.date_naive()),
        edition: number,
        replaces: &replaces,
        corrects: corrects.as_ref(),
        last: last.as_ref(),
        past_submissions: &past,
        now,
        draft: false,
        template: &template,
        photos: &|name| {
            let why = manifest.refused_photos.get(name).map(String::as_str);
            let missing = || {
                let why = why.unwrap_or("No se encuentra la fotografía en la carpeta del periodo.");
                NoPhoto::Refused(why.to_owned())
            };
            made_from
                .get(&format!("inputs/{name}"))
                .cloned()
                .ok_or_else(missing)
        },
    };
    Ok(compose::compose(console, edition_inputs, &gathered, &history, typesetters)?.files)
}

/// The submissions of then, read from the archive.
fn gathered(
    console: &Console,
    home: &Home,
    request: SourcesRequest<'_>,
    manifest: &Manifest,
) -> Result<Gathered, CommandError> {
    let mut collected = Collected::default();
    for file in &manifest.submissions {
        archive::get(home, &file.sha256)?;
        collected.submissions.push(Submission {
            source: file.source.clone(),
            department: file.department.clone(),
            file: file.file.clone(),
            path: home.held(&archive::place(&file.sha256)),
            size: file.bytes,
            modified: SystemTime::UNIX_EPOCH,
            sha256: file.sha256.clone(),
        });
    }
    collected.missing = manifest
        .missing
        .iter()
        .map(|file| Missing {
            source: file.source.clone(),
            department: file.department.clone(),
            pattern: file.file.clone(),
        })
        .collect();
    collected.findings.clone_from(&manifest.folder_findings);
    let mut gathered = sources::read_and_sort(console, request, collected)?;
    for source in &mut gathered.sources {
        if let Some(late) = manifest.late(&source.source, &source.department) {
            source.state = SourceState::Late;
            source.late_days = late.days;
        }
    }
    Ok(gathered)
}
