//! The messages of an edition, frozen.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::correspondence;
use crate::correspondence::{Letter, ReportMessage, Sender};
use crate::delivery::message;
use crate::delivery::message::Mailbox;
use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::ledger::{Delivery, DeliveryFilter, EditionKey, Ledger, Occasion};
use crate::plan::Plan;
use crate::results::Results;

/// One recipient's message as it will be sent.
pub(crate) struct QueuedMessage {
    /// Why it is written.
    pub occasion: Occasion,
    /// Bare address.
    pub recipient: String,
    /// Its Message-ID.
    pub message_id: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

/// What the messages of an edition are made of.
#[derive(Clone, Copy)]
pub(crate) struct Documents<'a> {
    /// What it says.
    pub results: &'a Results,
    /// Its files by name.
    pub files: &'a BTreeMap<String, Vec<u8>>,
}

impl<'a> Documents<'a> {
    /// A file's bytes; none where there is no such file.
    pub(crate) fn file(&self, name: &str) -> &'a [u8] {
        self.files.get(name).map_or(&[][..], Vec::as_slice)
    }
}

/// Builds the messages of an edition, one a recipient: they differ in their Message-IDs and, in a
/// correction, in what they answer to.
///
/// # Errors
/// An address is wrong, or a message would be larger than the plan allows.
pub(crate) fn messages(
    from: &Mailbox,
    about: &MessageContext<'_>,
    ledger: &Ledger,
    of: Documents<'_>,
) -> Result<Vec<QueuedMessage>, CommandError> {
    let filter = DeliveryFilter {
        plan: Some(about.key.plan.clone()),
        period: Some(about.key.period),
        occasion: Some(Occasion::Report),
        ..DeliveryFilter::default()
    };
    let rows = ledger.deliveries(&filter)?;
    build(about, from, of, &rows)
}

/// What a message is about.
pub(crate) struct MessageContext<'a> {
    /// The plan.
    pub pipeline: &'a Plan,
    /// The edition.
    pub key: &'a EditionKey,
    /// The messages' Date.
    pub date: DateTime<Utc>,
}

/// Builds them without a ledger, as a preview does. `rows` are the period's deliveries so far.
///
/// # Errors
/// As [`messages`].
pub(crate) fn build(
    about: &MessageContext<'_>,
    from: &Mailbox,
    of: Documents<'_>,
    rows: &[Delivery],
) -> Result<Vec<QueuedMessage>, CommandError> {
    let Some(spec) = &about.pipeline.delivery else {
        return Ok(Vec::new());
    };
    let to: Vec<_> = spec
        .to
        .iter()
        .map(|text| message::parse_mailbox(text))
        .collect::<Result<_, _>>()?;
    let documents = [of.file("report.pdf"), of.file("slides.pdf")];
    let content = EditionMessage::new(about, of.results, documents)?;
    let one = |mailbox: &Mailbox| {
        let recipient = mailbox.email.to_string();
        let message_id = message_id(about.key, &recipient, from);
        content.frozen(from, &to, (&recipient, message_id), rows)
    };
    to.iter().map(one).collect()
}

/// What all messages of an edition say.
pub(crate) struct EditionMessage<'a> {
    about: &'a MessageContext<'a>,
    pdf: &'a [u8],
    /// None where the template makes none, or where they have no room in a message.
    slides: Option<&'a [u8]>,
    letter: Letter,
}

