//! What the values of a definition may look like: kinds of text, lists, and tables by id, period or
//! year. Each says the same to serde and to the JSON Schema.

use std::borrow::Cow;
use std::marker::PhantomData;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as Read, Serialize};

use super::document::AS_LIST;
use super::field::Field;
use super::placed::Placed;
use crate::period::{DueDate, Period};

/// Letters of a printed name or title at most: what a cover, a running head and a mail's subject
/// have room for.
pub(crate) const TITLE: usize = 200;
/// Letters of who decided, of a step's title and of the like at most.
pub(crate) const PHRASE: usize = 500;
/// Letters of a goal's statement at most: what a slide can show whole.
pub(crate) const STATEMENT: usize = 1_000;
/// Letters of one text of prose at most: about two pages.
pub(crate) const PROSE: usize = 5_000;

/// A text without line breaks, as a JSON Schema's pattern.
pub(crate) const ONE_LINE: &str = r"^[^\r\n\u0085\u2028\u2029]*$";
/// A period.
pub(crate) const PERIOD: &str = r"^\d{4}(-([TtQq][1-4]|[Ss][12]|[Mm](0?[1-9]|1[0-2])))?$";
/// A month or a day.
pub(crate) const DATE: &str = r"^\d{4}-\d{2}(-\d{2})?$";
/// A year.
pub(crate) const YEAR: &str = r"^\d{4}$";

/// A text that is not printed as it stands: an id, a query, a file name.
#[derive(Debug, Clone, Default, PartialEq, Read, Serialize)]
#[serde(transparent)]
pub(crate) struct Text(pub(crate) String);

/// A printed text of one line, with at most so many letters.
#[derive(Debug, Clone, Default, PartialEq, Read, Serialize)]
#[serde(transparent)]
pub(crate) struct Line<const MOST: usize>(pub(crate) String);

/// Printed prose with at most so many letters; it may have line breaks.
#[derive(Debug, Clone, Default, PartialEq, Read, Serialize)]
#[serde(transparent)]
pub(crate) struct Prose<const MOST: usize>(pub(crate) String);

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> AsRef<str> for Line<MOST> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<const MOST: usize> AsRef<str> for Prose<MOST> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1 })
    }
}

impl<const MOST: usize> JsonSchema for Line<MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("Line{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": MOST,
            "pattern": ONE_LINE,
        })
    }
}

impl<const MOST: usize> JsonSchema for Prose<MOST> {
    fn schema_name() -> Cow<'static, str> {
        format!("Prose{MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": MOST })
    }
}

/// A period such as `2026-T1`, as a definition writes it.
pub(crate) fn period(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": PERIOD, "examples": ["2026-T1"] })
}

/// A month or a day, as a definition writes it.
pub(crate) fn date(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": DATE, "examples": ["2026-12", "2026-12-15"] })
}

/// A list, or one value for a list of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OneOrMany<T>(Vec<Field<T>>);

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        let many = json_schema!({ "type": "array", "items": one, "minItems": 1 });
        json_schema!({ "anyOf": [one, many] })
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(AS_LIST, Items(PhantomData))
    }
}

struct Items<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one value or a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(OneOrMany(all))
    }
}

impl<T: AsRef<str>> Field<OneOrMany<T>> {
    /// Each text with its place.
    pub(crate) fn texts(&self) -> Vec<Placed<String>> {
        self.get().map(|all| texts(&all.0)).unwrap_or_default()
    }
}

impl<T: AsRef<str>> Field<Vec<Field<T>>> {
    /// Each text with its place.
    pub(crate) fn texts(&self) -> Vec<Placed<String>> {
        self.get().map(|all| texts(all)).unwrap_or_default()
    }
}

fn texts<T: AsRef<str>>(items: &[Field<T>]) -> Vec<Placed<String>> {
    items.iter().filter_map(Field::placed).collect()
}

/// The values alone.
pub(crate) fn values(texts: Vec<Placed<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

/// A table whose keys are ids, periods or years, in the order of the definition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Keyed<K, T>(Vec<(K, Field<T>)>);

/// What the keys of such a table are.
pub(crate) trait TableKey: Sized {
    /// The key, where it is one; the structure check tells what is none.
    fn read(text: &str) -> Option<Self>;
    /// The pattern that it has; none: any text.
    const PATTERN: Option<&'static str>;
}

impl TableKey for String {
    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
    const PATTERN: Option<&'static str> = None;
}

impl TableKey for Period {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    const PATTERN: Option<&'static str> = Some(PERIOD);
}

impl TableKey for i32 {
    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
    const PATTERN: Option<&'static str> = Some(YEAR);
}

impl<K: TableKey, T: JsonSchema> JsonSchema for Keyed<K, T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Keyed{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<T>();
        match K::PATTERN {
            Some(pattern) => json_schema!({
                "type": "object",
                "propertyNames": { "pattern": pattern },
                "additionalProperties": entry,
            }),
            None => json_schema!({
                "type": "object",
                "minProperties": 1,
                "additionalProperties": entry,
            }),
        }
    }
}

impl<'de, K: TableKey, T: Deserialize<'de>> Deserialize<'de> for Keyed<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<K, T>(PhantomData<(K, T)>);

impl<'de, K: TableKey, T: Deserialize<'de>> Visitor<'de> for Entries<K, T> {
    type Value = Keyed<K, T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Field<T>>()? {
            all.extend(K::read(&key).map(|key| (key, value)));
        }
        Ok(Keyed(all))
    }
}

impl<K, T> Field<Keyed<K, T>> {
    /// Each entry, well shaped or not.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&K, &Field<T>)> {
        let all = self.get().map_or(&[][..], |table| &table.0);
        all.iter().map(|(key, field)| (key, field))
    }
}

impl<K: Copy + Eq + std::hash::Hash> Field<Keyed<K, f64>> {
    pub(crate) fn numbers(&self) -> IndexMap<K, f64> {
        let numbers = self.entries().map(|(key, n)| Some((*key, n.copied()?)));
        numbers.flatten().collect()
    }
}

impl Field<DueDate> {
    /// The first day of a month, or the day.
    pub(crate) fn opening(&self) -> Option<chrono::NaiveDate> {
        self.copied().map(DueDate::opening)
    }
}
