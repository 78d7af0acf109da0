//! What departments read about a column, in Spanish.

use crate::plan::{Column, Source};

/// The header that a blank workbook carries.
pub(super) fn header<'a>(name: &'a str, column: &'a Column) -> &'a str {
    column.headers.first().map_or(name, String::as_str)
}

/// What to write in the column's cells.
pub(super) fn what(column: &Column) -> String {
    let kind = column.instruction();
    let unique = if column.unique {
        " No se repite: un valor distinto en cada renglón."
    } else {
        ""
    };
    format!("{kind}{unique}")
}

/// Allowed values, or a word that says that there is no list.
pub(super) fn allowed(column: &Column) -> String {
    match column.kind.choices() {
        Some(values) => values.join("; "),
        None => "—".to_owned(),
    }
}

/// Whether the column must be filled in.
pub(super) fn duty(column: &Column) -> &'static str {
    if column.optional {
        "Opcional"
    } else {
        "Obligatorio"
    }
}

/// All of it as the comment on a header.
pub(super) fn note(column: &Column) -> String {
    let mut text = format!("{}. {}", duty(column), what(column));
    if let Some(values) = column.kind.choices() {
        text.push_str(&format!("\nOpciones: {}.", values.join(", ")));
    } else {
        text.push_str(&format!("\nEjemplo: {}", column.example()));
    }
    if column.personal {
        text.push_str("\nDato personal: no sale de la revisión de este archivo.");
    }
    text
}

/// A source's cross-column conditions, with headers instead of column names.
pub(super) fn checks(source: &Source) -> Vec<String> {
    source.checks.iter().map(|c| spoken(c, source)).collect()
}

fn spoken(check: &str, source: &Source) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        match source.columns.get(word.as_str()) {
            Some(column) => out.push_str(&format!("«{}»", header(word, column))),
            None => out.push_str(word),
        }
        word.clear();
    };
    for c in check.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}
