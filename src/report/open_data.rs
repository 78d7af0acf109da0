//! The edition as open data: CSV files and their description, made from the document alone.
//!
//! CSV is UTF-8 with a byte-order mark, since Excel in Spanish reads accents wrongly without it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;

struct Column {
    name: &'static str,
    kind: &'static str,
    title: &'static str,
}

const fn column(name: &'static str, kind: &'static str, title: &'static str) -> Column {
    Column { name, kind, title }
}

const GOALS: &[Column] = &[
    column("id", "string", "Identificador de la meta"),
    column("axis", "string", "Eje"),
    column("responsible", "string", "Área responsable"),
    column("statement", "string", "Meta"),
    column("indicator", "string", "Indicador"),
    column("kind", "string", "Tipo de meta"),
    column("unit", "string", "Unidad"),
    column("baseline", "number", "Línea base"),
    column("target", "number", "Meta programada"),
    column("planned", "number", "Programado al corte"),
    column("numerator", "number", "Numerador"),
    column("denominator", "number", "Denominador"),
    column("actual_value", "number", "Valor alcanzado"),
    column("attainment_pct", "number", "Cumplimiento (%)"),
    column("progress_pct", "number", "Avance (%)"),
    column("status", "string", "Estatus"),
    column("flags", "string", "Observaciones"),
    column("due", "date", "Fecha establecida de cumplimiento"),
    column("completed_on", "date", "Fecha de cumplimiento"),
    column("note", "string", "Nota"),
];

const ACTIVITIES: &[Column] = &[
    column("axis", "string", "Eje"),
    column("goal", "string", "Identificador de la meta"),
    column("date", "date", "Fecha"),
    column("title", "string", "Actividad"),
    column("text", "string", "Descripción"),
];

const SOURCES: &[Column] = &[
    column("source", "string", "Fuente"),
    column("department", "string", "Dependencia"),
    column("file", "string", "Archivo"),
    column("sha256", "string", "SHA-256"),
    column("sheet", "string", "Hoja"),
    column("range", "string", "Celdas"),
    column("rows", "integer", "Filas"),
    column("state", "string", "Situación"),
    column("reason", "string", "Motivo"),
];

const TABLES: [(&str, &str, &[Column]); 3] = [
    ("goals", "Metas", GOALS),
    ("activities", "Actividades", ACTIVITIES),
    ("sources", "Fuentes", SOURCES),
];

/// The files of `data/`, by their path in the edition.
///
/// # Errors
/// A table cannot be written, which memory alone could cause.
pub fn open_data(document: &Value) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let mut files = BTreeMap::new();
    for (name, _, columns) in TABLES {
        let csv = table(&document[name], columns).map_err(|error| {
            Diagnostic::error(
                "internal",
                format!("data/{name}.csv cannot be made: {error}"),
            )
        })?;
        files.insert(format!("data/{name}.csv"), csv);
    }
    let descriptor = format!("{:#}\n", descriptor(document));
    files.insert("data/datapackage.json".to_owned(), descriptor.into_bytes());
    Ok(files)
}

fn table(rows: &Value, columns: &[Column]) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer
        .write_record(columns.iter().map(|c| c.name))
        .map_err(|e| e.to_string())?;
    for row in rows.as_array().map_or(&[][..], Vec::as_slice) {
        let cells = columns.iter().map(|c| cell(&row[c.name]));
        writer.write_record(cells).map_err(|e| e.to_string())?;
    }
    writer.into_inner().map_err(|e| e.to_string())
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(items) => {
            let words: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            harmless(&words.join(" "))
        }
        other => other.to_string(),
    }
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Frictionless Data Package descriptor.
fn descriptor(document: &Value) -> Value {
    let resources: Vec<Value> = TABLES
        .iter()
        .map(|(name, title, columns)| {
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
        })
        .collect();
    json!({
        "profile": "tabular-data-package",
        "name": format!("{}-{}", document["plan"]["id"].as_str().unwrap_or_default(), document["period"].as_str().unwrap_or_default().to_lowercase()),
        "title": document["plan"]["title"],
        "description": format!("{}, {}", document["shown"]["period"].as_str().unwrap_or_default(), document["folio"].as_str().unwrap_or_default()),
        "created": document["issued_at"],
        "resources": resources,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless() {
        let document =
            json!({ "goals": [{ "id": "=1+1", "axis": "@x", "target": -3.5, "note": "a,\"b\"" }] });
        let files = open_data(&document).unwrap();
        let csv = String::from_utf8(files["data/goals.csv"].clone()).unwrap();
        assert!(csv.contains("'=1+1,'@x,"), "{csv}");
        assert!(
            csv.contains(",-3.5,") && csv.contains("\"a,\"\"b\"\"\""),
            "{csv}"
        );
        assert!(csv.starts_with('\u{feff}'));
    }
}
