//! What was seen in the drop folder, and which periods are closed without a report.

use chrono::{DateTime, Utc};

use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::driver::Transaction;
use super::error::LedgerError;
use super::types::{SeenSubmission, Skip, SubmissionRecord};
use super::value::{LedgerRow, params};
use crate::period::Period;

impl Ledger {
    /// Notes that files were there, all or none; says of each whether this version is new. Seen
    /// again, only its state and the time of the last sight change.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn record_submissions(
        &mut self,
        submissions: &[SubmissionRecord],
        at: DateTime<Utc>,
    ) -> Result<Vec<bool>, LedgerError> {
        if submissions.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.write()?;
        let added = submissions.iter().map(|one| upsert(&tx, one, at));
        let added = added.collect::<Result<_, DatabaseError>>()?;
        tx.commit()?;
        Ok(added)
    }

    /// Every version seen for a period, oldest first.
    pub fn submissions(
        &self,
        plan: &str,
        period: Period,
    ) -> Result<Vec<SeenSubmission>, LedgerError> {
        self.submissions_where("TRUE", (plan, period))
    }

    /// The versions seen for a period that `condition` holds for, oldest first.
    pub(super) fn submissions_where(
        &self,
        condition: &'static str,
        (plan, period): (&str, Period),
    ) -> Result<Vec<SeenSubmission>, LedgerError> {
        let text = format!(
            "SELECT * FROM submissions WHERE plan = :plan AND period = :period AND {condition}
             ORDER BY first_seen_at, source, file, sha256"
        );
        Ok(self.database.select(
            &text,
            params! {":plan": plan, ":period": period.to_string()},
            submission_row,
        )?)
    }

    /// Whether any file of a plan was ever seen.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn has_submissions(&self, plan: &str) -> Result<bool, LedgerError> {
        Ok(self.database.holds(
            "SELECT EXISTS (SELECT 1 FROM submissions WHERE plan = :plan)",
            params! {":plan": plan},
        )?)
    }

    /// Closes a period that will never be reported. Said again, the reason is replaced.
    pub fn skip(
        &mut self,
        plan: &str,
        period: Period,
        reason: &str,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        tx.execute(
            "INSERT INTO skips VALUES (:plan, :period, :reason, :at)
             ON CONFLICT (plan, period) DO UPDATE SET reason = excluded.reason, at = excluded.at",
            params! {":plan": plan, ":period": period.to_string(), ":reason": reason, ":at": stamp(at)},
        )?;
        Ok(tx.commit()?)
    }

    /// The periods of a plan that are closed without a report.
    pub fn skips(&self, plan: &str) -> Result<Vec<Skip>, LedgerError> {
        Ok(self.database.select(
            "SELECT * FROM skips WHERE plan = :plan ORDER BY period",
            params! {":plan": plan},
            |row| {
                Ok(Skip {
                    period: row.parsed("period")?,
                    reason: row.get("reason")?,
                    at: row.parsed("at")?,
                })
            },
        )?)
    }
}

fn upsert(
    tx: &Transaction<'_>,
    submission: &SubmissionRecord,
    at: DateTime<Utc>,
) -> Result<bool, DatabaseError> {
    let known: bool = tx.holds(
        "SELECT EXISTS (SELECT 1 FROM submissions WHERE plan = :plan AND period = :period
             AND source = :source AND file = :file AND sha256 = :sha256)",
        params! {":plan": submission.plan, ":period": submission.period.to_string(),
        ":source": submission.source, ":file": submission.file, ":sha256": submission.sha256},
    )?;
    tx.execute(
        "INSERT INTO submissions (plan, period, source, department, file, sha256, size,
             first_seen_at, last_seen_at, state, receipt_owed)
         VALUES (:plan, :period, :source, :department, :file, :sha256, :size, :at, :at, :state, 1)
         ON CONFLICT (plan, period, source, file, sha256) DO UPDATE SET
             last_seen_at = CASE WHEN excluded.last_seen_at > submissions.last_seen_at
                 THEN excluded.last_seen_at ELSE submissions.last_seen_at END,
             state = excluded.state",
        params! {":plan": submission.plan, ":period": submission.period.to_string(),
        ":source": submission.source, ":department": submission.department,
        ":file": submission.file, ":sha256": submission.sha256,
        ":size": submission.size, ":state": submission.state.as_str(), ":at": stamp(at)},
    )?;
    Ok(!known)
}

fn submission_row(row: &LedgerRow) -> Result<SeenSubmission, DatabaseError> {
    Ok(SeenSubmission {
        submission: SubmissionRecord {
            plan: row.get("plan")?,
            period: row.parsed("period")?,
            source: row.get("source")?,
            department: row.get("department")?,
            file: row.get("file")?,
            sha256: row.get("sha256")?,
            size: row.get("size")?,
            state: row.parsed("state")?,
        },
        first_seen_at: row.parsed("first_seen_at")?,
        last_seen_at: row.parsed("last_seen_at")?,
    })
}
