//! What is wrong with a header row, and what to write there.

use super::findings::{Findings, Issue, shorten};
use super::fold::nearest;
use super::header::HeaderRow;
use crate::plan::Source;
use crate::spreadsheet::cell::a1;

/// Missing, doubled and nearly right headers.
pub(super) fn report(head: &HeaderRow, source: &Source, findings: &mut Findings) {
    missing(head, source, findings);
    doubled(head, source, findings);
}

fn missing(head: &HeaderRow, source: &Source, findings: &mut Findings) {
    let mut claimed: Vec<&str> = Vec::new();
    for ((_, column), found) in source.columns.iter().zip(&head.found) {
        if found.is_some() {
            continue;
        }
        let expected = column
            .headers
            .first()
            .map(String::as_str)
            .unwrap_or_default();
        let free = head
            .unknown
            .iter()
            .filter(|(_, text)| !claimed.contains(&text.as_str()));
        let near = column
            .headers
            .iter()
            .find_map(|h| nearest(h, free.clone().map(|(_, text)| text.as_str())));
        let place = near.and_then(|near| head.unknown.iter().find(|(_, text)| text == near));
        claimed.extend(near);
        let row = head.row + 1;
        let hint = match near {
            Some(near) => format!(
                "Si es la columna «{}», cambie su encabezado a «{expected}».",
                shorten(near)
            ),
            None => format!(
                "Agregue en el renglón {row} una columna con el encabezado «{expected}».{}",
                unused(head, &claimed)
            ),
        };
        let cell = place.map(|(column, _)| a1(head.row, *column));
        let header = Some(expected.to_owned());
        let at = (head.row, place.map_or(0, |(column, _)| *column));
        if !column.optional {
            let issue = Issue::error(
                "missing-header",
                format!("Falta la columna «{expected}»."),
                hint,
            );
            findings.plain(at, cell, header, issue);
        } else if near.is_some() {
            let issue = Issue::warning(
                "unknown-header",
                format!(
                    "El encabezado se parece a «{expected}», que no está: la columna no se leyó."
                ),
                hint,
            );
            findings.plain(at, cell, header, issue);
        }
    }
}

fn doubled(head: &HeaderRow, source: &Source, findings: &mut Findings) {
    for (index, doubled) in &head.doubled {
        let expected = source
            .columns
            .get_index(*index)
            .and_then(|(_, c)| c.headers.first())
            .cloned()
            .unwrap_or_default();
        let places: Vec<String> = doubled.iter().map(|c| a1(head.row, *c)).collect();
        let issue = Issue::error(
            "doubled-header",
            format!(
                "La columna «{expected}» aparece {} veces: {}.",
                doubled.len(),
                places.join(", ")
            ),
            "Deje una sola, y cambie o borre el encabezado de las otras.",
        );
        let first = doubled.first().copied().unwrap_or_default();
        findings.plain(
            (head.row, first),
            Some(places.join(", ")),
            Some(expected),
            issue,
        );
    }
}

/// Headers that no declared column took: one of them may be the one that is missing.
fn unused(head: &HeaderRow, claimed: &[&str]) -> String {
    let free: Vec<String> = head
        .unknown
        .iter()
        .filter(|(_, text)| !claimed.contains(&text.as_str()))
        .take(6)
        .map(|(_, text)| format!("«{}»", shorten(text)))
        .collect();
    if free.is_empty() {
        return String::new();
    }
    format!(
        " Si es una de estas, cambie su encabezado: {}.",
        free.join(", ")
    )
}
