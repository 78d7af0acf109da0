//! Deliveries that need a person, told at every run until they are settled; and who has not been
//! written to at all.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::concerns::Concern;
use crate::correspondence::AlertCause;
use crate::delivery::message;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::{CommandError, ExitStatus};
use crate::ledger::{
    Delivery, DeliveryFilter, DeliveryState, Edition, EditionKey, Ledger, Occasion,
};
use crate::plan::Plan;

/// What waits for longer is told as an error.
const PATIENCE: TimeDelta = TimeDelta::days(1);

/// What is not settled.
pub(crate) struct Left {
    /// What to tell.
    pub diagnostics: Vec<Diagnostic>,
    /// What it makes of the run's end.
    pub status: ExitStatus,
    /// What the operator is to hear of it. That an alert does not reach him he can't be told.
    pub concerns: Vec<Concern>,
}

/// The deliveries of a plan that are not settled.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn deliveries(
    ledger: &Ledger,
    plan: &str,
    now: DateTime<Utc>,
) -> Result<Left, CommandError> {
    let filter = DeliveryFilter {
        plan: Some(plan.to_owned()),
        ..DeliveryFilter::default()
    };
    let mut left = Left {
        diagnostics: Vec::new(),
        status: ExitStatus::Done,
        concerns: Vec::new(),
    };
    let mut waiting: BTreeMap<(String, String, bool), WaitingDeliveries> = BTreeMap::new();
    for row in ledger.deliveries(&filter)? {
        let is_alert = row.topic.occasion == Occasion::Alert;
        match row.state {
            DeliveryState::Ambiguous => left.doubt(&row),
            DeliveryState::Rejected | DeliveryState::Bounced => left.refuse(&row),
            // A mailbox of the operator's that is dead stops nothing.
            DeliveryState::Deferred | DeliveryState::Queued if is_alert => {}
            DeliveryState::Sending | DeliveryState::DotIntent if is_alert => {}
            DeliveryState::Deferred | DeliveryState::Queued => {
                left.status = left.status.and(ExitStatus::Later);
                let since = since(ledger, &row)?;
                let cause = (row.phase.clone(), row.last_reply.clone());
                let cause = (
                    cause.0.unwrap_or_default(),
                    cause.1.unwrap_or_default(),
                    row.topic.occasion.carries_an_edition(),
                );
                waiting
                    .entry(cause)
                    .or_insert_with(|| WaitingDeliveries::new(&row, since))
                    .add(&row, since);
            }
            // In the hands of a run that may be at work elsewhere.
            DeliveryState::Sending | DeliveryState::DotIntent => {
                left.status = left.status.and(ExitStatus::Later);
            }
            DeliveryState::Accepted | DeliveryState::Superseded | DeliveryState::Cancelled => {}
        }
    }
    for ((phase, reply, _), waiting) in waiting {
        left.wait(&phase, &reply, &waiting, now);
    }
    Ok(left)
}

/// Deliveries that wait for the same cause.
struct WaitingDeliveries {
    plan: String,
    since: DateTime<Utc>,
    ids: Vec<String>,
    queued: bool,
    /// Whether an edition's figures are among what waits.
    edition: bool,
}

impl WaitingDeliveries {
    fn new(row: &Delivery, since: DateTime<Utc>) -> Self {
        Self {
            plan: row.topic.plan.clone(),
            since,
            ids: Vec::new(),
            queued: false,
            edition: false,
        }
    }

    fn add(&mut self, row: &Delivery, since: DateTime<Utc>) {
        self.since = self.since.min(since);
        self.queued |= row.state == DeliveryState::Queued;
        self.edition |= row.topic.occasion.carries_an_edition();
        self.ids.push(row.id.to_string());
    }
}

impl Left {
    fn hold(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
        self.status = self.status.and(ExitStatus::Held);
    }

    /// A doubt is a person's to settle, but for one about an alert, which holds nothing up.
    fn doubt(&mut self, row: &Delivery) {
        let told = ambiguous(row);
        if row.topic.occasion == Occasion::Alert {
            return self.warn(told);
        }
        let cause = format!("ambiguous/{}", row.id);
        self.concern(cause, AlertCause::DeliveryUncertain, &told);
        self.hold(told);
    }

