//! What the tables of the open data hold: each column with its name, type, title and meaning.

use chrono::NaiveDate;
use serde_json::Number;

use super::goal::GoalEntry;
use super::model::{ActivityEntry, Results};
use super::received::SourceStatus;
use super::said::{RemarkEntry, RequestEntry};
use super::submissions::{DepartmentSubmissions, SubmissionCell};
use crate::indicators::{Flag, Status};
use crate::plan::GoalKind;
use CellKind::{Date, Integer, Number as Numeric, Text};

/// A table of the open data.
#[derive(Debug, Clone)]
pub struct OpenTable {
    /// Its file's name, without the ending.
    pub name: &'static str,
    /// Its title in Spanish.
    pub title: &'static str,
    /// Its columns.
    pub columns: Vec<OpenColumn>,
    /// Texts of its cells, row by row; blank where there is nothing.
    pub rows: Vec<Vec<String>>,
}

/// A column of it.
#[derive(Debug, Clone)]
pub struct OpenColumn {
    /// Its name.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: CellKind,
    /// Its title in Spanish.
    pub title: &'static str,
    /// What it says.
    pub about: &'static str,
    /// The words that it may hold; any where there are none.
    pub one_of: Vec<&'static str>,
}

/// What cells hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// A day in ISO 8601.
    Date,
}

impl CellKind {
    /// Its name in a Data Package.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Date => "date",
        }
    }
}

/// A column and a row's text in it.
struct DescribedColumn<T> {
    name: &'static str,
    kind: CellKind,
    title: &'static str,
    about: &'static str,
    cell: fn(&T) -> String,
}

const fn column<T>(
    name: &'static str,
    kind: CellKind,
    (title, about): (&'static str, &'static str),
    cell: fn(&T) -> String,
) -> DescribedColumn<T> {
    DescribedColumn {
        name,
        kind,
        title,
        about,
        cell,
    }
}

#[rustfmt::skip]
const GOALS: &[DescribedColumn<GoalEntry>] = &[
    column("id", Text, ("Identificador de la meta", "Identificador de la meta en el plan; el mismo en todos los periodos."), |g| text(&g.id)),
    column("axis", Text, ("Eje", "Identificador del eje al que pertenece la meta."), |g| text(&g.axis)),
    column("responsible", Text, ("Área responsable", "Dependencia que responde por la meta."), |g| words(g.responsible.as_deref())),
    column("statement", Text, ("Meta", "La meta como se publicó."), |g| text(&g.statement)),
    column("indicator", Text, ("Indicador", "El indicador como se publicó."), |g| words(g.indicator.as_deref())),
    column("kind", Text, ("Tipo de meta", "Cómo se mide la meta."), |g| text(g.kind.id())),
    column("unit", Text, ("Unidad", "Unidad de los valores de la meta."), |g| words(g.unit.as_deref())),
    column("baseline", Numeric, ("Línea base", "Valor antes de que empezara el plan."), |g| number(g.baseline)),
    column("target", Numeric, ("Meta programada", "Valor que se debe alcanzar, vigente a la fecha de corte."), |g| number(g.target)),
    column("planned", Numeric, ("Programado al corte", "Valor programado a la fecha de corte."), |g| number(g.planned)),
    column("numerator", Numeric, ("Numerador", "Numerador del indicador."), |g| number(g.numerator)),
    column("denominator", Numeric, ("Denominador", "Denominador del indicador."), |g| number(g.denominator)),
    column("actual_value", Numeric, ("Valor alcanzado", "Lo que se midió, sin redondear."), |g| number(g.actual_value)),
    column("attainment_pct", Numeric, ("Cumplimiento (%)", "Cumplimiento de la meta, sin acotar."), |g| number(g.attainment_pct)),
    column("progress_pct", Numeric, ("Avance (%)", "Cumplimiento acotado entre 0 y 100."), |g| number(g.progress_pct)),
    column("status", Text, ("Estatus", "Identificador del estatus."), |g| text(g.status.id())),
    column("flags", Text, ("Observaciones", "Identificadores de lo que se observa junto al estatus, separados por espacios."), |g| flags(&g.flags)),
    column("due", Date, ("Fecha establecida de cumplimiento", "Día en que la meta debe estar cumplida."), |g| day(g.due)),
    column("completed_on", Date, ("Fecha de cumplimiento", "Día en que se cumplió."), |g| day(g.completed_on)),
    column("note", Text, ("Nota", "Nota al pie de la meta."), |g| words(g.note.as_deref())),
];

