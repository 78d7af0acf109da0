//! Moves deliveries from the queue to the server or the outbox, one committed step at a time.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use tracing::{info, info_span};

use super::attempt::{DispatchRun, ReadyDelivery};
use super::backoff::is_due;
use super::home::DeliveryHome;
use super::round::Round;
use super::settings::Settings;
use super::transport;
use crate::delivery::error::DeliveryError;
use crate::failpoint;
use crate::ledger::{Delivery, DeliveryFilter, DeliveryState, Ledger, LedgerError, Note, Occasion};

/// What became of one delivery in this run.
#[derive(Debug)]
pub struct DeliveryOutcome {
    /// The delivery as it stands now.
    pub delivery: Delivery,
    /// Its file, where it went to the outbox.
    pub file: Option<PathBuf>,
    /// Why it can't be tried at all.
    pub problem: Option<DeliveryError>,
    /// Why it was left for a later run.
    pub waits: Option<String>,
}

impl DeliveryOutcome {
    fn of(delivery: Delivery) -> Self {
        Self {
            delivery,
            file: None,
            problem: None,
            waits: None,
        }
    }

    fn untried(delivery: &Delivery, problem: DeliveryError) -> Self {
        Self {
            problem: Some(problem),
            ..Self::of(delivery.clone())
        }
    }
}

/// Tries every delivery of the plan that is queued or due again, and withdraws those whose recipient
/// the definition no longer names. Needs the run lock to be held and [`Ledger::recover`] to have
/// been called.
///
/// # Errors
/// Only what makes going on pointless: the ledger can't be written. What was under way is put in
/// order by the next run's recovery.
pub fn deliver_due(
    ledger: &mut Ledger,
    settings: &Settings,
    home: DeliveryHome<'_>,
    round: &mut Round,
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryOutcome>, DeliveryError> {
    let mut outcomes = withdraw_unnamed(ledger, &settings.plan, &settings.allowed, now)?;
    outcomes.extend(deliver(ledger, settings, (home, None), round, now)?);
    Ok(outcomes)
}

/// Tries the plan's alerts alone, and withdraws nothing: what else waits is judged where the whole
/// definition is known.
///
/// # Errors
/// As [`deliver_due`].
pub fn deliver_alerts(
    ledger: &mut Ledger,
    settings: &Settings,
    home: DeliveryHome<'_>,
    round: &mut Round,
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryOutcome>, DeliveryError> {
    deliver(ledger, settings, (home, Some(Occasion::Alert)), round, now)
}

fn deliver(
    ledger: &mut Ledger,
    settings: &Settings,
    (home, occasion): (DeliveryHome<'_>, Option<Occasion>),
    round: &mut Round,
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryOutcome>, DeliveryError> {
    let mut rows = ledger.deliveries(&DeliveryFilter {
        plan: Some(settings.plan.clone()),
        occasion,
        states: vec![DeliveryState::Queued, DeliveryState::Deferred],
        ..DeliveryFilter::default()
    })?;
    rows.retain(|row| row.next_attempt_at.is_none_or(|at| is_due(at, now)));

    round.begin(settings.time);
    let mut run = DispatchRun {
        ledger,
        settings,
        home,
        now,
        session: None,
        round,
    };
    let mut outcomes = Vec::new();
    for row in rows {
        outcomes.push(logged(&mut run, &row)?);
    }
    if let Some(session) = run.session.take() {
        session.quit();
    }
    round.end();
    Ok(outcomes)
}

/// Withdraws what waits for, or was refused for, a recipient that is not among those `allowed`.
/// What may have arrived is left for a person to settle.
///
/// # Errors
/// The ledger can't be written.
pub fn withdraw_unnamed(
    ledger: &mut Ledger,
    plan: &str,
    allowed: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryOutcome>, DeliveryError> {
    use DeliveryState::{Deferred, Queued, Rejected};
    let mut rows = ledger.deliveries(&DeliveryFilter {
        plan: Some(plan.to_owned()),
        states: vec![Queued, Deferred, Rejected],
        ..DeliveryFilter::default()
    })?;
    let named = |row: &Delivery| {
        allowed
            .iter()
            .any(|a| a.eq_ignore_ascii_case(&row.recipient))
    };
    rows.retain(|row| !named(row));
    let note = Note {
        reply: Some("the definition no longer names this recipient".to_owned()),
        ..Note::default()
    };
    rows.iter()
        .map(|row| {
            ledger.transition(row.id, (row.state, DeliveryState::Cancelled), &note, now)?;
            Ok(DeliveryOutcome::of(ledger.delivery(row.id)?))
        })
        .collect()
}

/// Tries a delivery, and logs what became of it.
fn logged(run: &mut DispatchRun<'_>, row: &Delivery) -> Result<DeliveryOutcome, DeliveryError> {
    let span = info_span!(
        "delivery",
        delivery = row.id,
        recipient = row.recipient,
        message_id = row.message_id
    );
    let _delivery = span.enter();
    let outcome = attempt(run, row)?;
    let now = &outcome.delivery;
    info!(
        plan = now.topic.plan,
        period = now.topic.period.map(|period| period.to_string()),
        edition = now.topic.edition,
        occasion = now.topic.occasion.as_str(),
        state = now.state.as_str(),
        transport = now.transport.as_str(),
        phase = now.phase,
        reply = now.last_reply,
        attempts = now.attempts,
        waits = outcome.waits,
        "message {}",
        match now.state {
            DeliveryState::Accepted => "sent",
            DeliveryState::Queued => "waiting",
            DeliveryState::Sending
            | DeliveryState::DotIntent
            | DeliveryState::Deferred
            | DeliveryState::Rejected
            | DeliveryState::Ambiguous
            | DeliveryState::Bounced
            | DeliveryState::Superseded
            | DeliveryState::Cancelled => now.state.as_str(),
        }
    );
    Ok(outcome)
}

fn attempt(run: &mut DispatchRun<'_>, row: &Delivery) -> Result<DeliveryOutcome, DeliveryError> {
    let (message, to) = match run.frozen(row) {
        Ok(frozen) => frozen,
        Err(problem) => return Ok(DeliveryOutcome::untried(row, problem)),
    };
    if let Some(why) = transport::waits(run) {
        return Ok(DeliveryOutcome {
            waits: Some(why),
            ..DeliveryOutcome::of(row.clone())
        });
    }
    let transport = run.settings.transport();
    let record = match run.record(row) {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(DeliveryOutcome::of(run.ledger.delivery(row.id)?)),
        Err(error @ DeliveryError::Ledger(_)) => return Err(error),
        Err(problem) => return Ok(DeliveryOutcome::untried(row, problem)),
    };
    let begun = Note {
        transport: Some(transport),
        ..Note::default()
    };
    match run.step(row, row.state, DeliveryState::Sending, &begun) {
        // Another run has taken it meanwhile.
        Err(DeliveryError::Ledger(LedgerError::Transition(_))) => {
            return Ok(DeliveryOutcome::of(run.ledger.delivery(row.id)?));
        }
        other => other?,
    }
    failpoint::hit("sending");
    let ready = ReadyDelivery {
        row,
        message,
        to,
        record,
    };
    let file = transport::hand_over(run, &ready)?;
    Ok(DeliveryOutcome {
        file,
        ..DeliveryOutcome::of(run.ledger.delivery(row.id)?)
    })
}
