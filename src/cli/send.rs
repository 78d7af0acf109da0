//! `metas deliver send`: an issued edition for an address that the definition names.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::known_mailbox::{UnknownAddress, known_mailbox};
use crate::console::Console;
use crate::delivery::message::Mailbox;
use crate::diagnostic::Diagnostic;
use crate::edition::archive;
use crate::edition::delivery_lines;
use crate::edition::earlier_results;
use crate::edition::folders;
use crate::edition::mailing;
use crate::edition::manifest::{MANIFEST_FILE, Manifest};
use crate::edition::messages;
use crate::edition::published;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{
    Delivery, DeliveryFilter, DeliveryState, Edition, Ledger, NewDelivery, Note, Occasion, Topic,
};
use crate::period::Period;
use crate::plan::Plan;

/// What is to be sent, and to whom.
pub(super) struct SendRequest<'a> {
    /// Of which period.
    pub period: Period,
    /// An address of the definition.
    pub to: &'a str,
    /// Also where it has had the edition.
    pub again: bool,
}

/// Queues a period's last edition for an address.
///
/// # Errors
/// The address is none of the definition's, there is no such edition, or it has had it.
pub(super) fn send(
    console: &Console,
    home: &Home,
    plan: &str,
    asked: &SendRequest<'_>,
    now: DateTime<Utc>,
) -> Result<ExitStatus, CommandError> {
    let pipeline = home.plan(plan)?;
    let to = named(&pipeline, asked.to)?;
    let mut work = work::begin(console, home, now)?;
    let ledger = &mut work.ledger;
    if published::holds(console, home, Some(ledger), &pipeline, None)? {
        return Ok(ExitStatus::Held);
    }
    let edition = last_edition(ledger, &pipeline, asked.period)?;
    let copies = Copies {
        home,
        pipeline: &pipeline,
        edition: &edition,
        now,
    };
    let id = copies.queue(ledger, &to, asked.again)?;
    let row = ledger.delivery(id)?;
    let text = format!(
        "{}It goes out with the next run: metas run, or metas deliver retry {id}.\n",
        delivery_lines::line(&row)
    );
    console.data(
        &json!({ "deliveries": [delivery_lines::document(&row)] }),
        &text,
    );
    Ok(ExitStatus::Done)
}

/// The mailbox of the definition that has this address.
fn named(pipeline: &Plan, to: &str) -> Result<Mailbox, CommandError> {
    let liaisons = mailing::liaisons(pipeline);
    let recipients = pipeline.delivery.iter().flat_map(|delivery| &delivery.to);
    known_mailbox(pipeline, to, recipients.chain(&liaisons), |unknown| {
        let UnknownAddress { asked, known, near } = unknown;
        let near = near
            .map(|near| format!("did you mean {near}? "))
            .unwrap_or_default();
        let hint = format!(
            "{near}the definition names {}; put another into [delivery] to first",
            known.join(", ")
        );
        CommandError::usage(
            "unknown-recipient",
            format!("{} does not name {asked}", pipeline.text.name),
            hint,
        )
    })
}

/// The latest published edition of a period.
fn last_edition(ledger: &Ledger, pipeline: &Plan, period: Period) -> Result<Edition, CommandError> {
    let plan = &pipeline.plan.id;
    let mut editions = ledger.editions(Some(plan), None)?;
    editions.retain(|edition| edition.published);
    let of_period = editions.iter().filter(|e| e.key.period == period);
    if let Some(last) = of_period.max_by_key(|e| e.key.edition) {
        return Ok(last.clone());
    }
    let mut periods: Vec<String> = editions.iter().map(|e| e.key.period.to_string()).collect();
    periods.dedup();
    let hint = if periods.is_empty() {
        format!("issue it first: metas run {plan} --period {period}")
    } else {
        format!("periods with an edition: {}", periods.join(", "))
    };
    let message = format!("{plan} {period} has no edition to send");
    Err(CommandError::usage("no-edition", message, hint))
}

/// Messages of an edition made after it was issued.
struct Copies<'a> {
    home: &'a Home,
    pipeline: &'a Plan,
    edition: &'a Edition,
    now: DateTime<Utc>,
}