/// A goal and what is said of it.
type SaidOfGoal = (String, RemarkEntry);

#[rustfmt::skip]
const REMARKS: &[DescribedColumn<SaidOfGoal>] = &[
    column("goal", Text, ("Identificador de la meta", "Meta de la que se habla."), |r| text(&r.0)),
    column("cause", Text, ("Causa", "Por qué la meta está como está."), |r| words(r.1.cause.as_deref())),
    column("risk", Text, ("Riesgo", "Lo que puede impedir que se cumpla."), |r| words(r.1.risk.as_deref())),
    column("next_step", Text, ("Siguiente paso", "Lo que se hará."), |r| words(r.1.next_step.as_deref())),
    column("next_date", Date, ("Fecha del siguiente paso", "Cuándo se hará."), |r| day(r.1.next_date)),
];

#[rustfmt::skip]
const REQUESTS: &[DescribedColumn<RequestEntry>] = &[
    column("text", Text, ("Solicitud", "Lo que se pide a la sesión."), |r| text(&r.text)),
    column("who", Text, ("A quién", "A quién se pide."), |r| words(r.who.as_deref())),
    column("date", Date, ("Para cuándo", "Día para el que se pide."), |r| day(r.date)),
];

#[rustfmt::skip]
const ACTIVITIES: &[DescribedColumn<ActivityEntry>] = &[
    column("axis", Text, ("Eje", "Identificador del eje."), |a| text(&a.axis)),
    column("goal", Text, ("Identificador de la meta", "Meta a la que pertenece la actividad, si es de una."), |a| words(a.goal.as_deref())),
    column("date", Date, ("Fecha", "Día de la actividad."), |a| day(a.date)),
    column("title", Text, ("Actividad", "Título de la actividad."), |a| text(&a.title)),
    column("text", Text, ("Descripción", "Lo que se cuenta de ella."), |a| words(a.text.as_deref())),
];

