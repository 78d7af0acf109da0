//! What calamine does not tell of an xls sheet, and the sheet as it reads it without harm.
//!
//! calamine reads all sheets at once and holds each as a full rectangle, so that one stray cell
//! costs a gigabyte; it reserves what a sheet declares; an unreadable sheet, name or formula takes
//! the whole file with it. So it is given a stream of one sheet, whose cells are numbered anew
//! without gaps, and their places are kept here. What else it does not do:
//!
//! - Percents and hidden rows are not told; number formats beyond 382 are passed over, which
//!   makes dates numbers.
//! - A formula whose result was never stored (kind 3) is given as an empty text.
//! - A text that goes on in the next record is cut short.
//! - A shared text that is not there is taken for blank.
//! - A cell that comes twice: the last one wins.
//! - Where a sheet's noted place is wrong, nothing is read.

use std::collections::BTreeSet;

use super::bytes::Bytes;
use super::cell::Area;
use super::format::Class;
use super::read_error::{ReadError, too_many_cells};
use super::xls_globals::Globals;
use super::xls_records::{BEGIN, END, Records, SHEET, short, write};

const NUMBER: u16 = 0x0203;
const TEXT: u16 = 0x0204;
const BOOL_OR_ERROR: u16 = 0x0205;
/// Columns of the sheet that calamine is given.
const WIDTH: usize = 256;
/// Cells that fit into it.
const MOST_CELLS: usize = WIDTH * 65_536;

/// Row and column of cell number `number` there.
pub(super) fn place(number: usize) -> (u32, u32) {
    ((number / WIDTH) as u32, (number % WIDTH) as u32)
}

/// What calamine is to give for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum XlsKind {
    /// A number, and what its format makes of it.
    Number(Class),
    /// A text, a truth value or an error.
    Other,
    /// A formula without a stored result: nothing.
    NoCache,
}

/// A sheet's cells: their places here, their values in a stream for calamine.
#[derive(Default)]
pub(super) struct XlsSheet {
    /// Row, column, number in calamine's sheet, and kind of each cell.
    pub cells: Vec<(u32, u32, usize, XlsKind)>,
    /// Hidden rows.
    pub hidden: BTreeSet<u32>,
    /// Merged areas.
    pub merged: Vec<Area>,
    /// The stream for calamine.
    pub stream: Vec<u8>,
    given: usize,
}

impl XlsSheet {
    /// Reads sheet number `sheet`, of which there may be `most` cells.
    pub(super) fn read(
        stream: &[u8],
        globals: &Globals,
        sheet: usize,
        most: u64,
    ) -> Result<Self, ReadError> {
        let at = globals
            .start(stream, sheet)
            .ok_or_else(|| ReadError::damaged("una de sus hojas no está donde el libro dice"))?;
        let mut found = Self::default();
        found.begin(stream.get(globals.texts.clone()).unwrap_or_default());
        let mut records = Records { stream, at };
        let mut awaiting = None;
        let mut depth = 0;
        loop {
            let (kind, record) = records.next()?.ok_or_else(ReadError::cut_off)?;
            match kind {
                BEGIN => depth += 1,
                END if depth <= 1 => break,
                END => depth -= 1,
                0x0207 if depth == 1 => {
                    if let Some(head) = awaiting.take() {
                        let text = records.text(record).ok_or_else(short)?;
                        found.give(TEXT, head, &text, XlsKind::Other)?;
                    }
                }
                _ if depth == 1 => {
                    awaiting = found
                        .record(kind, record, &mut records, globals)?
                        .or(awaiting);
                }
                _ => {}
            }
            if found.cells.len() as u64 > most || found.given > MOST_CELLS {
                return Err(too_many_cells(most));
            }
        }
        write(END, &[], &mut found.stream);
        // Short streams lie elsewhere in a compound file; zeros after the end harm nothing.
        let length = found.stream.len().max(4096);
        found.stream.resize(length, 0);
        found.in_order()
    }

    /// The workbook's own part, with one sheet, and the sheet's begin.
    fn begin(&mut self, texts: &[u8]) {
        const VERSION: &[u8] = &[0, 6];
        let out = &mut self.stream;
        let kind = |kind: u16| [VERSION, &kind.to_le_bytes(), &[0; 12]].concat();
        write(BEGIN, &kind(5), out);
        let place = out.len() + 4;
        write(SHEET, b"\0\0\0\0\0\0\x01\0S", out);
        out.extend_from_slice(texts);
        write(END, &[], out);
        let begin = u32::try_from(out.len()).unwrap_or(u32::MAX);
        if let Some(field) = out.get_mut(place..place + 4) {
            field.copy_from_slice(&begin.to_le_bytes());
        }
        write(BEGIN, &kind(0x10), out);
    }

