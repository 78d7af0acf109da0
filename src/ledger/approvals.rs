//! Editions that are rendered and wait to be released.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::deliveries::{delivery_row, enqueue_in, step};
use super::driver::Transaction;
use super::edition_key::EditionKey;
use super::error::LedgerError;
use super::rows::key_of;
use super::types::{Delivery, DeliveryState, NewDelivery, Note};
use super::value::{LedgerRow, params};
use crate::period::Period;

/// An edition that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingApproval {
    /// The edition that it would become.
    pub key: EditionKey,
    /// SHA-256 of its PDF.
    pub pdf_sha256: String,
    /// SHA-256 of its manifest, as it lies in its folder now.
    pub manifest_sha256: String,
    /// Hash of everything that it was made from.
    pub made_from: String,
    /// When it was rendered.
    pub rendered_at: DateTime<Utc>,
    /// How many times the approvers were asked.
    pub asked: u32,
}

/// Who released an edition, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// SHA-256 of the PDF that was released.
    pub pdf_sha256: String,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// By whom.
    pub by: Option<String>,
}

impl Ledger {
    /// The edition of a period that waits to be released.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn pending_approval(
        &self,
        plan: &str,
        period: Period,
    ) -> Result<Option<PendingApproval>, LedgerError> {
        Ok(self.database.first(
            "SELECT * FROM approvals WHERE plan = :plan AND period = :period
                     AND state = 'pending'",
            params! {":plan": plan, ":period": period.to_string()},
            approval_row,
        )?)
    }

    /// Every edition of a plan that waits to be released, by period.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn pending_approvals(&self, plan: &str) -> Result<Vec<PendingApproval>, LedgerError> {
        Ok(self.database.select(
            "SELECT * FROM approvals WHERE plan = :plan AND state = 'pending' ORDER BY period",
            params! {":plan": plan},
            approval_row,
        )?)
    }

    /// SHA-256 of the PDF that was asked for last and is void, of an edition that nobody released.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn last_void(&self, key: &EditionKey) -> Result<Option<String>, LedgerError> {
        Ok(self.database.first(
            "SELECT pdf_sha256 FROM approvals WHERE plan = :plan AND period = :period
                     AND edition = :edition AND state = 'void'
                 ORDER BY decided_at DESC, rendered_at DESC LIMIT 1",
            params! {":plan": key.plan, ":period": key.period.to_string(),
            ":edition": key.edition},
            |row| row.first(),
        )?)
    }

    /// Who released an edition; none where nobody had to.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn approved(&self, key: &EditionKey) -> Result<Option<Approved>, LedgerError> {
        Ok(self.database.first(
            "SELECT * FROM approvals WHERE plan = :plan AND period = :period
                     AND edition = :edition AND state = 'approved'",
            params! {":plan": key.plan, ":period": key.period.to_string(),
            ":edition": key.edition},
            |row| {
                Ok(Approved {
                    pdf_sha256: row.get("pdf_sha256")?,
                    at: row.parsed_option("decided_at")?,
                    by: row.get("decided_by")?,
                })
            },
        )?)
    }

    /// Enters an edition that waits to be released, or that it was asked for again, with the
    /// messages that ask for it: all or nothing. One that waited before is void.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn keep_approval(
        &mut self,
        pending: &PendingApproval,
        messages: &[NewDelivery],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        keep(&tx, pending, at)
            .and_then(|()| enqueue_in(&tx, messages, at))
            .and_then(|()| tx.commit())?;
        crate::failpoint::hit("approval-queued");
        Ok(())
    }

    /// Voids what waits to be released for a period: it is not asked for any more.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn void_approval(
        &mut self,
        plan: &str,
        period: Period,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        Ok(void(&tx, (plan, period), "", at).and_then(|()| tx.commit())?)
    }
}

