//! The ledger in the file `state/ledger.db`: its format, its transactions, what it says.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Rows, ToSql};

use super::database_error::DatabaseError;
use super::driver::LedgerDatabase;
use super::error::LedgerError;
use super::faults::{damaged, from_the_future, is_busy, unusable};
use super::format::FORMAT;
use super::value::{LedgerRow, LedgerValue, Parameter};
use crate::diagnostic::Diagnostic;

/// The steps from each format to the next, from an empty file on.
pub(super) const MIGRATIONS: [&str; FORMAT as usize] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];

/// Name of the file below `state/`.
pub(crate) const FILE: &str = "ledger.db";

/// How long a writer waits for another.
const BUSY: Duration = Duration::from_secs(10);

/// The open file.
#[derive(Debug)]
pub(super) struct SqliteDatabase {
    connection: Connection,
}

impl SqliteDatabase {
    /// Opens the ledger in `state_dir`, making folder and file where they are missing.
    ///
    /// # Errors
    /// `ledger-newer` where a later `metas` wrote it, `ledger-unusable` where it can't be opened.
    pub(super) fn open(state_dir: &Path) -> Result<Self, LedgerError> {
        private_dir(state_dir)?;
        Self::at(&state_dir.join(FILE))
    }

    /// A new file for a copy of a ledger.
    ///
    /// # Errors
    /// It can't be made.
    #[cfg(feature = "postgres")]
    pub(super) fn create(path: &Path) -> Result<Self, LedgerError> {
        Self::at(path)
    }

    fn at(path: &Path) -> Result<Self, LedgerError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|e| unusable(path, &e))?;

        let connection = Connection::open(path).map_err(|e| not_opened(path, e))?;
        let database = Self { connection };
        database.prepare().map_err(|e| not_opened(path, e))?;
        database.migrate(path)?;
        Ok(database)
    }

    fn prepare(&self) -> rusqlite::Result<()> {
        self.connection.busy_timeout(BUSY)?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        self.connection.pragma_update(None, "foreign_keys", true)
    }

    fn migrate(&self, path: &Path) -> Result<(), LedgerError> {
        // Reading needs no lock, so that `metas status` never waits for a run.
        if self.format()? == FORMAT {
            return Ok(());
        }
        self.begin()?;
        self.bring_up(path).inspect_err(|_| self.rollback())?;
        self.commit()?;
        // The file's name must outlast a power cut too.
        if let Some(folder) = path.parent().filter(|_| cfg!(unix)) {
            let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|e| unusable(path, &e))?;
        }
        Ok(())
    }

    fn bring_up(&self, path: &Path) -> Result<(), LedgerError> {
        let there = self.format()?;
        let steps = usize::try_from(there)
            .ok()
            .and_then(|done| MIGRATIONS.get(done..))
            .ok_or_else(|| from_the_future(&path.display().to_string(), there))?;
        for step in steps {
            self.connection
                .execute_batch(step)
                .map_err(DatabaseError::from)?;
        }
        let set = self.connection.pragma_update(None, "user_version", FORMAT);
        Ok(set.map_err(DatabaseError::from)?)
    }

    fn format(&self) -> Result<i64, DatabaseError> {
        let format = self
            .connection
            .query_row("PRAGMA user_version", [], |row| row.get(0));
        Ok(format?)
    }
}

impl LedgerDatabase for SqliteDatabase {
    fn query(
        &self,
        sql: &str,
        parameters: &[Parameter<'_>],
    ) -> Result<Vec<LedgerRow>, DatabaseError> {
        let mut statement = self.connection.prepare(sql)?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        Ok(rows(
            statement.query(&named(parameters)[..])?,
            Arc::from(columns),
        )?)
    }

    fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<usize, DatabaseError> {
        Ok(self.connection.execute(sql, &named(parameters)[..])?)
    }

    fn begin(&self) -> Result<(), LedgerError> {
        let begun = self.connection.execute_batch("BEGIN IMMEDIATE");
        Ok(begun.map_err(DatabaseError::from)?)
    }

    fn commit(&self) -> Result<(), DatabaseError> {
        let committed = self.connection.execute_batch("COMMIT");
        if committed.is_err() {
            self.rollback();
        }
        Ok(committed?)
    }

    fn rollback(&self) {
        // Where the database has ended the transaction itself there is nothing to take back.
        let _ = self.connection.execute_batch("ROLLBACK");
    }

    #[cfg(feature = "postgres")]
    fn freeze(&self) -> Result<(), DatabaseError> {
        Ok(self.connection.execute_batch("BEGIN DEFERRED")?)
    }

    fn check(&self) -> Result<(), LedgerError> {
        let told: rusqlite::Result<String> =
            self.connection
                .query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        let told = told.map_err(DatabaseError::from)?;
        if told == "ok" {
            return Ok(());
        }
        Err(LedgerError::Refused(damaged(
            &Path::new("state").join(FILE),
            &told,
        )))
    }

    fn close(&self) -> Result<(), DatabaseError> {
        let moved = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(moved?)
    }

    fn snapshot(&self, to: &Path) -> Result<(), LedgerError> {
        let to = to.to_string_lossy();
        let written = self.connection.execute("VACUUM INTO ?1", [to]);
        written.map_err(DatabaseError::from)?;
        Ok(())
    }

    fn place(&self) -> String {
        PathBuf::from("state").join(FILE).display().to_string()
    }
}

fn named<'a>(parameters: &'a [Parameter<'_>]) -> Vec<(&'a str, &'a dyn ToSql)> {
    parameters
        .iter()
        .map(|(name, value)| (*name, value as &dyn ToSql))
        .collect()
}

fn rows(mut found: Rows<'_>, columns: Arc<[String]>) -> rusqlite::Result<Vec<LedgerRow>> {
    let mut out = Vec::new();
    while let Some(row) = found.next()? {
        let values: Result<Vec<LedgerValue>, _> = (0..columns.len())
            .map(|place| match row.get_ref(place)? {
                ValueRef::Null => Ok(LedgerValue::Text(None)),
                ValueRef::Integer(number) => Ok(LedgerValue::Integer(Some(number))),
                ValueRef::Text(_) => Ok(LedgerValue::Text(Some(row.get(place)?))),
                other => Err(rusqlite::Error::InvalidColumnType(
                    place,
                    columns[place].clone(),
                    other.data_type(),
                )),
            })
            .collect();
        out.push(LedgerRow {
            columns: Arc::clone(&columns),
            values: values?,
        });
    }
    Ok(out)
}

impl ToSql for LedgerValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Integer(number) => number.to_sql(),
        }
    }
}

/// Why the file can't be opened; one that another program has to itself can be later.
fn not_opened(path: &Path, error: rusqlite::Error) -> LedgerError {
    if is_busy(&error) {
        return DatabaseError::from(error).into();
    }
    unusable(path, &error).into()
}

/// Makes `dir` with its parents, for this user only.
pub(super) fn private_dir(dir: &Path) -> Result<(), LedgerError> {
    crate::store::disk::make_private_folder(dir).map_err(|e| {
        let message = format!("the folder {} can't be made: {e}", dir.display());
        let told = Diagnostic::error("state-unwritable", message);
        LedgerError::Refused(told.hint("Check the home folder's owner and mode."))
    })
}
