//! Which rows are data. Notes, totals and repeated headers are not; each is told, none is dropped
//! in silence. Where it is not certain, a row is data, and what is wrong with it is told.

use indexmap::IndexMap;

use super::findings::{Findings, Issue};
use super::fold::{fold, squeeze};
use super::gather::{GatheredCells, is_sentence};
use super::header::HeaderRow;
use super::total_label::{Label, label};
use super::typing::loose_number;
use crate::plan::Column;
use crate::spreadsheet::cell::{CellValue, Texts};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowKind {
    Data,
    Unused,
    Header,
    Total,
    Note,
}

/// Rows that follow each other and are left out for the same reason.
struct LeftOut {
    kind: RowKind,
    /// Whether they stand below the last full row of data.
    tail: bool,
    first: u32,
    last: u32,
    count: usize,
}

/// Everything that a row is judged by.
struct RowClassifier<'a> {
    table: &'a GatheredCells,
    texts: &'a Texts,
    head: &'a HeaderRow,
    columns: Vec<&'a Column>,
    /// The headers that each column may have, folded.
    headers: Vec<Vec<String>>,
    /// Sums of each column's numbers since the last total, and of how many rows.
    sums: Vec<f64>,
    rows_summed: usize,
}

/// Indexes of the rows that are data; the others become findings.
pub(super) fn data_rows(
    table: &GatheredCells,
    texts: &Texts,
    head: &HeaderRow,
    columns: &IndexMap<String, Column>,
    findings: &mut Findings,
) -> Vec<usize> {
    let mut classifier = RowClassifier {
        table,
        texts,
        head,
        columns: columns.values().collect(),
        headers: columns
            .values()
            .map(|column| column.headers.iter().map(|header| fold(header)).collect())
            .collect(),
        sums: vec![0.0; columns.len()],
        rows_summed: 0,
    };
    let last_full = (0..table.rows.len())
        .rev()
        .find(|i| classifier.is_full(*i) && classifier.own_label(*i).is_none());
    let mut kept = Vec::with_capacity(table.rows.len());
    let mut left: Vec<(usize, RowKind, bool)> = Vec::new();
    for index in 0..table.rows.len() {
        let tail = last_full.is_some_and(|last| index > last);
        match classifier.kind_of(index, tail) {
            RowKind::Data => {
                classifier.add(index);
                kept.push(index);
            }
            kind => {
                if kind == RowKind::Total {
                    classifier.sums.fill(0.0);
                    classifier.rows_summed = 0;
                }
                left.push((index, kind, tail));
            }
        }
    }
    report(table, head, &left, findings);
    kept
}

impl RowClassifier<'_> {
    fn value(&self, column: usize, row: usize) -> CellValue {
        let values = self.table.columns.get(column);
        values.and_then(|v| v.get(row)).copied().unwrap_or_default()
    }

    fn text(&self, column: usize, row: usize) -> Option<&str> {
        match self.value(column, row) {
            CellValue::Text(id) => Some(self.texts.get(id)),
            _ => None,
        }
    }

    fn is_present(&self, column: usize) -> bool {
        self.head.found.get(column).is_some_and(Option::is_some)
    }

    /// Required columns of the file that are blank in this row.
    fn blanks(&self, row: usize) -> usize {
        (0..self.columns.len())
            .filter(|c| self.is_present(*c) && !self.columns[*c].optional)
            .filter(|c| self.value(*c, row) == CellValue::Empty)
            .count()
    }

    fn filled(&self, row: usize) -> Vec<usize> {
        (0..self.columns.len())
            .filter(|c| self.value(*c, row) != CellValue::Empty)
            .collect()
    }

    fn is_full(&self, row: usize) -> bool {
        self.blanks(row) == 0 && !self.filled(row).is_empty()
    }

    /// A total's label in a declared column where it can be no value.
    fn own_label(&self, row: usize) -> Option<Label> {
        (0..self.columns.len()).find_map(|c| {
            let found = self.text(c, row).and_then(label)?;
            match self.columns[c].kind.choices() {
                Some(values) => {
                    let folded = fold(self.text(c, row)?);
                    (!values.iter().any(|v| fold(v) == folded)).then_some(found)
                }
                None => Some(found),
            }
        })
    }

    fn add(&mut self, row: usize) {
        self.rows_summed += 1;
        for column in 0..self.columns.len() {
            if let Some(n) = self.number(column, row)
                && let Some(sum) = self.sums.get_mut(column)
            {
                *sum += n;
            }
        }
    }

    fn number(&self, column: usize, row: usize) -> Option<f64> {
        if !self.columns[column].kind.is_summed() {
            return None;
        }
        match self.value(column, row) {
            CellValue::Number(n) => Some(n),
            CellValue::Text(id) => loose_number(self.texts.get(id)),
            _ => None,
        }
    }

    fn equals_sums(&self, row: usize) -> bool {
        self.rows_summed >= 2
            && (0..self.columns.len()).any(|c| {
                let sum = self.sums[c];
                self.number(c, row)
                    .is_some_and(|n| n != 0.0 && (n - sum).abs() <= 1e-6 * sum.abs().max(1.0))
            })
    }

    fn kind_of(&self, row: usize, tail: bool) -> RowKind {
        let filled = self.filled(row);
        let blanks = self.blanks(row);
        let other = self.table.others.get(row).copied().unwrap_or_default();
        if filled.is_empty() {
            let total = other.label.is_some();
            return if total {
                RowKind::Total
            } else if tail && other.sentence {
                RowKind::Note
            } else {
                RowKind::Unused
            };
        }
        if self.repeats_header(row, &filled) {
            return RowKind::Header;
        }
        let doubtful = blanks > 0 || self.equals_sums(row);
        match (self.own_label(row), other.label) {
            (Some(Label::Exact), _) if doubtful || tail => return RowKind::Total,
            (Some(Label::Begins), _) | (None, Some(_)) if doubtful => return RowKind::Total,
            _ => {}
        }
        if blanks > 0 && self.is_note(row, &filled, tail) {
            return RowKind::Note;
        }
        RowKind::Data
    }

    fn repeats_header(&self, row: usize, filled: &[usize]) -> bool {
        filled.len() >= 2.min(self.head.score())
            && filled.iter().all(|c| self.text(*c, row).is_some())
            && filled.iter().all(|c| {
                let headers = self.headers.get(*c).map_or(&[][..], Vec::as_slice);
                let folded = self.text(*c, row).map(fold);
                folded.is_some_and(|folded| headers.contains(&folded))
            })
    }

    fn is_note(&self, row: usize, filled: &[usize], tail: bool) -> bool {
        let texts: Vec<&str> = filled.iter().filter_map(|c| self.text(*c, row)).collect();
        if texts.len() != filled.len() {
            return false;
        }
        if texts.iter().any(|t| begins_note(t)) {
            return tail || filled.len() == 1;
        }
        tail && filled.len() == 1 && texts.iter().all(|t| is_sentence(t))
    }
}

