//! What goes into a statement and what comes out of it, alike for every database.

use std::sync::Arc;

use super::database_error::DatabaseError;

/// A value of a column. The ledger keeps texts and whole numbers alone; an absent one keeps its
/// type, which some databases ask for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LedgerValue {
    /// A text, or none.
    Text(Option<String>),
    /// A whole number, or none. Yes and no are 1 and 0.
    Integer(Option<i64>),
}

/// A value by the name that it has in the statement, with its colon.
pub(super) type Parameter<'a> = (&'a str, LedgerValue);

/// Parameters of a statement: `params! {":plan": plan, ":edition": 3}`.
macro_rules! params {
    ($($name:literal: $value:expr),* $(,)?) => {
        &[$(($name, $crate::ledger::value::AsValue::as_value(&$value))),*]
    };
}
pub(super) use params;

/// What can be given to a statement.
pub(super) trait AsValue {
    /// As the ledger keeps it.
    fn as_value(&self) -> LedgerValue;

    /// None of it.
    fn none() -> LedgerValue;
}

impl AsValue for str {
    fn as_value(&self) -> LedgerValue {
        LedgerValue::Text(Some(self.to_owned()))
    }

    fn none() -> LedgerValue {
        LedgerValue::Text(None)
    }
}

impl AsValue for String {
    fn as_value(&self) -> LedgerValue {
        self.as_str().as_value()
    }

    fn none() -> LedgerValue {
        LedgerValue::Text(None)
    }
}

impl AsValue for i64 {
    fn as_value(&self) -> LedgerValue {
        LedgerValue::Integer(Some(*self))
    }

    fn none() -> LedgerValue {
        LedgerValue::Integer(None)
    }
}

impl AsValue for u32 {
    fn as_value(&self) -> LedgerValue {
        i64::from(*self).as_value()
    }

    fn none() -> LedgerValue {
        LedgerValue::Integer(None)
    }
}

impl AsValue for bool {
    fn as_value(&self) -> LedgerValue {
        i64::from(*self).as_value()
    }

    fn none() -> LedgerValue {
        LedgerValue::Integer(None)
    }
}

impl<T: AsValue + ?Sized> AsValue for &T {
    fn as_value(&self) -> LedgerValue {
        (*self).as_value()
    }

    fn none() -> LedgerValue {
        T::none()
    }
}

impl<T: AsValue> AsValue for Option<T> {
    fn as_value(&self) -> LedgerValue {
        self.as_ref().map_or_else(T::none, AsValue::as_value)
    }

    fn none() -> LedgerValue {
        T::none()
    }
}

/// What a column can be read as.
pub(super) trait FromValue: Sized {
    /// The value as this type; what is wrong otherwise.
    fn from_value(value: &LedgerValue) -> Result<Self, String>;
}

impl FromValue for String {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        match value {
            LedgerValue::Text(Some(text)) => Ok(text.clone()),
            other => Err(format!("a text is expected, not {}", kind(other))),
        }
    }
}

impl FromValue for Option<String> {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        match value {
            LedgerValue::Text(text) => Ok(text.clone()),
            LedgerValue::Integer(None) => Ok(None),
            other => Err(format!("a text is expected, not {}", kind(other))),
        }
    }
}

impl FromValue for Option<i64> {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        match value {
            LedgerValue::Integer(number) => Ok(*number),
            LedgerValue::Text(None) => Ok(None),
            other => Err(format!("a number is expected, not {}", kind(other))),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        Option::<i64>::from_value(value)?.ok_or_else(|| "a number is expected, not none".to_owned())
    }
}

impl FromValue for u32 {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        let number = i64::from_value(value)?;
        Self::try_from(number).map_err(|_| format!("{number} is out of range"))
    }
}

impl FromValue for Option<u32> {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        let number = Option::<i64>::from_value(value)?;
        number
            .map(|number| u32::try_from(number).map_err(|_| format!("{number} is out of range")))
            .transpose()
    }
}

impl FromValue for bool {
    fn from_value(value: &LedgerValue) -> Result<Self, String> {
        Ok(i64::from_value(value)? != 0)
    }
}

fn kind(value: &LedgerValue) -> &'static str {
    match value {
        LedgerValue::Text(Some(_)) => "a text",
        LedgerValue::Integer(Some(_)) => "a number",
        LedgerValue::Text(None) | LedgerValue::Integer(None) => "none",
    }
}

/// A row that a statement gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LedgerRow {
    /// The columns' names, the same for all rows of a statement.
    pub columns: Arc<[String]>,
    /// Their values.
    pub values: Vec<LedgerValue>,
}

impl LedgerRow {
    /// A column by its name.
    ///
    /// # Errors
    /// There is none of that name, or it holds another type.
    pub(super) fn get<T: FromValue>(&self, column: &str) -> Result<T, DatabaseError> {
        let found = self.columns.iter().position(|name| name == column);
        let value = found.and_then(|place| self.values.get(place));
        let value = value.ok_or_else(|| unreadable(column, &"there is no such column"))?;
        T::from_value(value).map_err(|why| unreadable(column, &why))
    }

    /// The first column.
    ///
    /// # Errors
    /// As [`LedgerRow::get`].
    pub(super) fn first<T: FromValue>(&self) -> Result<T, DatabaseError> {
        let value = self.values.first();
        let value = value.ok_or_else(|| unreadable("1", &"there is no such column"))?;
        T::from_value(value).map_err(|why| unreadable("1", &why))
    }

    /// A column parsed from its text.
    ///
    /// # Errors
    /// It holds no such text.
    pub(super) fn parsed<T>(&self, column: &str) -> Result<T, DatabaseError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text: String = self.get(column)?;
        text.parse().map_err(|e: T::Err| unreadable(column, &e))
    }

    /// A column that may be NULL, parsed from its text.
    ///
    /// # Errors
    /// It holds no such text.
    pub(super) fn parsed_option<T>(&self, column: &str) -> Result<Option<T>, DatabaseError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.parse().map_err(|e: T::Err| unreadable(column, &e)))
            .transpose()
    }
}

fn unreadable(column: &str, why: &dyn std::fmt::Display) -> DatabaseError {
    DatabaseError::failed(format!("column {column}: {why}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_column_of_another_type_is_said_so() {
        let row = LedgerRow {
            columns: Arc::from(["a".to_owned(), "n".to_owned(), "none".to_owned()]),
            values: vec![
                "x".as_value(),
                (-1_i64).as_value(),
                LedgerValue::Integer(None),
            ],
        };
        assert_eq!(row.get::<String>("a").unwrap(), "x");
        assert_eq!(row.get::<i64>("n").unwrap(), -1);
        assert_eq!(row.get::<Option<String>>("none").unwrap(), None);
        assert_eq!(row.first::<String>().unwrap(), "x");
        for (wrong, told) in [
            (
                row.get::<i64>("a").map(|_| ()),
                "column a: a number is expected, not a text",
            ),
            (
                row.get::<u32>("n").map(|_| ()),
                "column n: -1 is out of range",
            ),
            (
                row.get::<String>("none").map(|_| ()),
                "column none: a text is expected, not none",
            ),
            (
                row.get::<String>("b").map(|_| ()),
                "column b: there is no such column",
            ),
            (
                row.parsed::<i64>("a").map(|_| ()),
                "column a: invalid digit found in string",
            ),
        ] {
            assert!(wrong.unwrap_err().to_string().contains(told), "{told}");
        }
    }
}
