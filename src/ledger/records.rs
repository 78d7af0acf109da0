//! What was seen in the drop folder, and which periods are closed without a report.

use chrono::{DateTime, Utc};
use rusqlite::{Row, Transaction, named_params};

use super::database::{Ledger, parsed, stamp};
use super::error::LedgerError;
use super::types::{SeenSubmission, Skip, SubmissionRecord};
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
        let added = added.collect::<rusqlite::Result<_>>()?;
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
        let select = || {
            self.conn
                .prepare(&text)?
                .query_map(
                    named_params! {":plan": plan, ":period": period.to_string()},
                    submission_row,
                )?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(select()?)
    }

    /// Whether any file of a plan was ever seen.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn has_submissions(&self, plan: &str) -> Result<bool, LedgerError> {
        Ok(self.conn.query_row(
            "SELECT EXISTS (SELECT 1 FROM submissions WHERE plan = ?1)",
            [plan],
            |row| row.get(0),
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
             ON CONFLICT DO UPDATE SET reason = excluded.reason, at = excluded.at",
            named_params! {":plan": plan, ":period": period.to_string(), ":reason": reason, ":at": stamp(at)},
        )?;
        Ok(tx.commit()?)
    }

    /// The periods of a plan that are closed without a report.
    pub fn skips(&self, plan: &str) -> Result<Vec<Skip>, LedgerError> {
        let select = || {
            self.conn
                .prepare("SELECT * FROM skips WHERE plan = :plan ORDER BY period")?
                .query_map(named_params! {":plan": plan}, |row| {
                    Ok(Skip {
                        period: parsed(row, "period")?,
                        reason: row.get("reason")?,
                        at: parsed(row, "at")?,
                    })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        Ok(select()?)
    }
}

fn upsert(
    tx: &Transaction<'_>,
    submission: &SubmissionRecord,
    at: DateTime<Utc>,
) -> rusqlite::Result<bool> {
    let known: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM submissions WHERE plan = :plan AND period = :period
             AND source = :source AND file = :file AND sha256 = :sha256)",
        named_params! {":plan": submission.plan, ":period": submission.period.to_string(),
        ":source": submission.source, ":file": submission.file, ":sha256": submission.sha256},
        |row| row.get(0),
    )?;
    tx.execute(
        "INSERT INTO submissions (plan, period, source, department, file, sha256, size,
             first_seen_at, last_seen_at, state, receipt_owed)
         VALUES (:plan, :period, :source, :department, :file, :sha256, :size, :at, :at, :state, 1)
         ON CONFLICT (plan, period, source, file, sha256) DO UPDATE SET
             last_seen_at = MAX(last_seen_at, excluded.last_seen_at), state = excluded.state",
        named_params! {":plan": submission.plan, ":period": submission.period.to_string(),
        ":source": submission.source, ":department": submission.department,
        ":file": submission.file, ":sha256": submission.sha256,
        ":size": submission.size, ":state": submission.state.as_str(), ":at": stamp(at)},
    )?;
    Ok(!known)
}

fn submission_row(row: &Row<'_>) -> rusqlite::Result<SeenSubmission> {
    Ok(SeenSubmission {
        submission: SubmissionRecord {
            plan: row.get("plan")?,
            period: parsed(row, "period")?,
            source: row.get("source")?,
            department: row.get("department")?,
            file: row.get("file")?,
            sha256: row.get("sha256")?,
            size: row.get("size")?,
            state: parsed(row, "state")?,
        },
        first_seen_at: parsed(row, "first_seen_at")?,
        last_seen_at: parsed(row, "last_seen_at")?,
    })
}
