//! One delivery as people and programs are told of it.

use serde_json::{Value, json};

use crate::diagnostic::visible;
use crate::ledger::Delivery;

/// Several deliveries for people, one below the other.
pub(crate) fn lines(rows: &[Delivery]) -> String {
    let name = rows
        .iter()
        .map(|row| row.topic.name().chars().count())
        .max();
    let recipient = rows.iter().map(|row| row.recipient.chars().count()).max();
    let widths = (name.unwrap_or_default(), recipient.unwrap_or_default());
    rows.iter().map(|row| aligned(row, widths)).collect()
}

/// One delivery for people.
pub(crate) fn line(row: &Delivery) -> String {
    aligned(row, (0, 0))
}

fn aligned(row: &Delivery, (name, recipient): (usize, usize)) -> String {
    let reply = row
        .last_reply
        .as_deref()
        .map(|r| format!(": {}", visible(r)))
        .unwrap_or_default();
    format!(
        "{:>4}  {:<8}  {:<name$}  {:<recipient$}  {}{reply}\n",
        row.id,
        row.topic.occasion,
        row.topic.name(),
        row.recipient,
        row.state.as_str(),
    )
}

/// One delivery for programs.
pub(crate) fn document(row: &Delivery) -> Value {
    json!({
        "id": row.id,
        "occasion": row.topic.occasion,
        "plan": row.topic.plan,
        "period": row.topic.period,
        "edition": row.topic.edition,
        "about": row.topic.about,
        "recipient": row.recipient,
        "state": row.state.as_str(),
        "transport": row.transport.as_str(),
        "message_id": row.message_id,
        "message": row.message_path,
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at,
        "last_reply": row.last_reply,
        "updated_at": row.updated_at,
    })
}
