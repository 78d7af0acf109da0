//! The edition as open data: CSV files and their description, made from the document alone.
//!
//! CSV is UTF-8 with a byte-order mark, since Excel in Spanish reads accents wrongly without it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Number, Value, json};

use super::goal::GoalEntry;
use super::model::{ActivityEntry, Results};
use super::received::SourceStatus;
use super::submissions::{DepartmentSubmissions, SubmissionCell};
use crate::diagnostic::Diagnostic;
use crate::indicators::Flag;

/// A column of a table: how it is called and described, and a row's text in it.
struct DataColumn<T> {
    name: &'static str,
    kind: &'static str,
    title: &'static str,
    cell: fn(&T) -> String,
}

const fn column<T>(
    name: &'static str,
    kind: &'static str,
    title: &'static str,
    cell: fn(&T) -> String,
) -> DataColumn<T> {
    DataColumn {
        name,
        kind,
        title,
        cell,
    }
}

#[rustfmt::skip]
const GOALS: &[DataColumn<GoalEntry>] = &[
    column("id", "string", "Identificador de la meta", |g| text(&g.id)),
    column("axis", "string", "Eje", |g| text(&g.axis)),
    column("responsible", "string", "Área responsable", |g| words(g.responsible.as_deref())),
    column("statement", "string", "Meta", |g| text(&g.statement)),
    column("indicator", "string", "Indicador", |g| words(g.indicator.as_deref())),
    column("kind", "string", "Tipo de meta", |g| text(g.kind.id())),
    column("unit", "string", "Unidad", |g| words(g.unit.as_deref())),
    column("baseline", "number", "Línea base", |g| number(g.baseline)),
    column("target", "number", "Meta programada", |g| number(g.target)),
    column("planned", "number", "Programado al corte", |g| number(g.planned)),
    column("numerator", "number", "Numerador", |g| number(g.numerator)),
    column("denominator", "number", "Denominador", |g| number(g.denominator)),
    column("actual_value", "number", "Valor alcanzado", |g| number(g.actual_value)),
    column("attainment_pct", "number", "Cumplimiento (%)", |g| number(g.attainment_pct)),
    column("progress_pct", "number", "Avance (%)", |g| number(g.progress_pct)),
    column("status", "string", "Estatus", |g| text(g.status.id())),
    column("flags", "string", "Observaciones", |g| flags(&g.flags)),
    column("due", "date", "Fecha establecida de cumplimiento", |g| day(g.due)),
    column("completed_on", "date", "Fecha de cumplimiento", |g| day(g.completed_on)),
    column("note", "string", "Nota", |g| words(g.note.as_deref())),
];

#[rustfmt::skip]
const ACTIVITIES: &[DataColumn<ActivityEntry>] = &[
    column("axis", "string", "Eje", |a| text(&a.axis)),
    column("goal", "string", "Identificador de la meta", |a| words(a.goal.as_deref())),
    column("date", "date", "Fecha", |a| day(a.date)),
    column("title", "string", "Actividad", |a| text(&a.title)),
    column("text", "string", "Descripción", |a| words(a.text.as_deref())),
];

#[rustfmt::skip]
const SOURCES: &[DataColumn<SourceStatus>] = &[
    column("source", "string", "Fuente", |s| text(&s.source)),
    column("department", "string", "Dependencia", |s| text(&s.department)),
    column("file", "string", "Archivo", |s| words(s.file.as_deref())),
    column("sha256", "string", "SHA-256", |s| words(s.sha256.as_deref())),
    column("sheet", "string", "Hoja", |s| words(s.sheet.as_deref())),
    column("range", "string", "Celdas", |s| words(s.range.as_deref())),
    column("rows", "integer", "Filas", |s| count(s.rows)),
    column("state", "string", "Situación", |s| text(s.state.id())),
    column("reason", "string", "Motivo", |s| words(s.reason.as_deref())),
];

/// What a department has sent for a period.
struct Submitted {
    id: String,
    name: String,
    cell: SubmissionCell,
}

fn submitted(row: &DepartmentSubmissions) -> impl Iterator<Item = Submitted> {
    row.cells.iter().map(|cell| Submitted {
        id: row.id.clone(),
        name: row.name.clone(),
        cell: cell.clone(),
    })
}

