//! The plan's definition: TOML text in, a checked [`Pipeline`] or every error of it out.
//!
//! A table of the definition is a struct of keys (`…Keys`) beside what it becomes when it is
//! checked, in one file. The struct is what serde reads, what the JSON Schema is made of, and what
//! errors say of a key.
//!
//! `text → document (TOML tree with places) → structure (held against the keys' JSON Schema) →
//! keys (read by serde) → check (references, dates, what each kind needs) → Pipeline`.

mod axis;
mod calendar;
mod check;
mod column;
mod column_type;
mod columns;
mod commitment;
mod definition;
mod delivery;
mod department;
mod document;
mod field;
mod goal;
mod identity;
mod instance;
mod keys;
mod limits;
mod mailbox;
mod mark;
mod note;
mod parse;
mod placed;
mod report;
mod reserved;
mod schedule;
mod schema;
mod shape;
mod source;
mod structure;

pub use crate::plan::axis::Axis;
pub use crate::plan::column_type::Column;
pub use crate::plan::column_type::ColumnKind;
pub(crate) use crate::plan::column_type::{Accepts, Stored};
pub use crate::plan::columns::ColumnUse;
pub use crate::plan::commitment::{Commitment, Difference};
pub use crate::plan::definition::Pipeline;
pub use crate::plan::delivery::{Delivery, Smtp, Tls};
pub use crate::plan::department::Department;
pub use crate::plan::goal::{
    AdjustedTarget, Band, Basis, Cancelled, Changed, Direction, Goal, GoalKind, IndicatorSheet,
    Measure, Occurrence, Quantity, Recurrence, Step, Window,
};
pub use crate::plan::identity::{Plan, TrafficLight};
pub use crate::plan::limits::Limits;
pub use crate::plan::mark::{MARK_SHEET, MARK_TITLE, PERIOD_LABEL, TemplateStamp};
pub use crate::plan::note::{Note, Piece};
pub use crate::plan::parse::parse;
pub use crate::plan::placed::Placed;
pub use crate::plan::report::{Brand, ReportSpec};
pub use crate::plan::reserved::{DEPARTMENT, RESERVED_COLUMNS};
pub use crate::plan::schedule::{Incomplete, Schedule};
pub use crate::plan::schema::json_schema;
pub use crate::plan::source::{Providers, Source};
