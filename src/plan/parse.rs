//! From the text of a definition to a checked plan, or every error of it.

use std::sync::Arc;

use serde::Deserialize;
use toml::de::DeTable;

use super::definition;
use super::definition::{PartialDefinition, Plan};
use super::{check, document, keys, structure};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::hash::sha256_hex;

/// Reads a definition. `name` is the file's name, shown in errors and compared with `plan.id`.
///
/// # Errors
/// Every error of the definition, each with its place.
pub fn parse(name: &str, text: &str) -> Result<Plan, Vec<Diagnostic>> {
    let PartialDefinition {
        plan, mut found, ..
    } = draft(name, text);
    match plan {
        Some(plan) if !found.iter().any(Diagnostic::is_error) => Ok(plan),
        _ => {
            found.retain(Diagnostic::is_error);
            Err(found)
        }
    }
}

/// Reads a definition as far as it can be read, so that also what lies behind its errors can be
/// looked at.
pub fn draft(name: &str, text: &str) -> PartialDefinition {
    let source = Arc::new(SourceText {
        name: name.to_owned(),
        text: text.to_owned(),
    });
    let (document, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        return PartialDefinition::none(syntax.iter().map(|e| syntax_error(&source, e)).collect());
    }
    let root = document::table(document.get_ref());
    let mut structure = structure::Structure {
        text: &source,
        found: Vec::new(),
    };
    let top = check::first_line(text);
    structure.table("", &top, &root, &keys::ROOT);
    let found = structure.found;
    let sha256 = sha256_hex(text.as_bytes());
    let root = document::Node {
        span: top,
        value: document::TomlValue::Table(root),
    };
    let lenient = !found.is_empty();
    match definition::Definition::deserialize(document::NodeReader::new(&root, lenient)) {
        Ok(definition) => definition.check(source.clone(), sha256, found),
        Err(why) => PartialDefinition::none(vec![unreadable(&source, &why)]),
    }
}

/// A value that the keys' schema allows and their structs do not: a fault of metas, which must not
/// pass for a key that was left out.
pub(crate) fn unreadable(source: &Arc<SourceText>, why: &serde::de::value::Error) -> Diagnostic {
    let message = format!("the definition cannot be read: {why}");
    Diagnostic::error("unreadable-definition", message)
        .at(source, check::first_line(&source.text))
        .hint("this is a fault of metas; please report it with the definition")
}

pub(crate) fn syntax_error(source: &Arc<SourceText>, error: &toml::de::Error) -> Diagnostic {
    let end = source.text.len();
    let span = error.span().unwrap_or(end..end);
    let message = format!("not valid TOML: {}", error.message());
    Diagnostic::error("toml-syntax", message).at(source, span.start.min(end)..span.end.min(end))
}