#[rustfmt::skip]
const SUBMISSIONS: &[DataColumn<Submitted>] = &[
    column("department", "string", "Identificador de la dependencia", |s| text(&s.id)),
    column("name", "string", "Dependencia", |s| text(&s.name)),
    column("period", "string", "Periodo", |s| text(&s.cell.period.to_string())),
    column("expected", "integer", "Archivos esperados", |s| count(s.cell.expected)),
    column("received", "integer", "Archivos recibidos y usados", |s| count(s.cell.received)),
    column("late", "integer", "De ellos, después de la fecha límite", |s| count(s.cell.late)),
    column("late_days", "integer", "Días de retraso del último", |s| days(s.cell.late_days)),
    column("rejected", "integer", "Archivos no utilizables", |s| count(s.cell.rejected)),
    column("missing", "integer", "Archivos no recibidos", |s| count(s.cell.missing)),
    column("state", "string", "Situación", |s| text(s.cell.state.id())),
];

/// The files of `data/`, by their path in the edition.
///
/// # Errors
/// A table cannot be written, which memory alone could cause.
pub fn open_data(results: &Results) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let descriptor = json!({
        "profile": "tabular-data-package",
        "name": format!("{}-{}", results.plan.id, results.period.to_string().to_lowercase()),
        "title": results.plan.title,
        "description": format!("{}, {}", results.shown.period, results.folio),
        "created": results.issued_at_text(),
        "resources": [
            resource("goals", "Metas", GOALS),
            resource("activities", "Actividades", ACTIVITIES),
            resource("sources", "Fuentes", SOURCES),
            resource("submissions", "Entregas por dependencia y periodo", SUBMISSIONS),
        ],
    });
    let rows = results.submissions.departments.iter();
    let submissions: Vec<Submitted> = rows.flat_map(submitted).collect();
    let described = format!("{descriptor:#}\n").into_bytes();
    Ok(BTreeMap::from([
        path("goals", table(&results.goals, GOALS))?,
        path("activities", table(&results.activities, ACTIVITIES))?,
        path("sources", table(&results.sources, SOURCES))?,
        path("submissions", table(&submissions, SUBMISSIONS))?,
        ("data/datapackage.json".to_owned(), described),
    ]))
}

fn path(name: &str, csv: Result<Vec<u8>, String>) -> Result<(String, Vec<u8>), Diagnostic> {
    let path = format!("data/{name}.csv");
    match csv {
        Ok(csv) => Ok((path, csv)),
        Err(why) => Err(Diagnostic::error(
            "internal",
            format!("{path} cannot be made: {why}"),
        )),
    }
}

fn table<T>(rows: &[T], columns: &[DataColumn<T>]) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer
        .write_record(columns.iter().map(|c| c.name))
        .map_err(|e| e.to_string())?;
    for row in rows {
        let cells = columns.iter().map(|c| (c.cell)(row));
        writer.write_record(cells).map_err(|e| e.to_string())?;
    }
    writer.into_inner().map_err(|e| e.to_string())
}

/// Frictionless Data Package resource.
fn resource<T>(name: &str, title: &str, columns: &[DataColumn<T>]) -> Value {
    let fields: Vec<Value> = columns
        .iter()
        .map(|c| json!({ "name": c.name, "type": c.kind, "title": c.title }))
        .collect();
    json!({
        "name": name,
        "title": title,
        "path": format!("{name}.csv"),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": { "fields": fields, "missingValues": [""] },
    })
}

/// A number as `results.json` writes it.
fn number(value: Option<f64>) -> String {
    let number = value.and_then(Number::from_f64);
    number.map_or_else(String::new, |number| number.to_string())
}

fn count(value: Option<usize>) -> String {
    value.map_or_else(String::new, |n| n.to_string())
}

fn days(value: Option<u32>) -> String {
    value.map_or_else(String::new, |n| n.to_string())
}

fn day(value: Option<NaiveDate>) -> String {
    value.map_or_else(String::new, |day| day.to_string())
}

fn flags(flags: &[Flag]) -> String {
    let ids: Vec<&str> = flags.iter().map(|flag| flag.id()).collect();
    text(&ids.join(" "))
}

fn words(value: Option<&str>) -> String {
    value.map_or_else(String::new, text)
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front.
fn text(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("-x", "'-x"),
            ("+x", "'+x"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(text(cell), written, "{cell:?}");
            assert_eq!(words(Some(cell)), written, "{cell:?}");
        }
        assert_eq!(number(Some(-3.5)), "-3.5");
        assert_eq!(number(Some(80.0)), "80.0");
        assert_eq!(number(None), "");
    }

    #[test]
    fn a_table_is_utf_8_with_a_mark_and_quotes_what_needs_it() {
        const COLUMNS: &[DataColumn<&str>] =
            &[column("cell", "string", "Celda", |cell| text(cell))];
        let csv = table(&["a,\"b\"", "=1"], COLUMNS).unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "\u{feff}cell\r\n\"a,\"\"b\"\"\"\r\n'=1\r\n"
        );
    }
}
