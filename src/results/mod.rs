//! `results.json`: all that templates, messages, open data and programs receive of an edition, as
//! one typed document.
//!
//! `data` is everything that a report says; `document` puts it into [`Results`] with the Spanish
//! text of each figure (`words`, `units`, `headline`, `comparison`), `corrections` says what an edition says otherwise than the one
//! before. `model`, `goal` and `change` are the document's types, and their comments the
//! descriptions of its JSON Schema. `extract` leaves a department's part of it. `read` takes an edition's document in again.

#![warn(clippy::wildcard_enum_match_arm)]

mod attention;
mod change;
mod coming;
mod comparison;
mod corrections;
mod counts;
mod data;
mod document;
mod extract;
mod goal;
mod headline;
mod history;
mod key_names;
mod model;
mod open_data;
mod open_tables;
mod read;
mod received;
mod said;
mod schema;
mod submissions;
mod units;
mod words;

#[cfg(test)]
pub(crate) use attention::rank;
pub use data::{Replaced, ReportData};
pub use document::document;
pub use extract::{ExtractRequest, extract};
pub use goal::*;
pub use model::*;
pub use open_data::open_data;
pub use open_tables::{CellKind, OpenTable, open_tables};
pub(crate) use read::RESULTS_FILE;
pub use received::{DepartmentStatus, FileStatus, SourceState, SourceStatus};
pub use schema::json_schema;
pub(crate) use schema::schema_of;
pub use submissions::{
    Completeness, MATRIX_PERIODS, PeriodSubmissions, SubmissionCell, SubmissionMatrix,
    submission_matrix,
};
