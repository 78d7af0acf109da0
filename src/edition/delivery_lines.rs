//! One delivery as people and programs are told of it.

use serde_json::{Value, json};

use crate::diagnostic::visible;
use crate::ledger::Delivery;

/// One delivery for people.
pub(crate) fn line(row: &Delivery) -> String {
    let reply = row
        .last_reply
        .as_deref()
        .map(|r| format!(": {}", visible(r)))
        .unwrap_or_default();
    format!(
        "{:>4}  {:<8}  {}  {}  {}{reply}\n",
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
