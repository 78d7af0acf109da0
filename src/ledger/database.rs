//! The open file: its format, its transactions, and how values are kept in it.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, Row, Transaction, TransactionBehavior};

use crate::diagnostic::Diagnostic;

use super::error::LedgerError;
use super::faults::{is_busy, unusable};
use super::token::RunToken;

/// The steps from each format to the next, from an empty file on.
pub(super) const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/1.sql"),
    include_str!("migrations/2.sql"),
    include_str!("migrations/3.sql"),
];

/// The format that this program writes.
pub(super) const FORMAT: i64 = MIGRATIONS.len() as i64;

/// Name of the file below `state/`.
pub(super) const FILE: &str = "ledger.db";

/// How long a writer waits for another.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// The open ledger.
#[derive(Debug)]
pub struct Ledger {
    pub(super) conn: Connection,
    /// What this run writes beside all that it has in its hands.
    pub(super) run: RunToken,
    /// Whether the run is entered among those at work.
    pub(super) claimed: bool,
}

impl Ledger {
    /// Opens the ledger in `state_dir`, making folder and file where they are missing.
    ///
    /// # Errors
    /// `ledger-newer` where a later `metas` wrote it, `ledger-unusable` where it can't be opened.
    pub fn open(state_dir: &Path) -> Result<Self, LedgerError> {
        private_dir(state_dir)?;
        let path = state_dir.join(FILE);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path).map_err(|e| unusable(&path, &e))?;

        let conn = Connection::open(&path).map_err(|e| not_opened(&path, e))?;
        let mut ledger = Self {
            conn,
            run: RunToken::new(),
            claimed: false,
        };
        ledger.prepare().map_err(|e| not_opened(&path, e))?;
        ledger.migrate(&path)?;
        Ok(ledger)
    }

    pub(super) fn prepare(&self) -> rusqlite::Result<()> {
        self.conn.busy_timeout(BUSY)?;
        self.conn.pragma_update(None, "journal_mode", "WAL")?;
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        self.conn.pragma_update(None, "foreign_keys", true)
    }

    pub(super) fn migrate(&mut self, path: &Path) -> Result<(), LedgerError> {
        // Reading needs no lock, so that `metas status` never waits for a run.
        if format_of(&self.conn)? == FORMAT {
            return Ok(());
        }
        let tx = self.write()?;
        let there = format_of(&tx)?;
        let steps = usize::try_from(there)
            .ok()
            .and_then(|done| MIGRATIONS.get(done..))
            .ok_or_else(|| from_the_future(path, there))?;
        for step in steps {
            tx.execute_batch(step)?;
        }
        tx.pragma_update(None, "user_version", FORMAT)
            .and_then(|()| tx.commit())?;
        // The file's name must outlast a power cut too.
        if let Some(folder) = path.parent().filter(|_| cfg!(unix)) {
            let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|e| unusable(path, &e))?;
        }
        Ok(())
    }

    /// The token of this run.
    pub fn run(&self) -> String {
        self.run.to_string()
    }

    /// A transaction that holds the write lock from its start, so that it never fails half-way.
    pub(super) fn write(&mut self) -> Result<Transaction<'_>, LedgerError> {
        Ok(self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

/// Why the file can't be opened; one that another program has to itself can be later.
fn not_opened(path: &Path, error: rusqlite::Error) -> LedgerError {
    if is_busy(&error) {
        return error.into();
    }
    unusable(path, &error).into()
}

pub(super) fn format_of(conn: &Connection) -> Result<i64, LedgerError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

pub(super) fn from_the_future(path: &Path, format: i64) -> Diagnostic {
    Diagnostic::error(
        "ledger-newer",
        format!(
            "the ledger {} has format {format}; this metas writes format {FORMAT}",
            path.display()
        ),
    )
    .hint("Install the newer metas that wrote it. Nothing was changed.")
}

/// Makes `dir` with its parents, for this user only.
pub(super) fn private_dir(dir: &Path) -> Result<(), LedgerError> {
    crate::store::disk::make_private_folder(dir).map_err(|e| {
        let message = format!("the folder {} can't be made: {e}", dir.display());
        let told = Diagnostic::error("state-unwritable", message);
        LedgerError::Refused(told.hint("Check the home folder's owner and mode."))
    })
}

/// A time as the ledger writes it.
pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A column parsed from its text.
pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text: String = row.get(column)?;
    text.parse().map_err(|e: T::Err| unreadable(column, &e))
}

/// A column that may be NULL, parsed from its text.
pub(super) fn parsed_option<T>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text: Option<String> = row.get(column)?;
    text.map(|text| text.parse().map_err(|e: T::Err| unreadable(column, &e)))
        .transpose()
}

pub(super) fn unreadable(column: &str, error: &dyn std::fmt::Display) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        0,
        rusqlite::types::Type::Text,
        format!("column {column}: {error}").into(),
    )
}
