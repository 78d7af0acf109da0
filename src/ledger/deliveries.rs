//! Deliveries: one row a recipient and topic, moved only along the allowed transitions.

use chrono::{DateTime, Utc};

use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::driver::Transaction;
use super::edition_key::EditionKey;
use super::error::LedgerError;
use super::lock::RunLock;
use super::token::Liveness;
use super::topic::{Occasion, Topic};
use super::types::{Delivery, DeliveryEvent, DeliveryFilter, DeliveryState, NewDelivery, Note};
use super::value::{LedgerRow, params};
use crate::diagnostic::Diagnostic;

impl Ledger {
    /// Deliveries that match, oldest first.
    pub fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, LedgerError> {
        let mut rows = self.database.select(
            "SELECT * FROM deliveries WHERE (:plan IS NULL OR plan = :plan)
             AND (:period IS NULL OR period = :period)
             AND (:edition IS NULL OR edition = :edition)
             AND (:occasion IS NULL OR occasion = :occasion) ORDER BY id",
            params! {":plan": &filter.plan, ":edition": filter.edition,
            ":period": filter.period.map(|p| p.to_string()),
            ":occasion": filter.occasion.map(Occasion::as_str)},
            delivery_row,
        )?;
        rows.retain(|row| filter.states.is_empty() || filter.states.contains(&row.state));
        Ok(rows)
    }

    /// One delivery.
    ///
    /// # Errors
    /// `delivery-unknown` where there is none of that id.
    pub fn delivery(&self, id: i64) -> Result<Delivery, LedgerError> {
        self.database
            .first(
                "SELECT * FROM deliveries WHERE id = :id",
                params! {":id": id},
                delivery_row,
            )?
            .ok_or_else(|| unknown(id))
    }

    /// A delivery's life so far.
    pub fn delivery_events(&self, id: i64) -> Result<Vec<DeliveryEvent>, LedgerError> {
        Ok(self.database.select(
            "SELECT * FROM delivery_events WHERE delivery = :id ORDER BY id",
            params! {":id": id},
            event_row,
        )?)
    }

    /// Moves a delivery from one state to another and notes it. From `sending` on, only the run that
    /// took it moves it.
    ///
    /// # Errors
    /// `delivery-transition` where the row is no longer in `from`, is in another run's hands, or the
    /// step is not allowed; nothing is changed then.
    pub fn transition(
        &mut self,
        id: i64,
        (from, to): (DeliveryState, DeliveryState),
        note: &Note,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let run = self.run.to_string();
        // The row says whose it is: what the server replied to its run counts, whoever works now.
        let tx = if from == DeliveryState::DotIntent {
            Transaction::begin_to_report(self.database.as_ref())?
        } else {
            self.write()?
        };
        let row = delivery_in(&tx, id)?;
        let transport = note.transport.unwrap_or(row.transport);
        if !is_in(&row, from, &run) || !from.may_become(to, transport) {
            return Err(LedgerError::Transition(
                Diagnostic::error(
                    "delivery-transition",
                    format!(
                        "delivery {id} to {} is {}: it can't go from {from} to {to}",
                        row.recipient, row.state
                    ),
                )
                .hint("See `metas deliver list`; another run may have moved it."),
            ));
        }
        step(&tx, &row, to, note, at).and_then(|()| take(&tx, id, to, &run))?;
        Ok(tx.commit()?)
    }

    /// Puts in order what a run that stopped left behind: what had not reached the final dot is
    /// queued again, what had is ambiguous. What a run that may still be at work has in its hands
    /// is left to it.
    pub fn recover(
        &mut self,
        _lock: &RunLock,
        at: DateTime<Utc>,
    ) -> Result<Vec<Delivery>, LedgerError> {
        let tx = self.write()?;
        let mut broken = under_way(&tx)?;
        broken.retain(|row| {
            let run = row.run.as_deref();
            run.is_none_or(|run| self.liveness_of(run) == Liveness::Dead)
        });
        for row in &broken {
            let (to, note) = after_a_stop(row);
            step(&tx, row, to, &note, at)?;
        }
        tx.commit()?;
        broken.iter().map(|row| self.delivery(row.id)).collect()
    }

    /// Queues a delivery that is over anew by a person's word, as `new`: the message that it had, or
    /// a further copy, which is a message of its own.
    ///
    /// # Errors
    /// `delivery-transition` where the delivery is not over.
    pub fn queue_anew(
        &mut self,
        id: i64,
        new: &NewDelivery,
        note: &Note,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        use DeliveryState::{Accepted, Cancelled, Superseded};
        let tx = self.write()?;
        let row = delivery_in(&tx, id)?;
        if !matches!(row.state, Accepted | Cancelled | Superseded) {
            return Err(LedgerError::Transition(
                Diagnostic::error(
                    "delivery-transition",
                    format!("delivery {id} to {} is {}", row.recipient, row.state),
                )
                .hint("See `metas deliver list`; another run may have moved it."),
            ));
        }
        Ok(tx
            .execute(
                "UPDATE deliveries SET message_id = :message_id, message_path = :path,
                 message_sha256 = :sha256, transport = :transport WHERE id = :id",
                params! {":id": id, ":message_id": new.message_id, ":path": new.message_path,
                ":sha256": new.message_sha256, ":transport": new.transport.as_str()},
            )
            .and_then(|_| step(&tx, &row, DeliveryState::Queued, note, at))
            .and_then(|()| tx.commit())?)
    }

