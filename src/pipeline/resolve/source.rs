//! `[source.*]` and its columns.

use indexmap::IndexMap;

use super::Resolver;
use crate::pipeline::RESERVED_COLUMNS;
use crate::pipeline::model::{Column, ColumnKind, Providers, Source};
use crate::pipeline::section::Section;

impl Resolver<'_> {
    pub(super) fn sources(&mut self, root: &Section<'_>) -> IndexMap<String, Source> {
        let mut sources = IndexMap::new();
        for (id, section) in root.sections("source") {
            self.sql_name("a source's id", id, section.place.clone());
            let source = self.source(id, &section);
            sources.insert(id.to_owned(), source);
        }
        sources
    }

    fn source(&mut self, id: &str, section: &Section<'_>) -> Source {
        let providers = self.providers(id, section);
        let file = section.required_text("file");
        self.glob(&file, &providers, section);
        if let Some(sheet) = section.text("sheet")
            && let Err(why) = globset::Glob::new(&sheet)
        {
            self.error(
                "invalid-glob",
                section.span("sheet"),
                format!("not a pattern: {why}"),
            );
        }
        Source {
            id: id.to_owned(),
            providers,
            file,
            sheet: section.text("sheet"),
            required: section.flag("required").unwrap_or(true),
            columns: self.columns(section),
            checks: section
                .texts("check")
                .into_iter()
                .map(|c| c.value)
                .collect(),
            period: None,
            left_out: Default::default(),
        }
    }

    fn providers(&mut self, id: &str, section: &Section<'_>) -> Providers {
        match (section.has("department"), section.has("departments")) {
            (true, false) => {
                let department = self.department(section, "department");
                return Providers::One(department.unwrap_or_default());
            }
            (true, true) => self.error_hint(
                "department-and-departments",
                section.key_span("departments"),
                format!("source `{id}` has both `department` and `departments`"),
                "keep one of them",
            ),
            (false, false) => self.error_hint(
                "missing-key",
                section.place.clone(),
                format!("source `{id}` does not say which department sends it"),
                "add department = \"…\", or departments = [\"…\", \"…\"]",
            ),
            (false, true) => {}
        }
        let named = section.texts("departments");
        if let [only] = named.as_slice()
            && only.value == "all"
        {
            return Providers::Each(self.departments.clone());
        }
        let known = self.departments.clone();
        let mut ids: Vec<String> = Vec::new();
        for name in named {
            self.refers("department", &name.value, name.span.clone(), &known);
            if ids.contains(&name.value) {
                let message = format!("department \"{}\" is named twice", name.value);
                self.error("duplicate", name.span, message);
            } else {
                ids.push(name.value);
            }
        }
        Providers::Each(ids)
    }

    fn glob(&mut self, file: &str, providers: &Providers, section: &Section<'_>) {
        let span = section.span("file");
        self.inside(file, span.clone());
        let plain = file.replace("{department}", "x");
        if let Err(why) = globset::Glob::new(&plain) {
            self.error(
                "invalid-glob",
                span.clone(),
                format!("not a file pattern: {why}"),
            );
        }
        if matches!(providers, Providers::Each(_)) && !file.contains("{department}") {
            self.error_hint(
                "department-placeholder",
                span,
                "several departments send this source, but its file pattern is the same for all",
                "put {department} in it, such as \"{department}/acuerdos*.xlsx\"",
            );
        }
    }

    fn columns(&mut self, source: &Section<'_>) -> IndexMap<String, Column> {
        let mut columns: IndexMap<String, Column> = IndexMap::new();
        let mut headers: IndexMap<String, String> = IndexMap::new();
        for (name, section) in source.sections("columns") {
            self.sql_name("a column's name", name, section.place.clone());
            if RESERVED_COLUMNS.contains(&name) {
                self.error_hint(
                    "reserved-column",
                    section.place.clone(),
                    format!("`{name}` is a column that metas adds to every table"),
                    "give the column another name; its header can stay",
                );
            }
            for header in section.texts("header") {
                let folded = fold(&header.value);
                if let Some(other) = headers.get(&folded) {
                    let message = format!("header \"{}\" is `{other}`'s already", header.value);
                    self.error("duplicate-header", header.span, message);
                } else {
                    headers.insert(folded, name.to_owned());
                }
            }
            if let Some(column) = self.column(name, &section) {
                columns.insert(name.to_owned(), column);
            }
        }
        columns
    }

    fn column(&mut self, name: &str, section: &Section<'_>) -> Option<Column> {
        let kind = match section.text("type")?.as_str() {
            "text" => ColumnKind::Text,
            "integer" => ColumnKind::Integer,
            "number" => ColumnKind::Number,
            "percent" => ColumnKind::Percent,
            "date" => ColumnKind::Date,
            "category" => ColumnKind::Category(
                section
                    .texts("values")
                    .into_iter()
                    .map(|v| v.value)
                    .collect(),
            ),
            _ => return None,
        };
        self.values(name, &kind, section);
        let numeric = matches!(
            kind,
            ColumnKind::Integer | ColumnKind::Number | ColumnKind::Percent
        );
        let (min, max) = (section.number("min"), section.number("max"));
        for key in ["min", "max"] {
            if section.has(key) && !numeric {
                let message = format!("column `{name}` has `{key}`, but is no number");
                self.error("key-not-for-type", section.key_span(key), message);
            }
        }
        if section.has("within") && kind != ColumnKind::Date {
            let message = format!("column `{name}` has `within`, but is no date");
            self.error("key-not-for-type", section.key_span("within"), message);
        }
        if let (Some(low), Some(high)) = (min, max)
            && low > high
        {
            let message = format!("column `{name}`: min {low} is above max {high}");
            self.error("range-reversed", section.span("min"), message);
        }
        Some(Column {
            headers: section
                .texts("header")
                .into_iter()
                .map(|h| h.value)
                .collect(),
            kind,
            unique: section.flag("unique").unwrap_or(false),
            optional: section.flag("optional").unwrap_or(false),
            personal: section.flag("personal").unwrap_or(false),
            min,
            max,
            within_period: section.has("within"),
        })
    }

    fn values(&mut self, name: &str, kind: &ColumnKind, section: &Section<'_>) {
        let ColumnKind::Category(values) = kind else {
            if section.has("values") {
                let message = format!("column `{name}` has `values`, but is no category");
                self.error("key-not-for-type", section.key_span("values"), message);
            }
            return;
        };
        if !section.has("values") {
            self.error_hint(
                "missing-key",
                section.place.clone(),
                format!("category `{name}` has no `values`"),
                "add values = [\"…\", \"…\"]",
            );
        }
        let mut seen: Vec<String> = Vec::new();
        for value in values {
            let folded = fold(value);
            if seen.contains(&folded) {
                let message = format!("category `{name}` holds \"{value}\" twice");
                self.error("duplicate", section.span("values"), message);
            }
            seen.push(folded);
        }
    }

    fn sql_name(&mut self, what: &str, name: &str, span: std::ops::Range<usize>) {
        let sound = name.starts_with(|c: char| c.is_alphabetic())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !sound || name.chars().count() > 64 {
            self.error_hint(
                "invalid-id",
                span,
                format!("\"{name}\" cannot be {what}"),
                "it is a name in SQL: begin with a letter, then letters, digits and _",
            );
        }
    }
}

/// Case and outer spaces aside.
fn fold(text: &str) -> String {
    text.trim().to_lowercase()
}
