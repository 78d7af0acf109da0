//! Bytes of a department's file in, typed columns and findings out. The only place that knows
//! calamine.

mod table;

pub use table::{ROW_COLUMN, Reading};
