//! The tables on the server, and the steps from each format to the next.

use super::address::LedgerServer;
use super::connection::{Connection, text};
use crate::ledger::database_error::DatabaseError;
use crate::ledger::error::LedgerError;
use crate::ledger::faults::from_the_future;
use crate::ledger::format::FORMAT;

/// The first format that this database ever had.
const FIRST: i64 = 3;

/// The steps to each format from the one before, the first from nothing.
pub(super) const MIGRATIONS: [&str; (FORMAT - FIRST + 1) as usize] =
    [include_str!("../migrations/postgres/3.sql")];

/// Any number that no other program is likely to lock.
const LOCK: i64 = 0x006d_6574_6173;

/// The format of what lies there; none where nothing does.
///
/// # Errors
/// The server refuses, or can't be reached.
pub(super) fn format(connection: &Connection) -> Result<Option<i64>, DatabaseError> {
    // Not by to_regclass: within a transaction it goes by what this session knew before it waited
    // for another one to make the tables.
    let there = connection.batch(
        "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'metas' AND tablename = 'format'",
    )?;
    if text(&there, 0).is_none() {
        return Ok(None);
    }
    let format = connection.batch("SELECT COALESCE(MAX(format), 0) FROM metas.format")?;
    Ok(text(&format, 0).and_then(|format| format.parse().ok()))
}

/// Brings what lies there up to the format of this program. Of several that begin at once one does.
///
/// # Errors
/// `ledger-newer` where a later `metas` wrote it; else as [`format`].
pub(super) fn bring_up(connection: &Connection, server: &LedgerServer) -> Result<(), LedgerError> {
    if format(connection)? == Some(FORMAT) {
        return Ok(());
    }
    connection.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))?;
    let done = steps(connection, server);
    if done.is_err() {
        let _ = connection.batch("ROLLBACK");
    }
    done?;
    connection.batch("COMMIT")?;
    Ok(())
}

fn steps(connection: &Connection, server: &LedgerServer) -> Result<(), LedgerError> {
    let there = format(connection)?.unwrap_or(FIRST - 1);
    let done = usize::try_from(there - (FIRST - 1)).ok();
    let left = done
        .and_then(|done| MIGRATIONS.get(done..))
        .ok_or_else(|| from_the_future(&format!("in {}", server.place()), there))?;
    if there < FIRST {
        connection.batch(
            "CREATE SCHEMA IF NOT EXISTS metas; CREATE SCHEMA IF NOT EXISTS metas_home; \
             CREATE TABLE metas.format (format BIGINT PRIMARY KEY, \
             at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())",
        )?;
    }
    for (step, number) in left.iter().zip(there + 1..) {
        connection.batch(step)?;
        connection.batch(&format!("INSERT INTO metas.format VALUES ({number})"))?;
    }
    Ok(())
}
