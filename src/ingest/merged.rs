//! Merged cells among the data. Only the first one holds the value, so that the rows and columns
//! under the others look empty: told, never filled in.

use super::findings::{Findings, Issue};
use super::gather::GatheredCells;
use super::header::HeaderRow;
use crate::spreadsheet::cell::Area;

/// Areas told one by one; the rest is counted.
const MOST: usize = 8;
const HINT: &str = "Separe las celdas combinadas (Inicio ▸ Combinar y centrar) y escriba el dato en cada renglón que le corresponde.";

/// Tells the areas that cover more than one declared cell of the rows that are data.
pub(super) fn report(
    table: &GatheredCells,
    kept: &[usize],
    head: &HeaderRow,
    findings: &mut Findings,
) {
    let rows: Vec<u32> = kept
        .iter()
        .filter_map(|i| table.rows.get(*i))
        .copied()
        .collect();
    let within = |(first, last): (u32, u32)| {
        let begin = rows.partition_point(|row| *row < first);
        rows.partition_point(|row| *row <= last) - begin
    };
    let declared = |(first, last): (u32, u32)| {
        let found = head.found.iter().flatten();
        found.filter(|(c, _)| (first..=last).contains(c)).count()
    };
    let mut areas: Vec<&Area> = table
        .merged
        .iter()
        .filter(|a| within(a.rows) * declared(a.columns) > 1)
        .collect();
    areas.sort();
    for area in areas.iter().take(MOST) {
        let (cell, at) = (range(area), (area.rows.0, area.columns.0));
        let message = format!(
            "Las celdas {cell} están combinadas: sólo la primera lleva el dato y las demás se leen vacías."
        );
        let issue = if within(area.rows) > 1 {
            Issue::error("merged-cells", message, HINT)
        } else {
            Issue::warning("merged-cells", message, HINT)
        };
        findings.plain(at, Some(cell), None, issue);
    }
    if let Some(next) = areas.get(MOST) {
        let message = format!("Hay otras {} celdas combinadas.", areas.len() - MOST);
        let issue = Issue::error("merged-cells", message, HINT);
        findings.plain(
            (next.rows.0, next.columns.0),
            Some(range(next)),
            None,
            issue,
        );
    }
}

fn range(area: &Area) -> String {
    format!(
        "{}:{}",
        crate::spreadsheet::cell::a1(area.rows.0, area.columns.0),
        crate::spreadsheet::cell::a1(area.rows.1, area.columns.1)
    )
}
