//! Cross-column checks: SQL conditions that each row must meet, as polars understands them.
//! As in a SQL `CHECK`, a condition about a blank cell is met.

use polars::prelude::{DataFrame, IntoLazy};
use polars::sql::SQLContext;

use super::findings::{Findings, Issue, cells};
use super::header::HeaderRow;
use super::table::ROW_COLUMN;
use super::typing::absent;
use crate::diagnostic::Diagnostic;
use crate::plan::{Plan, Source};

/// The errors of the source's checks themselves, without any data.
pub(super) fn definition_errors(source: &Source) -> Vec<Diagnostic> {
    let columns = source
        .columns
        .iter()
        .filter(|(_, c)| !c.personal)
        .map(|(name, column)| absent(name, &column.kind, 0))
        .chain([polars::prelude::Column::full_null(
            ROW_COLUMN.into(),
            0,
            &polars::prelude::DataType::UInt32,
        )])
        .collect();
    let Ok(frame) = DataFrame::new(0, columns) else {
        return Vec::new();
    };
    source
        .checks
        .iter()
        .filter_map(|check| {
            failing(&frame, check)
                .err()
                .map(|error| broken(source, check, &error))
        })
        .collect()
}

/// The errors of every source's checks, each with its place in the definition.
pub fn validate(pipeline: &Plan) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for source in pipeline.sources.values() {
        for check in &source.checks {
            let alone = Source {
                checks: vec![check.clone()],
                ..source.clone()
            };
            let text = &pipeline.text;
            // A check with escapes is not found as it is written: then no place is shown.
            let at = text.text.find(check.as_str());
            found.extend(definition_errors(&alone).into_iter().map(|error| match at {
                Some(start) => error.at(text, start..start + check.len()),
                None => error,
            }));
        }
    }
    found
}

/// Rows told one by one for each check.
const MOST_ROWS: usize = 10;

/// Notes the rows that fail a check.
pub(super) fn run(frame: &DataFrame, head: &HeaderRow, source: &Source, findings: &mut Findings) {
    for check in &source.checks {
        let rows = match failing(frame, check) {
            Ok(rows) => rows,
            Err(error) => {
                findings.push(broken(source, check, &error));
                continue;
            }
        };
        let spoken = spoken_of(check, head, source);
        let place = spoken.first().map_or(0, |(column, _)| *column);
        let names: Vec<String> = spoken
            .iter()
            .map(|(_, header)| format!("«{header}»"))
            .collect();
        let hint = format!(
            "Revise en ese renglón {}: la condición es {check}.",
            names.join(" y ")
        );
        let mut tell = |first: u32, last: u32, message: String| {
            let issue = Issue::error("check-failed", message, hint.clone());
            let header = spoken.first().map(|(_, header)| header.clone());
            let (first, last) = (first.saturating_sub(1), last.saturating_sub(1));
            findings.plain(
                (first, place),
                Some(cells(place, first, last)),
                header,
                issue,
            );
        };
        for row in rows.iter().take(MOST_ROWS) {
            tell(
                *row,
                *row,
                format!("Los datos del renglón {row} no concuerdan entre sí."),
            );
        }
        if let (Some(first), Some(last)) = (rows.get(MOST_ROWS), rows.last()) {
            let more = rows.len() - MOST_ROWS;
            tell(
                *first,
                *last,
                format!("En otros {more} renglones, entre estos, los datos tampoco concuerdan."),
            );
        }
    }
}

/// The columns that a check names, in its order: where they are and what their headers say.
fn spoken_of(check: &str, head: &HeaderRow, source: &Source) -> Vec<(u32, String)> {
    let words = check.split(|c: char| !c.is_alphanumeric() && c != '_');
    let mut spoken: Vec<(u32, String)> = Vec::new();
    for word in words {
        let found = source
            .columns
            .get_index_of(word)
            .and_then(|i| head.found.get(i));
        if let Some(Some(found)) = found
            && !spoken.contains(found)
        {
            spoken.push(found.clone());
        }
    }
    spoken
}

fn failing(frame: &DataFrame, check: &str) -> Result<Vec<u32>, String> {
    let mut context = SQLContext::new();
    context.register("filas", frame.clone().lazy());
    let query = format!("SELECT {ROW_COLUMN} FROM filas WHERE NOT ({check})");
    let query = super::in_days(&context, &query)?;
    let found = context
        .execute(&query)
        .and_then(|lazy| lazy.collect())
        .map_err(|e| e.to_string())?;
    let rows = found
        .column(ROW_COLUMN)
        .and_then(|c| c.u32().cloned())
        .map_err(|e| e.to_string())?;
    Ok(rows.iter().flatten().collect())
}

fn broken(source: &Source, check: &str, error: &str) -> Diagnostic {
    let first = error.lines().next().unwrap_or_default();
    Diagnostic::error(
        "invalid-check",
        format!(
            "source.{}: the check \"{check}\" can't be run: {first}",
            source.id
        ),
    )
    .hint("write a SQL condition on this source's columns, such as fecha_conclusion >= fecha")
}
