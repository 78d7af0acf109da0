//! Editions: begun, then published whole or abandoned.

use chrono::{DateTime, Utc};

use super::approvals;
use super::database::{Ledger, stamp};
use super::database_error::DatabaseError;
use super::deliveries::{enqueue_in, supersede_before};
use super::driver::Transaction;
use super::edition_key::EditionKey;
use super::error::LedgerError;
use super::rows::key_of;
use super::token::Liveness;
use super::types::{Edition, NewDelivery, NewEdition, Publication};
use super::value::{LedgerRow, params};
use crate::diagnostic::Diagnostic;
use crate::period::Period;

impl Ledger {
    /// Begins an edition under the number that the caller expects. One that a run left in the making
    /// when it stopped is taken over: its files were never announced.
    ///
    /// # Errors
    /// `edition-in-making` where a run that may be at work is making it, `edition-number` where
    /// another number is next: another run has issued one meanwhile.
    pub fn begin_edition(
        &mut self,
        new: &NewEdition<'_>,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        let (next, maker) = next_number(&tx, &new.key)?;
        if maker.is_some_and(|run| self.liveness_of(&run) != Liveness::Dead) {
            return Err(LedgerError::Busy(in_making(&new.key)));
        }
        if next != new.key.edition {
            return Err(LedgerError::Busy(other_number(&new.key, next)));
        }
        reserve(&tx, new, &self.run(), at)?;
        tx.commit()?;
        crate::failpoint::hit("edition-begun");
        Ok(())
    }

    /// Publishes an edition whose files are in place and queues its messages, in one transaction.
    /// Messages of earlier editions of the period that have not gone out are superseded.
    ///
    /// # Errors
    /// `edition-not-open` where this run is not, or no longer, the one that makes it.
    pub fn publish_edition(
        &mut self,
        key: &EditionKey,
        publication: &Publication,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let run = self.run.to_string();
        let tx = self.write()?;
        let changed = publish(&tx, key, &run, publication, at)?;
        if !changed {
            return Err(LedgerError::Busy(not_publishing(key)));
        }
        tx.commit()?;
        crate::failpoint::hit("queued");
        Ok(())
    }

    /// Queues further messages; recipients who have one of the topic are left alone.
    pub fn enqueue(
        &mut self,
        deliveries: &[NewDelivery],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        enqueue_in(&tx, deliveries, at).and_then(|()| tx.commit())?;
        crate::failpoint::hit("queued");
        Ok(())
    }

    /// Editions of a plan (all plans where none is given), oldest first, those in the making
    /// included.
    pub fn editions(
        &self,
        plan: Option<&str>,
        period: Option<Period>,
    ) -> Result<Vec<Edition>, LedgerError> {
        Ok(self.database.select(
            "SELECT * FROM editions WHERE (:plan IS NULL OR plan = :plan)
                     AND (:period IS NULL OR period = :period) ORDER BY plan, period, edition",
            params! {":plan": plan, ":period": period.map(|p| p.to_string())},
            edition_row,
        )?)
    }

    /// The highest published edition of a period that is not preliminary.
    pub fn latest_final_edition(
        &self,
        plan: &str,
        period: Period,
    ) -> Result<Option<Edition>, LedgerError> {
        Ok(self.database.first(
            "SELECT * FROM editions WHERE plan = :plan AND period = :period
                 AND state = 'published' AND preliminary = 0 ORDER BY edition DESC LIMIT 1",
            params! {":plan": plan, ":period": period.to_string()},
            edition_row,
        )?)
    }
}

/// The number that the next edition of a period has, and whose run is making it already.
fn next_number(
    tx: &Transaction<'_>,
    key: &EditionKey,
) -> Result<(u32, Option<String>), DatabaseError> {
    let found = tx.first(
        "SELECT COALESCE(MAX(edition) FILTER (WHERE state = 'publishing'), MAX(edition) + 1, 1) AS next,
                MAX(run) FILTER (WHERE state = 'publishing') AS maker
         FROM editions WHERE plan = :plan AND period = :period",
        params! {":plan": key.plan, ":period": key.period.to_string()},
        |row| Ok((row.get("next")?, row.get("maker")?)),
    )?;
    Ok(found.unwrap_or((1, None)))
}

