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
mod instance;
mod keys;
mod limits;
mod mailbox;
mod mark;
mod note;
mod plan;
mod report;
mod schedule;
mod schema;
mod shape;
mod source;
mod structure;

use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use axis::Axis;
pub use column::Column;
pub use column_type::ColumnKind;
pub(crate) use column_type::{Accepts, Stored};
pub use columns::ColumnUse;
pub use commitment::{Commitment, Difference};
pub use definition::Pipeline;
pub use delivery::{Delivery, Smtp, Tls};
pub use department::Department;
pub use goal::{
    AdjustedTarget, Band, Basis, Cancelled, Changed, Direction, Goal, GoalKind, IndicatorSheet,
    Measure, Occurrence, Quantity, Recurrence, Step, Window,
};
pub use limits::Limits;
pub use mark::{MARK_SHEET, MARK_TITLE, Mark, PERIOD_LABEL};
pub use note::{Note, Piece};
pub use plan::{Plan, TrafficLight};
pub use report::{Brand, ReportSpec};
pub use schedule::{Incomplete, Schedule};
pub use schema::json_schema;
pub use source::{Providers, Source};

use crate::diagnostic::{Diagnostic, SourceText};

/// Columns that metas adds to every table; no source may declare them.
pub const RESERVED_COLUMNS: [&str; 7] = [
    "period_start",
    "period_end",
    "year_start",
    "cutoff",
    "target_start",
    "target_end",
    "department",
];

/// A text of the definition with the place it has there, for error messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Byte range in [`Pipeline::text`].
    pub span: std::ops::Range<usize>,
}

/// Reads a definition. `name` is the file's name, shown in errors and compared with `plan.id`.
///
/// # Errors
/// Every error of the definition, each with its place.
pub fn parse(name: &str, text: &str) -> Result<Pipeline, Vec<Diagnostic>> {
    let source = Arc::new(SourceText {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return Err(syntax.iter().map(|e| syntax_error(&source, e)).collect());
    }
    let root = document::table(document.get_ref());
    let mut structure = structure::Structure {
        text: &source,
        found: Vec::new(),
    };
    let top = check::first_line(text);
    structure.table("", &top, &root, &keys::ROOT);
    let found = structure.found;
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    let root = document::Node {
        span: top,
        value: document::Value::Table(root),
    };
    let lenient = !found.is_empty();
    match definition::Definition::deserialize(document::Reader::new(&root, lenient)) {
        Ok(definition) => definition.check(source.clone(), sha256, found),
        Err(why) => Err(vec![unreadable(&source, &why)]),
    }
}

/// A value that the keys' schema allows and their structs do not: a fault of metas, which must not
/// pass for a key that was left out.
fn unreadable(source: &Arc<SourceText>, why: &serde::de::value::Error) -> Diagnostic {
    let message = format!("the definition cannot be read: {why}");
    Diagnostic::error("unreadable-definition", message)
        .at(source, check::first_line(&source.text))
        .hint("this is a fault of metas; please report it with the definition")
}

fn syntax_error(source: &Arc<SourceText>, error: &toml::de::Error) -> Diagnostic {
    let end = source.text.len();
    let span = error.span().unwrap_or(end..end);
    let message = format!("not valid TOML: {}", error.message());
    Diagnostic::error("toml-syntax", message).at(source, span.start.min(end)..span.end.min(end))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
