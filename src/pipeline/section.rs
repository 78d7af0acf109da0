//! Typed access to a table whose structure has been checked: what is missing or wrongly shaped
//! has been reported already and reads as absent.

use std::ops::Range;
use std::str::FromStr;

use indexmap::IndexMap;

use super::model::Placed;
use super::node::{Entry, Node, Table, Value};
use crate::period::{DueDate, Period};

/// A table and where its header stands.
#[derive(Clone)]
pub(super) struct Section<'a> {
    pub table: &'a Table,
    pub place: Range<usize>,
}

impl<'a> Section<'a> {
    fn node(&self, key: &str) -> Option<&'a Node> {
        self.table.get(key).map(|entry| &entry.node)
    }

    /// Whether the key is there, well shaped or not.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Where the key's value stands; the table's header where there is none.
    pub fn span(&self, key: &str) -> Range<usize> {
        self.node(key)
            .map_or(self.place.clone(), |n| n.span.clone())
    }

    /// Where the key itself stands.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.table
            .get(key)
            .map_or(self.place.clone(), |e: &Entry| e.key_span.clone())
    }

    pub fn text(&self, key: &str) -> Option<String> {
        self.node(key).and_then(as_text)
    }

    /// The text, or an empty one whose absence has been reported.
    pub fn required_text(&self, key: &str) -> String {
        self.text(key).unwrap_or_default()
    }

    pub fn placed(&self, key: &str) -> Option<Placed<String>> {
        Some(Placed {
            value: self.text(key)?,
            span: self.span(key),
        })
    }

    pub fn number(&self, key: &str) -> Option<f64> {
        self.node(key).and_then(as_number)
    }

    pub fn integer(&self, key: &str) -> Option<i64> {
        match self.node(key)?.value {
            Value::Integer(i) => Some(i),
            _ => None,
        }
    }

    pub fn unsigned<T: TryFrom<i64>>(&self, key: &str) -> Option<T> {
        self.integer(key).and_then(|i| T::try_from(i).ok())
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.node(key)?.value {
            Value::Bool(yes) => Some(yes),
            _ => None,
        }
    }

    pub fn date(&self, key: &str) -> Option<DueDate> {
        match &self.node(key)?.value {
            Value::Text(text) | Value::Date(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn parsed<T: FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    /// A list of texts, or one text; each with its place.
    pub fn texts(&self, key: &str) -> Vec<Placed<String>> {
        let Some(node) = self.node(key) else {
            return Vec::new();
        };
        let items = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        items
            .into_iter()
            .filter_map(|item| {
                Some(Placed {
                    value: as_text(item)?,
                    span: item.span.clone(),
                })
            })
            .collect()
    }

    pub fn integers(&self, key: &str) -> Option<Vec<i64>> {
        let Value::List(items) = &self.node(key)?.value else {
            return None;
        };
        let integer = |item: &Node| match item.value {
            Value::Integer(i) => Some(i),
            _ => None,
        };
        items.iter().map(integer).collect()
    }

    pub fn section(&self, key: &str) -> Option<Section<'a>> {
        let entry = self.table.get(key)?;
        match &entry.node.value {
            Value::Table(table) => Some(Section {
                table,
                place: entry.key_span.clone(),
            }),
            _ => None,
        }
    }

    /// The tables below `key`, by id.
    pub fn sections(&self, key: &str) -> Vec<(&'a str, Section<'a>)> {
        let Some(Value::Table(table)) = self.node(key).map(|n| &n.value) else {
            return Vec::new();
        };
        table
            .iter()
            .filter_map(|(id, entry)| match &entry.node.value {
                Value::Table(table) => Some((
                    id.as_str(),
                    Section {
                        table,
                        place: entry.key_span.clone(),
                    },
                )),
                _ => None,
            })
            .collect()
    }

    /// The tables of a list of tables.
    pub fn list(&self, key: &str) -> Vec<Section<'a>> {
        let Some(Value::List(items)) = self.node(key).map(|n| &n.value) else {
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match &item.value {
                Value::Table(table) => Some(Section {
                    table,
                    place: item.span.clone(),
                }),
                _ => None,
            })
            .collect()
    }

    pub fn texts_by_period(&self, key: &str) -> IndexMap<Period, String> {
        self.by_period(key, as_text)
    }

    pub fn numbers_by_period(&self, key: &str) -> IndexMap<Period, f64> {
        self.by_period(key, as_number)
    }

    pub fn numbers_by_year(&self, key: &str) -> IndexMap<i32, f64> {
        let Some(Value::Table(table)) = self.node(key).map(|n| &n.value) else {
            return IndexMap::new();
        };
        table
            .iter()
            .filter_map(|(year, entry)| Some((year.parse().ok()?, as_number(&entry.node)?)))
            .collect()
    }

    fn by_period<T>(&self, key: &str, value: fn(&Node) -> Option<T>) -> IndexMap<Period, T> {
        let Some(Value::Table(table)) = self.node(key).map(|n| &n.value) else {
            return IndexMap::new();
        };
        table
            .iter()
            .filter_map(|(period, entry)| Some((period.parse().ok()?, value(&entry.node)?)))
            .collect()
    }

    /// Where the entry `period` of `key` stands.
    pub fn period_span(&self, key: &str, period: Period) -> Range<usize> {
        let Some(Value::Table(table)) = self.node(key).map(|n| &n.value) else {
            return self.place.clone();
        };
        table
            .iter()
            .find(|(name, _)| name.parse() == Ok(period))
            .map_or(self.place.clone(), |(_, entry)| entry.key_span.clone())
    }
}

fn as_text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn as_number(node: &Node) -> Option<f64> {
    match node.value {
        Value::Integer(i) => Some(i as f64),
        Value::Number(n) => Some(n),
        _ => None,
    }
}
