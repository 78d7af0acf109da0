//! Names of columns that are metas' own.

/// Columns that metas adds to every table; no source may declare them.
pub const RESERVED_COLUMNS: [&str; 7] = [
    "period_start",
    "period_end",
    "year_start",
    "cutoff",
    "target_start",
    "target_end",
    DEPARTMENT,
];

/// The column that says which department a row is from.
pub const DEPARTMENT: &str = "department";