    /// A record of the sheet; returns the head of a formula whose text follows.
    fn record<'b>(
        &mut self,
        kind: u16,
        record: Bytes<'b>,
        records: &mut Records<'b>,
        globals: &Globals,
    ) -> Result<Option<Bytes<'b>>, ReadError> {
        match kind {
            // A row's flags: bit 5 is a height of zero.
            0x0208 if record.u16(12).is_some_and(|flags| flags & 0x20 != 0) => {
                self.hidden
                    .insert(u32::from(record.u16(0).ok_or_else(short)?));
            }
            0x00E5 => {
                let areas = record.from(2).map_or(&[][..], |all| all.0).chunks_exact(8);
                self.merged.extend(areas.map(Bytes).filter_map(area));
            }
            NUMBER | 0x027E => {
                let class = class(record.u16(4), globals)?;
                let value = record.from(6).ok_or_else(short)?;
                self.give(kind, record, value.0, XlsKind::Number(class))?;
            }
            0x00BD => self.numbers(record, globals)?,
            0x00FD => self.give(
                kind,
                record,
                record.0.get(6..10).ok_or_else(short)?,
                XlsKind::Other,
            )?,
            TEXT | 0x00D6 => {
                let text = records
                    .text(record.from(6).ok_or_else(short)?)
                    .ok_or_else(short)?;
                self.give(TEXT, record, &text, XlsKind::Other)?;
            }
            BOOL_OR_ERROR => {
                self.give(
                    kind,
                    record,
                    record.0.get(6..8).ok_or_else(short)?,
                    XlsKind::Other,
                )?;
            }
            0x0006 => return self.formula(record, globals),
            _ => {}
        }
        Ok(None)
    }

    fn formula<'b>(
        &mut self,
        record: Bytes<'b>,
        globals: &Globals,
    ) -> Result<Option<Bytes<'b>>, ReadError> {
        if record.u16(12).ok_or_else(short)? != 0xFFFF {
            let class = class(record.u16(4), globals)?;
            let value = record.0.get(6..14).ok_or_else(short)?;
            self.give(NUMBER, record, value, XlsKind::Number(class))?;
            return Ok(None);
        }
        let (kind, value) = record.u8(6).zip(record.u8(8)).ok_or_else(short)?;
        match kind {
            0 => return Ok(Some(record)),
            1 | 2 => self.give(BOOL_OR_ERROR, record, &[value, kind - 1], XlsKind::Other)?,
            _ => {
                let (row, column) = position(record)?;
                self.cells.push((row, column, 0, XlsKind::NoCache));
            }
        }
        Ok(None)
    }

    fn numbers(&mut self, record: Bytes<'_>, globals: &Globals) -> Result<(), ReadError> {
        let (row, first) = position(record)?;
        for (column, cell) in (first..).zip(record.from(4).ok_or_else(short)?.0.chunks_exact(6)) {
            let class = class(Bytes(cell).u16(0), globals)?;
            let at = [(row as u16).to_le_bytes(), (column as u16).to_le_bytes()].concat();
            let value = cell.get(2..).ok_or_else(short)?;
            self.give(0x027E, Bytes(&at), value, XlsKind::Number(class))?;
        }
        Ok(())
    }

    /// Gives calamine a cell: its place in `head`, its value after it.
    fn give(
        &mut self,
        kind: u16,
        head: Bytes<'_>,
        value: &[u8],
        told: XlsKind,
    ) -> Result<(), ReadError> {
        let (row, column) = position(head)?;
        let number = self.given;
        let (there, beside) = place(number);
        let [row_bytes, column_bytes] = [there as u16, beside as u16].map(u16::to_le_bytes);
        let content = [&row_bytes[..], &column_bytes, &[0, 0], value].concat();
        if u16::try_from(content.len()).is_err() {
            let what = "hay un texto demasiado largo para una celda";
            return Err(ReadError::damaged(what).near(row, column));
        }
        write(kind, &content, &mut self.stream);
        self.cells.push((row, column, number, told));
        self.given += 1;
        Ok(())
    }

    /// Excel writes its cells in order, some libraries do not.
    fn in_order(mut self) -> Result<Self, ReadError> {
        self.cells.sort_by_key(|(row, column, ..)| (*row, *column));
        let twice = self.cells.windows(2).find_map(|pair| match pair {
            [a, b] if (a.0, a.1) == (b.0, b.1) => Some((a.0, a.1)),
            _ => None,
        });
        match twice {
            Some((row, column)) => {
                Err(ReadError::damaged("hay celdas que aparecen dos veces").near(row, column))
            }
            None => Ok(self),
        }
    }
}

fn class(style: Option<u16>, globals: &Globals) -> Result<Class, ReadError> {
    Class::of(usize::from(style.ok_or_else(short)?), &globals.classes)
}

fn area(raw: Bytes<'_>) -> Option<Area> {
    let at = |at| raw.u16(at).map(u32::from);
    Some(Area {
        rows: (at(0)?, at(2)?),
        columns: (at(4)?, at(6)?),
    })
}

fn position(record: Bytes<'_>) -> Result<(u32, u32), ReadError> {
    let (row, column) = record.u16(0).zip(record.u16(2)).ok_or_else(short)?;
    Ok((u32::from(row), u32::from(column)))
}
