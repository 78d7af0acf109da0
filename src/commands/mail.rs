//! From an issued edition to its message, and from the queue to the recipients.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::deliver;
use super::home::Home;
use super::stop::{End, Stop};
use crate::delivery::{self, Outcome, Settings};
use crate::diagnostic::Diagnostic;
use crate::ledger::{DeliveryFilter, DeliveryState, Ledger};
use crate::pipeline::Pipeline;
use crate::terminal::Terminal;

/// What a round of sending did.
#[derive(Debug)]
pub struct Sent {
    /// For people.
    pub text: String,
    /// For programs: a delivery each.
    pub documents: Vec<Value>,
    /// How the round ended.
    pub end: End,
}

impl Default for Sent {
    fn default() -> Self {
        Self {
            text: String::new(),
            documents: Vec::new(),
            end: End::Done,
        }
    }
}

impl Sent {
    /// Adds another round.
    pub fn add(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.documents.extend(other.documents);
        self.end = self.end.and(other.end);
    }
}

/// The settings of a plan's `[delivery]`; none where it has none.
///
/// # Errors
/// An address or certificate that cannot be used.
pub fn settings(home: &Home, pipeline: &Pipeline) -> Result<Option<Settings>, Stop> {
    let Some(spec) = &pipeline.delivery else {
        return Ok(None);
    };
    let liaisons: Vec<String> = pipeline
        .departments
        .values()
        .filter_map(|d| d.liaison.clone())
        .collect();
    let mut folder = home.root.join("pipelines");
    let certificate = spec.smtp.as_ref().and_then(|smtp| smtp.ca_file.as_ref());
    if certificate.is_some_and(|file| !folder.join(file).exists()) {
        folder.clone_from(&home.root);
    }
    delivery::settings(&pipeline.plan.id, spec, &liaisons, &folder)
        .map(Some)
        .map_err(Stop::environment)
}

/// Sends what is queued or due again, and tells what is in doubt.
///
/// # Errors
/// The ledger cannot be used. A refused or unreachable server is no error: it is told, and
/// tried again later.
pub fn send_due(
    terminal: &Terminal,
    home: &Home,
    pipeline: &Pipeline,
    ledger: &mut Ledger,
    now: DateTime<Utc>,
) -> Result<Sent, Stop> {
    let Some(settings) = settings(home, pipeline)? else {
        return Ok(Sent::default());
    };
    let outcomes =
        delivery::deliver_due(ledger, &settings, &home.root, now).map_err(Stop::environment)?;
    let problems: Vec<Diagnostic> = outcomes.iter().filter_map(|o| o.problem.clone()).collect();
    terminal.diagnostics(&problems);
    let mut sent = Sent::default();
    if !problems.is_empty() {
        sent.end = End::Environment;
    }
    for outcome in &outcomes {
        sent.text.push_str(&told(home, outcome));
        sent.documents.push(deliver::document(&outcome.delivery));
    }
    let filter = DeliveryFilter {
        plan: Some(pipeline.plan.id.clone()),
        ..Default::default()
    };
    for row in ledger.deliveries(&filter).map_err(Stop::environment)? {
        let end = match row.state {
            DeliveryState::Ambiguous => {
                terminal.diagnostics(&[ambiguous(&row)]);
                End::Held
            }
            DeliveryState::Deferred
            | DeliveryState::Queued
            | DeliveryState::Sending
            | DeliveryState::DotIntent => End::Later,
            _ => End::Done,
        };
        sent.end = sent.end.and(end);
    }
    for row in outcomes.iter().map(|o| &o.delivery) {
        if row.state == DeliveryState::Rejected {
            terminal.diagnostics(&[rejected(row)]);
            sent.end = sent.end.and(End::Held);
        }
    }
    Ok(sent)
}

fn told(home: &Home, outcome: &Outcome) -> String {
    let row = &outcome.delivery;
    match &outcome.file {
        Some(path) => {
            let shown = path.strip_prefix(&home.root).unwrap_or(path).display();
            format!(
                "Message for {} written to {shown} (no SMTP server is configured; nothing was sent).\n",
                row.recipient
            )
        }
        None => deliver::line(row),
    }
}

fn ambiguous(row: &crate::ledger::Delivery) -> Diagnostic {
    let message = format!(
        "delivery {} of {} {} v{} to {} may or may not have arrived",
        row.id, row.key.plan, row.key.period, row.key.edition, row.recipient
    );
    Diagnostic::error("ambiguous-delivery", message).hint(format!(
        "ask the recipient or look in the server's log for {}; then: metas deliver resolve {} --sent, or --resend",
        row.message_id, row.id
    ))
}

fn rejected(row: &crate::ledger::Delivery) -> Diagnostic {
    let reply = row.last_reply.clone().unwrap_or_default();
    let message = format!(
        "the server refuses {} {} v{} for {}: {reply}",
        row.key.plan, row.key.period, row.key.edition, row.recipient
    );
    Diagnostic::error("rejected-delivery", message)
        .hint("correct the address in [delivery], or ask the server's operator")
}
