//! Moves deliveries from the queue to the server or the outbox, one committed step at a time.

#![allow(clippy::disallowed_methods, reason = "the shell reads frozen messages")]

use std::fs;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, Utc};
use lettre::address::Address;
use tracing::{info, info_span};

use super::backoff::{is_due, wait_after};
use super::message::{carriable, parse_mailbox};
use super::outbox;
use super::record::Record;
use super::round::{Round, SendFault};
use super::settings::Settings;
use super::smtp::{Failure, Phase, Server, Session, TransactionOutcome};
use crate::delivery::error::DeliveryError;
use crate::diagnostic::Diagnostic;
use crate::failpoint;
use crate::hash::sha256_hex;
use crate::ledger::{Delivery, DeliveryFilter, DeliveryState, Ledger, LedgerError, Note, Occasion};

/// How a frozen message is brought back.
const FROM_BACKUP: &str = "It is never rebuilt: `metas restore FILE --missing` takes it from a file of `metas backup`; or issue a correction with --new-edition.";

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
    home: &Path,
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
    home: &Path,
    round: &mut Round,
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryOutcome>, DeliveryError> {
    deliver(ledger, settings, (home, Some(Occasion::Alert)), round, now)
}

fn deliver(
    ledger: &mut Ledger,
    settings: &Settings,
    (home, occasion): (&Path, Option<Occasion>),
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
        outcomes.push(run.logged(&row)?);
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

struct DispatchRun<'a> {
    ledger: &'a mut Ledger,
    settings: &'a Settings,
    home: &'a Path,
    now: DateTime<Utc>,
    session: Option<Session>,
    round: &'a mut Round,
}

