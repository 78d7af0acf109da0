//! The ledger in a PostgreSQL database that many homes and hosts share.

mod address;
mod connection;
mod faults;
mod lease;
mod renewal;
mod schema;
mod statement;
#[cfg(test)]
mod tests;
mod tls;

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;

use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::types::{ToSql, Type};

use self::address::LedgerServer;
use self::connection::{Connection, text};
use self::renewal::Renewal;
use super::address::LedgerAddress;
use super::copy;
use super::database_error::DatabaseError;
use super::driver::{Lease, LedgerDatabase};
use super::error::LedgerError;
use super::sqlite::SqliteDatabase;
use super::value::{LedgerRow, LedgerValue, Parameter};

/// A connection to the server, for one home.
#[derive(Debug)]
pub(super) struct PostgresDatabase {
    server: Arc<LedgerServer>,
    connection: Connection,
    /// The number under which this run has the home.
    fence: Cell<Option<i64>>,
    /// What renews the lease while this run works.
    renewal: RefCell<Option<Renewal>>,
}

impl PostgresDatabase {
    /// Opens a home's ledger, making it where it is missing.
    ///
    /// # Errors
    /// The server can't be reached or refuses, or what lies there is newer.
    pub(super) fn open(address: &LedgerAddress) -> Result<Self, LedgerError> {
        let database = Self::reach(address)?;
        schema::bring_up(&database.connection, &database.server)?;
        let enter = format!(
            "INSERT INTO metas.homes (home) VALUES ({}) ON CONFLICT DO NOTHING",
            statement::quoted(&database.server.home)
        );
        database.connection.batch(&enter)?;
        Ok(database)
    }

    /// Opens a home's ledger where there is one.
    ///
    /// # Errors
    /// As [`PostgresDatabase::open`].
    pub(super) fn open_if_there(address: &LedgerAddress) -> Result<Option<Self>, LedgerError> {
        let database = Self::reach(address)?;
        if schema::format(&database.connection)?.is_none() {
            return Ok(None);
        }
        schema::bring_up(&database.connection, &database.server)?;
        let home = statement::quoted(&database.server.home);
        let there = format!("SELECT 1 FROM metas.homes WHERE home = {home}");
        let there = database.connection.batch(&there)?;
        Ok(text(&there, 0).is_some().then_some(database))
    }

    fn reach(address: &LedgerAddress) -> Result<Self, LedgerError> {
        let server = Arc::new(LedgerServer::of(address)?);
        Ok(Self {
            connection: Connection::open(&server)?,
            server,
            fence: Cell::new(None),
            renewal: RefCell::new(None),
        })
    }

    /// Begins a transaction, as it says, for this home.
    fn start(&self, how: &str, then: &str) -> Result<Vec<SimpleQueryMessage>, DatabaseError> {
        // Told anew each time: behind a pool this may be another session than before.
        let home = statement::set_home(&self.server.home, true);
        self.connection
            .batch(&format!("{how}; {home}; {then}"))
            .inspect_err(|_| self.rollback())
    }
}

impl LedgerDatabase for PostgresDatabase {
    fn query(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<LedgerRow>, DatabaseError> {
        let (sql, values) = statement::numbered(sql, parameters)?;
        let values: Vec<(&(dyn ToSql + Sync), Type)> =
            values.iter().map(statement::typed).collect();
        let found = self.connection.query(&sql, &values)?;
        let Some(first) = found.first() else {
            return Ok(Vec::new());
        };
        let columns = first
            .columns()
            .iter()
            .map(|column| column.name().to_owned());
        let columns: Arc<[String]> = columns.collect::<Vec<_>>().into();
        found
            .iter()
            .map(|row| statement::read(row, &columns))
            .collect()
    }

    fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<usize, DatabaseError> {
        let (sql, values) = statement::numbered(sql, parameters)?;
        let values: Vec<(&(dyn ToSql + Sync), Type)> =
            values.iter().map(statement::typed).collect();
        let changed = self.connection.execute(&sql, &values)?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// The row of the home is locked first, so that writers of a home come one after the other. It
    /// is where a run that has lost its lease learns of it.
    fn begin(&self) -> Result<(), LedgerError> {
        let Some(fence) = self.fence.get() else {
            self.start("BEGIN", lease::LOCK)?;
            return Ok(());
        };
        let renewed = self.start("BEGIN", &lease::renew(fence, self.server.lease))?;
        if text(&renewed, 0).is_none() {
            self.rollback();
            return Err(lease::lost(&self.connection, &self.server));
        }
        Ok(())
    }

    fn begin_to_report(&self) -> Result<(), LedgerError> {
        self.start("BEGIN", lease::LOCK)?;
        Ok(())
    }

    fn commit(&self) -> Result<(), DatabaseError> {
        self.connection.batch("COMMIT").map(|_| ())
    }

    fn rollback(&self) {
        // Where the connection is lost the server takes it back by itself.
        let _ = self.connection.batch("ROLLBACK");
    }

    fn freeze(&self) -> Result<(), DatabaseError> {
        let how = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.start(how, "SELECT 1").map(|_| ())
    }

    /// The server looks after its pages itself; whether it holds what this program expects is seen
    /// when it is reached.
    fn check(&self) -> Result<(), LedgerError> {
        let enough = "SELECT 1 FROM metas_home.editions LIMIT 1";
        self.connection.batch(enough)?;
        Ok(())
    }

    fn snapshot(&self, to: &Path) -> Result<(), LedgerError> {
        let file = SqliteDatabase::create(to)?;
        self.freeze()?;
        let copied = copy::everything(self, &file);
        self.rollback();
        copied?;
        Ok(file.close()?)
    }

    fn place(&self) -> String {
        self.server.place()
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn lease(&self, token: &str) -> Result<Option<Lease>, LedgerError> {
        let (fence, lease) = lease::take(self, token)?;
        self.fence.set(Some(fence));
        let renewal = Renewal::begin(Arc::clone(&self.server), fence);
        self.renewal.replace(Some(renewal));
        Ok(Some(lease))
    }

    fn still_leased(&self) -> Result<(), LedgerError> {
        let Some(fence) = self.fence.get() else {
            return Ok(());
        };
        let home = statement::quoted(&self.server.home);
        let ours = format!("SELECT 1 FROM metas.homes WHERE home = {home} AND fence = {fence}");
        let ours = self.connection.batch(&ours)?;
        if text(&ours, 0).is_none() {
            return Err(lease::lost(&self.connection, &self.server));
        }
        Ok(())
    }

    fn give_back(&self) {
        self.renewal.replace(None);
        if let Some(fence) = self.fence.take() {
            // Where it can't be told, the lease ends by itself.
            let _ = self.start("BEGIN", &lease::give_back(fence));
            let _ = self.commit();
        }
    }
}

/// A value of a statement, by the type that the server is told.
type Typed<'a> = (&'a (dyn ToSql + Sync), Type);

/// The values that stand for `$1`, `$2`, … of a statement.
type Values = Vec<LedgerValue>;
