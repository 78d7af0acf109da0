//! What is to be written on cells.

use std::collections::BTreeMap;

/// The text of a note, by zero-based row and column.
pub(super) type Notes = BTreeMap<(u32, u32), String>;