    /// How many times the end of the delivery's present message was begun to be sent, as far as the
    /// ledger knows.
    pub fn ends_sent(&self, id: i64) -> Result<usize, LedgerError> {
        let events = self.delivery_events(id)?;
        let a_further_copy = |e: &DeliveryEvent| {
            (e.from, e.to) == (Some(DeliveryState::Accepted), DeliveryState::Queued)
        };
        let since = events.iter().rposition(a_further_copy).unwrap_or(0);
        let ends = events[since..]
            .iter()
            .filter(|e| e.to == DeliveryState::DotIntent);
        Ok(ends.count())
    }

    /// Enters ends of a message that the ledger did not know of. The recipient may have it: an
    /// edition's delivery is held, a notice is not sent again.
    ///
    /// # Errors
    /// `delivery-transition` where the delivery is no longer waiting.
    pub fn hold_as_sent(
        &mut self,
        id: i64,
        unknown_ends: usize,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        let mut row = delivery_in(&tx, id)?;
        if !matches!(row.state, DeliveryState::Queued | DeliveryState::Deferred) {
            return Err(LedgerError::Transition(Diagnostic::error(
                "delivery-transition",
                format!("delivery {id} to {} is {}", row.recipient, row.state),
            )));
        }
        let note = Note {
            phase: Some("record".to_owned()),
            reply: Some(
                "the record beside the reports says that this message was sent; the ledger does not know of it"
                    .to_owned(),
            ),
            ..Note::default()
        };
        let end = if row.topic.occasion.carries_an_edition() {
            DeliveryState::Ambiguous
        } else {
            DeliveryState::Accepted
        };
        for to in std::iter::repeat_n(DeliveryState::DotIntent, unknown_ends).chain([end]) {
            step(&tx, &row, to, &note, at)?;
            row.state = to;
        }
        Ok(tx.commit()?)
    }
}

/// Whether a row is in a state for this run. One that was taken for a dead run's while its run was
/// waiting for the server's reply is still that run's to settle.
fn is_in(row: &Delivery, state: DeliveryState, run: &str) -> bool {
    use DeliveryState::{
        Accepted, Ambiguous, Bounced, Cancelled, Deferred, DotIntent, Queued, Rejected, Sending,
        Superseded,
    };
    let own = row.run.as_deref() == Some(run);
    match state {
        Sending => row.state == Sending && own,
        DotIntent => matches!(row.state, DotIntent | Ambiguous) && own,
        Queued | Accepted | Deferred | Rejected | Ambiguous | Bounced | Superseded | Cancelled => {
            row.state == state
        }
    }
}

/// Notes in whose hands a delivery is.
fn take(tx: &Transaction<'_>, id: i64, to: DeliveryState, run: &str) -> Result<(), DatabaseError> {
    if to == DeliveryState::Sending {
        tx.execute(
            "UPDATE deliveries SET run = :run WHERE id = :id",
            params! {":id": id, ":run": run},
        )?;
    }
    Ok(())
}

fn delivery_in(tx: &Transaction<'_>, id: i64) -> Result<Delivery, LedgerError> {
    tx.first(
        "SELECT * FROM deliveries WHERE id = :id",
        params! {":id": id},
        delivery_row,
    )?
    .ok_or_else(|| unknown(id))
}

fn under_way(tx: &Transaction<'_>) -> Result<Vec<Delivery>, DatabaseError> {
    tx.select(
        "SELECT * FROM deliveries WHERE state IN ('sending', 'dot_intent') ORDER BY id",
        &[],
        delivery_row,
    )
}

/// What becomes of a delivery whose run has stopped.
fn after_a_stop(row: &Delivery) -> (DeliveryState, Note) {
    let (to, reply) = if row.state == DeliveryState::Sending {
        (
            DeliveryState::Queued,
            "a run stopped before the end of the message: it was not delivered",
        )
    } else {
        (
            DeliveryState::Ambiguous,
            "a run stopped at the end of the message: the server may have taken it",
        )
    };
    let note = Note {
        phase: row.phase.clone(),
        reply: Some(reply.to_owned()),
        ..Note::default()
    };
    (to, note)
}

