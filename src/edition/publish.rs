//! An edition onto the disk and into the ledger: whole, or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use tracing::{info, info_span};

use super::archive;
use super::compose::EditionFiles;
use super::folders;
use super::gathered::Gathered;
use super::mailing;
use super::making;
use super::manifest::{MANIFEST_FILE, Manifest};
use super::messages;
use super::request::IssueRequest;
use crate::exit::{CommandError, ExitStatus};
use crate::failpoint;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{
    EditionKey, Ledger, Liveness, Making, NewDelivery, NewEdition, Occasion, Publication, Topic,
    Transport,
};
use crate::plan::Plan;

/// The folder of a period's editions.
pub(crate) fn folder(
    home: &Home,
    out: Option<&Path>,
    plan: &str,
    period: crate::period::Period,
) -> PathBuf {
    let root = out.map_or_else(|| home.root.join("reports"), Path::to_owned);
    root.join(plan).join(period.to_string())
}

/// The edition that is to be published.
pub(crate) struct Publishing<'a> {
    /// The home.
    pub home: &'a Home,
    /// The plan.
    pub pipeline: &'a Plan,
    /// What was asked for.
    pub request: &'a IssueRequest,
    /// Which edition.
    pub key: &'a EditionKey,
    /// Issued before the period's cutoff.
    pub preliminary: bool,
    /// Why it replaces the one before it.
    pub reason: Option<&'a str>,
}

/// Writes the edition's files under a hidden name, renames them into place, and publishes the
/// edition with its messages in one transaction.
///
/// # Errors
/// The disk or the ledger refuses, or something lies in the edition's place; then nothing was
/// announced.
pub(crate) fn publish(
    what: &Publishing<'_>,
    ledger: &mut Ledger,
    mut composed: EditionFiles,
    gathered: &Gathered,
) -> Result<PathBuf, CommandError> {
    let (home, key) = (what.home, what.key);
    let span = info_span!("stage", stage = "publish", edition = key.edition);
    let _stage = span.enter();
    let (mail, transport) = mail(what, ledger, &composed)?;
    if let Some(copy) = mail.first() {
        composed
            .files
            .insert("message.eml".to_owned(), copy.bytes.clone());
    }
    let manifest = Manifest::of(
        (what.pipeline, key),
        what.request.now.fixed_offset(),
        what.request.correction.as_deref(),
        &composed,
        gathered,
    )
    .to_bytes();
    let manifest_sha256 = sha256_hex(&manifest);
    composed.files.insert(MANIFEST_FILE.to_owned(), manifest);
    for bytes in composed.archived.values() {
        archive::put(home, bytes)?;
    }
    let deliveries = mail
        .into_iter()
        .map(|copy| queued((home, key), copy, transport))
        .collect::<Result<_, _>>()?;
    let publication = Publication {
        manifest_sha256,
        results: composed.results.json().to_string(),
        release: None,
        deliveries,
    };
    let making = begin(what, ledger)?;
    let place = making::write(home, &making, &composed.files).or_else(|error| {
        withdraw(home, ledger, &making)?;
        Err(error)
    })?;
    failpoint::hit("before-publish");
    let at = what.request.now.to_utc();
    if let Err(refused) = ledger.publish_edition(key, &publication, at) {
        // Taken over by another run: what this one wrote is its own to clear away. Any other
        // refusal leaves it to the next run, which sees what the ledger has of it.
        if refused.code == "edition-not-open" {
            withdraw(home, ledger, &making)?;
            return Err(CommandError::new(ExitStatus::Later, refused));
        }
        return Err(CommandError::environment(refused));
    }
    failpoint::hit("published");
    log(key, &place, &publication, &composed);
    announce(home, ledger, &making)?;
    Ok(place)
}

/// Says in the log what was issued and queued.
fn log(key: &EditionKey, place: &Path, publication: &Publication, composed: &EditionFiles) {
    info!(
        plan = key.plan,
        period = %key.period,
        edition = key.edition,
        directory = %place.display(),
        files = composed.files.len(),
        bytes = composed.files.values().map(Vec::len).sum::<usize>(),
        deliveries = publication.deliveries.len(),
        manifest_sha256 = publication.manifest_sha256,
        "edition issued"
    );
    for delivery in &publication.deliveries {
        info!(
            plan = key.plan,
            period = %key.period,
            edition = key.edition,
            recipient = delivery.recipient,
            message_id = delivery.message_id,
            transport = delivery.transport.as_str(),
            "message queued"
        );
    }
}

/// The edition's messages, and how they are expected to leave.
fn mail(
    what: &Publishing<'_>,
    ledger: &Ledger,
    composed: &EditionFiles,
) -> Result<(Vec<messages::QueuedMessage>, Transport), CommandError> {
    let Some(settings) = mailing::settings(what.home, what.pipeline)? else {
        return Ok((Vec::new(), Transport::Outbox));
    };
    let about = messages::MessageContext {
        pipeline: what.pipeline,
        key: what.key,
        date: what.request.now.to_utc(),
    };
    let mail = messages::messages(&settings.from, &about, ledger, composed)?;
    Ok((mail, settings.transport()))
}

/// Takes the edition's number, and notes where its folder will be.
fn begin(what: &Publishing<'_>, ledger: &mut Ledger) -> Result<Making, CommandError> {
    let key = what.key;
    let parent = folder(
        what.home,
        what.request.out.as_deref(),
        &key.plan,
        key.period,
    );
    let place = parent.join(format!("v{}", key.edition));
    if fs::symlink_metadata(&place).is_ok() {
        let told = folders::in_the_way(&place, &key.plan, key.period);
        return Err(CommandError::new(ExitStatus::Held, told));
    }
    let directory = folders::recorded(what.home, &place);
    let new = NewEdition {
        key: key.clone(),
        preliminary: what.preliminary,
        reason: what.reason,
        directory: &directory,
    };
    ledger
        .begin_edition(&new, what.request.now.to_utc())
        .map_err(|refused| {
            let later = ["edition-in-making", "edition-number"].contains(&refused.code.as_str());
            let status = if later {
                ExitStatus::Later
            } else {
                ExitStatus::Environment
            };
            CommandError::new(status, refused)
        })?;
    Ok(Making {
        key: key.clone(),
        run: ledger.run(),
        directory,
        published: false,
        liveness: Liveness::Alive,
    })
}

/// Gives up an edition that could not be put in its place.
fn withdraw(home: &Home, ledger: &mut Ledger, making: &Making) -> Result<(), CommandError> {
    if making::clear(home, making)? {
        ledger
            .forget_making(making)
            .map_err(CommandError::environment)?;
    }
    Ok(())
}

/// From here on the folder is a published edition to everybody. Nothing is sent before this.
fn announce(home: &Home, ledger: &mut Ledger, making: &Making) -> Result<(), CommandError> {
    let published = Making {
        published: true,
        ..making.clone()
    };
    making::clear(home, &published)?;
    failpoint::hit("announced");
    ledger
        .forget_making(&published)
        .map_err(CommandError::environment)
}

fn queued(
    (home, key): (&Home, &EditionKey),
    copy: messages::QueuedMessage,
    transport: Transport,
) -> Result<NewDelivery, CommandError> {
    let sha256 = archive::put(home, &copy.bytes)?;
    Ok(NewDelivery {
        topic: Topic::edition(Occasion::Report, key),
        recipient: copy.recipient,
        transport,
        message_id: copy.message_id,
        message_path: archive::place(&sha256).to_string_lossy().into_owned(),
        message_sha256: sha256,
    })
}