fn begins_note(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "nota",
        "notas",
        "fuente",
        "fuentes",
        "elaboro",
        "reviso",
        "autorizo",
        "valido",
        "firma",
        "elaborado",
        "vo.bo",
        "vo. bo",
        "observaciones",
        "atentamente",
        "n.b",
        "simbologia",
        "abreviaturas",
    ];
    let folded = squeeze(text);
    if folded.starts_with(['*', '†']) || folded.starts_with("(*") || folded.starts_with("1/") {
        return true;
    }
    WORDS.iter().any(|word| {
        folded
            .strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    })
}

/// One finding for each run of rows left out for the same reason. Totals and footnotes below a
/// table are what tables end with: a note. Elsewhere they may be data that somebody misses.
fn report(
    table: &GatheredCells,
    head: &HeaderRow,
    left: &[(usize, RowKind, bool)],
    findings: &mut Findings,
) {
    let first_column = head
        .found
        .iter()
        .flatten()
        .map(|(c, _)| *c)
        .min()
        .unwrap_or(0);
    let mut runs: Vec<LeftOut> = Vec::new();
    let mut before = None;
    for (index, kind, tail) in left {
        let row = table.rows.get(*index).copied().unwrap_or_default();
        let follows = before.is_some_and(|b: usize| b + 1 == *index);
        match runs.last_mut() {
            Some(run) if run.kind == *kind && run.tail == *tail && follows => {
                run.last = row;
                run.count += 1;
            }
            _ => runs.push(LeftOut {
                kind: *kind,
                tail: *tail,
                first: row,
                last: row,
                count: 1,
            }),
        }
        before = Some(*index);
    }
    for run in runs {
        let (first, last) = (run.first, run.last);
        let (what, hint) = match run.kind {
            RowKind::Total => (
                "parece un renglón de totales",
                "Si es un renglón de datos, llene sus celdas obligatorias y quite la palabra «Total».",
            ),
            RowKind::Note => (
                "parece una nota al pie, no un renglón de datos",
                "Si es un renglón de datos, llene sus celdas obligatorias.",
            ),
            RowKind::Header => ("repite los encabezados", "No hace falta repetirlos."),
            RowKind::Unused | RowKind::Data => (
                "sólo tiene contenido en columnas que no se usan",
                "Si falta capturar ese renglón, llene las columnas que se piden.",
            ),
        };
        let rows = match run.count {
            1 => format!("El renglón {}", first + 1),
            n => format!(
                "Cada uno de los {n} renglones del {} al {}",
                first + 1,
                last + 1
            ),
        };
        let message = format!("{rows} {what}: no se contó.");
        let issue = match run.kind {
            RowKind::Total | RowKind::Note if run.tail => {
                Issue::note("row-left-out", message, hint)
            }
            RowKind::Total | RowKind::Note | RowKind::Header | RowKind::Unused | RowKind::Data => {
                Issue::warning("row-left-out", message, hint)
            }
        };
        let cell = super::findings::cells(first_column, first, last);
        findings.plain((first, first_column), Some(cell), None, issue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for (text, found) in [
            ("TOTAL", Some(Label::Exact)),
            (" Total general: ", Some(Label::Exact)),
            ("Suma", Some(Label::Exact)),
            ("Total de acuerdos", Some(Label::Begins)),
            ("Totalmente", None),
            ("Parque", None),
            ("", None),
        ] {
            assert_eq!(label(text), found, "{text}");
        }
    }

    #[test]
    fn notes() {
        assert!(begins_note("* Incluye cancelados"));
        assert!(begins_note("NOTA: cifras preliminares"));
        assert!(begins_note("Elaboró: X"));
        assert!(!begins_note("Notaría 5"));
    }
}
