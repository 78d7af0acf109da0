//! The definition that describes workbooks, with what is doubtful marked.

use chrono::Datelike;

use crate::ingest::{Doubt, Guess};
use crate::period::{Frequency, Period};
use crate::plan::{Column, ColumnKind};

/// Cells that a mark names.
const CELLS: usize = 3;

/// A workbook, and what it holds.
pub(super) struct Described {
    /// The source's id.
    pub id: String,
    /// The file's name.
    pub name: String,
    /// The pattern of the file.
    pub file: String,
    /// What it holds.
    pub guess: Guess,
}

/// What a mark says.
fn doubt_text(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Personal => {
            "looks like a person's data, which is checked and never leaves the reader; remove personal where it is none"
        }
        Doubt::Choices => "the values that this file has; add those that are allowed besides",
        Doubt::Key => {
            "numbers that look like keys, read as texts; integer or number where they are counted"
        }
        Doubt::Empty => "without any content in this file; say its type",
        Doubt::Mixed => {
            "mostly numbers; text until the cells that are none are mended, then number or integer"
        }
        Doubt::Faulty => "some cells have errors; mend them and say its type",
    }
}

/// What a mark says of a column, with the cells that it is about.
pub(super) fn mark(guess: &Guess, column: &str, doubt: Doubt) -> String {
    let text = doubt_text(doubt);
    let cells = guess.cells.get(column).map_or(&[][..], Vec::as_slice);
    let named = matches!(doubt, Doubt::Mixed | Doubt::Faulty) && !cells.is_empty();
    if !named {
        return text.to_owned();
    }
    let mut shown: Vec<&str> = cells.iter().take(CELLS).map(String::as_str).collect();
    let others = cells.len().saturating_sub(CELLS);
    let others = (others > 0).then(|| format!("{others} more"));
    shown.extend(others.as_deref());
    format!("{text}: {}", shown.join(", "))
}

/// The text of the definition.
pub(super) fn definition(plan: &str, period: Period, all: &[Described]) -> String {
    let mut text = format!(
        "# Made by `metas init --from-workbook`. What is not certain is marked CHECK: look at it, then\n\
         # remove the mark. `metas check` says what is wrong; pipelines/README.md has every key.\n\
         format = 1\n\n\
         [plan]\n\
         id = {}\n\
         title = \"Seguimiento de mi plan de acción\"  # CHECK: the plan's title\n\
         timezone = \"America/Mexico_City\"  # CHECK: where days begin and end\n\n\
         [schedule]\n\
         every = \"{}\"  # CHECK: month, quarter, half-year or year\n\
         first_period = {}\n\n\
         [department.dependencia]  # CHECK: one such table for each department\n\
         name = \"Dependencia por definir\"\n\
         # liaison = \"enlace@example.mx\"\n",
        quoted(plan),
        every(period.frequency()),
        quoted(&period.to_string()),
    );
    all.iter().for_each(|one| text.push_str(&source(one)));
    text.push_str("\n[axis.general]  # CHECK: a chapter of the report; add one for each\ntitle = \"General\"\n");
    all.iter().for_each(|one| text.push_str(&goal(one, period)));
    text
}

fn every(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Month => "month",
        Frequency::Quarter => "quarter",
        Frequency::HalfYear => "half-year",
        Frequency::Year => "year",
    }
}

fn source(one: &Described) -> String {
    let guess = &one.guess;
    let mut text = format!(
        "\n[source.{}]  # {} rows below the headers in row {} of {}\n\
         department = \"dependencia\"  # CHECK: who sends it\n\
         file = {}{}\n",
        one.id,
        guess.rows,
        guess.header_row,
        comment(&one.name),
        quoted(&one.file),
        match one.file.contains('*') {
            true => "  # CHECK: takes the next period's file too",
            false => "",
        },
    );
    if let Some(sheet) = &guess.sheet {
        text.push_str(&format!("sheet = {}\n", quoted(&literal(sheet))));
    }
    for header in &guess.left_out {
        text.push_str(&format!(
            "# CHECK: left out, written twice or faulty: {}\n",
            comment(header)
        ));
    }
    let errors = guess.findings.iter().filter(|found| found.is_error());
    for found in errors {
        text.push_str(&format!("# CHECK: {}\n", comment(&found.message)));
    }
    text.push_str(&format!("[source.{}.columns]\n", one.id));
    let widest = guess
        .columns
        .keys()
        .map(String::len)
        .max()
        .unwrap_or_default();
    for (name, column) in &guess.columns {
        let doubts = guess.doubts.get(name).map_or(&[][..], Vec::as_slice);
        let marks: Vec<String> = doubts
            .iter()
            .map(|doubt| mark(guess, name, *doubt))
            .collect();
        let mark = match marks.as_slice() {
            [] => String::new(),
            marks => format!("  # CHECK: {}", marks.join("; ")),
        };
        text.push_str(&format!("{name:widest$} = {}{mark}\n", keys(column)));
    }
    text
}

fn keys(column: &Column) -> String {
    let mut text = format!(
        "{{ header = {}, type = \"{}\"",
        quoted(&column.headers[0]),
        column.kind.id()
    );
    if let Some(values) = column.kind.choices() {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        text.push_str(&format!(", values = [{}]", values.join(", ")));
    }
    for (key, is_so) in [
        ("unique", column.unique),
        ("optional", column.optional),
        ("personal", column.personal),
    ] {
        if is_so {
            text.push_str(&format!(", {key} = true"));
        }
    }
    text.push_str(" }");
    text
}

/// A goal that counts rows, so that there is something to change.
fn goal(one: &Described, period: Period) -> String {
    let columns = one.guess.columns.iter();
    let mut days = columns.filter(|(_, c)| c.kind == ColumnKind::Date && !c.personal);
    let (kind, condition) = match days.next() {
        Some((day, _)) => (
            "kind = \"cumulative\"\nbasis = \"period\"",
            format!("\nWHERE {day} BETWEEN period_start AND period_end"),
        ),
        None => ("kind = \"stock\"", String::new()),
    };
    format!(
        "\n[goal.registros-{}]  # CHECK: an example that counts rows; write what your plan promises\n\
         axis = \"general\"\n\
         responsible = \"dependencia\"\n\
         statement = \"Contar con al menos un registro.\"\n\
         indicator = \"Registros.\"\n\
         {kind}\n\
         unit = \"registros\"\n\
         target = 1\n\
         due = \"{}-12\"\n\
         query = \"\"\"\nSELECT COUNT(*) AS value FROM {}{condition}\n\"\"\"\n\
         note = \"Hay {{value}} registros.\"\n",
        one.id.replace('_', "-"),
        period.start().year(),
        one.id,
    )
}

/// A name as a pattern that takes just it: what means something in patterns is any letter.
pub(super) fn literal(name: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\');
    name.chars()
        .map(|c| if special(c) { '?' } else { c })
        .collect()
}

/// A text as TOML writes it; what JSON escapes, TOML does alike.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned())
        .to_string()
        .replace('\u{7f}', "\\u007F")
}

/// A text that stays in its comment.
fn comment(text: &str) -> String {
    crate::diagnostic::visible(text).into_owned()
}
