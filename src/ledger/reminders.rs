//! Who was reminded of what, and on which step of the plan's ladder.

use chrono::{DateTime, NaiveDate, Utc};

use super::database::{Ledger, stamp};
use super::deliveries::{delivery_row, enqueue_in, step};
use super::error::LedgerError;
use super::types::{Delivery, DeliveryState, NewDelivery, Note};
use super::value::params;
use crate::period::Period;

/// A step of a plan's ladder for one period: the day on which it was to be taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReminderStep {
    /// The plan's id.
    pub plan: String,
    /// The period.
    pub period: Period,
    /// The day, local to the plan.
    pub day: NaiveDate,
}

impl Ledger {
    /// Whether a person has been reminded on a step.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn is_reminded(&self, step: &ReminderStep, recipient: &str) -> Result<bool, LedgerError> {
        Ok(self.database.holds(
            "SELECT EXISTS (SELECT 1 FROM reminders WHERE plan = :plan AND period = :period
                     AND step = :step AND recipient = :recipient)",
            params! {":plan": step.plan, ":period": step.period.to_string(),
            ":step": step.day.to_string(), ":recipient": recipient},
        )?)
    }

    /// Whether a person has a reminder of that day, from whatever plan.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn has_reminder(&self, day: &str, recipient: &str) -> Result<bool, LedgerError> {
        let found: Option<i64> = self.database.first(
            "SELECT id FROM deliveries WHERE occasion = 'reminder' AND about = :about
                     AND recipient = :recipient",
            params! {":about": day, ":recipient": recipient},
            |row| row.first(),
        )?;
        Ok(found.is_some())
    }

    /// When a run last queued a plan's reminders, or found that there was nothing to be queued.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn last_reminder_round(&self, plan: &str) -> Result<Option<DateTime<Utc>>, LedgerError> {
        Ok(self.database.first(
            "SELECT at FROM reminder_rounds WHERE plan = :plan",
            params! {":plan": plan},
            |row| row.parsed("at"),
        )?)
    }

    /// Notes that a run has done so.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn note_reminder_round(
        &mut self,
        plan: &str,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        Ok(tx
            .execute(
                "INSERT INTO reminder_rounds VALUES (:plan, :at)
             ON CONFLICT (plan) DO UPDATE SET at = excluded.at",
                params! {":plan": plan, ":at": stamp(at)},
            )
            .and_then(|_| tx.commit())?)
    }

    /// Queues a reminder and notes the steps that it takes: both or neither. What of earlier
    /// reminders to the same person has not gone out is withdrawn: this one says it all.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn queue_reminder(
        &mut self,
        reminder: &NewDelivery,
        steps: &[ReminderStep],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        let recipient = &reminder.recipient;
        for step in steps {
            tx.execute(
                "INSERT INTO reminders VALUES (:plan, :period, :step, :recipient)
                 ON CONFLICT DO NOTHING",
                params! {":plan": step.plan, ":period": step.period.to_string(),
                ":step": step.day.to_string(), ":recipient": recipient},
            )?;
        }
        let waiting: Vec<Delivery> = tx.select(
            "SELECT * FROM deliveries WHERE occasion = 'reminder' AND recipient = :recipient
                 AND state IN ('queued', 'deferred') ORDER BY id",
            params! {":recipient": recipient},
            delivery_row,
        )?;
        let note = Note {
            reply: Some("a later reminder says it all".to_owned()),
            ..Note::default()
        };
        for row in &waiting {
            step(&tx, row, DeliveryState::Superseded, &note, at)?;
        }
        enqueue_in(&tx, std::slice::from_ref(reminder), at).and_then(|()| tx.commit())?;
        crate::failpoint::hit("reminder-queued");
        Ok(())
    }
}