#[rustfmt::skip]
const SOURCES: &[DescribedColumn<SourceStatus>] = &[
    column("source", Text, ("Fuente", "Identificador de la fuente en el plan."), |s| text(&s.source)),
    column("department", Text, ("Dependencia", "Identificador de la dependencia que la envía."), |s| text(&s.department)),
    column("file", Text, ("Archivo", "Nombre del archivo recibido."), |s| words(s.file.as_deref())),
    column("sha256", Text, ("SHA-256", "Huella del archivo, para comprobar que es el mismo."), |s| words(s.sha256.as_deref())),
    column("sheet", Text, ("Hoja", "Hoja que se leyó."), |s| words(s.sheet.as_deref())),
    column("range", Text, ("Celdas", "Celdas que se leyeron, con el encabezado."), |s| words(s.range.as_deref())),
    column("rows", Integer, ("Filas", "Filas de datos que se leyeron."), |s| count(s.rows)),
    column("state", Text, ("Situación", "Si el archivo se recibió, llegó tarde, se rechazó o falta."), |s| text(s.state.id())),
    column("reason", Text, ("Motivo", "Por qué no se usó."), |s| words(s.reason.as_deref())),
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
const SUBMISSIONS: &[DescribedColumn<Submitted>] = &[
    column("department", Text, ("Identificador de la dependencia", "El mismo que en las fuentes."), |s| text(&s.id)),
    column("name", Text, ("Dependencia", "Nombre de la dependencia."), |s| text(&s.name)),
    column("period", Text, ("Periodo", "Periodo para el que se esperaban los archivos."), |s| text(&s.cell.period.to_string())),
    column("expected", Integer, ("Archivos esperados", "Cuántos archivos se esperaban."), |s| count(s.cell.expected)),
    column("received", Integer, ("Archivos recibidos y usados", "Cuántos llegaron y se usaron."), |s| count(s.cell.received)),
    column("late", Integer, ("Archivos con retraso", "De los usados, cuántos llegaron después de la fecha límite."), |s| count(s.cell.late)),
    column("late_days", Integer, ("Días de retraso", "Días de retraso del último archivo."), |s| days(s.cell.late_days)),
    column("rejected", Integer, ("Archivos no utilizables", "Cuántos llegaron y no se pudieron usar."), |s| count(s.cell.rejected)),
    column("missing", Integer, ("Archivos no recibidos", "Cuántos no llegaron."), |s| count(s.cell.missing)),
    column("state", Text, ("Situación", "Si la dependencia cumplió, cumplió en parte o no cumplió con su entrega."), |s| text(s.cell.state.id())),
];

/// A column of the dictionary: the table's name and one of its columns.
type DictionaryEntry = (&'static str, OpenColumn);

#[rustfmt::skip]
const DICTIONARY: &[DescribedColumn<DictionaryEntry>] = &[
    column("table", Text, ("Tabla", "Nombre de la tabla."), |e| text(e.0)),
    column("column", Text, ("Columna", "Nombre de la columna."), |e| text(e.1.name)),
    column("type", Text, ("Tipo", "Tipo de los datos: string, number, integer o date."), |e| text(e.1.kind.id())),
    column("title", Text, ("Título", "Nombre de la columna en español."), |e| text(e.1.title)),
    column("description", Text, ("Descripción", "Lo que dice la columna."), |e| text(e.1.about)),
    column("values", Text, ("Valores", "Los valores que puede tener, separados por espacios; cualquiera donde no hay."), |e| text(&e.1.one_of.join(" "))),
];

/// Every table of an edition, the dictionary last.
pub fn open_tables(results: &Results) -> Vec<OpenTable> {
    let remarks: Vec<SaidOfGoal> = results
        .goals
        .iter()
        .filter_map(|goal| Some((goal.id.clone(), goal.remark.clone()?)))
        .collect();
    let of_departments = results.submissions.departments.iter();
    let submissions: Vec<Submitted> = of_departments.flat_map(submitted).collect();
    let mut all = vec![
        table(("goals", "Metas"), &results.goals, GOALS),
        table(
            ("remarks", "Causas, riesgos y siguientes pasos"),
            &remarks,
            REMARKS,
        ),
        table(
            ("requests", "Solicitudes a la sesión"),
            &results.requests,
            REQUESTS,
        ),
        table(
            ("activities", "Actividades"),
            &results.activities,
            ACTIVITIES,
        ),
        table(("sources", "Fuentes"), &results.sources, SOURCES),
        table(
            ("submissions", "Entregas por dependencia y periodo"),
            &submissions,
            SUBMISSIONS,
        ),
    ];
    let entries: Vec<DictionaryEntry> = all
        .iter()
        .flat_map(|table| table.columns.iter().map(|c| (table.name, c.clone())))
        .collect();
    let dictionary = table(("dictionary", "Diccionario de datos"), &entries, DICTIONARY);
    all.push(dictionary);
    all
}

fn table<T>(
    (name, title): (&'static str, &'static str),
    rows: &[T],
    columns: &[DescribedColumn<T>],
) -> OpenTable {
    let row = |row: &T| columns.iter().map(|column| (column.cell)(row)).collect();
    let described = |column: &DescribedColumn<T>| OpenColumn {
        name: column.name,
        kind: column.kind,
        title: column.title,
        about: column.about,
        one_of: choices(name, column.name),
    };
    OpenTable {
        name,
        title,
        columns: columns.iter().map(described).collect(),
        rows: rows.iter().map(row).collect(),
    }
}

/// The words that a column may hold, where they are a list.
fn choices(table: &str, column: &str) -> Vec<&'static str> {
    match (table, column) {
        ("goals", "status") => Status::ALL.iter().map(|status| status.id()).collect(),
        ("goals", "kind") => GoalKind::ALL.iter().map(|kind| kind.id()).collect(),
        _ => Vec::new(),
    }
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

/// What makes a spreadsheet take a text for a formula, in wide letters too.
const FORMULA: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// A text that a spreadsheet would run as a formula gets an apostrophe in front.
fn text(text: &str) -> String {
    if text.starts_with(FORMULA) {
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
            ("\n=x", "'\n=x"),
            ("\u{ff1d}x", "'\u{ff1d}x"),
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
}
