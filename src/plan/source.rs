//! `[source.*]`: who sends which table.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::column;
use super::column::ColumnKeys;
use super::column_type::Column;
use super::field::{Field, yes};
use super::shape::{Keyed, OneOrMany, Text, values};
use crate::period::Period;

/// The keys of a source.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SourceKeys {
    /// The department that sends it.
    #[serde(default)]
    department: Field<Text>,
    /// Several departments that fill in the same columns, or "all".
    #[serde(default)]
    departments: Field<OneOrMany<Text>>,
    /// Glob below inputs/<period>/; {department} stands for the department's id.
    #[schemars(example = &"acuerdos*.xlsx")]
    file: Field<Text>,
    /// Name or glob of the sheet. Absent: the sheet that has the headers.
    #[serde(default)]
    sheet: Field<Text>,
    /// Whether its absence is an error.
    #[serde(default = "yes")]
    required: Field<bool>,
    /// SQL conditions that every row must meet.
    #[serde(default)]
    #[schemars(example = &"fin >= inicio")]
    check: Field<OneOrMany<Text>>,
    /// Columns, by the name that queries use.
    columns: Field<Keyed<String, ColumnKeys>>,
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

impl SourceKeys {
    pub(crate) fn check(&self, id: &str, place: &Field<Self>, checker: &mut Checker<'_>) -> Source {
        checker.sql_name("a source's id", id, place.key());
        let providers = self.providers(id, place, checker);
        self.pattern(&providers, checker);
        if let Some(sheet) = self.sheet.text()
            && let Err(why) = globset::Glob::new(&sheet)
        {
            let message = format!("not a pattern: {why}");
            checker.error("invalid-glob", self.sheet.span(), message);
        }
        Source {
            id: id.to_owned(),
            providers,
            file: self.file.required_text(),
            sheet: self.sheet.text(),
            required: self.required.copied().unwrap_or(true),
            columns: column::check(&self.columns, checker),
            checks: values(self.check.texts()),
            period: None,
            left_out: BTreeSet::new(),
        }
    }

    fn providers(&self, id: &str, place: &Field<Self>, checker: &mut Checker<'_>) -> Providers {
        match (self.department.is_given(), self.departments.is_given()) {
            (true, false) => {
                let department = checker.department(&self.department);
                return Providers::One(department.unwrap_or_default());
            }
            (true, true) => checker.error_hint(
                "department-and-departments",
                self.departments.key(),
                format!("source `{id}` has both `department` and `departments`"),
                "keep one of them",
            ),
            (false, false) => checker.error_hint(
                "missing-key",
                place.key(),
                format!("source `{id}` does not say which department sends it"),
                "add department = \"…\", or departments = [\"…\", \"…\"]",
            ),
            (false, true) => {}
        }
        let named = self.departments.texts();
        if let [only] = named.as_slice()
            && only.value == "all"
        {
            return Providers::Each(checker.departments.clone());
        }
        let known = checker.departments.clone();
        let mut ids: Vec<String> = Vec::new();
        for name in named {
            checker.refers("department", &name.value, name.span.clone(), &known);
            if ids.contains(&name.value) {
                let message = format!("department \"{}\" is named twice", name.value);
                checker.error("duplicate", name.span, message);
            } else {
                ids.push(name.value);
            }
        }
        Providers::Each(ids)
    }

    fn pattern(&self, providers: &Providers, checker: &mut Checker<'_>) {
        let (file, span) = (self.file.required_text(), self.file.span());
        checker.inside(&file, span.clone());
        let plain = file.replace("{department}", "x");
        if let Err(why) = globset::Glob::new(&plain) {
            let message = format!("not a file pattern: {why}");
            checker.error("invalid-glob", span.clone(), message);
        }
        let several = matches!(providers, Providers::Each(_));
        if several && self.file.get().is_some() && !file.contains("{department}") {
            checker.error_hint(
                "department-placeholder",
                span,
                "several departments send this source, but its file pattern is the same for all",
                "put {department} in it, such as \"{department}/acuerdos*.xlsx\"",
            );
        }
    }
}
