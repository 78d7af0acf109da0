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
    let mut differences = against_manifest(&manifest, &on_disk);
    differences.extend(of_another_pdf(&on_disk));
    let made = again(console, home, &manifest)?;
    for (name, bytes) in &made {
        match on_disk.get(name) {
            None => differences.push(format!("{name} is not there")),
            Some(there) if there != bytes => {
                differences.push(format!("{name} differs from what its inputs give"));
            }
            Some(_) => {}
        }
    }
    for name in on_disk.keys() {
        if !made.contains_key(name) && !KEPT.contains(&name.as_str()) {
            differences.push(format!("{name} is no part of the edition"));
        }
    }
    differences.sort();
    differences.dedup();
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
    let told: Vec<Diagnostic> = differences
        .into_iter()
        .map(|what| {
            Diagnostic::error("edition-differs", what)
                .hint("restore the folder from a backup; what was sent is in state/archive")
        })
        .collect();
    console.diagnostics(&told);
    Ok(ExitStatus::Findings)
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