fn keep(
    tx: &Transaction<'_>,
    pending: &PendingApproval,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let key = &pending.key;
    void(tx, (&key.plan, key.period), &pending.pdf_sha256, at)?;
    tx.execute(
        "INSERT INTO approvals (plan, period, edition, pdf_sha256, manifest_sha256, made_from,
             rendered_at, asked, state)
         VALUES (:plan, :period, :edition, :pdf, :manifest, :made_from, :at, :asked, 'pending')
         ON CONFLICT (plan, period, edition, pdf_sha256) DO UPDATE SET
             manifest_sha256 = excluded.manifest_sha256, made_from = excluded.made_from,
             rendered_at = excluded.rendered_at, asked = excluded.asked, state = 'pending'",
        params! {":plan": key.plan, ":period": key.period.to_string(),
        ":edition": key.edition, ":pdf": pending.pdf_sha256,
        ":manifest": pending.manifest_sha256, ":made_from": pending.made_from,
        ":at": stamp(pending.rendered_at), ":asked": pending.asked},
    )?;
    Ok(())
}

/// Voids what waits for a period but for one PDF, and withdraws what asked for it.
pub(super) fn void(
    tx: &Transaction<'_>,
    (plan, period): (&str, Period),
    but: &str,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let voided = tx.execute(
        "UPDATE approvals SET state = 'void', decided_at = :at WHERE plan = :plan
             AND period = :period AND state = 'pending' AND pdf_sha256 <> :but",
        params! {":plan": plan, ":period": period.to_string(), ":but": but, ":at": stamp(at)},
    )?;
    if voided == 0 {
        return Ok(());
    }
    let asking: Vec<Delivery> = tx.select(
        "SELECT * FROM deliveries WHERE occasion = 'approval' AND plan = :plan
             AND period = :period AND state IN ('queued', 'deferred', 'rejected') ORDER BY id",
        params! {":plan": plan, ":period": period.to_string()},
        delivery_row,
    )?;
    let note = Note {
        reply: Some("what it asks for is void".to_owned()),
        ..Note::default()
    };
    for row in &asking {
        step(tx, row, DeliveryState::Superseded, &note, at)?;
    }
    Ok(())
}

/// Notes within the publishing transaction who released the edition.
pub(super) fn release(
    tx: &Transaction<'_>,
    key: &EditionKey,
    (pdf_sha256, by): (&str, &str),
    at: DateTime<Utc>,
) -> Result<bool, DatabaseError> {
    let released = tx.execute(
        "UPDATE approvals SET state = 'approved', decided_at = :at, decided_by = :by
         WHERE plan = :plan AND period = :period AND edition = :edition AND pdf_sha256 = :pdf
             AND state = 'pending'",
        params! {":plan": key.plan, ":period": key.period.to_string(),
        ":edition": key.edition, ":pdf": pdf_sha256, ":by": by, ":at": stamp(at)},
    )?;
    Ok(released == 1)
}

/// Notes of an edition that was recorded from its folder who had released it.
pub(super) fn adopt(
    tx: &Transaction<'_>,
    key: &EditionKey,
    (manifest_sha256, approved): (&str, &Approved),
) -> Result<(), DatabaseError> {
    let at = approved.at.map(stamp);
    tx.execute(
        "INSERT INTO approvals (plan, period, edition, pdf_sha256, manifest_sha256,
             made_from, rendered_at, asked, state, decided_at, decided_by)
         VALUES (:plan, :period, :edition, :pdf, :manifest, '', :at, 0, 'approved', :at, :by)
         ON CONFLICT (plan, period, edition, pdf_sha256) DO UPDATE SET
             manifest_sha256 = excluded.manifest_sha256, made_from = excluded.made_from,
             rendered_at = excluded.rendered_at, asked = excluded.asked, state = excluded.state,
             decided_at = excluded.decided_at, decided_by = excluded.decided_by",
        params! {":plan": key.plan, ":period": key.period.to_string(),
        ":edition": key.edition, ":pdf": approved.pdf_sha256, ":manifest": manifest_sha256,
        ":at": at, ":by": approved.by},
    )?;
    Ok(())
}

fn approval_row(row: &LedgerRow) -> Result<PendingApproval, DatabaseError> {
    Ok(PendingApproval {
        key: key_of(row)?,
        pdf_sha256: row.get("pdf_sha256")?,
        manifest_sha256: row.get("manifest_sha256")?,
        made_from: row.get("made_from")?,
        rendered_at: row.parsed("rendered_at")?,
        asked: row.get("asked")?,
    })
}
