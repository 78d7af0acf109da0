//! What is told of a file: the findings that matter most, the rest counted.

use std::collections::HashMap;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Location, Severity};

/// One finding as a row of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct FindingRow {
    /// `Error` or `Aviso`.
    pub severity: &'static str,
    /// Whether it keeps the file from being used.
    pub blocks: bool,
    /// Cell, or what is known of the place.
    pub place: Option<String>,
    /// Sheet and column.
    pub within: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to write or do.
    pub hint: Option<String>,
}

/// Findings chosen, and how many there are beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Chosen {
    /// Those that are told, those that block first.
    pub rows: Vec<FindingRow>,
    /// How many are not.
    pub more: usize,
}

/// So many findings of one kind in one column show what it is about.
const ALIKE: usize = 3;

/// At most `limit` of a file's findings. Those that block come first; of many of one kind in one
/// column the first ones stand for all.
pub(super) fn chosen(findings: &[Diagnostic], limit: usize) -> Chosen {
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    let mut ranked: Vec<(Severity, usize, usize)> = Vec::with_capacity(findings.len());
    for (index, finding) in findings.iter().enumerate() {
        let before = seen.entry((&finding.code, header(finding))).or_default();
        if *before < ALIKE {
            ranked.push((finding.severity, *before, index));
        }
        *before += 1;
    }
    ranked.sort_unstable();
    ranked.truncate(limit);
    // They are told in the order of the file, as people go through it.
    ranked.sort_unstable_by_key(|(severity, _, index)| (*severity, *index));
    Chosen {
        more: observations(findings) - ranked.iter().filter(|(s, ..)| *s != Severity::Note).count(),
        rows: ranked.iter().map(|(_, _, i)| row(&findings[*i])).collect(),
    }
}

/// How many of these are for somebody to mend; the others are notes.
pub(super) fn observations(findings: &[Diagnostic]) -> usize {
    findings.iter().filter(|finding| !finding.is_note()).count()
}

fn header(finding: &Diagnostic) -> &str {
    match &finding.location {
        Location::Cells(place) => place.header.as_deref().unwrap_or_default(),
        Location::Text { .. } | Location::Nowhere => "",
    }
}

fn row(finding: &Diagnostic) -> FindingRow {
    let (place, within) = match &finding.location {
        Location::Cells(place) => {
            let sheet = place.sheet.as_ref().map(|sheet| format!("hoja {sheet}"));
            let column = place
                .header
                .as_ref()
                .map(|name| format!("columna «{name}»"));
            let parts: Vec<String> = sheet.into_iter().chain(column).collect();
            let within = (!parts.is_empty()).then(|| parts.join(", "));
            (place.cell.clone(), within)
        }
        Location::Text { .. } | Location::Nowhere => (None, None),
    };
    FindingRow {
        severity: match finding.severity {
            Severity::Error => "Error",
            Severity::Warning => "Aviso",
            Severity::Note => "Nota",
        },
        blocks: finding.is_error(),
        place,
        within,
        message: saying_what_stands_there(finding),
        hint: finding.hint.clone(),
    }
}

/// The message, with what stands in the cell where it does not quote it. A finding about a
/// personal column has nothing to quote.
fn saying_what_stands_there(finding: &Diagnostic) -> String {
    match &finding.location {
        Location::Cells(place) => match place.raw.as_deref().filter(|raw| !raw.trim().is_empty()) {
            Some(raw) if !finding.message.contains(raw) => {
                let raw = super::subject::shortened(raw, 60);
                format!("Dice «{raw}». {}", finding.message)
            }
            _ => finding.message.clone(),
        },
        Location::Text { .. } | Location::Nowhere => finding.message.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::CellLocation;

    fn finding(severity: Severity, code: &str, cell: &str, header: &str) -> Diagnostic {
        let made = match severity {
            Severity::Error => Diagnostic::error(code, "m"),
            Severity::Warning => Diagnostic::warning(code, "m"),
            Severity::Note => Diagnostic::note(code, "m"),
        };
        made.in_cells(CellLocation {
            cell: Some(cell.to_owned()),
            header: Some(header.to_owned()),
            ..CellLocation::default()
        })
    }

    /// A column that is wrong throughout does not hide the one cell that blocks, nor other kinds.
    #[test]
    fn what_matters_most_is_told_first() {
        let mut all: Vec<Diagnostic> = (1..=400)
            .map(|n| finding(Severity::Warning, "blank-cell", &format!("D{n}"), "Fecha"))
            .collect();
        all.push(finding(Severity::Warning, "odd-date", "E7", "Fecha"));
        all.push(finding(Severity::Error, "not-a-number", "F9", "Monto"));
        let chosen = chosen(&all, 4);
        let cells: Vec<_> = chosen
            .rows
            .iter()
            .filter_map(|r| r.place.as_deref())
            .collect();
        assert_eq!(cells, ["F9", "D1", "D2", "E7"]);
        assert_eq!(chosen.more, 398);
    }
}
