//! The plan's definition: TOML text in, a checked [`Pipeline`] or every error of it out.
//!
//! `text → node (TOML tree with places) → structure (held against the vocabulary) → resolve
//! (references, dates, what each kind needs) → model`.

mod calendar;
mod columns;
mod commitment;
mod instance;
mod mark;
mod model;
mod node;
mod note;
mod resolve;
mod schema;
mod section;
mod structure;
#[rustfmt::skip]
mod vocabulary;

use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use columns::ColumnUse;
pub use commitment::{Band, Commitment, Difference};
pub use mark::{MARK_SHEET, MARK_TITLE, Mark, PERIOD_LABEL};
pub use model::*;
pub use note::{Note, Piece};
pub use schema::json_schema;

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
    let root = node::table(document.get_ref());
    let mut structure = structure::Structure {
        text: &source,
        found: Vec::new(),
    };
    let top = 0..text.find('\n').unwrap_or(text.len());
    structure.table("", &top, &root, vocabulary::ROOT);
    let sha256 = hex(&Sha256::digest(text.as_bytes()));
    resolve::resolve(source.clone(), sha256, &root, top, structure.found)
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
