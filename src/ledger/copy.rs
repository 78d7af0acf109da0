//! A home's whole ledger from one database into another, row by row, and looked at afterwards.

use std::collections::BTreeMap;

use super::database_error::DatabaseError;
use super::driver::LedgerDatabase;
use super::sqlite::SqliteDatabase;
use super::value::{LedgerRow, LedgerValue, Parameter};
use crate::diagnostic::Diagnostic;
use crate::ledger::error::LedgerError;

/// What is copied, in an order in which each row finds those that it names. Which runs are at work
/// is no part of it.
pub(super) const TABLES: [&str; 14] = [
    "editions",
    "deliveries",
    "delivery_events",
    "submissions",
    "skips",
    "notices",
    "absences",
    "makings",
    "restorations",
    "refusals",
    "reminders",
    "reminder_rounds",
    "approvals",
    "alerts",
];

/// How many rows go with one statement.
const TOGETHER: usize = 50;

/// How many rows of each table there are.
pub type RowCounts = BTreeMap<&'static str, usize>;

/// Copies every row of a home into a file that holds none.
///
/// # Errors
/// A database refuses, or what was written is not what was read.
pub(super) fn everything(
    from: &dyn LedgerDatabase,
    file: &SqliteDatabase,
) -> Result<RowCounts, LedgerError> {
    file.begin()?;
    let copied = within(from, file, file).inspect_err(|_| file.rollback())?;
    file.commit()?;
    Ok(copied)
}

/// Copies within a transaction that the caller has begun in `to`, and in `from` where others may
/// write to it. Both have the columns of `file`.
///
/// # Errors
/// As [`everything`].
pub(super) fn within(
    from: &dyn LedgerDatabase,
    to: &dyn LedgerDatabase,
    file: &dyn LedgerDatabase,
) -> Result<RowCounts, LedgerError> {
    for table in TABLES {
        let columns = columns(file, table)?;
        for some in rows(from, table, &columns)?.chunks(TOGETHER) {
            insert(to, table, &columns, some)?;
        }
    }
    let same = compared(from, to, file)?;
    same.ok_or_else(|| differs(&from.place(), &to.place()).into())
}

/// How many rows of each table both have, where they have the same; none otherwise.
///
/// # Errors
/// A database refuses.
pub(super) fn compared(
    one: &dyn LedgerDatabase,
    other: &dyn LedgerDatabase,
    file: &dyn LedgerDatabase,
) -> Result<Option<RowCounts>, DatabaseError> {
    let mut counts = RowCounts::new();
    for table in TABLES {
        let columns = columns(file, table)?;
        let sorted = |database| -> Result<Vec<Vec<LedgerValue>>, DatabaseError> {
            let mut rows = rows(database, table, &columns)?;
            rows.sort_unstable();
            Ok(rows)
        };
        let rows = sorted(one)?;
        if rows != sorted(other)? {
            return Ok(None);
        }
        counts.insert(table, rows.len());
    }
    Ok(Some(counts))
}

/// How many rows of each table a home has.
///
/// # Errors
/// The database refuses.
pub(super) fn counted(database: &dyn LedgerDatabase) -> Result<RowCounts, DatabaseError> {
    TABLES
        .into_iter()
        .map(|table| {
            let count = format!("SELECT COUNT(*) FROM {table}");
            let rows: Option<i64> = database.first(&count, &[], LedgerRow::first)?;
            let rows = usize::try_from(rows.unwrap_or_default()).unwrap_or_default();
            Ok((table, rows))
        })
        .collect()
}

/// A column's name, and whether it holds numbers.
type CopiedColumn = (String, bool);

fn columns(file: &dyn LedgerDatabase, table: &str) -> Result<Vec<CopiedColumn>, DatabaseError> {
    let list = format!("SELECT name, type FROM pragma_table_info('{table}')");
    file.select(&list, &[], |row| {
        Ok((row.get("name")?, row.get::<String>("type")? == "INTEGER"))
    })
}

/// The rows, each value of the type of its column.
fn rows(
    database: &dyn LedgerDatabase,
    table: &str,
    columns: &[CopiedColumn],
) -> Result<Vec<Vec<LedgerValue>>, DatabaseError> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let all = format!("SELECT {} FROM {table}", names.join(", "));
    database.select(&all, &[], |row| {
        columns
            .iter()
            .map(|(name, is_number)| {
                Ok(if *is_number {
                    LedgerValue::Integer(row.get(name)?)
                } else {
                    LedgerValue::Text(row.get(name)?)
                })
            })
            .collect()
    })
}

fn insert(
    to: &dyn LedgerDatabase,
    table: &str,
    columns: &[CopiedColumn],
    rows: &[Vec<LedgerValue>],
) -> Result<(), DatabaseError> {
    let names: Vec<Vec<String>> = (0..rows.len())
        .map(|row| {
            (0..columns.len())
                .map(|column| format!(":r{row}c{column}"))
                .collect()
        })
        .collect();
    let places: Vec<String> = names
        .iter()
        .map(|row| format!("({})", row.join(", ")))
        .collect();
    let parameters: Vec<Parameter<'_>> = names
        .iter()
        .flatten()
        .map(String::as_str)
        .zip(rows.iter().flatten().cloned())
        .collect();
    let columns: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let text = format!(
        "INSERT INTO {table} ({}) VALUES {}",
        columns.join(", "),
        places.join(", ")
    );
    to.execute(&text, &parameters).map(|_| ())
}

fn differs(from: &str, to: &str) -> Diagnostic {
    Diagnostic::error(
        "ledger-copy-differs",
        format!("the ledger in {to} is not as it was read from {from}"),
    )
    .hint(
        "Nothing was kept of the copy. See that no other program writes to either, and copy again.",
    )
}
