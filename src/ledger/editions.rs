//! Editions: begun, then published whole or abandoned.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use super::deliveries::{enqueue_in, supersede_before};
use super::{
    Edition, EditionKey, Figure, HistoricFigure, Ledger, NewDelivery, Publication, failed, parsed,
    stamp,
};
use crate::diagnostic::Diagnostic;
use crate::period::Period;

impl Ledger {
    /// Reserves the next edition of a period. One left in the making by a run that stopped is
    /// taken over with its number: its files were never announced.
    pub fn begin_edition(
        &mut self,
        plan: &str,
        period: Period,
        preliminary: bool,
        reason: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<EditionKey, Diagnostic> {
        let tx = self.write()?;
        let edition =
            reserve(&tx, plan, period, preliminary, reason, at).map_err(|e| failed(&e))?;
        tx.commit().map_err(|e| failed(&e))?;
        Ok(EditionKey {
            plan: plan.to_owned(),
            period,
            edition,
        })
    }

    /// Publishes an edition whose files are in place and queues its messages, in one transaction.
    /// Messages of earlier editions of the period that have not gone out are superseded.
    pub fn publish_edition(
        &mut self,
        key: &EditionKey,
        publication: &Publication,
        at: DateTime<Utc>,
    ) -> Result<(), Diagnostic> {
        let tx = self.write()?;
        let changed = publish(&tx, key, publication, at).map_err(|e| failed(&e))?;
        if !changed {
            return Err(not_publishing(key));
        }
        tx.commit().map_err(|e| failed(&e))?;
        crate::failpoint::hit("queued");
        Ok(())
    }

    /// Gives up an edition in the making; its number is free again.
    pub fn abandon_edition(&mut self, key: &EditionKey) -> Result<(), Diagnostic> {
        let tx = self.write()?;
        let changed = tx
            .execute(
                "DELETE FROM editions WHERE plan = :plan AND period = :period
                 AND edition = :edition AND state = 'publishing'",
                named_params! {":plan": key.plan, ":period": key.period.to_string(), ":edition": key.edition},
            )
            .map_err(|e| failed(&e))?;
        if changed == 0 {
            return Err(not_publishing(key));
        }
        tx.commit().map_err(|e| failed(&e))
    }

    /// Queues further recipients of a published edition; those that it already has are left alone.
    pub fn enqueue(
        &mut self,
        key: &EditionKey,
        deliveries: &[NewDelivery],
        at: DateTime<Utc>,
    ) -> Result<(), Diagnostic> {
        let tx = self.write()?;
        enqueue_in(&tx, key, deliveries, at)
            .and_then(|()| tx.commit())
            .map_err(|e| failed(&e))?;
        crate::failpoint::hit("queued");
        Ok(())
    }

    /// Editions of a plan (all plans where none is given), oldest first, those in the making
    /// included.
    pub fn editions(
        &self,
        plan: Option<&str>,
        period: Option<Period>,
    ) -> Result<Vec<Edition>, Diagnostic> {
        let select = || {
            self.conn
                .prepare(
                    "SELECT * FROM editions WHERE (:plan IS NULL OR plan = :plan)
                     AND (:period IS NULL OR period = :period) ORDER BY plan, period, edition",
                )?
                .query_map(
                    named_params! {":plan": plan, ":period": period.map(|p| p.to_string())},
                    edition_row,
                )?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        select().map_err(|e| failed(&e))
    }

    /// The highest published edition of a period that is not preliminary.
    pub fn latest_final_edition(
        &self,
        plan: &str,
        period: Period,
    ) -> Result<Option<Edition>, Diagnostic> {
        self.conn
            .query_row(
                "SELECT * FROM editions WHERE plan = :plan AND period = :period
                 AND state = 'published' AND preliminary = 0 ORDER BY edition DESC LIMIT 1",
                named_params! {":plan": plan, ":period": period.to_string()},
                edition_row,
            )
            .optional()
            .map_err(|e| failed(&e))
    }

    /// A goal's figures over time: for each period that of its latest published edition.
    pub fn history(&self, plan: &str, goal: &str) -> Result<Vec<HistoricFigure>, Diagnostic> {
        let select = || {
            self.conn
                .prepare(
                    "SELECT f.*, e.preliminary FROM figures f JOIN editions e USING (plan, period, edition)
                     WHERE plan = :plan AND goal = :goal AND edition =
                       (SELECT MAX(l.edition) FROM editions l WHERE l.plan = f.plan
                        AND l.period = f.period AND l.state = 'published')",
                )?
                .query_map(named_params! {":plan": plan, ":goal": goal}, historic_row)?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        let mut figures = select().map_err(|e| failed(&e))?;
        figures.sort_by_key(|figure| figure.period.start());
        Ok(figures)
    }
}

fn reserve(
    tx: &Transaction<'_>,
    plan: &str,
    period: Period,
    preliminary: bool,
    reason: Option<&str>,
    at: DateTime<Utc>,
) -> rusqlite::Result<u32> {
    tx.query_row(
        "INSERT INTO editions (plan, period, edition, state, preliminary, issued_at, reason)
         SELECT :plan, :period, COALESCE(MAX(edition) FILTER (WHERE state = 'publishing'), MAX(edition) + 1, 1),
                'publishing', :preliminary, :at, :reason
         FROM editions WHERE plan = :plan AND period = :period
         ON CONFLICT (plan, period, edition) DO UPDATE SET
             preliminary = excluded.preliminary, issued_at = excluded.issued_at, reason = excluded.reason
         RETURNING edition",
        named_params! {":plan": plan, ":period": period.to_string(), ":preliminary": preliminary,
            ":at": stamp(at), ":reason": reason},
        |row| row.get(0),
    )
}

fn publish(
    tx: &Transaction<'_>,
    key: &EditionKey,
    publication: &Publication,
    at: DateTime<Utc>,
) -> rusqlite::Result<bool> {
    let changed = tx.execute(
        "UPDATE editions SET state = 'published', manifest_sha256 = :manifest, results = :results
         WHERE plan = :plan AND period = :period AND edition = :edition AND state = 'publishing'",
        named_params! {":plan": key.plan, ":period": key.period.to_string(), ":edition": key.edition,
            ":manifest": publication.manifest_sha256, ":results": publication.results},
    )?;
    if changed == 0 {
        return Ok(false);
    }
    for figure in &publication.figures {
        tx.execute(
            "INSERT INTO figures VALUES (:plan, :period, :edition, :goal, :value, :progress, :status)",
            named_params! {":plan": key.plan, ":period": key.period.to_string(), ":edition": key.edition,
                ":goal": figure.goal, ":value": figure.actual_value, ":progress": figure.progress_pct,
                ":status": figure.status},
        )?;
    }
    supersede_before(tx, key, at)?;
    enqueue_in(tx, key, &publication.deliveries, at)?;
    Ok(true)
}

fn not_publishing(key: &EditionKey) -> Diagnostic {
    let EditionKey {
        plan,
        period,
        edition,
    } = key;
    Diagnostic::error(
        "edition-not-open",
        format!("edition {edition} of {plan} {period} is not in the making"),
    )
}

fn edition_row(row: &Row<'_>) -> rusqlite::Result<Edition> {
    Ok(Edition {
        key: key_of(row)?,
        published: row.get::<_, String>("state")? == "published",
        preliminary: row.get("preliminary")?,
        issued_at: parsed(row, "issued_at")?,
        reason: row.get("reason")?,
        manifest_sha256: row.get("manifest_sha256")?,
        results: row.get("results")?,
    })
}

fn historic_row(row: &Row<'_>) -> rusqlite::Result<HistoricFigure> {
    Ok(HistoricFigure {
        period: parsed(row, "period")?,
        edition: row.get("edition")?,
        preliminary: row.get("preliminary")?,
        figure: Figure {
            goal: row.get("goal")?,
            actual_value: row.get("actual_value")?,
            progress_pct: row.get("progress_pct")?,
            status: row.get("status")?,
        },
    })
}

/// The edition that a row belongs to.
pub(super) fn key_of(row: &Row<'_>) -> rusqlite::Result<EditionKey> {
    Ok(EditionKey {
        plan: row.get("plan")?,
        period: parsed(row, "period")?,
        edition: row.get("edition")?,
    })
}