impl Copies<'_> {
    /// Queues the edition for a recipient; gives the delivery's number.
    fn queue(&self, ledger: &mut Ledger, to: &Mailbox, again: bool) -> Result<i64, CommandError> {
        use DeliveryState::{
            Accepted, Ambiguous, Bounced, Cancelled, Deferred, DotIntent, Queued, Rejected,
            Sending, Superseded,
        };
        let Some(row) = self.row(ledger, to)? else {
            let new = self.frozen(ledger, to, 1)?;
            ledger.enqueue(&[new], self.now)?;
            let row = self.row(ledger, to)?;
            return row.map(|row| row.id).ok_or_else(|| {
                CommandError::environment(Diagnostic::error(
                    "delivery-unknown",
                    "the delivery was not recorded",
                ))
            });
        };
        let note = |reply: String| Note {
            reply: Some(reply),
            ..Note::default()
        };
        let asked = note("an operator asks to send it".to_owned());
        match row.state {
            Rejected => ledger.transition(row.id, (Rejected, Queued), &asked, self.now),
            Accepted if again => {
                let copy = self.times_sent(ledger, row.id)? + 1;
                let new = self.frozen(ledger, to, copy)?;
                let note = note(format!(
                    "an operator asks to send it again as {}; the copy before was {}, in {}",
                    new.message_id, row.message_id, row.message_path
                ));
                ledger.queue_anew(row.id, &new, &note, self.now)
            }
            Cancelled | Superseded => {
                let same = NewDelivery {
                    topic: row.topic.clone(),
                    recipient: row.recipient.clone(),
                    transport: row.transport,
                    message_id: row.message_id.clone(),
                    message_path: row.message_path.clone(),
                    message_sha256: row.message_sha256.clone(),
                };
                ledger.queue_anew(row.id, &same, &asked, self.now)
            }
            Accepted | Ambiguous | Bounced | Deferred | DotIntent | Queued | Sending => {
                return Err(has_it(&row));
            }
        }?;
        Ok(row.id)
    }

    fn row(&self, ledger: &Ledger, to: &Mailbox) -> Result<Option<Delivery>, CommandError> {
        let key = &self.edition.key;
        let rows = ledger.deliveries(&DeliveryFilter {
            plan: Some(key.plan.clone()),
            period: Some(key.period),
            edition: Some(key.edition),
            occasion: Some(Occasion::Report),
            states: Vec::new(),
        });
        let to = to.email.to_string();
        let mut rows = rows?.into_iter();
        Ok(rows.find(|row| row.recipient.eq_ignore_ascii_case(&to)))
    }

    fn times_sent(&self, ledger: &Ledger, id: i64) -> Result<usize, CommandError> {
        let events = ledger.delivery_events(id)?;
        let accepted = events.iter().filter(|e| e.to == DeliveryState::Accepted);
        Ok(accepted.count())
    }

    /// The message for one recipient, from the edition's own files, put into the archive.
    fn frozen(
        &self,
        ledger: &Ledger,
        to: &Mailbox,
        copy: usize,
    ) -> Result<NewDelivery, CommandError> {
        let Some(settings) = mailing::settings(self.home, self.pipeline)? else {
            return Err(CommandError::usage(
                "no-delivery",
                "the plan writes to nobody",
                "",
            ));
        };
        let rows = ledger.deliveries(&DeliveryFilter {
            plan: Some(self.edition.key.plan.clone()),
            period: Some(self.edition.key.period),
            occasion: Some(Occasion::Report),
            ..DeliveryFilter::default()
        })?;
        let results = earlier_results::of(self.edition)?;
        let about = messages::MessageContext {
            pipeline: self.pipeline,
            key: &self.edition.key,
            date: self.now,
        };
        let [report, slides] = self.documents()?;
        let content = messages::EditionMessage::new(&about, &results, [&report, &slides])?;
        let (key, recipient) = (about.key, to.email.to_string());
        let id = match copy {
            1 => messages::message_id(key, &recipient, &settings.from),
            again => messages::copy_id(key, &recipient, &settings.from, again),
        };
        let header = std::slice::from_ref(to);
        let frozen = content.frozen(&settings.from, header, (&recipient, id), &rows)?;
        let sha256 = archive::put(self.home, &frozen.bytes)?;
        Ok(NewDelivery {
            topic: Topic::edition(Occasion::Report, &self.edition.key),
            recipient: frozen.recipient,
            transport: settings.transport(),
            message_id: frozen.message_id,
            message_path: archive::place(&sha256).to_string_lossy().into_owned(),
            message_sha256: sha256,
        })
    }

    /// The report and the slides (empty where there are none) as the manifest, and the manifest as the
    /// ledger, describe them.
    fn documents(&self) -> Result<[Vec<u8>; 2], CommandError> {
        let folder = folders::folder_of(self.home, self.edition);
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|e| CommandError::io("read", &path, &e))
        };
        let manifest = read(MANIFEST_FILE)?;
        let described = Manifest::parse(&manifest).ok();
        let recorded = |name: &str| described.as_ref()?.file(name).map(|file| &file.sha256);
        let report = read("report.pdf")?;
        let slides = match recorded("slides.pdf") {
            Some(_) => read("slides.pdf")?,
            None => Vec::new(),
        };
        let same = |name: &str, bytes: &[u8]| recorded(name) == Some(&sha256_hex(bytes));
        let as_recorded = Some(sha256_hex(&manifest)) == self.edition.manifest_sha256;
        let slides_are = slides.is_empty() || same("slides.pdf", &slides);
        if as_recorded && same("report.pdf", &report) && slides_are {
            return Ok([report, slides]);
        }
        let message = format!(
            "{} is not as it was published: nothing is made from {}",
            self.name(),
            folder.display()
        );
        Err(CommandError::environment(
            Diagnostic::error("edition-changed", message)
                .hint("put its folder back from a backup, or issue a correction"),
        ))
    }

    fn name(&self) -> String {
        let key = &self.edition.key;
        format!("{} {} v{}", key.plan, key.period, key.edition)
    }
}

/// It has had it, will have it, or may have it.
fn has_it(row: &Delivery) -> CommandError {
    let (id, to, state) = (row.id, &row.recipient, row.state);
    let message = format!("{to} has delivery {id} of this edition already: it is {state}");
    let hint = match state {
        DeliveryState::Accepted => {
            "to send it once more, as a message of its own: add --again".to_owned()
        }
        DeliveryState::Ambiguous => {
            format!("ask whether it arrived, then: metas deliver resolve {id} --sent, or --resend")
        }
        DeliveryState::Queued
        | DeliveryState::Sending
        | DeliveryState::DotIntent
        | DeliveryState::Deferred
        | DeliveryState::Rejected
        | DeliveryState::Bounced
        | DeliveryState::Superseded
        | DeliveryState::Cancelled => format!(
            "it goes out with the next run, or now: metas deliver retry; --again sends a further copy once it has gone out (metas deliver show {id})"
        ),
    };
    CommandError::usage("already-queued", message, hint)
}
