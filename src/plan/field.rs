//! A key of a definition as it was read: its value and its places. What is missing or wrongly
//! shaped has no value here, because the structure check has told it already; so that everything
//! else that is wrong can still be found.

use std::marker::PhantomData;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::document::WITH_PLACES;
use super::placed::Placed;

/// A key of a table, or an item of a list.
///
/// In a struct of keys, a field without `#[serde(default…)]` must be there; one with a default that
/// has a value has it in the JSON Schema too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field<T> {
    value: Option<T>,
    places: Option<Places>,
}

#[derive(Debug, Clone, PartialEq)]
struct Places {
    key: Range<usize>,
    value: Range<usize>,
}

impl<T> Field<T> {
    /// What is taken where the definition leaves the key out.
    pub(crate) fn usual(value: T) -> Self {
        Self {
            value: Some(value),
            places: None,
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// Whether the key is there, well shaped or not.
    pub(crate) fn is_given(&self) -> bool {
        self.places.is_some()
    }

    /// Where the key stands; the start of the text where it does not.
    pub(crate) fn key(&self) -> Range<usize> {
        self.places.as_ref().map_or(0..0, |p| p.key.clone())
    }

    /// Where the value stands; the start of the text where it does not.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span_or(&(0..0))
    }

    /// Where the value stands, or the place of what would hold it.
    pub(crate) fn span_or(&self, place: &Range<usize>) -> Range<usize> {
        let own = self.places.as_ref().map(|p| p.value.clone());
        own.unwrap_or_else(|| place.clone())
    }
}

impl<T: Copy> Field<T> {
    pub(crate) fn copied(&self) -> Option<T> {
        self.value
    }
}

impl<T: AsRef<str>> Field<T> {
    pub(crate) fn text(&self) -> Option<String> {
        self.get().map(|text| text.as_ref().to_owned())
    }

    /// The text, or an empty one whose absence has been reported.
    pub(crate) fn required_text(&self) -> String {
        self.text().unwrap_or_default()
    }

    pub(crate) fn placed(&self) -> Option<Placed<String>> {
        Some(Placed {
            value: self.text()?,
            span: self.span(),
        })
    }
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self {
            value: None,
            places: None,
        }
    }
}

/// For `#[serde(default = "usual::<bool>")]`: the type's own default.
pub(crate) fn usual<T: Default>() -> Field<T> {
    Field::usual(T::default())
}

/// For `#[serde(default = "yes")]`.
pub(crate) fn yes() -> Field<bool> {
    Field::usual(true)
}

/// For `#[serde(default = "days::<5>")]`.
pub(crate) fn days<const N: u32>() -> Field<u32> {
    Field::usual(N)
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(PlacedVisitor(PhantomData))
    }
}

struct PlacedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PlacedVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value with its places")
    }

    fn visit_none<E>(self) -> Result<Field<T>, E> {
        Ok(Field::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field<T>, D::Error> {
        deserializer.deserialize_newtype_struct(WITH_PLACES, self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Field<T>, A::Error> {
        let mut offsets = [0; 4];
        for offset in &mut offsets {
            let part = parts.next_element()?;
            *offset = part.ok_or_else(|| A::Error::custom("a value has its places"))?;
        }
        let [key, key_end, start, end] = offsets;
        Ok(Field {
            value: parts.next_element()?,
            places: Some(Places {
                key: key..key_end,
                value: start..end,
            }),
        })
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Some(value) => value.serialize(serializer),
            None => Err(serde::ser::Error::custom("a key without a value")),
        }
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
