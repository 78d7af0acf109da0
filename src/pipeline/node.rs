//! A TOML document as a tree that keeps where each part stands.

use std::ops::Range;

use indexmap::IndexMap;
use toml::de::{DeTable, DeValue};

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub span: Range<usize>,
    pub value: Value,
}

/// A table's entry: the key's place and the value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key_span: Range<usize>,
    pub node: Node,
}

pub(super) type Table = IndexMap<String, Entry>;

/// What TOML can hold. Dates keep their text.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Bool(bool),
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

impl Value {
    /// The TOML name of its type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Takes over a parsed table.
pub(super) fn table(parsed: &DeTable<'_>) -> Table {
    parsed
        .iter()
        .map(|(key, value)| {
            let entry = Entry {
                key_span: key.span(),
                node: Node {
                    span: value.span(),
                    value: convert(value.get_ref()),
                },
            };
            (key.get_ref().to_string(), entry)
        })
        .collect()
}

fn convert(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        // An integer out of range becomes a number, which no integer key takes.
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix())
            .map_or_else(|_| Value::Number(f64::INFINITY), Value::Integer),
        DeValue::Float(f) => Value::Number(f.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| Node {
                    span: item.span(),
                    value: convert(item.get_ref()),
                })
                .collect(),
        ),
        DeValue::Table(inner) => Value::Table(table(inner)),
    }
}
