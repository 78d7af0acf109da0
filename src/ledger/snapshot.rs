//! The ledger as a backup holds it, and what is noted when it is put back.

use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::database::{FILE, Ledger, stamp};
use super::deliveries::{delivery_row, step};
use super::error::LedgerError;
use super::faults::damaged;
use super::types::{Delivery, DeliveryState, Note};

impl Ledger {
    /// Writes the ledger as it is at one moment into a new file, while others may write to it.
    pub fn snapshot(&self, to: &Path) -> Result<(), LedgerError> {
        Ok(self
            .conn
            .execute("VACUUM INTO ?1", [to.to_string_lossy()])
            .map(|_| ())?)
    }

    /// Looks at every page of the file.
    ///
    /// # Errors
    /// `ledger-unusable` where one is damaged.
    pub fn check(&self) -> Result<(), LedgerError> {
        let told: String = self
            .conn
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if told == "ok" {
            return Ok(());
        }
        Err(LedgerError::Refused(damaged(
            &Path::new("state").join(FILE),
            &told,
        )))
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
            tx.execute(forgotten, [])?;
        }
        tx.execute(
            "INSERT INTO restorations VALUES (?1, ?2)",
            (stamp(at), stamp(backup_at)),
        )?;
        tx.commit()?;
        held.iter().map(|row| self.delivery(row.id)).collect()
    }

    /// Brings everything that was written into the one file, so that it can be moved.
    pub fn close(mut self) -> Result<(), LedgerError> {
        self.claimed = false;
        Ok(self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

fn hold_what_waits(
    tx: &Transaction<'_>,
    backup_at: DateTime<Utc>,
    at: DateTime<Utc>,
) -> rusqlite::Result<Vec<Delivery>> {
    let waiting: Vec<Delivery> = tx
        .prepare(
            "SELECT * FROM deliveries
             WHERE state IN ('queued', 'deferred', 'sending', 'dot_intent') ORDER BY id",
        )?
        .query_map([], delivery_row)?
        .collect::<rusqlite::Result<_>>()?;
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
