//! A TOML document as a tree that keeps where each part stands, and that serde can read from.

use std::ops::Range;

use indexmap::IndexMap;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use toml::de::{DeTable, DeValue};

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub span: Range<usize>,
    pub value: TomlValue,
}

/// A table's entry: the key's place and the value.
#[derive(Debug, Clone)]
pub(crate) struct TableEntry {
    pub key_span: Range<usize>,
    pub node: Node,
}

pub(crate) type Table = IndexMap<String, TableEntry>;

/// What TOML can hold. Dates keep their text.
#[derive(Debug, Clone)]
pub(crate) enum TomlValue {
    Text(String),
    Integer(i64),
    Number(f64),
    Bool(bool),
    Date(String),
    List(Vec<Node>),
    Table(Table),
}

impl TomlValue {
    /// The TOML name of its type.
    pub(super) fn type_name(&self) -> &'static str {
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
pub(crate) fn table(parsed: &DeTable<'_>) -> Table {
    parsed
        .iter()
        .map(|(key, value)| {
            let entry = TableEntry {
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

fn convert(value: &DeValue<'_>) -> TomlValue {
    match value {
        DeValue::String(text) => TomlValue::Text(text.to_string()),
        // An integer out of range becomes a number, which no integer key takes.
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix())
            .map_or_else(|_| TomlValue::Number(f64::INFINITY), TomlValue::Integer),
        DeValue::Float(f) => TomlValue::Number(f.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(yes) => TomlValue::Bool(*yes),
        DeValue::Datetime(date) => TomlValue::Date(date.to_string()),
        DeValue::Array(items) => TomlValue::List(
            items
                .iter()
                .map(|item| Node {
                    span: item.span(),
                    value: convert(item.get_ref()),
                })
                .collect(),
        ),
        DeValue::Table(inner) => TomlValue::Table(table(inner)),
    }
}

/// Name by which a type asks serde for its places beside its value.
pub(crate) const WITH_PLACES: &str = "$metas::with-places";
/// Name by which a list takes one value for a list of one.
pub(crate) const AS_LIST: &str = "$metas::as-list";

/// Gives serde one value of the tree, and its places to those who ask for them.
#[derive(Clone)]
pub(crate) struct NodeReader<'n> {
    key: Range<usize>,
    node: &'n Node,
    lenient: bool,
}

impl<'n> NodeReader<'n> {
    /// Gives serde a whole document. Where it is lenient, a wrong value with places reads as none;
    /// it is for a document in which every such value has been told already.
    pub(super) fn new(root: &'n Node, lenient: bool) -> Self {
        Self {
            key: root.span.clone(),
            node: root,
            lenient,
        }
    }

    fn item(&self, node: &'n Node) -> Self {
        Self {
            key: node.span.clone(),
            node,
            lenient: self.lenient,
        }
    }

    fn entry(&self, entry: &'n TableEntry) -> Self {
        Self {
            key: entry.key_span.clone(),
            node: &entry.node,
            lenient: self.lenient,
        }
    }

    fn with_places(self) -> PlacedParts<'n> {
        let (key, span) = (&self.key, &self.node.span);
        PlacedParts {
            offsets: [key.start, key.end, span.start, span.end].into_iter(),
            value: Some(self),
        }
    }
}

impl<'de> Deserializer<'de> for NodeReader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.value {
            TomlValue::Text(text) | TomlValue::Date(text) => visitor.visit_borrowed_str(text),
            TomlValue::Integer(number) => visitor.visit_i64(*number),
            TomlValue::Number(number) => visitor.visit_f64(*number),
            TomlValue::Bool(yes) => visitor.visit_bool(*yes),
            TomlValue::List(items) => {
                let items = items.iter().map(|node| self.item(node));
                visitor.visit_seq(SeqDeserializer::new(items))
            }
            TomlValue::Table(table) => {
                let entry = |(key, entry): (&'de String, _)| (key.as_str(), self.entry(entry));
                visitor.visit_map(MapDeserializer::new(table.iter().map(entry)))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match (name, &self.node.value) {
            (WITH_PLACES, _) => visitor.visit_seq(self.with_places()),
            (AS_LIST, TomlValue::List(_)) => self.deserialize_any(visitor),
            (AS_LIST, _) => visitor.visit_seq(SeqDeserializer::new([self].into_iter())),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.node.value {
            TomlValue::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            other => Err(Error::custom(other.type_name())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de> for NodeReader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// The four offsets that are the places of key and value, then the value itself.
struct PlacedParts<'n> {
    offsets: std::array::IntoIter<usize, 4>,
    value: Option<NodeReader<'n>>,
}

impl<'de> SeqAccess<'de> for PlacedParts<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        match self.offsets.next() {
            Some(offset) => seed.deserialize(offset.into_deserializer()).map(Some),
            None => {
                let Some(value) = self.value.take() else {
                    return Ok(None);
                };
                let lenient = value.lenient;
                match seed.deserialize(value) {
                    Err(_) if lenient => Ok(None),
                    read => read.map(Some),
                }
            }
        }
    }
}