impl DispatchRun<'_> {
    fn logged(&mut self, row: &Delivery) -> Result<DeliveryOutcome, DeliveryError> {
        let span = info_span!(
            "delivery",
            delivery = row.id,
            recipient = row.recipient,
            message_id = row.message_id
        );
        let _delivery = span.enter();
        let outcome = self.one(row)?;
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

    fn one(&mut self, row: &Delivery) -> Result<DeliveryOutcome, DeliveryError> {
        let (message, to) = match self.frozen(row) {
            Ok(ready) => ready,
            Err(problem) => {
                return Ok(DeliveryOutcome {
                    problem: Some(problem),
                    ..DeliveryOutcome::of(row.clone())
                });
            }
        };
        if let Some(why) = self.waits() {
            return Ok(DeliveryOutcome {
                waits: Some(why),
                ..DeliveryOutcome::of(row.clone())
            });
        }
        let transport = self.settings.transport();
        let record = match self.record(row) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(DeliveryOutcome::of(self.ledger.delivery(row.id)?)),
            Err(error @ DeliveryError::Ledger(_)) => return Err(error),
            Err(problem) => {
                return Ok(DeliveryOutcome {
                    problem: Some(problem),
                    ..DeliveryOutcome::of(row.clone())
                });
            }
        };
        let begun = Note {
            transport: Some(transport),
            ..Note::default()
        };
        match self.step(row, row.state, DeliveryState::Sending, &begun) {
            // Another run has taken it meanwhile.
            Err(DeliveryError::Ledger(LedgerError::Transition(_))) => {
                return Ok(DeliveryOutcome::of(self.ledger.delivery(row.id)?));
            }
            other => other?,
        }
        failpoint::hit("sending");
        let file = match &self.settings.server {
            None => self.put_in_outbox(row, &message)?,
            Some(server) => {
                self.hand_over(server.as_ref(), row, &to, (&message, &record))?;
                None
            }
        };
        Ok(DeliveryOutcome {
            file,
            ..DeliveryOutcome::of(self.ledger.delivery(row.id)?)
        })
    }

    /// The record beside the edition; none where it knows of a send that the ledger does not: then
    /// the delivery is held, because the recipient may have it.
    fn record(&mut self, row: &Delivery) -> Result<Option<Record>, DeliveryError> {
        let record = Record::of(self.ledger, self.home, row)?;
        let known = self.ledger.ends_sent(row.id)?;
        let unknown = record.ends(row)?.saturating_sub(known);
        if unknown > 0 {
            self.ledger.hold_as_sent(row.id, unknown, self.now)?;
            return Ok(None);
        }
        Ok(Some(record))
    }

    /// Why nothing more is tried in this run, where that is so.
    fn waits(&self) -> Option<String> {
        let Some(Ok(server)) = &self.settings.server else {
            return None;
        };
        match self.round.trouble(server) {
            Some(SendFault::Doubt(id)) => Some(format!(
                "waits for the next run: what {} did with delivery {id} is in doubt",
                server.host
            )),
            Some(SendFault::Down(_)) => None,
            None if self.round.is_over() => Some(format!(
                "waits for the next run: the {} s that a run has for mail are over",
                self.settings.time.as_secs()
            )),
            None => None,
        }
    }

    /// The frozen message, checked against what was recorded when it was queued.
    fn frozen(&mut self, row: &Delivery) -> Result<(Vec<u8>, Address), DeliveryError> {
        let to = parse_mailbox(&row.recipient)?.email;
        let relative = Path::new(&row.message_path);
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(Diagnostic::error(
                "message-missing",
                format!("delivery {} names a message outside the home", row.id),
            )
            .into());
        }
        let bytes = fs::read(self.home.join(relative)).map_err(|e| {
            Diagnostic::error(
                "message-missing",
                format!("the frozen message {} can't be read: {e}", row.message_path),
            )
            .hint(FROM_BACKUP)
        })?;
        if sha256_hex(&bytes) != row.message_sha256 {
            return Err(Diagnostic::error(
                "message-changed",
                format!(
                    "the frozen message {} is not what was queued: nothing is sent",
                    row.message_path
                ),
            )
            .hint(FROM_BACKUP)
            .into());
        }
        carriable(&bytes)?;
        Ok((bytes, to))
    }

    fn put_in_outbox(
        &mut self,
        row: &Delivery,
        message: &[u8],
    ) -> Result<Option<PathBuf>, DeliveryError> {
        match outbox::put(&self.home.join("state"), row, message) {
            Ok(path) => {
                failpoint::hit("after-dot");
                let shown = path.strip_prefix(self.home).unwrap_or(&path);
                let note = Note {
                    phase: Some("outbox".to_owned()),
                    reply: Some(format!("written to {}", shown.display())),
                    ..Note::default()
                };
                self.step(row, DeliveryState::Sending, DeliveryState::Accepted, &note)?;
                failpoint::hit("accepted");
                Ok(Some(path))
            }
            Err(e) => {
                let note = self.later(row, "outbox", format!("the outbox can't be written: {e}"));
                self.step(row, DeliveryState::Sending, DeliveryState::Deferred, &note)?;
                Ok(None)
            }
        }
    }

    fn hand_over(
        &mut self,
        server: Result<&Server, &Failure>,
        row: &Delivery,
        to: &Address,
        what: (&[u8], &Record),
    ) -> Result<(), DeliveryError> {
        let mut state = DeliveryState::Sending;
        let verdict = match server {
            Ok(server) => self.transact(server, (row, to), what, &mut state)?,
            Err(unready) => TransactionOutcome::Down(unready.clone()),
        };
        let trouble = match &verdict {
            TransactionOutcome::Down(f) => Some(SendFault::Down(f.clone())),
            TransactionOutcome::Ambiguous(_) => Some(SendFault::Doubt(row.id)),
            TransactionOutcome::Accepted(_)
            | TransactionOutcome::Deferred(_)
            | TransactionOutcome::Rejected(_) => None,
        };
        if let (Ok(server), Some(trouble)) = (server, trouble) {
            self.round.note(server, trouble);
        }
        let (next, note) = match verdict {
            TransactionOutcome::Accepted(reply) => {
                failpoint::hit("after-dot");
                (DeliveryState::Accepted, final_note(Phase::Dot, reply))
            }
            TransactionOutcome::Rejected(f) => {
                (DeliveryState::Rejected, final_note(f.phase, f.reply))
            }
            TransactionOutcome::Ambiguous(f) => {
                (DeliveryState::Ambiguous, final_note(f.phase, f.reply))
            }
            TransactionOutcome::Deferred(f) | TransactionOutcome::Down(f) => {
                let mut note = self.later(row, f.phase.as_str(), f.reply);
                if f.phase == Phase::Prepare {
                    // No server was troubled: once this machine is put right, the next run goes on.
                    note.next_attempt_at = None;
                }
                (DeliveryState::Deferred, note)
            }
        };
        self.step(row, state, next, &note)?;
        if next == DeliveryState::Accepted {
            failpoint::hit("accepted");
        }
        Ok(())
    }

    /// One transaction, on the open connection or a new one.
    fn transact(
        &mut self,
        server: &Server,
        (row, to): (&Delivery, &Address),
        (message, record): (&[u8], &Record),
        state: &mut DeliveryState,
    ) -> Result<TransactionOutcome, DeliveryError> {
        loop {
            if let Some(SendFault::Down(failure)) = self.round.trouble(server) {
                return Ok(TransactionOutcome::Down(failure.clone()));
            }
            let mut session = match self.session.take() {
                Some(session) if session.usable() => session,
                _ => match Session::open(server, self.round.until()) {
                    Ok(session) => session,
                    Err(failure) => return Ok(TransactionOutcome::Down(failure)),
                },
            };
            let used_before = session.transactions() > 0;
            let (ledger, now) = (&mut *self.ledger, self.now);
            let verdict = session.send(&self.settings.from.email, to, message, &mut || {
                failpoint::hit("before-dot");
                let note = final_note(
                    Phase::Dot,
                    "the end of the message is being sent".to_owned(),
                );
                ledger.transition(
                    row.id,
                    (DeliveryState::Sending, DeliveryState::DotIntent),
                    &note,
                    now,
                )?;
                *state = DeliveryState::DotIntent;
                failpoint::hit("dot-intent");
                if let Err(unwritten) = record.note(row) {
                    // Without the record the end is not sent, so nothing is in doubt.
                    let note = final_note(Phase::Prepare, unwritten.to_string());
                    let (from, to) = (DeliveryState::DotIntent, DeliveryState::Deferred);
                    ledger.transition(row.id, (from, to), &note, now)?;
                    return Err(unwritten);
                }
                failpoint::hit("end-recorded");
                Ok(())
            })?;
            let usable = session.usable();
            self.session = Some(session);
            // A server may close after some transactions; that is no reason to stop.
            if matches!(verdict, TransactionOutcome::Down(_)) && used_before && !usable {
                continue;
            }
            return Ok(verdict);
        }
    }

    fn later(&self, row: &Delivery, phase: &str, reply: String) -> Note {
        Note {
            phase: Some(phase.to_owned()),
            reply: Some(reply),
            next_attempt_at: Some(self.now + wait_after(row.attempts + 1)),
            transport: None,
        }
    }

    fn step(
        &mut self,
        row: &Delivery,
        from: DeliveryState,
        to: DeliveryState,
        note: &Note,
    ) -> Result<(), DeliveryError> {
        Ok(self.ledger.transition(row.id, (from, to), note, self.now)?)
    }
}

fn final_note(phase: Phase, reply: String) -> Note {
    Note {
        phase: Some(phase.as_str().to_owned()),
        reply: Some(reply),
        ..Note::default()
    }
}
