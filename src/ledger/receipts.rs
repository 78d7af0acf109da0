//! Which versions of files their departments have not been told of yet.

use chrono::{DateTime, Utc};
use rusqlite::named_params;

use super::database::Ledger;
use super::deliveries::enqueue_in;
use super::faults::failed;
use super::records::submission_row;
use super::types::{NewDelivery, SeenSubmission, Submission};
use crate::diagnostic::Diagnostic;
use crate::period::Period;

impl Ledger {
    /// The versions of a period's files that a receipt is owed for, oldest first.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn receipts_owed(
        &self,
        plan: &str,
        period: Period,
    ) -> Result<Vec<SeenSubmission>, Diagnostic> {
        let select = || {
            self.conn
                .prepare(
                    "SELECT * FROM submissions WHERE plan = :plan AND period = :period
                     AND receipt_owed = 1 ORDER BY first_seen_at, source, file, sha256",
                )?
                .query_map(
                    named_params! {":plan": plan, ":period": period.to_string()},
                    submission_row,
                )?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        select().map_err(|e| failed(&e))
    }

    /// Queues the receipts of some files, none where nobody is to be told, and notes that they are
    /// owed no more: both or neither.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn queue_receipts(
        &mut self,
        files: &[&Submission],
        receipts: &[NewDelivery],
        at: DateTime<Utc>,
    ) -> Result<(), Diagnostic> {
        let tx = self.write()?;
        for file in files {
            tx.execute(
                "UPDATE submissions SET receipt_owed = 0 WHERE plan = :plan AND period = :period
                 AND source = :source AND file = :file AND sha256 = :sha256",
                named_params! {":plan": file.plan, ":period": file.period.to_string(),
                ":source": file.source, ":file": file.file, ":sha256": file.sha256},
            )
            .map_err(|e| failed(&e))?;
        }
        enqueue_in(&tx, receipts, at)
            .and_then(|()| tx.commit())
            .map_err(|e| failed(&e))?;
        crate::failpoint::hit("receipts-queued");
        Ok(())
    }
}
