//! Moves deliveries from the queue to the server or the outbox, one committed step at a time.

#![allow(clippy::disallowed_methods, reason = "the shell reads frozen messages")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use lettre::address::Address;

use super::message::{carriable, parse_mailbox};
use super::settings::Settings;
use super::smtp::{Failure, Phase, Server, Session, Verdict};
use super::{outbox, sha256_hex};
use crate::diagnostic::Diagnostic;
use crate::failpoint;
use crate::ledger::{Delivery, DeliveryFilter, DeliveryState, Ledger, Note, Transport};

/// First wait after a failure; doubled each time.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(15);

/// Longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(24);

/// What became of one delivery in this run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The delivery as it stands now.
    pub delivery: Delivery,
    /// Its file, where it went to the outbox.
    pub file: Option<PathBuf>,
    /// Why it was not even tried.
    pub problem: Option<Diagnostic>,
}

/// Tries every delivery of the plan that is queued or due again. Needs the run lock to be held and
/// [`Ledger::recover`] to have been called.
///
/// # Errors
/// Only what makes going on pointless: the ledger can't be written. What was under way is put in
/// order by the next run's recovery.
pub fn deliver_due(
    ledger: &mut Ledger,
    settings: &Settings,
    home: &Path,
    now: DateTime<Utc>,
) -> Result<Vec<Outcome>, Diagnostic> {
    let mut rows = ledger.deliveries(&DeliveryFilter {
        plan: Some(settings.plan.clone()),
        states: vec![DeliveryState::Queued, DeliveryState::Deferred],
        ..DeliveryFilter::default()
    })?;
    rows.retain(|row| row.next_attempt_at.is_none_or(|at| is_due(at, now)));

    let mut run = Run {
        ledger,
        settings,
        home,
        now,
        messages: BTreeMap::new(),
        session: None,
        down: None,
    };
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        outcomes.push(run.one(&row)?);
    }
    if let Some(session) = run.session.take() {
        session.quit();
    }
    Ok(outcomes)
}

/// A time further off than the longest wait was noted by a clock that ran ahead.
fn is_due(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now || at > now + LONGEST_WAIT
}

/// The wait after `attempts` failures.
fn wait_after(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT)
}

struct Run<'a> {
    ledger: &'a mut Ledger,
    settings: &'a Settings,
    home: &'a Path,
    now: DateTime<Utc>,
    /// Frozen messages read so far, by path.
    messages: BTreeMap<String, Vec<u8>>,
    session: Option<Session>,
    /// Why nobody can be sent to.
    down: Option<Failure>,
}

