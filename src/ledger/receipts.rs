//! Which versions of files their departments have not been told of yet.

use chrono::{DateTime, Utc};
use rusqlite::named_params;

use super::database::Ledger;
use super::deliveries::enqueue_in;
use super::faults::failed;
use super::types::{NewDelivery, RefusedVersion, SeenSubmission, SubmissionRecord};
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
        self.submissions_where("receipt_owed = 1", (plan, period))
    }

    /// Whether a department was told of what could not be taken in.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn is_refusal_told(&self, refused: &RefusedVersion) -> Result<bool, Diagnostic> {
        self.conn
            .query_row(
                "SELECT EXISTS (SELECT 1 FROM refusals WHERE plan = :plan AND period = :period
                     AND source = :source AND department = :department AND version = :version)",
                named_params! {":plan": refused.plan, ":period": refused.period.to_string(),
                ":source": refused.source, ":department": refused.department,
                ":version": refused.version},
                |row| row.get(0),
            )
            .map_err(|e| failed(&e))
    }

    /// Queues the receipts of some files and of what was refused, none where nobody is to be told,
    /// and notes that they are owed no more: both or neither.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn queue_receipts(
        &mut self,
        (files, refused): (&[&SubmissionRecord], &[RefusedVersion]),
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
        for one in refused {
            tx.execute(
                "INSERT OR IGNORE INTO refusals VALUES (:plan, :period, :source, :department, :version)",
                named_params! {":plan": one.plan, ":period": one.period.to_string(),
                ":source": one.source, ":department": one.department, ":version": one.version},
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
