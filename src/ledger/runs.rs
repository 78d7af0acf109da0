//! The runs at work. The lock of the system is the first guard; should it not lock, as on some
//! network shares, the ledger itself is the second.

use chrono::{DateTime, Utc};

use super::database::Ledger;
use super::database_error::DatabaseError;
use super::driver::{Lease, Transaction};
use super::error::LedgerError;
use super::lock::RunLock;
use super::token::{Liveness, process_of};
use super::value::params;
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
        let claim = match self.database.lease(&self.run.to_string())? {
            Some(lease) => self.leased(&lease),
            None => self.enter()?,
        };
        self.claimed = true;
        Ok(claim)
    }

    /// What follows from a lease: whoever had the home before can write nothing more. Its process
    /// may still hold files in its hands, where it can't be seen to be gone.
    fn leased(&mut self, lease: &Lease) -> Claim {
        self.leased = true;
        let before = lease.taken_over.as_deref();
        Claim {
            alone: before.is_none_or(|token| self.run.liveness_of(token) == Liveness::Dead),
            after_a_death: before.is_some(),
        }
    }

    fn enter(&self) -> Result<Claim, LedgerError> {
        let tx = self.write()?;
        let (mut alone, mut after_a_death) = (true, false);
        for other in tokens(&tx)? {
            match self.run.liveness_of(&other) {
                Liveness::Alive => return Err(LedgerError::Busy(at_work(&other))),
                Liveness::Unknown => alone = false,
                Liveness::Dead => {
                    after_a_death = true;
                    tx.execute(LEFT, params! {":token": other})?;
                }
            }
        }
        tx.execute(
            "INSERT INTO runs VALUES (:token) ON CONFLICT DO NOTHING",
            params! {":token": self.run.to_string()},
        )?;
        tx.commit()?;
        Ok(Claim {
            alone,
            after_a_death,
        })
    }

    /// Whether this run may still write: another one may have taken the home over while this one
    /// stood still.
    ///
    /// # Errors
    /// `ledger-lease-lost` where another run has it.
    pub fn still_claimed(&self) -> Result<(), LedgerError> {
        self.database.still_leased()
    }

    /// When this ledger was last put back from a backup, if it was.
    pub fn restored_at(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let text: Option<Option<String>> =
            self.database
                .first("SELECT MAX(at) FROM restorations", &[], |row| row.first())?;
        Ok(text.flatten().and_then(|text| text.parse().ok()))
    }
}

/// A run that is over.
const LEFT: &str = "DELETE FROM runs WHERE token = :token";

fn tokens(tx: &Transaction<'_>) -> Result<Vec<String>, DatabaseError> {
    tx.select("SELECT token FROM runs", &[], |row| row.first())
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
        // Best done, yet not needed: a process that is gone is known to be gone, and a lease ends.
        if self.leased {
            self.database.give_back();
        } else if self.claimed {
            let _ = self
                .database
                .execute(LEFT, params! {":token": self.run.to_string()});
        }
    }
}
