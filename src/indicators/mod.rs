//! Tables in, results out: queries, the rules of calculation, statuses, footnotes.
//!
//! `sql` answers a goal's query; `kind` says what the rules ask of each kind of goal; `measure` turns
//! the answer into a value and its attainment by `rules`; `status` gives the status; `compute` goes
//! over the plan.

mod activities;
mod advice;
mod carried;
mod changes;
mod compute;
mod contradiction;
mod figures;
mod footnote;
mod kind;
mod labels;
mod measure;
mod process;
mod prose;
mod query_errors;
mod query_places;
mod query_ways;
mod remarks;
mod rules;
mod sql;
mod status;
mod table;
mod trace;
mod trend;
mod validate;
mod value;

pub use carried::carrying;
pub use changes::{Given, LastEdition, PublishedGoal, compute_since};
pub use compute::{Computed, compute};
pub use figures::*;
pub(crate) use kind::rule;
pub use labels::{Flag, Status, StatusTone};
pub(crate) use labels::{StatusCompletion, StatusReason};
pub(crate) use remarks::is_behind;
pub use rules::{attainment, meets, progress};
pub use table::{Availability, History, ReportingPeriod, SourceTable};
pub use trace::{RowUse, rows_used};
pub use trend::{Comparison, Incomparable, Trend, begins_anew, compare, method, status_change};
pub use validate::{read_definition, validate};
pub use value::Value;
