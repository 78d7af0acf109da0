//! The format of the ledger that this program writes, whatever database keeps it.

/// The number of the newest migration.
pub(super) const FORMAT: i64 = 3;
