//! An edition onto the disk and into the ledger: whole, or not at all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tracing::{info, info_span};

use super::archive;
use super::compose::EditionFiles;
use super::edition_store;
use super::folders;
use super::gathered::Gathered;
use super::mailing;
use super::making;
use super::manifest::{MANIFEST_FILE, Manifest};
use super::messages;
use super::request::IssueRequest;
use super::slice_messages;
use crate::exit::{CommandError, ExitStatus};
use crate::failpoint;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{
    EditionKey, Ledger, LedgerError, Liveness, Making, NewDelivery, NewEdition, Occasion,
    Publication, Topic, Transport,
};
use crate::plan::Plan;
use crate::results::Results;
use crate::store::presence;

/// The report's message to the first recipient, among the edition's files.
pub(crate) const MESSAGE_FILE: &str = "message.eml";

/// The folder of a period's editions.
pub(crate) fn folder(
    home: &Home,
    out: Option<&Path>,
    plan: &str,
    period: crate::period::Period,
) -> PathBuf {
    let root = home.reports(out);
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

/// Publishes an edition with its messages.
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
    let home = what.home;
    let mail = mail(what, ledger, &composed.results, &composed.files)?;
    if let Some(copy) = mail.copy() {
        composed.files.insert(MESSAGE_FILE.to_owned(), copy);
    }
    let manifest = Manifest::of(
        (what.pipeline, what.key),
        what.request.now.fixed_offset(),
        what.request.correction.as_deref(),
        &composed,
        gathered,
    )
    .to_bytes();
    for bytes in composed.archived.values() {
        archive::put(home, bytes)?;
    }
    let publication = Publication {
        manifest_sha256: sha256_hex(&manifest),
        results: composed.results.json().to_string(),
        release: None,
        deliveries: mail.queued(what)?,
    };
    composed.files.insert(MANIFEST_FILE.to_owned(), manifest);
    put_in_place(what, ledger, &composed.files, &publication)
}

/// Writes the edition's files under a hidden name, renames them into place, and publishes the
/// edition with its messages in one transaction.
///
/// # Errors
/// As [`publish`].
pub(crate) fn put_in_place(
    what: &Publishing<'_>,
    ledger: &mut Ledger,
    files: &BTreeMap<String, Vec<u8>>,
    publication: &Publication,
) -> Result<PathBuf, CommandError> {
    let (home, key) = (what.home, what.key);
    let span = info_span!("stage", stage = "publish", edition = key.edition);
    let _stage = span.enter();
    let making = begin(what, ledger)?;
    let of = (key.plan.as_str(), key.period);
    let written = making::write(home, &making, files, &|| {
        edition_store::put(home, of, files)?;
        Ok(ledger.still_claimed()?)
    });
    let place = written.or_else(|error| {
        withdraw(home, ledger, &making)?;
        Err(error)
    })?;
    failpoint::hit("before-publish");
    let at = what.request.now.to_utc();
    if let Err(refused) = ledger.publish_edition(key, publication, at) {
        // Taken over by another run: what this one wrote is its own to clear away. Any other
        // refusal leaves it to the next run, which sees what the ledger has of it.
        if matches!(refused, LedgerError::Busy(_)) {
            withdraw(home, ledger, &making)?;
        }
        return Err(refused.into());
    }
    failpoint::hit("published");
    log(key, &place, files, publication);
    edition_store::announce(home, key, &publication.manifest_sha256)?;
    announce(home, ledger, &making)?;
    Ok(place)
}

fn log(
    key: &EditionKey,
    place: &Path,
    files: &BTreeMap<String, Vec<u8>>,
    publication: &Publication,
) {
    info!(
        plan = key.plan,
        period = %key.period,
        edition = key.edition,
        directory = %place.display(),
        files = files.len(),
        bytes = files.values().map(Vec::len).sum::<usize>(),
        deliveries = publication.deliveries.len(),
        manifest_sha256 = publication.manifest_sha256,
        "edition issued"
    );
    for delivery in &publication.deliveries {
        info!(
            plan = key.plan,
            period = %key.period,
            edition = key.edition,
            occasion = delivery.topic.occasion.as_str(),
            recipient = delivery.recipient,
            message_id = delivery.message_id,
            transport = delivery.transport.as_str(),
            "message queued"
        );
    }
}

/// The messages of an edition, and how they are expected to leave.
pub(crate) struct EditionMail {
    messages: Vec<messages::QueuedMessage>,
    transport: Transport,
}

impl EditionMail {
    /// The report's message to the first recipient, which is a file of the edition.
    pub(crate) fn copy(&self) -> Option<Vec<u8>> {
        let mut reports = self.messages.iter();
        let first = reports.find(|one| one.occasion == Occasion::Report);
        first.map(|one| one.bytes.clone())
    }

    /// Puts them into the archive; gives what is to be queued.
    ///
    /// # Errors
    /// The disk refuses.
    pub(crate) fn queued(self, what: &Publishing<'_>) -> Result<Vec<NewDelivery>, CommandError> {
        let transport = self.transport;
        let queued = |one: messages::QueuedMessage| {
            let sha256 = archive::put(what.home, &one.bytes)?;
            Ok(NewDelivery {
                topic: Topic::edition(one.occasion, what.key),
                recipient: one.recipient,
                transport,
                message_id: one.message_id,
                message_path: archive::place(&sha256).to_string_lossy().into_owned(),
                message_sha256: sha256,
            })
        };
        self.messages.into_iter().map(queued).collect()
    }
}

/// The messages of the edition that has these results and files: the report's, and each liaison's
/// extracts.
///
/// # Errors
/// An address is wrong, or a message would be larger than the plan allows.
pub(crate) fn mail(
    what: &Publishing<'_>,
    ledger: &Ledger,
    results: &Results,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<EditionMail, CommandError> {
    let Some(settings) = mailing::settings(what.home, what.pipeline)? else {
        return Ok(EditionMail {
            messages: Vec::new(),
            transport: Transport::Outbox,
        });
    };
    let about = messages::MessageContext {
        pipeline: what.pipeline,
        key: what.key,
        date: what.request.now.to_utc(),
    };
    let of = messages::Documents { results, files };
    let mut messages = messages::messages(&settings.from, &about, ledger, of)?;
    messages.extend(slice_messages::messages(&settings.from, &about, of)?);
    Ok(EditionMail {
        messages,
        transport: settings.transport(),
    })
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
    if presence::lies(&place)? {
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
    ledger.begin_edition(&new, what.request.now.to_utc())?;
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
        ledger.forget_making(making)?;
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
    Ok(ledger.forget_making(&published)?)
}