impl Run<'_> {
    fn one(&mut self, row: &Delivery) -> Result<Outcome, Diagnostic> {
        let named = |allowed: &String| allowed.eq_ignore_ascii_case(&row.recipient);
        if !self.settings.allowed.iter().any(named) {
            return self.withdraw(row);
        }
        let (message, to) = match self.frozen(row) {
            Ok(ready) => ready,
            Err(problem) => {
                return Ok(Outcome {
                    delivery: row.clone(),
                    file: None,
                    problem: Some(problem),
                });
            }
        };
        let transport = match self.settings.server {
            Some(_) => Transport::Smtp,
            None => Transport::Outbox,
        };
        let begun = Note {
            transport: Some(transport),
            ..Note::default()
        };
        self.step(row, row.state, DeliveryState::Sending, &begun)?;
        failpoint::hit("sending");
        let file = match &self.settings.server {
            None => self.put_in_outbox(row, &message)?,
            Some(server) => {
                self.hand_over(server, row, &to, &message)?;
                None
            }
        };
        Ok(Outcome {
            delivery: self.ledger.delivery(row.id)?,
            file,
            problem: None,
        })
    }

    /// A recipient struck from the definition after the message was queued is not written to.
    fn withdraw(&mut self, row: &Delivery) -> Result<Outcome, Diagnostic> {
        let note = Note {
            reply: Some("the definition no longer names this recipient".to_owned()),
            ..Note::default()
        };
        self.step(row, row.state, DeliveryState::Cancelled, &note)?;
        Ok(Outcome {
            delivery: self.ledger.delivery(row.id)?,
            file: None,
            problem: None,
        })
    }

    /// The frozen message, checked against what was recorded when it was queued.
    fn frozen(&mut self, row: &Delivery) -> Result<(Vec<u8>, Address), Diagnostic> {
        let to = parse_mailbox(&row.recipient)
            .map_err(|e| Diagnostic::error("address-invalid", e))?
            .email;
        let relative = Path::new(&row.message_path);
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(Diagnostic::error(
                "message-missing",
                format!("delivery {} names a message outside the home", row.id),
            ));
        }
        if !self.messages.contains_key(&row.message_path) {
            let bytes = fs::read(self.home.join(relative)).map_err(|e| {
                Diagnostic::error(
                    "message-missing",
                    format!("the frozen message {} can't be read: {e}", row.message_path),
                )
                .hint("Put the file back from a backup; it is never rebuilt.")
            })?;
            self.messages.insert(row.message_path.clone(), bytes);
        }
        let bytes = &self.messages[&row.message_path];
        if sha256_hex(bytes) != row.message_sha256 {
            return Err(Diagnostic::error(
                "message-changed",
                format!(
                    "the frozen message {} is not what was queued: nothing is sent",
                    row.message_path
                ),
            )
            .hint("Put the file back from a backup, or issue a correction with --new-edition."));
        }
        carriable(bytes)?;
        Ok((bytes.clone(), to))
    }

    fn put_in_outbox(
        &mut self,
        row: &Delivery,
        message: &[u8],
    ) -> Result<Option<PathBuf>, Diagnostic> {
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
        server: &Server,
        row: &Delivery,
        to: &Address,
        message: &[u8],
    ) -> Result<(), Diagnostic> {
        let mut state = DeliveryState::Sending;
        let verdict = self.transact(server, row, to, message, &mut state)?;
        let (next, note) = match verdict {
            Verdict::Accepted(reply) => {
                failpoint::hit("after-dot");
                (DeliveryState::Accepted, final_note(Phase::Dot, reply))
            }
            Verdict::Rejected(f) => (DeliveryState::Rejected, final_note(f.phase, f.reply)),
            Verdict::Ambiguous(f) => (DeliveryState::Ambiguous, final_note(f.phase, f.reply)),
            Verdict::Deferred(f) => (
                DeliveryState::Deferred,
                self.later(row, f.phase.as_str(), f.reply),
            ),
            Verdict::Down(f) => {
                self.down = Some(f.clone());
                (
                    DeliveryState::Deferred,
                    self.later(row, f.phase.as_str(), f.reply),
                )
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
        row: &Delivery,
        to: &Address,
        message: &[u8],
        state: &mut DeliveryState,
    ) -> Result<Verdict, Diagnostic> {
        loop {
            if let Some(failure) = &self.down {
                return Ok(Verdict::Down(failure.clone()));
            }
            let mut session = match self.session.take() {
                Some(session) if session.usable() => session,
                _ => match Session::open(server) {
                    Ok(session) => session,
                    Err(failure) => return Ok(Verdict::Down(failure)),
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
                    DeliveryState::Sending,
                    DeliveryState::DotIntent,
                    &note,
                    now,
                )?;
                *state = DeliveryState::DotIntent;
                failpoint::hit("dot-intent");
                Ok(())
            })?;
            let usable = session.usable();
            self.session = Some(session);
            // A server may close after some transactions; that is no reason to stop.
            if matches!(verdict, Verdict::Down(_)) && used_before && !usable {
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
    ) -> Result<(), Diagnostic> {
        self.ledger.transition(row.id, from, to, note, self.now)
    }
}

fn final_note(phase: Phase, reply: String) -> Note {
    Note {
        phase: Some(phase.as_str().to_owned()),
        reply: Some(reply),
        ..Note::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_day() {
        for (attempts, minutes) in [
            (0, 15),
            (1, 15),
            (2, 30),
            (3, 60),
            (7, 960),
            (8, 1440),
            (99, 1440),
        ] {
            assert_eq!(
                wait_after(attempts),
                TimeDelta::minutes(minutes),
                "{attempts}"
            );
        }
    }
}
