//! The ledger as a backup holds it, and what is noted when it is put back.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::deliveries::{delivery_row, step};
use super::driver::Transaction;
use super::error::LedgerError;
use super::types::{Delivery, DeliveryState, Note};
use super::value::params;

impl Ledger {
    /// Writes the ledger as it is at one moment into a new file, while others may write to it.
    pub fn snapshot(&self, to: &Path) -> Result<(), LedgerError> {
        self.database.snapshot(to)
    }

    /// Looks at every page of the file.
    ///
    /// # Errors
    /// `ledger-unusable` where one is damaged.
    pub fn check(&self) -> Result<(), LedgerError> {
        self.database.check()
    }

    /// Notes that this ledger was put back from a backup. What waited to be sent then may have been
    /// sent since: it is held until a person has decided. Gives back what is held.
    pub fn mark_restored(
        &mut self,
        backup_at: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<Vec<Delivery>, LedgerError> {
        let tx = self.write()?;
        let held = hold_what_waits(&tx, backup_at, at)?;
        for forgotten in [
            "DELETE FROM runs",
            "DELETE FROM makings",
            "DELETE FROM editions WHERE state = 'publishing'",
            "UPDATE editions SET directory = NULL",
        ] {
            tx.execute(forgotten, &[])?;
        }
        tx.execute(
            "INSERT INTO restorations VALUES (:at, :backup_at)",
            params! {":at": stamp(at), ":backup_at": stamp(backup_at)},
        )?;
        tx.commit()?;
        held.iter().map(|row| self.delivery(row.id)).collect()
    }

    /// Brings everything that was written into the one file, so that it can be moved.
    pub fn close(mut self) -> Result<(), LedgerError> {
        self.claimed = false;
        Ok(self.database.close()?)
    }
}

fn hold_what_waits(
    tx: &Transaction<'_>,
    backup_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<Vec<Delivery>, DatabaseError> {
    let waiting: Vec<Delivery> = tx.select(
        "SELECT * FROM deliveries
             WHERE state IN ('queued', 'deferred', 'sending', 'dot_intent') ORDER BY id",
        &[],
        delivery_row,
    )?;
    let note = Note {
        phase: Some("restore".to_owned()),
        reply: Some(format!(
            "the ledger was put back from a backup of {}: it may have been sent since",
            stamp(backup_at)
        )),
        ..Note::default()
    };
    let (held, notices): (Vec<_>, Vec<_>) = waiting
        .into_iter()
        .partition(|row| row.topic.occasion.carries_an_edition());
    for row in &held {
        step(tx, row, DeliveryState::Ambiguous, &note, at)?;
    }
    // A notice that may have gone out is better missed than sent twice.
    for row in &notices {
        step(tx, row, DeliveryState::Superseded, &note, at)?;
    }
    Ok(held)
}
