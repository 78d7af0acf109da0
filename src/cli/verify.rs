//! `metas verify DIR`: makes an edition again from the archive and compares every byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::DateTime;
use serde_json::{Value, json};

use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::dropbox::{Collected, Missing, Submission};
use crate::edition::archive;
use crate::edition::compose;
use crate::edition::inputs::EditionInputs;
use crate::edition::issue;
use crate::edition::photos::NoPhoto;
use crate::edition::sources;
use crate::edition::sources::{Gathered, SourcesRequest};
use crate::edition::typeset::Typesetters;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home;
use crate::home::Home;
use crate::indicators::ReportingPeriod;
use crate::period::Period;
use crate::results::SourceState;
use crate::store::files::read_tree;
use clap::Args;

/// `metas verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The edition's folder, such as reports/PLAN/2026-T1/v1
    pub dir: PathBuf,
}

/// Files that are not made again: the manifest itself, and the message, whose frozen bytes are
/// compared by hash.
const KEPT: [&str; 2] = ["manifest.json", "message.eml"];

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
            "{}: {} files, every byte as its inputs give it.\n",
            dir.display(),
            on_disk.len()
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

fn manifest(dir: &Path, on_disk: &BTreeMap<String, Vec<u8>>) -> Result<Value, CommandError> {
    let bytes = on_disk
        .get("manifest.json")
        .ok_or_else(|| not_an_edition(dir, "it has no manifest.json"))?;
    serde_json::from_slice(bytes).map_err(|e| not_an_edition(dir, &format!("manifest.json: {e}")))
}

fn against_manifest(manifest: &Value, on_disk: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut differences = Vec::new();
    for file in list(&manifest["files"]) {
        let (Some(name), Some(sha256)) = (file["path"].as_str(), file["sha256"].as_str()) else {
            continue;
        };
        match on_disk.get(name) {
            None => differences.push(format!("{name} is not there")),
            Some(bytes) if sha256_hex(bytes) != sha256 => {
                differences.push(format!("{name} is not what the manifest says"));
            }
            Some(_) => {}
        }
    }
    differences
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str, CommandError> {
    value.as_str().ok_or_else(|| {
        let error = Diagnostic::error("manifest", format!("manifest.json has no {what}"));
        CommandError::environment(error.hint("restore it from a backup"))
    })
}

/// Everything that the edition was made from, made into an edition again.
fn again(
    console: &Console,
    home: &Home,
    manifest: &Value,
) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
    let mut made_from = BTreeMap::new();
    for file in list(&manifest["made_from"]) {
        let bytes = archive::get(home, text(&file["sha256"], "hash")?)?;
        made_from.insert(text(&file["path"], "path")?.to_owned(), bytes);
    }
    let name = text(&manifest["definition"]["path"], "definition")?;
    let definition = made_from
        .get(name)
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let pipeline = home::load(name, &definition.unwrap_or_default())?;
    let period: Period = text(&manifest["period"], "period")?
        .parse()
        .map_err(|why: String| CommandError::environment(Diagnostic::error("manifest", why)))?;
    let pipeline = pipeline.at(period);
    let now = DateTime::parse_from_rfc3339(text(&manifest["issued_at"], "time")?)
        .map_err(|e| CommandError::environment(Diagnostic::error("manifest", e.to_string())))?
        .with_timezone(&pipeline.plan.timezone);
    let number = manifest["edition"]
        .as_u64()
        .and_then(|n| u32::try_from(n).ok())
        .unwrap_or(1);
    let ledger = work::open_if_there(home)?;
    let mut editions = match &ledger {
        Some(ledger) => ledger
            .editions(Some(&pipeline.plan.id), Some(period))
            .map_err(CommandError::environment)?,
        None => Vec::new(),
    };
    editions.retain(|e| e.published && e.key.edition < number);
    let replaces = issue::replaced(&editions, manifest["reason"].as_str(), &pipeline);
    let prefix = format!("report-templates/{}/", pipeline.report.template);
    let template = made_from
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?.to_owned(), bytes.clone())))
        .collect();
    let corrects = compose::corrected(&editions)?;
    let which = (period, number);
    let (history, last) = compose::earlier(ledger.as_ref(), &pipeline, which, now.to_utc())?;
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
        now,
        draft: false,
        template: &template,
        photos: &|name| {
            let why = manifest["refused_photos"][name].as_str();
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
    manifest: &Value,
) -> Result<Gathered, CommandError> {
    let mut collected = Collected::default();
    for file in list(&manifest["submissions"]) {
        let sha256 = text(&file["sha256"], "hash")?.to_owned();
        archive::get(home, &sha256)?;
        collected.submissions.push(Submission {
            source: text(&file["source"], "source")?.to_owned(),
            department: text(&file["department"], "department")?.to_owned(),
            file: text(&file["file"], "file")?.to_owned(),
            path: home.root.join(archive::place(&sha256)),
            size: file["bytes"].as_u64().unwrap_or_default(),
            modified: SystemTime::UNIX_EPOCH,
            sha256,
        });
    }
    for file in list(&manifest["missing"]) {
        collected.missing.push(Missing {
            source: text(&file["source"], "source")?.to_owned(),
            department: text(&file["department"], "department")?.to_owned(),
            pattern: text(&file["file"], "file")?.to_owned(),
        });
    }
    collected.findings =
        serde_json::from_value(manifest["folder_findings"].clone()).unwrap_or_default();
    let mut gathered = sources::read_and_sort(console, request, collected)?;
    for late in list(&manifest["late"]) {
        let of = |key: &str| late[key].as_str();
        for source in &mut gathered.sources {
            if of("source") == Some(source.source.as_str())
                && of("department") == Some(source.department.as_str())
            {
                source.state = SourceState::Late;
            }
        }
    }
    Ok(gathered)
}