    fn warn(&mut self, told: Diagnostic) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Warning,
            ..told
        });
    }

    fn concern(&mut self, cause: String, kind: AlertCause, told: &Diagnostic) {
        let told = std::slice::from_ref(told);
        self.concerns.push(Concern::new(cause, kind, told));
    }

    /// That an edition was refused holds until a person has decided. A refused notice keeps nobody
    /// from his figures: it is told, and the operator hears of it.
    fn refuse(&mut self, row: &Delivery) {
        let told = rejected(row);
        if row.topic.occasion != Occasion::Alert {
            let cause = format!("rejected/{}", row.id);
            self.concern(cause, AlertCause::DeliveryRejected, &told);
        }
        if row.topic.occasion.carries_an_edition() {
            self.hold(told);
        } else {
            self.warn(told);
        }
    }

    /// A short wait for a server is nobody's business; a long one, or one that only a person can
    /// end, is.
    fn wait(&mut self, phase: &str, reply: &str, waiting: &WaitingDeliveries, now: DateTime<Utc>) {
        let plan = &waiting.plan;
        let count = waiting.ids.len();
        let ids = waiting.ids.join(", ");
        let long = now - waiting.since >= PATIENCE;
        let since = waiting.since.format("%Y-%m-%d %H:%M UTC");
        let on_this_side = !waiting.queued && matches!(phase, "prepare" | "tls" | "auth");
        let for_good = !waiting.queued && reply.starts_with('5');
        if on_this_side {
            let message = format!(
                "the mail of {plan} can't be handed over ({phase}): {reply}; deliveries that wait since {since}: {ids}"
            );
            let hint = "put [delivery.smtp], its certificate or its password right; try it: metas doctor; then: metas deliver retry";
            let told = Diagnostic::error("mail-fault", message).hint(hint);
            let cause = format!("waiting/{phase}");
            self.concern(cause, AlertCause::DeliveryDelayed, &told);
            self.hold(told);
        } else if long {
            let why = if reply.is_empty() || waiting.queued {
                "not tried yet".to_owned()
            } else {
                format!("{phase}: {reply}")
            };
            let message = format!(
                "{count} deliveries of {plan} wait since {since}, for more than a day ({why}): {ids}"
            );
            let hint = "see to the mail server or to [delivery.smtp]; try it: metas doctor; then: metas deliver retry";
            let told = Diagnostic::error("deferred-delivery", message).hint(hint);
            let cause = format!("waiting/{phase}");
            self.concern(cause, AlertCause::DeliveryDelayed, &told);
            if waiting.edition {
                self.hold(told);
            } else {
                self.diagnostics.push(told);
            }
        } else if for_good {
            let message = format!(
                "the server refuses the mail of {plan} ({phase}): {reply}; deliveries that wait: {ids}"
            );
            let hint = "it is tried again; ask the server's operator, or correct `from` and [delivery.smtp]";
            self.diagnostics
                .push(Diagnostic::error("mail-refused", message).hint(hint));
        }
    }
}

/// Since when a delivery waits: its first deferral, or else the moment it was queued.
fn since(ledger: &Ledger, row: &Delivery) -> Result<DateTime<Utc>, CommandError> {
    let events = ledger.delivery_events(row.id)?;
    let sent = events
        .iter()
        .rposition(|e| e.to == DeliveryState::Accepted)
        .map_or(0, |at| at + 1);
    let after = events.get(sent..).unwrap_or_default();
    let first = after
        .iter()
        .find(|e| e.to == DeliveryState::Deferred)
        .or(after.first());
    Ok(first.map_or(row.updated_at, |event| event.at))
}

fn ambiguous(row: &Delivery) -> Diagnostic {
    let message = format!(
        "delivery {} ({}) of {} to {} may or may not have arrived",
        row.id,
        row.topic.occasion,
        row.topic.name(),
        row.recipient
    );
    Diagnostic::error("ambiguous-delivery", message).hint(format!(
        "ask the recipient or look in the server's log for {}; then: metas deliver resolve {} --sent, or --resend",
        row.message_id, row.id
    ))
}

