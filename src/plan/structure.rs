//! Holds a document against the [keys](crate::plan::keys): unknown, missing and
//! wrongly shaped values, all at once.

use std::ops::Range;
use std::sync::Arc;

use super::document::{Node, Table, TomlValue};
use super::keys::{Key, Shape, TextRule};
use crate::diagnostic::{Diagnostic, SourceText, did_you_mean};
use crate::period::{DueDate, Period};

/// Collects what is wrong with one definition.
pub(crate) struct Structure<'a> {
    pub text: &'a Arc<SourceText>,
    pub found: Vec<Diagnostic>,
}

impl Structure<'_> {
    fn error(&mut self, code: &str, span: &Range<usize>, message: String) -> &mut Diagnostic {
        self.found
            .push(Diagnostic::error(code, message).at(self.text, span.clone()));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// Checks `table`, called `name`, whose header stands at `place`.
    pub(super) fn table(&mut self, name: &str, place: &Range<usize>, table: &Table, keys: &[Key]) {
        for (key, entry) in table {
            match keys.iter().find(|k| k.name == *key) {
                Some(known) => self.value(&path(name, key), &entry.node, &known.shape),
                None => self.unknown_key(name, key, &entry.key_span, keys),
            }
        }
        for key in keys
            .iter()
            .filter(|k| k.required && !table.contains_key(&k.name))
        {
            let message = if name.is_empty() {
                format!("the definition has no `{}`", key.name)
            } else {
                format!("`{name}` has no `{}`", key.name)
            };
            self.error("missing-key", place, message).hint =
                Some(format!("add {}: {}", key.name, key.doc));
        }
    }

    fn unknown_key(&mut self, table: &str, key: &str, span: &Range<usize>, keys: &[Key]) {
        let inside = if table.is_empty() {
            "the definition"
        } else {
            table
        };
        let secret = ["password", "contrasena", "contraseña", "secret", "pass"];
        let hint = if secret.contains(&key) {
            "secrets never stand in a definition: set METAS_SMTP_PASSWORD_FILE".to_owned()
        } else if key.contains("client_secret") || key == "refresh_token" {
            let variable = key.trim_start_matches("smtp_").to_uppercase();
            format!("secrets never stand in a definition: set METAS_SMTP_{variable}_FILE")
        } else if let Some(near) = did_you_mean(key, keys.iter().map(|k| k.name.as_str())) {
            format!("did you mean `{near}`?")
        } else {
            let names: Vec<_> = keys.iter().map(|k| k.name.as_str()).collect();
            format!("known keys: {}", names.join(", "))
        };
        self.error(
            "unknown-key",
            span,
            format!("unknown key `{key}` in {inside}"),
        )
        .hint = Some(hint);
    }

    /// Checks one value, called `name`.
    pub(super) fn value(&mut self, name: &str, node: &Node, shape: &Shape) {
        match (shape, &node.value) {
            (Shape::OneOrMany(item), found) if !matches!(found, TomlValue::List(_)) => {
                match (&**item, found) {
                    (Shape::Text(_), TomlValue::Text(_)) => self.value(name, node, item),
                    _ => self.wrong_type(name, node, shape),
                }
            }
            (Shape::Text(shape), TomlValue::Text(text)) => self.text(name, node, text, shape),
            (Shape::Bool, TomlValue::Bool(_)) => {}
            (Shape::Integer { min, max }, TomlValue::Integer(i)) => {
                if i < min || i > max {
                    let range = if min == max {
                        min.to_string()
                    } else {
                        format!("from {min} to {max}")
                    };
                    let message = format!("`{name}` is {i}, but must be {range}");
                    self.error("out-of-range", &node.span, message);
                }
            }
            (Shape::Number, TomlValue::Integer(_)) => {}
            (Shape::Number, TomlValue::Number(n)) => {
                if !n.is_finite() {
                    let message = format!("`{name}` must be a finite number");
                    self.error("out-of-range", &node.span, message);
                }
            }
            (Shape::Period, TomlValue::Text(text)) => {
                if let Err(why) = text.parse::<Period>() {
                    self.error("invalid-period", &node.span, why);
                }
            }
            (Shape::Date, TomlValue::Text(text) | TomlValue::Date(text)) => {
                if let Err(why) = text.parse::<DueDate>() {
                    self.error("invalid-date", &node.span, why);
                }
            }
            (Shape::Choice(choices), TomlValue::Text(text)) => {
                self.choice(name, node, text, choices)
            }
            (Shape::OneOrMany(item), TomlValue::List(items)) => {
                self.list(name, node, items, item);
            }
            (Shape::List { item, may_be_empty }, TomlValue::List(items)) => {
                if !(*may_be_empty && items.is_empty()) {
                    self.list(name, node, items, item);
                }
            }
            (Shape::Table(keys), TomlValue::Table(table)) => {
                self.table(name, &node.span, table, keys);
            }
            (Shape::ById(entry), TomlValue::Table(table)) => self.by_id(name, node, table, entry),
            (Shape::ByPeriod(inner), TomlValue::Table(table)) => self.by_period(name, table, inner),
            (Shape::ByYear(inner), TomlValue::Table(table)) => self.by_year(name, table, inner),
            _ => self.wrong_type(name, node, shape),
        }
    }

    fn wrong_type(&mut self, name: &str, node: &Node, shape: &Shape) {
        let message = format!(
            "`{name}` must be {}, not {}",
            expected(shape),
            node.value.type_name()
        );
        self.error("wrong-type", &node.span, message);
    }

    /// Checks what a text holds: a report, a mail's header and a terminal must all be able to
    /// show it, and have room for it.
    fn text(&mut self, name: &str, node: &Node, text: &str, shape: &TextRule) {
        if text.trim().is_empty() {
            self.error("blank-text", &node.span, format!("`{name}` is blank"))
                .hint = Some("write it, or remove the key where it is optional".to_owned());
        }
        let (most, one_line) = (shape.most, shape.one_line);
        if one_line && text.contains(LINE_BREAKS) {
            self.error(
                "line-break",
                &node.span,
                format!("`{name}` must be one line"),
            )
            .hint = Some("write it on one line, without \\n".to_owned());
        }
        let allowed: &[char] = if one_line {
            &LINE_BREAKS
        } else {
            &['\n', '\r', '\t']
        };
        if let Some(c) = text
            .chars()
            .find(|c| is_command(*c) && !allowed.contains(c))
        {
            let message = format!(
                "`{name}` holds U+{:04X}, a control character that cannot be printed",
                u32::from(c)
            );
            self.error("control-character", &node.span, message).hint =
                Some("remove it; retype the text where it was pasted".to_owned());
        }
        let letters = text.chars().count();
        if letters > most {
            let message = format!("`{name}` has {letters} letters; there is room for {most}");
            self.error("text-too-long", &node.span, message).hint = Some("shorten it".to_owned());
        }
    }

    fn choice(&mut self, name: &str, node: &Node, text: &str, choices: &[String]) {
        if choices.iter().any(|choice| choice == text) {
            return;
        }
        let hint = match did_you_mean(text, choices.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("one of: {}", choices.join(", ")),
        };
        let message = format!("`{name}` cannot be \"{text}\"");
        self.error("unknown-value", &node.span, message).hint = Some(hint);
    }

    fn list(&mut self, name: &str, node: &Node, items: &[Node], shape: &Shape) {
        if items.is_empty() {
            self.error(
                "empty-list",
                &node.span,
                format!("`{name}` is an empty list"),
            );
        }
        for item in items {
            self.value(name, item, shape);
        }
    }

    fn by_id(&mut self, name: &str, node: &Node, table: &Table, inner: &Shape) {
        if table.is_empty() {
            self.error("empty-table", &node.span, format!("`{name}` holds nothing"));
        }
        for (id, entry) in table {
            let name = path(name, id);
            match (inner, &entry.node.value) {
                // What the table lacks is told at its id.
                (Shape::Table(keys), TomlValue::Table(table)) => {
                    self.table(&name, &entry.key_span, table, keys);
                }
                _ => self.value(&name, &entry.node, inner),
            }
        }
    }

    fn by_year(&mut self, name: &str, table: &Table, inner: &Shape) {
        for (year, entry) in table {
            if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
                let message = format!("\"{year}\" is not a year");
                self.error("invalid-year", &entry.key_span, message).hint =
                    Some("write it like \"2026\"".to_owned());
            }
            self.value(&path(name, year), &entry.node, inner);
        }
    }

    fn by_period(&mut self, name: &str, table: &Table, inner: &Shape) {
        for (period, entry) in table {
            if let Err(why) = period.parse::<Period>() {
                self.error("invalid-period", &entry.key_span, why);
            }
            self.value(&path(name, period), &entry.node, inner);
        }
    }
}

const LINE_BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// Characters that command a terminal or turn the order of a line around.
fn is_command(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn path(table: &str, key: &str) -> String {
    if table.is_empty() {
        key.to_owned()
    } else {
        format!("{table}.{key}")
    }
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) | Shape::Choice(_) => "a string",
        Shape::Bool => "true or false",
        Shape::Integer { .. } => "an integer",
        Shape::Number => "a number",
        Shape::Period => "a period such as \"2026-T1\"",
        Shape::Date => "a date such as \"2025-12\"",
        Shape::OneOrMany(_) => "a string or a list of strings",
        Shape::List { item, .. } => match **item {
            Shape::Integer { .. } => "a list of integers",
            Shape::Table(_) => "a list of tables",
            _ => "a list of strings",
        },
        Shape::Table(_) | Shape::ById(_) | Shape::ByPeriod(_) | Shape::ByYear(_) => "a table",
    }
}
