//! Who sends which table, and what its columns hold.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::period::Period;

/// A department.
#[derive(Debug, Clone)]
pub struct Department {
    /// Its name, as printed.
    pub name: String,
    /// Its liaison's address.
    pub liaison: Option<String>,
}

/// Which departments fill in a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Providers {
    /// One department, one file.
    One(String),
    /// Several, each with its own file; their rows become one table.
    Each(Vec<String>),
}

impl Providers {
    /// Their ids.
    pub fn departments(&self) -> &[String] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Each(ids) => ids,
        }
    }
}

/// One tabular source. Serialised, it is the order given to the reading process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Source {
    /// Its id, which is the SQL table's name.
    pub id: String,
    /// Who sends it.
    pub providers: Providers,
    /// Glob below `inputs/<period>/`; may hold `{department}`.
    pub file: String,
    /// Sheet name or glob; none: the only sheet, or the one that has the headers.
    pub sheet: Option<String>,
    /// Whether its absence is reported as an error.
    pub required: bool,
    /// Declared columns, in order.
    pub columns: IndexMap<String, Column>,
    /// Cross-column checks: SQL conditions that each row must meet.
    pub checks: Vec<String>,
    /// The period that it reports; none in the plan as it is defined.
    pub period: Option<Period>,
    /// Columns that are checked where the file is read and stay there, because nothing computes
    /// with them; none in the plan as it is defined.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out: BTreeSet<String>,
}

impl Source {
    /// Columns that leave the reader: all but the personal ones, and those that are left out.
    pub fn carried(&self) -> impl Iterator<Item = (&String, &Column)> {
        self.columns
            .iter()
            .filter(|(name, column)| !column.personal && !self.left_out.contains(*name))
    }
}

/// A declared column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Column {
    /// Accepted headers, the preferred first.
    pub headers: Vec<String>,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// No value twice.
    pub unique: bool,
    /// A blank cell, or the whole column's absence, is no error.
    pub optional: bool,
    /// Never leaves the reader.
    pub personal: bool,
    /// Inclusive lower bound of an integer, number or percent (percent points).
    pub min: Option<f64>,
    /// Inclusive upper bound.
    pub max: Option<f64>,
    /// A date outside the period that is reported is an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_period: bool,
}

/// Type of a column's cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// Percent points: 90, `90 %` and 0.9 formatted as percent are all 90.
    Percent,
    /// A calendar day.
    Date,
    /// One of these texts.
    Category(Vec<String>),
}
