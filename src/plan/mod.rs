//! The plan's definition: TOML text in, a checked [`Plan`] or every error of it out.
//!
//! A table of the definition is a struct of keys (`…Keys`) beside what it becomes when it is
//! checked, in one file. The struct is what serde reads, what the JSON Schema is made of, and what
//! errors say of a key.
//!
//! `text → document (TOML tree with places) → structure (held against the keys' JSON Schema) →
//! keys (read by serde) → check (references, dates, what each kind needs) → Plan`.

mod approval;
mod axis;
mod brand_colour;
mod calendar;
mod check;
mod column;
mod column_type;
mod columns;
mod commitment;
mod commitment_changes;
mod committed;
mod contacts;
mod definition;
mod delivery;
mod department;
mod document;
mod field;
mod goal;
mod identity;
mod instance;
mod keys;
mod license;
mod limits;
mod mailbox;
mod mark;
mod note;
mod operator;
mod parse;
mod placed;
mod reach;
mod report;
mod reserved;
mod schedule;
mod schema;
mod shape;
mod smtp;
mod source;
mod structure;
mod web_address;

pub use approval::Approval;
pub use axis::Axis;
pub use brand_colour::ink_on;
pub(crate) use check::position;
pub use column_type::Column;
pub use column_type::ColumnKind;
pub(crate) use column_type::{Accepts, Stored};
pub use columns::ColumnUse;
pub use commitment::Commitment;
pub use commitment_changes::Difference;
pub use committed::{CommitmentKey, CommittedValue};
pub use contacts::{Contacts, contacts};
pub use definition::{PartialDefinition, Plan};
pub use delivery::DeliveryRules;
pub use department::Department;
pub use goal::{
    AdjustedTarget, Band, Basis, Cancelled, Changed, Direction, Goal, GoalKind, IndicatorSheet,
    Measure, Occurrence, Quantity, Recurrence, Step, Window,
};
pub use identity::{PlanIdentity, TrafficLight};
pub use license::License;
pub use limits::Limits;
pub use mailbox::WrittenMailbox;
pub use mark::{MARK_SHEET, MARK_TITLE, PERIOD_LABEL, TemplateStamp};
pub use note::{NoteTemplate, Piece};
pub use operator::Operator;
pub use parse::{draft, parse};
pub use placed::Placed;
pub use report::{Brand, ReportSpec};
pub use reserved::{DEPARTMENT, RESERVED_COLUMNS};
pub use schedule::{Incomplete, Schedule};
pub use schema::json_schema;
pub use smtp::{Login, Smtp, Tls, TokenSource};
pub use source::{Providers, Source};
