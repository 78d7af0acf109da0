//! The runs at work. The lock of the system is the first guard; should it not lock, as on some
//! network shares, the ledger itself is the second.

use chrono::{DateTime, Utc};
use rusqlite::Transaction;

use super::database::Ledger;
use super::error::LedgerError;
use super::lock::RunLock;
use super::token::{Liveness, process_of};
use crate::diagnostic::Diagnostic;

/// What a run that begins finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// No other run can be at work: what looks left over is.
    pub alone: bool,
    /// A run before this one died: what it wrote may not be on the disk yet.
    pub after_a_death: bool,
}

impl Ledger {
    /// Enters this run among those at work.
    ///
    /// # Errors
    /// `lock-held` where another one is at work on this machine although the lock was given.
    pub fn claim(&mut self, _lock: &RunLock) -> Result<Claim, LedgerError> {
        let token = self.run.clone();
        let tx = self.write()?;
        let (mut alone, mut after_a_death) = (true, false);
        for other in tokens(&tx)? {
            match token.liveness_of(&other) {
                Liveness::Alive => return Err(LedgerError::Busy(at_work(&other))),
                Liveness::Unknown => alone = false,
                Liveness::Dead => {
                    after_a_death = true;
                    tx.execute("DELETE FROM runs WHERE token = ?1", [&other])?;
                }
            }
        }
        tx.execute(
            "INSERT OR IGNORE INTO runs VALUES (?1)",
            [&token.to_string()],
        )?;
        tx.commit()?;
        self.claimed = true;
        Ok(Claim {
            alone,
            after_a_death,
        })
    }

    /// When this ledger was last put back from a backup, if it was.
    pub fn restored_at(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let text: Option<String> =
            self.conn
                .query_row("SELECT MAX(at) FROM restorations", [], |row| row.get(0))?;
        Ok(text.and_then(|text| text.parse().ok()))
    }
}

fn tokens(tx: &Transaction<'_>) -> rusqlite::Result<Vec<String>> {
    tx.prepare("SELECT token FROM runs")?
        .query_map([], |row| row.get(0))?
        .collect()
}

fn at_work(token: &str) -> Diagnostic {
    Diagnostic::error(
        "lock-held",
        format!(
            "another run is at work in this home (process {}), and the lock of the system did not keep this one out",
            process_of(token)
        ),
    )
    .hint("Nothing was done; the next run will do it. Keep state/ on a disk of this machine: this one does not lock files.")
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if self.claimed {
            // Best done, yet not needed: a process that is gone is known to be gone.
            let _ = self
                .conn
                .execute("DELETE FROM runs WHERE token = ?1", [self.run.to_string()]);
        }
    }
}
