//! A sheet that is held whole, as calamine reads xls and ods: its rows, sent as often as wanted.

use super::cell::{Area, CellValue, Flow, Sink, Texts};
use super::read_error::ReadError;

/// Cells of one row, or of several equal ones.
#[derive(Debug, Default)]
pub(super) struct HeldRow {
    /// The first of them.
    pub first: u32,
    /// How many.
    pub times: u32,
    /// Whether they are hidden.
    pub hidden: bool,
    /// First column, how many columns, and value.
    pub cells: Vec<(u32, u32, CellValue)>,
}

/// A sheet.
#[derive(Debug, Default)]
pub(super) struct HeldSheet {
    /// Its rows with content, in order.
    pub rows: Vec<HeldRow>,
    /// Merged areas.
    pub merged: Vec<Area>,
}

/// The texts of a workbook, and the sheet of it that was read last: it is mostly sent twice.
#[derive(Debug, Default)]
pub(super) struct LastSheet {
    /// Texts of all sheets that were read.
    pub texts: Texts,
    sheet: Option<(usize, HeldSheet)>,
}

impl LastSheet {
    /// Sends sheet number `sheet` to `sink`, loaded by `load` where it is not the last one.
    pub(super) fn send(
        &mut self,
        sheet: usize,
        sink: &mut dyn Sink,
        load: impl FnOnce(&mut Texts) -> Result<HeldSheet, ReadError>,
    ) -> Result<(), ReadError> {
        let held = match self.sheet.take() {
            Some((number, held)) if number == sheet => held,
            _ => load(&mut self.texts)?,
        };
        let outcome = held.send(sink, &self.texts);
        self.sheet = Some((sheet, held));
        outcome
    }
}

impl HeldSheet {
    /// Sends all cells to `sink`.
    fn send(&self, sink: &mut dyn Sink, texts: &Texts) -> Result<(), ReadError> {
        for area in &self.merged {
            sink.merged(*area);
        }
        for row in &self.rows {
            for number in row.first..row.first + row.times {
                if row.hidden {
                    sink.hidden_row(number);
                }
                for (first, times, value) in &row.cells {
                    for column in *first..first + times {
                        if *value != CellValue::Empty
                            && sink.cell(number, column, *value, texts)? == Flow::Stop
                        {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
