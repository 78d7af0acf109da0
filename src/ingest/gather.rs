//! The two sinks: one looks at a sheet's first rows, the other keeps its declared columns.

use super::fold::is_blank;
use super::header::HeaderRow;
use super::total_label::{Label, label};
use crate::spreadsheet::cell::{Area, CellValue, Flow, Sink, Texts};
use crate::spreadsheet::errors::is_error_text;
use crate::spreadsheet::read_error::{ReadError, too_big};

/// Rows in which the header is looked for.
pub(super) const LOOK_ROWS: u32 = 50;

const MOST_MERGED: usize = 100_000;

/// Keeps the first rows, to find the header in.
pub(super) struct HeaderScan {
    columns: u32,
    /// Row, column and value of each cell with content.
    pub cells: Vec<(u32, u32, CellValue)>,
}

impl HeaderScan {
    /// Looks at the first `columns` columns.
    pub(super) fn new(columns: u32) -> Self {
        Self {
            columns,
            cells: Vec::new(),
        }
    }
}

impl Sink for HeaderScan {
    fn wants(&self, _column: u32) -> bool {
        true
    }

    fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: CellValue,
        _: &Texts,
    ) -> Result<Flow, ReadError> {
        if row >= LOOK_ROWS {
            return Ok(Flow::Stop);
        }
        if column < self.columns {
            self.cells.push((row, column, value));
        }
        Ok(Flow::Go)
    }
}

/// The declared columns of a sheet, row by row.
#[derive(Debug, Default)]
pub(super) struct GatheredCells {
    /// Zero-based row of the sheet for each row kept.
    pub rows: Vec<u32>,
    /// Values of each declared column, as many as rows; empty where the file has no such column.
    pub columns: Vec<Vec<CellValue>>,
    /// What undeclared columns hold in each row.
    pub others: Vec<Other>,
    /// Merged areas below the header.
    pub merged: Vec<Area>,
    /// Hidden rows among them: how many, the first and the last.
    pub hidden: Option<(usize, u32, u32)>,
}

/// What undeclared columns hold in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Other {
    /// Whether they hold anything.
    pub any: bool,
    /// Whether one of them is past the last header.
    pub beyond: bool,
    /// Whether the row has another number of fields than the header's, in a text file.
    pub uneven: bool,
    /// Whether a text there says that the row is a total, and in which column.
    pub label: Option<(Label, u32)>,
    /// Whether all that stands there is one text that reads like a sentence.
    pub sentence: bool,
}

/// Whether a text is long enough to be a remark about the table.
pub(super) fn is_sentence(text: &str) -> bool {
    text.split_whitespace().count() >= 4
}

/// Fills a [`GatheredCells`].
pub(super) struct Gather {
    after: u32,
    last_header: u32,
    places: Vec<Option<usize>>,
    pending: Vec<CellValue>,
    other: Other,
    row: Option<u32>,
    hidden_row: Option<u32>,
    filled: bool,
    /// Fields of the header's row, in a text file.
    width: u32,
    cells_left: u64,
    most: u64,
    out: GatheredCells,
}

impl Gather {
    /// Keeps rows after the header row.
    pub(super) fn new(head: &HeaderRow, most: u64) -> Self {
        let columns: Vec<Option<u32>> = head
            .found
            .iter()
            .map(|f| f.as_ref().map(|(c, _)| *c))
            .collect();
        let width = columns
            .iter()
            .flatten()
            .max()
            .map_or(0, |c| *c as usize + 1);
        let mut places = vec![None; width];
        for (index, column) in columns.iter().enumerate() {
            if let Some(place) = column.and_then(|c| places.get_mut(c as usize)) {
                *place = Some(index);
            }
        }
        Self {
            after: head.row,
            last_header: head.last_column(),
            places,
            pending: vec![CellValue::Empty; columns.len()],
            other: Other::default(),
            row: None,
            hidden_row: None,
            filled: false,
            width: 0,
            cells_left: most,
            most,
            out: GatheredCells {
                columns: vec![Vec::new(); columns.len()],
                ..GatheredCells::default()
            },
        }
    }

    /// What was gathered.
    pub(super) fn finish(mut self) -> GatheredCells {
        self.flush();
        self.out
    }

    fn flush(&mut self) {
        let Some(row) = self.row.take().filter(|_| self.filled) else {
            return;
        };
        self.filled = false;
        if self.hidden_row == Some(row) {
            let hidden = self.out.hidden.get_or_insert((0, row, row));
            hidden.0 += 1;
            hidden.2 = row;
        }
        self.out.rows.push(row);
        self.out.others.push(std::mem::take(&mut self.other));
        for (column, value) in self.out.columns.iter_mut().zip(&mut self.pending) {
            column.push(std::mem::take(value));
        }
    }

    fn place(&self, column: u32) -> Option<usize> {
        self.places.get(column as usize).copied().flatten()
    }
}

impl Sink for Gather {
    fn wants(&self, column: u32) -> bool {
        self.place(column).is_some()
    }

    fn row_ended(&mut self, row: u32, fields: u32) {
        if row == self.after {
            self.width = fields;
        }
        self.other.uneven = row > self.after && fields != self.width && self.row == Some(row);
    }

    fn merged(&mut self, area: Area) {
        if area.rows.0 > self.after && self.out.merged.len() < MOST_MERGED {
            self.out.merged.push(area);
        }
    }

    fn hidden_row(&mut self, row: u32) {
        self.flush();
        self.hidden_row = Some(row);
    }

    fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: CellValue,
        texts: &Texts,
    ) -> Result<Flow, ReadError> {
        if row <= self.after {
            return Ok(Flow::Go);
        }
        self.cells_left = self.cells_left.checked_sub(1).ok_or_else(|| {
            too_big(&format!(
                "la hoja tiene más de {} celdas con contenido",
                self.most
            ))
        })?;
        if self.row != Some(row) {
            self.flush();
            self.row = Some(row);
        }
        let text = match value {
            CellValue::Text(id) => Some(texts.get(id)),
            _ => None,
        };
        if text.is_some_and(is_blank) {
            return Ok(Flow::Go);
        }
        let value = match value {
            CellValue::Text(id) if text.is_some_and(is_error_text) => CellValue::Error(id),
            _ => value,
        };
        self.filled = true;
        match self.place(column) {
            Some(index) => {
                if let Some(slot) = self.pending.get_mut(index) {
                    *slot = value;
                }
            }
            None => {
                self.other.sentence = !self.other.any && text.is_some_and(is_sentence);
                self.other.any = true;
                self.other.beyond |= column > self.last_header;
                if let Some(found) = text.and_then(label) {
                    self.other.label.get_or_insert((found, column));
                }
            }
        }
        Ok(Flow::Go)
    }
}
