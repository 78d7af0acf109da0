//! Folders that runs have begun to write, so that what is left over is known to be ours.

use super::database::Ledger;
use super::database_error::DatabaseError;
use super::driver::Transaction;
use super::edition_key::EditionKey;
use super::error::LedgerError;
use super::rows::key_of;
use super::token::Liveness;
use super::value::{LedgerRow, params};

/// The file that says in a folder whose making it is. It goes when the edition is announced.
pub const TOKEN_FILE: &str = ".making";

/// One run's attempt to make one edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Making {
    /// The edition.
    pub key: EditionKey,
    /// The token of the run.
    pub run: String,
    /// The edition's folder, as in [`super::Edition::directory`].
    pub directory: String,
    /// Whether this attempt was published: only its traces remain to be cleared away.
    pub published: bool,
    /// Whether its run may be at work.
    pub liveness: Liveness,
}

impl Ledger {
    /// The attempts of this and other runs that have not been cleared away.
    pub fn makings(&self) -> Result<Vec<Making>, LedgerError> {
        let mut makings = self.database.select(
            "SELECT m.*, EXISTS (SELECT 1 FROM editions e WHERE e.plan = m.plan
                         AND e.period = m.period AND e.edition = m.edition AND e.run = m.run
                         AND e.state = 'published') AS published
                     FROM makings m ORDER BY plan, period, edition, run",
            &[],
            making_row,
        )?;
        for making in &mut makings {
            making.liveness = self.liveness_of(&making.run);
        }
        Ok(makings)
    }

    /// Forgets an attempt whose traces are cleared away, and the edition with it where the attempt
    /// had not come to be published: its number is free again.
    pub fn forget_making(&mut self, making: &Making) -> Result<(), LedgerError> {
        let tx = self.write()?;
        Ok(forget(&tx, &making.key, &making.run).and_then(|()| tx.commit())?)
    }
}

fn forget(tx: &Transaction<'_>, key: &EditionKey, run: &str) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM makings WHERE plan = :plan AND period = :period AND edition = :edition AND run = :run",
        "DELETE FROM editions WHERE plan = :plan AND period = :period AND edition = :edition AND run = :run
             AND state = 'publishing'",
    ] {
        tx.execute(
            statement,
            params! {":plan": key.plan, ":period": key.period.to_string(),
            ":edition": key.edition, ":run": run},
        )?;
    }
    Ok(())
}

fn making_row(row: &LedgerRow) -> Result<Making, DatabaseError> {
    Ok(Making {
        key: key_of(row)?,
        run: row.get("run")?,
        directory: row.get("directory")?,
        published: row.get("published")?,
        liveness: Liveness::Unknown,
    })
}
