//! Which versions of files their departments have not been told of yet.

use chrono::{DateTime, Utc};

use super::database::Ledger;
use super::deliveries::enqueue_in;
use super::error::LedgerError;
use super::types::{NewDelivery, RefusedVersion, SeenSubmission, SubmissionRecord};
use super::value::params;
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
    ) -> Result<Vec<SeenSubmission>, LedgerError> {
        self.submissions_where("receipt_owed = 1", (plan, period))
    }

    /// Whether a department was told of what could not be taken in.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn is_refusal_told(&self, refused: &RefusedVersion) -> Result<bool, LedgerError> {
        Ok(self.database.holds(
            "SELECT EXISTS (SELECT 1 FROM refusals WHERE plan = :plan AND period = :period
                     AND source = :source AND department = :department AND version = :version)",
            params! {":plan": refused.plan, ":period": refused.period.to_string(),
            ":source": refused.source, ":department": refused.department,
            ":version": refused.version},
        )?)
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
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        for file in files {
            tx.execute(
                "UPDATE submissions SET receipt_owed = 0 WHERE plan = :plan AND period = :period
                 AND source = :source AND file = :file AND sha256 = :sha256",
                params! {":plan": file.plan, ":period": file.period.to_string(),
                ":source": file.source, ":file": file.file, ":sha256": file.sha256},
            )?;
        }
        for one in refused {
            tx.execute(
                "INSERT INTO refusals VALUES (:plan, :period, :source, :department, :version)
                 ON CONFLICT DO NOTHING",
                params! {":plan": one.plan, ":period": one.period.to_string(),
                ":source": one.source, ":department": one.department, ":version": one.version},
            )?;
        }
        enqueue_in(&tx, receipts, at).and_then(|()| tx.commit())?;
        crate::failpoint::hit("receipts-queued");
        Ok(())
    }
}