fn reserve(
    tx: &Transaction<'_>,
    new: &NewEdition<'_>,
    run: &str,
    at: DateTime<Utc>,
) -> Result<(), DatabaseError> {
    let (plan, period, edition) = (&new.key.plan, new.key.period.to_string(), new.key.edition);
    tx.execute(
        "INSERT INTO editions (plan, period, edition, state, preliminary, issued_at, reason, directory, run)
         VALUES (:plan, :period, :edition, 'publishing', :preliminary, :at, :reason, :directory, :run)
         ON CONFLICT (plan, period, edition) DO UPDATE SET
             preliminary = excluded.preliminary, issued_at = excluded.issued_at,
             reason = excluded.reason, directory = excluded.directory, run = excluded.run",
        params! {":plan": plan, ":period": period, ":edition": edition,
            ":preliminary": new.preliminary, ":at": stamp(at), ":reason": new.reason,
            ":directory": new.directory, ":run": run},
    )?;
    tx.execute(
        "INSERT INTO makings VALUES (:plan, :period, :edition, :run, :directory)
         ON CONFLICT (plan, period, edition, run) DO UPDATE SET directory = excluded.directory",
        params! {":plan": plan, ":period": period, ":edition": edition, ":run": run,
        ":directory": new.directory},
    )?;
    Ok(())
}

fn publish(
    tx: &Transaction<'_>,
    key: &EditionKey,
    run: &str,
    publication: &Publication,
    at: DateTime<Utc>,
) -> Result<bool, DatabaseError> {
    let changed = tx.execute(
        "UPDATE editions SET state = 'published', manifest_sha256 = :manifest, results = :results
         WHERE plan = :plan AND period = :period AND edition = :edition AND state = 'publishing'
             AND run = :run",
        params! {":plan": key.plan, ":period": key.period.to_string(), ":edition": key.edition,
        ":manifest": publication.manifest_sha256, ":results": publication.results, ":run": run},
    )?;
    if changed == 0 {
        return Ok(false);
    }
    match &publication.release {
        Some(release) => {
            let released = (release.pdf_sha256.as_str(), release.by.as_str());
            if !approvals::release(tx, key, released, at)? {
                return Ok(false);
            }
        }
        // What waited is not asked for any more: the plan has ceased to ask.
        None => approvals::void(tx, (&key.plan, key.period), "", at)?,
    }
    supersede_before(tx, key, at)?;
    enqueue_in(tx, &publication.deliveries, at)?;
    Ok(true)
}

fn in_making(key: &EditionKey) -> Diagnostic {
    let EditionKey { plan, period, .. } = key;
    Diagnostic::error(
        "edition-in-making",
        format!("another run, perhaps on another machine, is making an edition of {plan} {period}"),
    )
    .hint("Nothing was done. If no other run is at work, the next one takes over an hour after that one began.")
}

fn other_number(key: &EditionKey, next: u32) -> Diagnostic {
    let EditionKey {
        plan,
        period,
        edition,
    } = key;
    Diagnostic::error(
        "edition-number",
        format!(
            "edition {edition} of {plan} {period} was to be made, but {next} is next: another run has issued one meanwhile"
        ),
    )
    .hint("Nothing was done; run again.")
}

fn not_publishing(key: &EditionKey) -> Diagnostic {
    let EditionKey {
        plan,
        period,
        edition,
    } = key;
    Diagnostic::error(
        "edition-not-open",
        format!("edition {edition} of {plan} {period} is not in this run's making"),
    )
    .hint("Another run has taken it over; nothing was announced by this one. Run again.")
}

fn edition_row(row: &LedgerRow) -> Result<Edition, DatabaseError> {
    Ok(Edition {
        key: key_of(row)?,
        published: row.get::<String>("state")? == "published",
        preliminary: row.get("preliminary")?,
        issued_at: row.parsed("issued_at")?,
        reason: row.get("reason")?,
        manifest_sha256: row.get("manifest_sha256")?,
        results: row.get("results")?,
        directory: row.get("directory")?,
        adopted: row.get("adopted")?,
    })
}
