//! Editions that lie in their folders and that the ledger does not know, entered as issued.

use chrono::{DateTime, Utc};

use super::approvals;
use super::approvals::Approved;
use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::deliveries::{enqueue_in, event};
use super::driver::Transaction;
use super::error::LedgerError;
use super::types::{DeliveryState, Edition, NewDelivery, Note};
use super::value::params;

/// What an edition's folder says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Adoption {
    /// The edition.
    pub edition: Edition,
    /// One for each recipient that its message names.
    pub deliveries: Vec<NewDelivery>,
    /// Who released it, where it waited for that.
    pub approved: Option<Approved>,
}

impl Ledger {
    /// Enters editions as issued and delivered, all or none. Nothing of them will be sent.
    pub fn adopt(&mut self, adoptions: &[Adoption], at: DateTime<Utc>) -> Result<(), LedgerError> {
        let tx = self.write()?;
        for adoption in adoptions {
            enter(&tx, adoption, at)?;
        }
        Ok(tx.commit()?)
    }
}

fn enter(
    tx: &Transaction<'_>,
    adoption: &Adoption,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let Edition {
        key,
        preliminary,
        issued_at,
        reason,
        manifest_sha256,
        results,
        directory,
        ..
    } = &adoption.edition;
    tx.execute(
        "INSERT INTO editions (plan, period, edition, state, preliminary, issued_at, reason,
             manifest_sha256, results, directory, adopted)
         VALUES (:plan, :period, :edition, 'published', :preliminary, :issued_at, :reason,
             :manifest, :results, :directory, 1)",
        params! {":plan": key.plan, ":period": key.period.to_string(), ":edition": key.edition,
        ":preliminary": preliminary, ":issued_at": stamp(*issued_at), ":reason": reason,
        ":manifest": manifest_sha256, ":results": results, ":directory": directory},
    )?;
    if let Some(approved) = &adoption.approved {
        let manifest = manifest_sha256.as_deref().unwrap_or_default();
        approvals::adopt(tx, key, (manifest, approved))?;
    }
    enqueue_in(tx, &adoption.deliveries, at)?;
    let note = Note {
        reply: Some("recorded as delivered by metas adopt; nothing was sent".to_owned()),
        ..Note::default()
    };
    let ids: Vec<i64> = tx.select(
        "UPDATE deliveries SET state = 'accepted', last_reply = :reply
             WHERE plan = :plan AND period = :period AND edition = :edition RETURNING id",
        params! {":plan": key.plan, ":period": key.period.to_string(),
        ":edition": key.edition, ":reply": note.reply},
        |row| row.first(),
    )?;
    for id in ids {
        let step = (Some(DeliveryState::Queued), DeliveryState::Accepted);
        event(tx, id, step, &note, at)?;
    }
    Ok(())
}
