//! What a query gives: one cell of its answer, as JSON and in Spanish.

use std::borrow::Cow;
use std::fmt;

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::spanish;

/// A value that a query gave. JSON has no days: one that is read again is a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A finite decimal number.
    Number(f64),
    /// A day.
    Date(NaiveDate),
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
}

impl Value {
    /// Its number, where it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Number(n) => Some(*n),
            Self::Null | Self::Date(_) | Self::Text(_) | Self::Bool(_) => None,
        }
    }

    /// As people read it.
    pub fn shown(&self, decimals: Option<usize>) -> String {
        match (self, decimals) {
            (Self::Null, _) => "sin dato".to_owned(),
            (Self::Integer(n), None) => spanish::number(*n as f64, 0),
            (Self::Integer(n), Some(places)) => spanish::number(*n as f64, places),
            (Self::Number(n), None) => spanish::number_short(*n),
            (Self::Number(n), Some(places)) => spanish::number(*n, places),
            (Self::Date(day), _) => spanish::date_long(*day),
            (Self::Text(text), _) => text.clone(),
            (Self::Bool(yes), _) => if *yes { "sí" } else { "no" }.to_owned(),
        }
    }

    /// Inside prose: `decimals` where the text asks for them, and more where they would hide that
    /// a threshold is missed.
    pub fn shown_against(&self, decimals: Option<usize>, thresholds: &[f64]) -> String {
        let Self::Number(n) = self else {
            return self.shown(decimals);
        };
        let told = spanish::number_against(*n, thresholds, decimals.unwrap_or(2));
        if decimals.is_some() || told != spanish::number(*n, 2) {
            told
        } else {
            self.shown(None)
        }
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Date(day)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Integer(n) => serializer.serialize_i64(*n),
            Self::Number(n) => serializer.serialize_f64(*n),
            Self::Date(day) => day.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyOfThem)
    }
}

struct AnyOfThem;

impl Visitor<'_> for AnyOfThem {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text, true, false or null")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Integer(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(i64::try_from(n).map_or(Value::Number(n as f64), Value::Integer))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::Number(n))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
}

impl JsonSchema for Value {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["number", "string", "boolean", "null"],
            "description": "number, text (days are ISO 8601), truth value, or null where there is none",
        })
    }
}