/// Queues messages within a transaction; recipients who have one of the topic are left alone.
pub(super) fn enqueue_in(
    tx: &Transaction<'_>,
    deliveries: &[NewDelivery],
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    for new in deliveries {
        let topic = &new.topic;
        let id: Option<i64> = tx.first(
            "INSERT INTO deliveries (occasion, plan, period, edition, about, recipient, state,
                     transport, message_id, message_path, message_sha256, updated_at)
                 VALUES (:occasion, :plan, :period, :edition, :about, :recipient, 'queued',
                     :transport, :message_id, :path, :sha256, :at)
                 ON CONFLICT DO NOTHING RETURNING id",
            params! {":occasion": topic.occasion.as_str(), ":plan": topic.plan,
            ":period": topic.period.map(|p| p.to_string()), ":edition": topic.edition,
            ":about": topic.about, ":recipient": new.recipient,
            ":transport": new.transport.as_str(), ":message_id": new.message_id,
            ":path": new.message_path, ":sha256": new.message_sha256, ":at": stamp(at)},
            |row| row.first(),
        )?;
        if let Some(id) = id {
            event(tx, id, (None, DeliveryState::Queued), &Note::default(), at)?;
        }
    }
    Ok(())
}

/// Withdraws what earlier editions of the period have not sent.
pub(super) fn supersede_before(
    tx: &Transaction<'_>,
    key: &EditionKey,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let earlier: Vec<Delivery> = tx.select(
        "SELECT * FROM deliveries WHERE plan = :plan AND period = :period
             AND edition < :edition AND state IN ('queued', 'deferred', 'rejected') ORDER BY id",
        params! {":plan": key.plan, ":period": key.period.to_string(), ":edition": key.edition},
        delivery_row,
    )?;
    let note = Note {
        reply: Some(format!("edition {} was issued", key.edition)),
        ..Note::default()
    };
    for row in &earlier {
        step(tx, row, DeliveryState::Superseded, &note, at)?;
    }
    Ok(())
}

pub(super) fn step(
    tx: &Transaction<'_>,
    row: &Delivery,
    to: DeliveryState,
    note: &Note,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    tx.execute(
        "UPDATE deliveries SET state = :to, transport = :transport, phase = :phase,
             last_reply = COALESCE(:reply, last_reply), next_attempt_at = :next, updated_at = :at,
             attempts = attempts + CASE WHEN :to = 'sending' THEN 1 ELSE 0 END,
             run = CASE WHEN :to IN ('queued', 'deferred', 'superseded', 'cancelled') THEN NULL ELSE run END
         WHERE id = :id",
        params! {":id": row.id, ":to": to.as_str(), ":phase": note.phase,
        ":transport": note.transport.unwrap_or(row.transport).as_str(), ":reply": note.reply,
        ":next": note.next_attempt_at.map(stamp), ":at": stamp(at)},
    )?;
    event(tx, row.id, (Some(row.state), to), note, at)
}

pub(super) fn event(
    tx: &Transaction<'_>,
    delivery: i64,
    (from, to): (Option<DeliveryState>, DeliveryState),
    note: &Note,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    tx.execute(
        "INSERT INTO delivery_events (delivery, at, from_state, to_state, phase, reply)
         VALUES (:delivery, :at, :from, :to, :phase, :reply)",
        params! {":delivery": delivery, ":at": stamp(at), ":from": from.map(DeliveryState::as_str),
        ":to": to.as_str(), ":phase": note.phase, ":reply": note.reply},
    )?;
    Ok(())
}

fn unknown(id: i64) -> LedgerError {
    LedgerError::Unknown(
        Diagnostic::error("delivery-unknown", format!("there is no delivery {id}"))
            .hint("`metas deliver list` shows their numbers."),
    )
}

pub(super) fn delivery_row(row: &LedgerRow) -> Result<Delivery, DatabaseError> {
    Ok(Delivery {
        id: row.get("id")?,
        topic: Topic {
            occasion: row.parsed("occasion")?,
            plan: row.get("plan")?,
            period: row.parsed_option("period")?,
            edition: row.get("edition")?,
            about: row.get("about")?,
        },
        recipient: row.get("recipient")?,
        state: row.parsed("state")?,
        transport: row.parsed("transport")?,
        message_id: row.get("message_id")?,
        message_path: row.get("message_path")?,
        message_sha256: row.get("message_sha256")?,
        attempts: row.get("attempts")?,
        next_attempt_at: row.parsed_option("next_attempt_at")?,
        last_reply: row.get("last_reply")?,
        phase: row.get("phase")?,
        updated_at: row.parsed("updated_at")?,
        run: row.get("run")?,
    })
}

fn event_row(row: &LedgerRow) -> Result<DeliveryEvent, DatabaseError> {
    Ok(DeliveryEvent {
        at: row.parsed("at")?,
        from: row.parsed_option("from_state")?,
        to: row.parsed("to_state")?,
        phase: row.get("phase")?,
        reply: row.get("reply")?,
    })
}
