//! The message of an edition, frozen.

use super::compose::Draft;
use super::edition::Order;
use super::home::Home;
use super::mail;
use super::publish;
use super::stop::Stop;
use crate::delivery::message::Mailbox;
use crate::delivery::{bodies, message, sha256_hex};
use crate::diagnostic::Diagnostic;
use crate::ledger::{DeliveryFilter, EditionKey, Ledger, Transport};
use crate::pipeline::Pipeline;
use crate::spanish;

/// A message as it will be sent.
pub struct Frozen {
    /// All of it.
    pub bytes: Vec<u8>,
    /// Its Message-ID.
    pub message_id: String,
    /// Bare addresses.
    pub recipients: Vec<String>,
    /// How it goes.
    pub transport: Transport,
}

/// Builds the message of a draft; none where the plan writes to nobody.
///
/// # Errors
/// An address is wrong, or the message would be larger than the plan allows.
pub fn message(
    home: &Home,
    pipeline: &Pipeline,
    order: &Order,
    ledger: &Ledger,
    key: &EditionKey,
    draft: &Draft,
) -> Result<Option<Frozen>, Stop> {
    let Some(settings) = mail::settings(home, pipeline)? else {
        return Ok(None);
    };
    let first = first_message(ledger, key)?;
    let frozen = build(
        pipeline,
        &settings.from,
        order,
        key,
        draft,
        first.as_deref(),
    )?;
    Ok(frozen)
}

/// The Message-ID of the period's first edition, for corrections to answer to.
fn first_message(ledger: &Ledger, key: &EditionKey) -> Result<Option<String>, Stop> {
    let filter = DeliveryFilter {
        plan: Some(key.plan.clone()),
        period: Some(key.period),
        ..DeliveryFilter::default()
    };
    let rows = ledger.deliveries(&filter).map_err(Stop::environment)?;
    let earlier = rows.into_iter().filter(|row| row.key.edition < key.edition);
    Ok(earlier
        .min_by_key(|row| row.key.edition)
        .map(|row| row.message_id))
}

/// Builds it without a ledger, as a preview does.
///
/// # Errors
/// As [`message`].
pub fn build(
    pipeline: &Pipeline,
    from: &Mailbox,
    order: &Order,
    key: &EditionKey,
    draft: &Draft,
    first: Option<&str>,
) -> Result<Option<Frozen>, Stop> {
    let Some(spec) = &pipeline.delivery else {
        return Ok(None);
    };
    let wrong = |why: String| Stop::environment(Diagnostic::error("invalid-mailbox", why));
    let to: Vec<_> = spec
        .to
        .iter()
        .map(|text| message::parse_mailbox(text).map_err(wrong))
        .collect::<Result<_, _>>()?;
    let pdf = draft.files.get("report.pdf").map_or(&[][..], Vec::as_slice);
    let (text, html) =
        bodies::report(&draft.results, &sha256_hex(pdf)).map_err(Stop::environment)?;
    let issued_at = order.now.to_utc();
    let message_id = message::message_id(&key.plan, key.period, key.edition, issued_at, from);
    let name = message::attachment_name(key.period, key.edition);
    let period = spanish::capitalised(&spanish::period_name(key.period));
    let subject = message::subject(&spec.subject, &pipeline.plan.title, &period, key.edition);
    let bytes = message::build(&message::Mail {
        from,
        to: &to,
        subject: &subject,
        message_id: &message_id,
        date: issued_at,
        in_reply_to: first,
        text: &text,
        html: &html,
        attachments: &[message::Attached {
            name: &name,
            media_type: "application/pdf",
            bytes: pdf,
        }],
    })
    .map_err(Stop::environment)?;
    too_large(pipeline, bytes.len())?;
    Ok(Some(Frozen {
        bytes,
        message_id,
        recipients: to.iter().map(|mailbox| mailbox.email.to_string()).collect(),
        transport: publish::transport(pipeline),
    }))
}

fn too_large(pipeline: &Pipeline, bytes: usize) -> Result<(), Stop> {
    let limit = pipeline.limits.message_mib;
    if bytes as u64 <= limit * 1024 * 1024 {
        return Ok(());
    }
    let message = format!(
        "the message has {} MiB; the plan allows {limit}",
        bytes / 1024 / 1024
    );
    let error = Diagnostic::error("message-too-large", message);
    Err(Stop::environment(error.hint(
        "send smaller photos, or raise message_mib in [limits]",
    )))
}
