//! What is wrong and not over yet, and how often the operator was told.

use chrono::{DateTime, Utc};

use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::deliveries::enqueue_in;
use super::error::LedgerError;
use super::types::NewDelivery;
use super::value::{LedgerRow, params};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlert {
    /// The plan whose operator is told.
    pub plan: String,
    /// What is wrong, by a name that stays the same while it lasts.
    pub cause: String,
    /// What was told of it last.
    pub content: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How many times the operator was told.
    pub told: u32,
    /// When the last time was.
    pub last_told_at: Option<DateTime<Utc>>,
}

impl Ledger {
    /// What is wrong with a plan and not over yet.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn open_alerts(&self, plan: &str) -> Result<Vec<OpenAlert>, LedgerError> {
        Ok(self.database.select(
            "SELECT * FROM alerts WHERE plan = :plan ORDER BY since, cause",
            params! {":plan": plan},
            alert_row,
        )?)
    }

    /// Remembers what is wrong as it stands now, and queues what tells the operator: both or
    /// neither.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn keep_alert(
        &mut self,
        alert: &OpenAlert,
        messages: &[NewDelivery],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        tx.execute(
            "INSERT INTO alerts VALUES (:plan, :cause, :content, :since, :told, :last)
             ON CONFLICT (plan, cause) DO UPDATE SET content = excluded.content,
                 told = excluded.told, last_told_at = excluded.last_told_at",
            params! {":plan": alert.plan, ":cause": alert.cause, ":content": alert.content,
            ":since": stamp(alert.since), ":told": alert.told,
            ":last": alert.last_told_at.map(stamp)},
        )
        .and_then(|_| enqueue_in(&tx, messages, at))
        .and_then(|()| tx.commit())?;
        crate::failpoint::hit("alert-queued");
        Ok(())
    }

    /// Forgets what is over, and queues what tells the operator so: both or neither.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn end_alert(
        &mut self,
        (plan, cause): (&str, &str),
        messages: &[NewDelivery],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        tx.execute(
            "DELETE FROM alerts WHERE plan = :plan AND cause = :cause",
            params! {":plan": plan, ":cause": cause},
        )
        .and_then(|_| enqueue_in(&tx, messages, at))
        .and_then(|()| tx.commit())?;
        crate::failpoint::hit("alert-ended");
        Ok(())
    }
}

fn alert_row(row: &LedgerRow) -> Result<OpenAlert, DatabaseError> {
    Ok(OpenAlert {
        plan: row.get("plan")?,
        cause: row.get("cause")?,
        content: row.get("content")?,
        since: row.parsed("since")?,
        told: row.get("told")?,
        last_told_at: row.parsed_option("last_told_at")?,
    })
}