fn rejected(row: &Delivery) -> Diagnostic {
    let reply = row.last_reply.clone().unwrap_or_default();
    let (id, topic) = (row.id, &row.topic);
    let (code, verb) = if row.state == DeliveryState::Bounced {
        ("bounced-delivery", "returned")
    } else {
        ("rejected-delivery", "refuses")
    };
    let message = format!(
        "the server {verb} delivery {id} ({}) of {} for {}: {reply}",
        topic.occasion,
        topic.name(),
        row.recipient
    );
    let anew = match (topic.occasion.carries_an_edition(), topic.period) {
        (true, Some(period)) => format!(
            ", then: metas deliver send {} {period} --to ADDRESS",
            topic.plan
        ),
        _ => String::new(),
    };
    Diagnostic::error(code, message).hint(format!(
        "correct the address in the definition{anew}; or try the same again: metas deliver retry {id}; \
         or settle it: metas deliver resolve {id} --sent"
    ))
}

/// Who does not hear of a plan's reports: anybody, where it has no `[delivery]`; or recipients who
/// have no delivery of the last final edition.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn unheard(
    ledger: &Ledger,
    pipeline: &Plan,
) -> Result<Option<Diagnostic>, CommandError> {
    if pipeline.delivery.is_none() {
        return Ok(Some(nobody(pipeline)));
    }
    Ok(unreached(ledger, pipeline)?.map(|unreached| unreached.diagnostic()))
}

fn nobody(pipeline: &Plan) -> Diagnostic {
    let id = &pipeline.plan.id;
    let message = format!("{id} has no [delivery]: nobody will hear of its reports");
    let hint = format!("add [delivery] with from and to to {}", pipeline.text.name);
    Diagnostic::warning("no-delivery", message).hint(hint)
}

/// Recipients whom the definition names and who have no delivery of the last final edition: they
/// were added, or their address corrected, after it was issued.
pub(crate) struct Unreached {
    /// The edition.
    pub key: EditionKey,
    /// Bare addresses.
    pub recipients: Vec<String>,
}

impl Unreached {
    fn diagnostic(&self) -> Diagnostic {
        let EditionKey {
            plan,
            period,
            edition,
        } = &self.key;
        let message = format!(
            "{plan} {period} v{edition} has no message for {}: the definition names them since it was issued",
            self.recipients.join(", ")
        );
        Diagnostic::warning("not-delivered", message).hint(self.commands().join("; "))
    }

    /// The commands that send it to them.
    pub(crate) fn commands(&self) -> Vec<String> {
        let (plan, period) = (&self.key.plan, self.key.period);
        let command = |to: &String| format!("metas deliver send {plan} {period} --to {to}");
        self.recipients.iter().map(command).collect()
    }
}

/// Who of `[delivery] to` has no delivery of the plan's last final edition.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn unreached(
    ledger: &Ledger,
    pipeline: &Plan,
) -> Result<Option<Unreached>, CommandError> {
    let Some(spec) = &pipeline.delivery else {
        return Ok(None);
    };
    let editions = ledger.editions(Some(&pipeline.plan.id), None)?;
    let last = editions
        .into_iter()
        .filter(|edition| edition.published && !edition.preliminary)
        .max_by_key(|edition| (edition.key.period.start(), edition.key.edition));
    let Some(Edition { key, adopted, .. }) = last else {
        return Ok(None);
    };
    let filter = DeliveryFilter {
        plan: Some(key.plan.clone()),
        period: Some(key.period),
        edition: Some(key.edition),
        occasion: Some(Occasion::Report),
        states: Vec::new(),
    };
    let rows = ledger.deliveries(&filter)?;
    if adopted && rows.is_empty() {
        return Ok(None);
    }
    let named = spec.to.iter();
    let recipients: Vec<String> = named
        .filter_map(|text| message::parse_mailbox(text).ok())
        .map(|mailbox| mailbox.email.to_string())
        .filter(|to| {
            let written = |row: &Delivery| {
                row.recipient.eq_ignore_ascii_case(to) && row.state != DeliveryState::Cancelled
            };
            !rows.iter().any(written)
        })
        .collect();
    Ok((!recipients.is_empty()).then_some(Unreached { key, recipients }))
}
