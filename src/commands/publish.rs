//! An edition onto the disk and into the ledger: whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::archive;
use super::compose::Draft;
use super::edition::Order;
use super::files::{create_private_folder, sync_folder, write_private};
use super::gather::Gathered;
use super::home::Home;
use super::message;
use super::stop::Stop;
use crate::delivery::sha256_hex;
use crate::failpoint;
use crate::ledger::{EditionKey, Figure, Ledger, NewDelivery, Publication, Transport};
use crate::pipeline::Pipeline;
use crate::report::SourceState;

/// The folder of a period's editions.
pub fn folder(
    home: &Home,
    out: Option<&Path>,
    plan: &str,
    period: crate::period::Period,
) -> PathBuf {
    let root = out.map_or_else(|| home.root.join("reports"), Path::to_owned);
    root.join(plan).join(period.to_string())
}

/// Writes the edition's files under a hidden name, renames them into place, and publishes the
/// edition with its messages in one transaction.
///
/// # Errors
/// The disk or the ledger refuses; then nothing was announced.
pub fn publish(
    home: &Home,
    pipeline: &Pipeline,
    order: &Order,
    ledger: &mut Ledger,
    key: &EditionKey,
    mut draft: Draft,
    gathered: &Gathered,
) -> Result<PathBuf, Stop> {
    let mail = message::message(home, pipeline, order, ledger, key, &draft)?;
    if let Some(mail) = &mail {
        draft
            .files
            .insert("message.eml".to_owned(), mail.bytes.clone());
    }
    let manifest = manifest(pipeline, order, key, &draft, gathered);
    let manifest_sha256 = sha256_hex(&manifest);
    draft.files.insert("manifest.json".to_owned(), manifest);
    for bytes in draft.archived.values() {
        archive::put(home, bytes)?;
    }
    let place = in_place(home, order, key, &draft.files)?;
    let deliveries = match mail {
        Some(mail) => {
            let sha256 = archive::put(home, &mail.bytes)?;
            let row = |recipient: String| NewDelivery {
                recipient,
                transport: mail.transport,
                message_id: mail.message_id.clone(),
                message_path: archive::place(&sha256).to_string_lossy().into_owned(),
                message_sha256: sha256.clone(),
            };
            mail.recipients.into_iter().map(row).collect()
        }
        None => Vec::new(),
    };
    let publication = Publication {
        manifest_sha256,
        results: draft.results.to_string(),
        figures: figures(&draft),
        deliveries,
    };
    failpoint::hit("before-publish");
    ledger
        .publish_edition(key, &publication, order.now.to_utc())
        .map_err(Stop::environment)?;
    failpoint::hit("published");
    Ok(place)
}

/// The transport that the plan's messages take.
pub fn transport(pipeline: &Pipeline) -> Transport {
    let smtp = pipeline.delivery.as_ref().and_then(|d| d.smtp.as_ref());
    if smtp.is_some() {
        Transport::Smtp
    } else {
        Transport::Outbox
    }
}

fn figures(draft: &Draft) -> Vec<Figure> {
    let goals = draft.goals.iter();
    goals
        .map(|goal| Figure {
            goal: goal.goal.clone(),
            actual_value: goal.actual_value,
            progress_pct: goal.progress_pct,
            status: goal.status.id().to_owned(),
        })
        .collect()
}

fn in_place(
    home: &Home,
    order: &Order,
    key: &EditionKey,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<PathBuf, Stop> {
    let parent = folder(home, order.out.as_deref(), &key.plan, key.period);
    create_private_folder(&parent)?;
    let making = parent.join(format!(".v{}.making", key.edition));
    let place = parent.join(format!("v{}", key.edition));
    // What a run that died has left was never announced: the ledger has no such edition.
    for old in [&making, &place] {
        if old.exists() {
            fs::remove_dir_all(old).map_err(|e| Stop::io("remove", old, &e))?;
        }
    }
    create_private_folder(&making)?;
    let mut folders = vec![making.clone()];
    for (name, bytes) in files {
        let path = making.join(name);
        if let Some(folder) = path.parent()
            && !folders.iter().any(|f| f == folder)
        {
            create_private_folder(folder)?;
            folders.push(folder.to_owned());
        }
        write_private(&path, bytes)?;
        failpoint::hit("file-written");
    }
    for folder in &folders {
        sync_folder(folder)?;
    }
    failpoint::hit("before-rename");
    fs::rename(&making, &place).map_err(|e| Stop::io("rename", &making, &e))?;
    sync_folder(&parent)?;
    failpoint::hit("renamed");
    Ok(place)
}

/// What the edition was made from and what it holds.
fn manifest(
    pipeline: &Pipeline,
    order: &Order,
    key: &EditionKey,
    draft: &Draft,
    gathered: &Gathered,
) -> Vec<u8> {
    let hashes = |files: &BTreeMap<String, Vec<u8>>| -> Value {
        let entry = |(name, bytes): (&String, &Vec<u8>)| json!({ "path": name, "sha256": sha256_hex(bytes), "bytes": bytes.len() });
        files.iter().map(entry).collect()
    };
    let document = json!({
        "format": 1,
        "metas": env!("CARGO_PKG_VERSION"),
        "plan": key.plan,
        "period": key.period,
        "edition": key.edition,
        "issued_at": order.now.to_rfc3339(),
        "reason": order.correction,
        "definition": { "path": pipeline.text.name, "sha256": pipeline.sha256 },
        "made_from": hashes(&draft.archived),
        "submissions": gathered.submissions.iter().map(|s| json!({
            "source": s.source,
            "department": s.department,
            "file": s.file,
            "sha256": s.sha256,
            "bytes": s.size,
        })).collect::<Vec<_>>(),
        "missing": gathered.missing.iter().map(|m| json!({
            "source": m.source,
            "department": m.department,
            "file": m.pattern,
        })).collect::<Vec<_>>(),
        "late": gathered
            .sources
            .iter()
            .filter(|s| s.state == SourceState::Late)
            .map(|s| json!({ "source": s.source, "department": s.department }))
            .collect::<Vec<_>>(),
        "folder_findings": gathered.folder_findings,
        "refused_photos": draft.refused_photos,
        "files": hashes(&draft.files),
    });
    format!("{document:#}\n").into_bytes()
}
