//! Where the header row is, and which column of the sheet is which declared one.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::fold::fold;
use super::show::shown;
use crate::plan::Column;
use crate::spreadsheet::cell::{CellValue, Texts};

/// A header row.
#[derive(Debug, Clone, Default)]
pub(super) struct HeaderRow {
    /// Zero-based row.
    pub row: u32,
    /// For each declared column, where it is and what its header says.
    pub found: Vec<Option<(u32, String)>>,
    /// Declared columns met twice, with the sheet's columns.
    pub doubled: Vec<(usize, Vec<u32>)>,
    /// The row's texts that are no declared header.
    pub unknown: Vec<(u32, String)>,
}

impl HeaderRow {
    /// How many declared columns were found.
    pub(super) fn score(&self) -> usize {
        self.found.iter().flatten().count()
    }

    /// The last column of the sheet that has a header, declared or not.
    pub(super) fn last_column(&self) -> u32 {
        let found = self.found.iter().flatten().map(|(column, _)| *column);
        let unknown = self.unknown.iter().map(|(column, _)| *column);
        found.chain(unknown).max().unwrap_or(0)
    }

    /// Whether no column that must be there is missing.
    pub(super) fn is_complete(&self, columns: &IndexMap<String, Column>) -> bool {
        columns
            .values()
            .zip(&self.found)
            .all(|(column, found)| column.optional || found.is_some())
    }
}

type RowTexts = BTreeMap<u32, String>;

/// The row of `cells` that holds the most declared headers.
pub(super) fn find(
    cells: &[(u32, u32, CellValue)],
    texts: &Texts,
    columns: &IndexMap<String, Column>,
) -> Option<HeaderRow> {
    let declared: Vec<Vec<String>> = columns
        .values()
        .map(|c| c.headers.iter().map(|h| fold(h)).collect())
        .collect();
    let mut rows: BTreeMap<u32, RowTexts> = BTreeMap::new();
    for (row, column, value) in cells {
        let text = shown(*value, texts, false);
        if !matches!(
            value,
            CellValue::Empty | CellValue::NoCache | CellValue::Error(_)
        ) && !fold(&text).is_empty()
        {
            rows.entry(*row).or_default().insert(*column, text);
        }
    }
    let empty = RowTexts::new();
    let mut best: Option<HeaderRow> = None;
    for (row, texts) in &rows {
        let above = |n: u32| {
            row.checked_sub(n)
                .and_then(|r| rows.get(&r))
                .unwrap_or(&empty)
        };
        let Some(head) = match_row(*row, texts, [above(1), above(2)], &declared) else {
            continue;
        };
        if best.as_ref().is_none_or(|b| head.score() > b.score()) {
            best = Some(head);
        }
    }
    best
}

/// Matches one row. A column without text of its own takes the text above it, for headers whose
/// cells are merged over two or three rows.
fn match_row(
    row: u32,
    own: &RowTexts,
    above: [&RowTexts; 2],
    declared: &[Vec<String>],
) -> Option<HeaderRow> {
    let mut texts = own.clone();
    for upper in above {
        for (column, text) in upper {
            texts.entry(*column).or_insert_with(|| text.clone());
        }
    }
    let mut head = HeaderRow {
        row,
        found: vec![None; declared.len()],
        ..HeaderRow::default()
    };
    let mut direct = false;
    let mut claimed: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut unknown = Vec::new();
    for (column, text) in &texts {
        let folded = fold(text);
        match declared.iter().position(|names| names.contains(&folded)) {
            Some(index) => {
                direct |= own.contains_key(column);
                claimed.entry(index).or_default().push(*column);
            }
            None => unknown.push((*column, text.clone())),
        }
    }
    // "Fecha (dd/mm/aaaa)" is "Fecha", unless another column is just that.
    for (column, text) in unknown {
        let folded = fold(&without_remark(&text));
        let index = declared
            .iter()
            .position(|names| names.contains(&folded))
            .filter(|index| !claimed.contains_key(index));
        match index {
            Some(index) => {
                direct |= own.contains_key(&column);
                claimed.entry(index).or_default().push(column);
            }
            None if own.contains_key(&column) => head.unknown.push((column, text)),
            None => {}
        }
    }
    for (index, mut places) in claimed {
        // A text of the row itself outweighs one from above.
        if places.iter().any(|c| own.contains_key(c)) {
            places.retain(|c| own.contains_key(c));
        }
        let first = *places.first()?;
        let text = texts.get(&first).cloned().unwrap_or_default();
        if let Some(slot) = head.found.get_mut(index) {
            *slot = Some((first, text));
        }
        if places.len() > 1 {
            head.doubled.push((index, places));
        }
    }
    direct.then_some(head)
}

fn without_remark(text: &str) -> String {
    match text.split_once('(') {
        Some((before, rest)) if rest.trim_end().ends_with([')', '*', ':']) => before.to_owned(),
        _ => text.to_owned(),
    }
}
