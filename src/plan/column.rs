//! `[source.*.columns.*]`: what a column's cells hold.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::column_type::{Column, ColumnType};
use super::field::{Field, usual};
use super::reserved::RESERVED_COLUMNS;
use super::shape::{Keyed, OneOrMany, Text, values};

/// The keys of a column.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ColumnKeys {
    /// Header in the sheet, or several that are accepted.
    header: Field<OneOrMany<Text>>,
    /// What its cells hold.
    #[serde(rename = "type")]
    kind: Field<ColumnType>,
    /// The texts that a category may hold.
    #[serde(default)]
    #[schemars(length(min = 1))]
    values: Field<Vec<Field<Text>>>,
    /// No value twice.
    #[serde(default = "usual::<bool>")]
    unique: Field<bool>,
    /// A blank cell, or no such column, is no error.
    #[serde(default = "usual::<bool>")]
    optional: Field<bool>,
    /// Personal data: checked, then dropped by the reader.
    #[serde(default = "usual::<bool>")]
    personal: Field<bool>,
    /// Smallest value allowed.
    #[serde(default)]
    min: Field<f64>,
    /// Largest value allowed.
    #[serde(default)]
    max: Field<f64>,
    /// A date outside the period that is reported is an error.
    #[serde(default)]
    within: Field<Within>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Within {
    /// The period that is reported.
    Period,
}

/// The columns of a source, in order.
pub(crate) fn check(
    table: &Field<Keyed<String, ColumnKeys>>,
    checker: &mut Checker<'_>,
) -> IndexMap<String, Column> {
    let mut columns: IndexMap<String, Column> = IndexMap::new();
    let mut headers: IndexMap<String, String> = IndexMap::new();
    for (name, keys) in table.entries() {
        let place = keys.key();
        let Some(keys) = keys.get() else { continue };
        checker.sql_name("a column's name", name, place.clone());
        if RESERVED_COLUMNS.contains(&name.as_str()) {
            checker.error_hint(
                "reserved-column",
                place.clone(),
                format!("`{name}` is a column that metas adds to every table"),
                "give the column another name; its header can stay",
            );
        }
        for header in keys.header.texts() {
            let folded = fold(&header.value);
            if let Some(other) = headers.get(&folded) {
                let message = format!("header \"{}\" is `{other}`'s already", header.value);
                checker.error("duplicate-header", header.span, message);
            } else {
                headers.insert(folded, name.clone());
            }
        }
        let kind = keys.kind.copied();
        if let Some(kind) = kind {
            keys.of_type(name, kind, checker);
            if kind == ColumnType::Category && !keys.values.is_given() {
                checker.error_hint(
                    "missing-key",
                    place,
                    format!("category `{name}` has no `values`"),
                    "add values = [\"…\", \"…\"]",
                );
            }
        }
        if let Some(column) = keys.check(name, checker) {
            columns.insert(name.clone(), column);
        }
    }
    columns
}

impl ColumnKeys {
    /// Reports keys that the column's type does not have.
    fn of_type(&self, name: &str, kind: ColumnType, checker: &mut Checker<'_>) {
        for (key, given, place, what) in [
            ("min", self.min.is_given(), self.min.key(), "number"),
            ("max", self.max.is_given(), self.max.key(), "number"),
            ("within", self.within.is_given(), self.within.key(), "date"),
            (
                "values",
                self.values.is_given(),
                self.values.key(),
                "category",
            ),
        ] {
            if given && !kind.special_keys().contains(&key) {
                let message = format!("column `{name}` has `{key}`, but is no {what}");
                checker.error("key-not-for-type", place, message);
            }
        }
    }

    fn check(&self, name: &str, checker: &mut Checker<'_>) -> Option<Column> {
        let mut seen: Vec<String> = Vec::new();
        for value in self.values.texts() {
            let folded = fold(&value.value);
            if seen.contains(&folded) {
                let message = format!("category `{name}` holds \"{}\" twice", value.value);
                checker.error("duplicate", value.span, message);
            }
            seen.push(folded);
        }
        let (min, max) = (self.min.copied(), self.max.copied());
        if let (Some(low), Some(high)) = (min, max)
            && low > high
        {
            let message = format!("column `{name}`: min {low} is above max {high}");
            checker.error("range-reversed", self.min.span(), message);
        }
        let flag = |field: &Field<bool>| field.copied().unwrap_or_default();
        Some(Column {
            headers: values(self.header.texts()),
            kind: self.kind.copied()?.with_values(values(self.values.texts())),
            unique: flag(&self.unique),
            optional: flag(&self.optional),
            personal: flag(&self.personal),
            min,
            max,
            within_period: self.within.is_given(),
        })
    }
}

/// Case and outer spaces aside.
fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}