impl<'a> EditionMessage<'a> {
    /// From the edition's results, and its report and slides, which may be empty.
    ///
    /// # Errors
    /// The results do not fit the message's templates.
    pub(crate) fn new(
        about: &'a MessageContext<'_>,
        results: &Results,
        [pdf, slides]: [&'a [u8]; 2],
    ) -> Result<Self, CommandError> {
        let pipeline = about.pipeline;
        let delivery = pipeline.delivery.as_ref();
        let slides = Some(slides).filter(|slides| {
            let room = encoded(pdf.len()) + encoded(slides.len()) + LETTER;
            !slides.is_empty() && too_large(pipeline, room).is_ok()
        });
        let also_attached: Vec<String> = slides
            .map(|_| "las diapositivas".to_owned())
            .into_iter()
            .collect();
        let key = about.key;
        let page = pipeline
            .report
            .page_address(&key.plan, key.period, key.edition);
        let letter = correspondence::report(&ReportMessage {
            sender: &sender(pipeline, results),
            results,
            subject: delivery.map_or("", |delivery| delivery.subject.as_str()),
            pdf_sha256: &sha256_hex(pdf),
            page: page.as_deref(),
            also_attached: &also_attached,
        })?;
        Ok(Self {
            about,
            pdf,
            slides,
            letter,
        })
    }

    /// The message to one recipient; `to` is what its header shows.
    ///
    /// # Errors
    /// A header cannot be written, or the message would be larger than the plan allows.
    pub(crate) fn frozen(
        &self,
        from: &Mailbox,
        to: &[Mailbox],
        (recipient, message_id): (&str, String),
        rows: &[Delivery],
    ) -> Result<QueuedMessage, CommandError> {
        let key = self.about.key;
        let first = first_message(rows, key, recipient, from);
        let report = message::attachment_name(key.period, key.edition);
        let slides = message::slides_name(key.period, key.edition);
        let files = [(&report, Some(self.pdf)), (&slides, self.slides)];
        let attachments: Vec<message::Attached<'_>> = files
            .into_iter()
            .filter_map(|(name, bytes)| {
                Some(message::Attached {
                    name,
                    media_type: "application/pdf",
                    bytes: bytes?,
                })
            })
            .collect();
        let bytes = message::build(&message::Mail {
            from,
            to,
            subject: &self.letter.subject,
            message_id: &message_id,
            date: self.about.date,
            in_reply_to: first.as_deref(),
            text: &self.letter.text,
            html: &self.letter.html,
            attachments: &attachments,
        })?;
        too_large(self.about.pipeline, bytes.len())?;
        Ok(QueuedMessage {
            occasion: Occasion::Report,
            recipient: recipient.to_owned(),
            message_id,
            bytes,
        })
    }
}

/// Room for a message's texts, in bytes.
const LETTER: usize = 512 * 1024;

/// The size of a file in a message: base64, in lines.
fn encoded(bytes: usize) -> usize {
    bytes.div_ceil(57) * 78
}

/// Who writes the plan's messages.
pub(crate) fn sender(plan: &Plan, results: &Results) -> Sender {
    Sender {
        brand: results.brand.clone(),
        from: plan.delivery.as_ref().map(|spec| spec.from.clone()),
    }
}

/// The Message-ID of an edition's message to a recipient.
pub(crate) fn message_id(key: &EditionKey, recipient: &str, from: &Mailbox) -> String {
    let occasion = format!("v{}", key.edition);
    message::message_id(&key.plan, key.period, &occasion, recipient, from)
}

/// The Message-ID of a further copy of an edition's message to a recipient who has had it.
pub(crate) fn copy_id(key: &EditionKey, recipient: &str, from: &Mailbox, copy: usize) -> String {
    let occasion = format!("v{}.{copy}", key.edition);
    message::message_id(&key.plan, key.period, &occasion, recipient, from)
}

/// The Message-ID of the period's first edition to the same recipient, for corrections to answer
/// to: as it was sent, else as it is made.
fn first_message(
    rows: &[Delivery],
    key: &EditionKey,
    recipient: &str,
    from: &Mailbox,
) -> Option<String> {
    if key.edition == 1 {
        return None;
    }
    let sent = rows
        .iter()
        .filter(|row| row.topic.edition < Some(key.edition))
        .filter(|row| row.recipient.eq_ignore_ascii_case(recipient))
        .min_by_key(|row| row.topic.edition);
    let first = EditionKey {
        edition: 1,
        ..key.clone()
    };
    Some(sent.map_or_else(
        || message_id(&first, recipient, from),
        |row| row.message_id.clone(),
    ))
}

/// Refuses a message that is larger than the plan allows.
pub(crate) fn too_large(pipeline: &Plan, bytes: usize) -> Result<(), CommandError> {
    let limit = pipeline.limits.message_mib;
    if bytes as u64 <= limit * 1024 * 1024 {
        return Ok(());
    }
    let message = format!(
        "the message has {} MiB; the plan allows {limit}",
        bytes / 1024 / 1024
    );
    let error = Diagnostic::error("message-too-large", message);
    Err(CommandError::environment(error.hint(
        "send smaller photos, or raise message_mib in [limits]",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_mib_bounds_a_message() {
        let plan = include_str!("../../tests/definitions/keys/base.toml");
        let plan = format!("{plan}[limits]\nmessage_mib = 2\n");
        let pipeline = crate::plan::parse("base.toml", &plan).unwrap();
        assert!(too_large(&pipeline, 2 << 20).is_ok());
        let error = too_large(&pipeline, (2 << 20) + 1).unwrap_err();
        assert_eq!(error.diagnostics[0].code, "message-too-large");
    }
}
