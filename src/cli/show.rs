//! `metas deliver show`: one delivery and all that happened to it.

use serde_json::{Value, json};

use crate::console::Console;
use crate::delivery::message;
use crate::diagnostic::Diagnostic;
use crate::edition::archive;
use crate::edition::delivery_lines;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{Delivery, DeliveryEvent};

/// Prints one delivery.
///
/// # Errors
/// There is none of that number, or the ledger cannot be read.
pub(super) fn show(console: &Console, home: &Home, id: i64) -> Result<ExitStatus, CommandError> {
    let Some(ledger) = work::open_if_there(home)? else {
        let nothing = Diagnostic::error("delivery-unknown", format!("there is no delivery {id}"));
        return Err(CommandError::new(
            ExitStatus::Usage,
            nothing.hint("nothing has been queued in this home yet"),
        ));
    };
    let row = ledger.delivery(id)?;
    let events = ledger.delivery_events(id)?;
    let bytes = archive::find(home, &row.message_sha256)?;
    let bytes = bytes.or_else(|| std::fs::read(home.root.join(&row.message_path)).ok());
    let headers = bytes.as_deref().map(message::headers).unwrap_or_default();
    let kept = kept(&row, bytes.as_deref());
    let mut document = delivery_lines::document(&row);
    document["phase"] = json!(row.phase);
    document["message_sha256"] = json!(row.message_sha256);
    document["message_state"] = json!(kept);
    document["headers"] = headers
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    document["events"] = events.iter().map(event_document).collect();
    let size = bytes.map_or(0, |b| b.len());
    console.data(&document, &text(&row, &headers, &events, (kept, size)));
    Ok(ExitStatus::Done)
}

/// Whether the frozen message is still what was queued.
fn kept(row: &Delivery, bytes: Option<&[u8]>) -> &'static str {
    match bytes {
        Some(bytes) if sha256_hex(bytes) == row.message_sha256 => "as queued",
        Some(_) => "changed since it was queued",
        None => "missing",
    }
}

fn event_document(event: &DeliveryEvent) -> Value {
    json!({
        "at": event.at,
        "from": event.from,
        "to": event.to,
        "phase": event.phase,
        "reply": event.reply,
    })
}

fn text(
    row: &Delivery,
    headers: &[(String, String)],
    events: &[DeliveryEvent],
    (kept, size): (&str, usize),
) -> String {
    let mut text = format!(
        "Delivery {} of {}, {}, to {}: {}\n",
        row.id,
        row.topic.name(),
        row.topic.occasion,
        row.recipient,
        row.state
    );
    text.push_str(&format!(
        "  Transactions begun: {}, by {}\n",
        row.attempts,
        row.transport.as_str()
    ));
    if let Some(at) = row.next_attempt_at {
        text.push_str(&format!("  Not tried before {}\n", local_time(at)));
    }
    text.push_str(&format!(
        "  Message: {} ({kept}, {size} bytes)\n  SHA-256: {}\n",
        row.message_path, row.message_sha256
    ));
    for (name, value) in headers {
        text.push_str(&format!("    {name}: {value}\n"));
    }
    text.push_str("  What happened\n");
    for event in events {
        let phase = event.phase.as_deref().map(|p| format!("  {p}"));
        let reply = event.reply.as_deref().map(|r| format!("  {r}"));
        text.push_str(&format!(
            "    {}  {}{}{}\n",
            local_time(event.at),
            event.to,
            phase.unwrap_or_default(),
            reply.unwrap_or_default()
        ));
    }
    text
}

fn local_time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
