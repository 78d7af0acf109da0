//! The cut between the ledger and the database that keeps it. Every statement of the ledger is
//! written once, in the dialect that SQLite and PostgreSQL have in common; a driver is one file that
//! carries statements out and says what went wrong.

use std::fmt;
use std::path::Path;

use super::database_error::DatabaseError;
use super::error::LedgerError;
use super::value::{LedgerRow, Parameter};

/// A database that keeps one home's ledger.
pub(super) trait LedgerDatabase: fmt::Debug + Send {
    /// The rows that a statement gives.
    ///
    /// # Errors
    /// The database refuses it, or can't be reached.
    fn query(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<LedgerRow>, DatabaseError>;

    /// Carries a statement out; gives how many rows it changed.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`].
    fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<usize, DatabaseError>;

    /// Begins a transaction in which no other one writes to this home's ledger, so that it never
    /// fails half-way.
    ///
    /// # Errors
    /// The database refuses it; or this run has lost its lease, so that it may not write any more.
    fn begin(&self) -> Result<(), LedgerError>;

    /// Begins a transaction as [`LedgerDatabase::begin`] does, also for a run that has lost its
    /// lease: it tells what a mail server replied to it, which nobody else knows.
    ///
    /// # Errors
    /// The database refuses it.
    fn begin_to_report(&self) -> Result<(), LedgerError> {
        self.begin()
    }

    /// Makes what was written since [`LedgerDatabase::begin`] last.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`]; where the connection is lost just then nobody knows yet whether
    /// it was recorded.
    fn commit(&self) -> Result<(), DatabaseError>;

    /// Forgets what was written since [`LedgerDatabase::begin`].
    fn rollback(&self);

    /// Begins to read everything as it is at this one moment, while others go on to write. Ended by
    /// [`LedgerDatabase::rollback`].
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`].
    #[cfg(feature = "postgres")]
    fn freeze(&self) -> Result<(), DatabaseError>;

    /// Looks whether all can be read.
    ///
    /// # Errors
    /// It is damaged.
    fn check(&self) -> Result<(), LedgerError>;

    /// Brings everything that was written to where it stays.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`].
    fn close(&self) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// Writes all of the home's ledger as it is at one moment into a new file of SQLite.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`], or the file can't be written.
    fn snapshot(&self, to: &Path) -> Result<(), LedgerError>;

    /// Which database it is, for people: never a password.
    fn place(&self) -> String;

    /// Whether other homes and hosts share it.
    fn is_shared(&self) -> bool {
        false
    }

    /// Takes the home for the run of a token for a time, where the database keeps such leases. None
    /// where it keeps none.
    ///
    /// # Errors
    /// `lock-held` where another run has the home.
    fn lease(&self, _token: &str) -> Result<Option<Lease>, LedgerError> {
        Ok(None)
    }

    /// Whether this run still has the home that it took.
    ///
    /// # Errors
    /// `ledger-lease-lost` where another run has it.
    fn still_leased(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    /// Gives the home back.
    fn give_back(&self) {}
}

impl dyn LedgerDatabase + '_ {
    /// Each row that a statement gives, as it is read.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`], or a row can't be read.
    pub(super) fn select<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl Fn(&LedgerRow) -> Result<T, DatabaseError>,
    ) -> Result<Vec<T>, DatabaseError> {
        self.query(sql, parameters)?.iter().map(read).collect()
    }

    /// The first row that a statement gives, as it is read.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`], or the row can't be read.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl Fn(&LedgerRow) -> Result<T, DatabaseError>,
    ) -> Result<Option<T>, DatabaseError> {
        self.query(sql, parameters)?.first().map(read).transpose()
    }

    /// What a statement that asks whether something is so gives.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`].
    pub(super) fn holds(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<bool, DatabaseError> {
        let found = self.first(sql, parameters, |row| row.first())?;
        Ok(found.unwrap_or(false))
    }
}

/// The home was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lease {
    /// The token of the run that had it before and did not give it back.
    pub taken_over: Option<String>,
}

/// A transaction; what it wrote is forgotten where it is not committed.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    database: &'a dyn LedgerDatabase,
    committed: bool,
}

impl<'a> Transaction<'a> {
    /// Begins one.
    ///
    /// # Errors
    /// As [`LedgerDatabase::begin`].
    pub(super) fn begin(database: &'a dyn LedgerDatabase) -> Result<Self, LedgerError> {
        database.begin()?;
        Ok(Self {
            database,
            committed: false,
        })
    }

    /// Begins one to tell what became of a message.
    ///
    /// # Errors
    /// As [`LedgerDatabase::begin_to_report`].
    pub(super) fn begin_to_report(database: &'a dyn LedgerDatabase) -> Result<Self, LedgerError> {
        database.begin_to_report()?;
        Ok(Self {
            database,
            committed: false,
        })
    }

    /// Each row that a statement gives, as it is read.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`], or a row can't be read.
    pub(super) fn select<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl Fn(&LedgerRow) -> Result<T, DatabaseError>,
    ) -> Result<Vec<T>, DatabaseError> {
        self.database.select(sql, parameters, read)
    }

    /// The first row that a statement gives, as it is read.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`], or the row can't be read.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
        read: impl Fn(&LedgerRow) -> Result<T, DatabaseError>,
    ) -> Result<Option<T>, DatabaseError> {
        self.database.first(sql, parameters, read)
    }

    /// What a statement that asks whether something is so gives.
    ///
    /// # Errors
    /// As [`LedgerDatabase::query`].
    pub(super) fn holds(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<bool, DatabaseError> {
        self.database.holds(sql, parameters)
    }

    /// As [`LedgerDatabase::execute`].
    pub(super) fn execute(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<usize, DatabaseError> {
        self.database.execute(sql, parameters)
    }

    /// As [`LedgerDatabase::commit`].
    pub(super) fn commit(mut self) -> Result<(), DatabaseError> {
        // Whatever comes of it, there is nothing left to take back.
        self.committed = true;
        self.database.commit()
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.committed {
            self.database.rollback();
        }
    }
}
