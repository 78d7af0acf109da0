//! Cross-column checks: SQL conditions that each row must meet, as polars understands them.
//! As in a SQL `CHECK`, a condition about a blank cell is met.

use polars::prelude::{DataFrame, IntoLazy};
use polars::sql::SQLContext;

use super::findings::{Findings, Issue, cells};
use super::header::Head;
use super::table::ROW_COLUMN;
use super::typing::absent;
use crate::diagnostic::Diagnostic;
use crate::pipeline::Source;

/// The errors of the source's checks themselves, without any data.
pub fn definition_errors(source: &Source) -> Vec<Diagnostic> {
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

/// Notes the rows that fail a check.
pub fn run(frame: &DataFrame, head: &Head, source: &Source, findings: &mut Findings) {
    let place = head
        .found
        .iter()
        .flatten()
        .map(|(column, _)| *column)
        .min()
        .unwrap_or(0);
    for check in &source.checks {
        let rows = match failing(frame, check) {
            Ok(rows) => rows,
            Err(error) => {
                findings.push(broken(source, check, &error));
                continue;
            }
        };
        const MOST: usize = 10;
        for row in rows.iter().take(MOST) {
            let issue = Issue::error(
                "check-failed",
                format!("El renglón {row} no cumple la condición «{check}»."),
                "Revise esas celdas del renglón.",
            );
            let row = row.saturating_sub(1);
            findings.plain((row, place), Some(cells(place, row, row)), None, issue);
        }
        if let (Some(first), Some(last), true) = (rows.get(MOST), rows.last(), rows.len() > MOST) {
            let (first, last) = (first.saturating_sub(1), last.saturating_sub(1));
            let message = format!(
                "Otros {} renglones no cumplen la condición «{check}».",
                rows.len() - MOST
            );
            let issue = Issue::error("check-failed", message, "Revise esas celdas.");
            findings.plain((first, place), Some(cells(place, first, last)), None, issue);
        }
    }
}

fn failing(frame: &DataFrame, check: &str) -> Result<Vec<u32>, String> {
    let mut context = SQLContext::new();
    context.register("filas", frame.clone().lazy());
    let query = format!("SELECT {ROW_COLUMN} FROM filas WHERE NOT ({check})");
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
