//! What departments read about a column, in Spanish.

use crate::pipeline::{Column, ColumnKind, Source};

/// The header that a blank workbook carries.
pub fn header<'a>(name: &'a str, column: &'a Column) -> &'a str {
    column.headers.first().map_or(name, String::as_str)
}

/// What to write in the column's cells.
pub fn what(column: &Column) -> String {
    let kind = match &column.kind {
        ColumnKind::Text => "Texto.".to_owned(),
        ColumnKind::Integer => format!("Número entero, sin decimales{}.", bounds(column, "")),
        ColumnKind::Number => format!("Número, con decimales si los hay{}.", bounds(column, "")),
        ColumnKind::Percent => format!(
            "Porcentaje en puntos, de 0 a 100: para noventa por ciento escriba 90 %, no 0.9{}.",
            bounds(column, " %")
        ),
        ColumnKind::Date if column.within_period => {
            "Fecha como día/mes/año, dentro del periodo que se informa.".to_owned()
        }
        ColumnKind::Date => "Fecha como día/mes/año.".to_owned(),
        ColumnKind::Category(_) => "Una opción de la lista desplegable.".to_owned(),
    };
    let unique = if column.unique {
        " No se repite: un valor distinto en cada renglón."
    } else {
        ""
    };
    format!("{kind}{unique}")
}

fn bounds(column: &Column, unit: &str) -> String {
    match (column.min, column.max) {
        (Some(low), Some(high)) => format!(", de {low}{unit} a {high}{unit}"),
        (Some(low), None) => format!(", {low}{unit} o más"),
        (None, Some(high)) => format!(", {high}{unit} o menos"),
        (None, None) => String::new(),
    }
}

/// An example of a cell. Never a person's name.
pub fn example(column: &Column) -> String {
    let inside = |wish: f64| {
        let low = column.min.unwrap_or(f64::MIN);
        let high = column.max.unwrap_or(f64::MAX);
        wish.max(low).min(high)
    };
    match &column.kind {
        ColumnKind::Text if column.personal => "(el dato tal como consta)".to_owned(),
        ColumnKind::Text if column.unique => "A-001".to_owned(),
        ColumnKind::Text => "texto breve".to_owned(),
        ColumnKind::Integer => format!("{}", inside(12.0).ceil()),
        ColumnKind::Number => format!("{}", inside(1234.5)),
        ColumnKind::Percent => format!("{} %", inside(90.0)),
        ColumnKind::Date => "18/02/2026".to_owned(),
        ColumnKind::Category(values) => values.first().cloned().unwrap_or_default(),
    }
}

/// Allowed values, or a word that says that there is no list.
pub fn allowed(column: &Column) -> String {
    match &column.kind {
        ColumnKind::Category(values) => values.join("; "),
        _ => "—".to_owned(),
    }
}

/// Whether the column must be filled in.
pub fn duty(column: &Column) -> &'static str {
    if column.optional {
        "Opcional"
    } else {
        "Obligatorio"
    }
}

/// All of it as the comment on a header.
pub fn note(column: &Column) -> String {
    let mut text = format!("{}. {}", duty(column), what(column));
    if let ColumnKind::Category(values) = &column.kind {
        text.push_str(&format!("\nOpciones: {}.", values.join(", ")));
    } else {
        text.push_str(&format!("\nEjemplo: {}", example(column)));
    }
    if column.personal {
        text.push_str("\nDato personal: no sale de la revisión de este archivo.");
    }
    text
}

/// A source's cross-column conditions, with headers instead of column names.
pub fn checks(source: &Source) -> Vec<String> {
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
