//! What rows of several tables have alike.

use rusqlite::Row;

use super::database::parsed;
use super::edition_key::EditionKey;

/// The edition that a row belongs to.
pub(super) fn key_of(row: &Row<'_>) -> rusqlite::Result<EditionKey> {
    Ok(EditionKey {
        plan: row.get("plan")?,
        period: parsed(row, "period")?,
        edition: row.get("edition")?,
    })
}
