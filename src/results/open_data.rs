//! The edition as open data: tables with their dictionary and licence, made from the document alone.
//!
//! CSV is UTF-8 with a byte-order mark, since Excel in Spanish reads accents wrongly without it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::Results;
use super::open_tables::{OpenColumn, OpenTable, open_tables};
use crate::diagnostic::Diagnostic;

/// The text files of `data/`, by their path in the edition.
///
/// # Errors
/// A table cannot be written, which memory alone could cause.
pub fn open_data(results: &Results) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
    let tables = open_tables(results);
    let license = &results.license;
    let descriptor = json!({
        "profile": "tabular-data-package",
        "name": format!("{}-{}", results.plan.id, results.period.to_string().to_lowercase()),
        "title": results.plan.title,
        "description": format!("{}, {}", results.shown.period, results.folio),
        "created": results.issued_at_text(),
        "licenses": [{ "name": license.name, "title": license.title, "path": license.path }],
        "sources": [{ "title": results.brand.name }],
        "resources": tables.iter().map(resource).collect::<Vec<_>>(),
    });
    let mut files = BTreeMap::from([(
        "data/datapackage.json".to_owned(),
        format!("{descriptor:#}\n").into_bytes(),
    )]);
    for table in &tables {
        let path = format!("data/{}.csv", table.name);
        let bytes = csv(table).map_err(|why| {
            Diagnostic::error("internal", format!("{path} cannot be made: {why}"))
        })?;
        files.insert(path, bytes);
    }
    Ok(files)
}

fn csv(table: &OpenTable) -> Result<Vec<u8>, String> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer
        .write_record(table.columns.iter().map(|c| c.name))
        .map_err(|e| e.to_string())?;
    for row in &table.rows {
        writer.write_record(row).map_err(|e| e.to_string())?;
    }
    writer.into_inner().map_err(|e| e.to_string())
}

/// Frictionless Data Package resource.
fn resource(table: &OpenTable) -> Value {
    let field = |column: &OpenColumn| {
        let mut field = json!({
            "name": column.name,
            "type": column.kind.id(),
            "title": column.title,
            "description": column.about,
        });
        if !column.one_of.is_empty() {
            field["constraints"] = json!({ "enum": column.one_of });
        }
        field
    };
    let mut schema = json!({
        "fields": table.columns.iter().map(field).collect::<Vec<_>>(),
        "missingValues": [""],
    });
    if table.name == "goals" {
        schema["primaryKey"] = json!(["id"]);
    }
    json!({
        "name": table.name,
        "title": table.title,
        "path": format!("{}.csv", table.name),
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    })
}

#[cfg(test)]
mod tests {
    use super::super::open_tables::CellKind;
    use super::*;

    #[test]
    fn a_table_is_utf_8_with_a_mark_and_quotes_what_needs_it() {
        let table = OpenTable {
            name: "t",
            title: "T",
            columns: vec![OpenColumn {
                name: "cell",
                kind: CellKind::Text,
                title: "Celda",
                about: "",
                one_of: Vec::new(),
            }],
            rows: vec![vec!["a,\"b\"".to_owned()], vec!["'=1".to_owned()]],
        };
        assert_eq!(
            String::from_utf8(csv(&table).unwrap()).unwrap(),
            "\u{feff}cell\r\n\"a,\"\"b\"\"\"\r\n'=1\r\n"
        );
    }
}
