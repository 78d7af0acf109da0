//! What rows of several tables have alike.

use super::database_error::DatabaseError;
use super::edition_key::EditionKey;
use super::value::LedgerRow;

/// The edition that a row belongs to.
pub(super) fn key_of(row: &LedgerRow) -> Result<EditionKey, DatabaseError> {
    Ok(EditionKey {
        plan: row.get("plan")?,
        period: row.parsed("period")?,
        edition: row.get("edition")?,
    })
}
