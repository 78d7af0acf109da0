//! The open ledger, and how values are kept in it.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};

use super::driver::{LedgerDatabase, Transaction};
use super::error::LedgerError;
use super::sqlite::SqliteDatabase;
use super::token::{Liveness, RunToken};

/// The open ledger.
#[derive(Debug)]
pub struct Ledger {
    pub(super) database: Box<dyn LedgerDatabase>,
    /// What this run writes beside all that it has in its hands.
    pub(super) run: RunToken,
    /// Whether the run is entered among those at work.
    pub(super) claimed: bool,
    /// Whether the run has the home by a lease: then no other run can write any more.
    pub(super) leased: bool,
}

impl Ledger {
    /// Opens the ledger in the file of `state_dir`, making folder and file where they are missing.
    ///
    /// # Errors
    /// `ledger-newer` where a later `metas` wrote it, `ledger-unusable` where it can't be opened.
    pub fn open(state_dir: &Path) -> Result<Self, LedgerError> {
        Ok(Self::over(Box::new(SqliteDatabase::open(state_dir)?)))
    }

    /// The ledger that a database keeps.
    pub(super) fn over(database: Box<dyn LedgerDatabase>) -> Self {
        Self {
            database,
            run: RunToken::new(),
            claimed: false,
            leased: false,
        }
    }

    /// The token of this run.
    pub fn run(&self) -> String {
        self.run.to_string()
    }

    /// Which database keeps it, for people.
    pub fn place(&self) -> String {
        self.database.place()
    }

    /// Whether other homes and hosts share the database that keeps it.
    pub fn is_on_a_server(&self) -> bool {
        self.database.is_shared()
    }

    /// A transaction that nobody else's writes come between, so that it never fails half-way.
    pub(super) fn write(&self) -> Result<Transaction<'_>, LedgerError> {
        Transaction::begin(self.database.as_ref())
    }

    /// Whether the run of `token` may still be at work. Who has the home by a lease knows that no
    /// other run can write any more.
    pub(super) fn liveness_of(&self, token: &str) -> Liveness {
        if self.leased {
            return Liveness::Dead;
        }
        self.run.liveness_of(token)
    }
}

/// A time as the ledger writes it.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
