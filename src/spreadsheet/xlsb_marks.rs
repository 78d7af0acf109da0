//! What calamine does not tell of an xlsb sheet, seen in its records while they pass, and what it
//! would pass over, written the way that it reads.
//!
//! - Hidden rows and merged areas are not told, nor the style of a cell, and so no percents.
//! - A formula's error is passed over and looks blank; it is given as an error typed in.
//! - Cells that do not tell their column, as some writers leave it out, and texts with fonts are
//!   passed over; they are given as plain cells.
//! - A row number beyond the sheet ends the reading without a word.
//! - Lengths are not checked: a record cut short is filled with what came before it.
//! - Of the styles it skips records by half; they are read here, and calamine sees none.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, Read};
use std::rc::Rc;

use super::bytes::Bytes;
use super::cell::{Area, MAX_COLUMNS, MAX_ROWS};
use super::format::{Class, builtin, custom};
use super::package::unreadable;
use super::read_error::ReadError;
use super::unpacked::Scan;

/// First and last of the cells that do not tell their column.
const SHORT_BLANK: u32 = 12;
const SHORT_TEXT: u32 = 18;
const BEGIN_CELLS: u32 = 145;
const FORMULA_ERROR: u32 = 11;
const RICH_TEXT: u32 = 62;
const LONGEST_RECORD: usize = 4 << 20;

/// What is known of the cells before calamine gives them.
#[derive(Debug, Default)]
pub(super) struct XlsbMarks {
    /// Where each cell is that calamine will give, and its class where it is a number.
    pub cells: VecDeque<(u32, u32, Class)>,
    /// Hidden rows not yet told.
    pub hidden: VecDeque<u32>,
    /// Merged areas, known when the sheet's end has passed.
    pub merged: Vec<Area>,
}

/// Looks at a sheet's records.
pub(super) struct XlsbScan {
    marks: Rc<RefCell<XlsbMarks>>,
    classes: Rc<[Class]>,
    begun: bool,
    row: Option<u32>,
    column: u32,
    error: Option<ReadError>,
}

/// A record's kind, where its content is, and where the next begins.
struct XlsbRecord {
    kind: u32,
    content: std::ops::Range<usize>,
}

/// The record at `at`; none where it has not come whole.
fn record(bytes: &[u8], at: usize) -> Result<Option<XlsbRecord>, ReadError> {
    let Some(first) = bytes.get(at) else {
        return Ok(None);
    };
    let mut at = at + 1;
    let mut kind = u32::from(*first);
    if first & 0x80 != 0 {
        let Some(second) = bytes.get(at) else {
            return Ok(None);
        };
        kind = u32::from(first & 0x7F) | u32::from(second & 0x7F) << 7;
        at += 1;
    }
    let mut length = 0;
    for shift in [0, 7, 14, 21] {
        let Some(byte) = bytes.get(at) else {
            return Ok(None);
        };
        at += 1;
        length |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    if length > LONGEST_RECORD {
        return Err(short());
    }
    let content = at..at + length;
    Ok((content.end <= bytes.len()).then_some(XlsbRecord { kind, content }))
}

fn short() -> ReadError {
    ReadError::damaged("uno de sus registros está incompleto")
}

impl XlsbScan {
    /// A scan that leaves what it finds in `marks`.
    pub(super) fn new(marks: Rc<RefCell<XlsbMarks>>, classes: Rc<[Class]>) -> Self {
        Self {
            marks,
            classes,
            begun: false,
            row: None,
            column: 0,
            error: None,
        }
    }

    /// One record, written to `out` as calamine reads it.
    fn pass(&mut self, kind: u32, raw: Bytes<'_>, out: &mut Vec<u8>) -> Result<(), ReadError> {
        match kind {
            BEGIN_CELLS => {
                self.begun = true;
                write(148, &[&[0; 16]], out);
            }
            // Views and widths: calamine looks in them for what it waits for.
            _ if !self.begun => return Ok(()),
            0 => self.row(raw)?,
            1..=SHORT_TEXT | RICH_TEXT => return self.cell(kind, raw, out),
            176 => self
                .marks
                .borrow_mut()
                .merged
                .push(area(raw).ok_or_else(short)?),
            _ => {}
        }
        write(kind, &[raw.0], out);
        Ok(())
    }

    fn row(&mut self, raw: Bytes<'_>) -> Result<(), ReadError> {
        let row = raw.u32(0).ok_or_else(short)?;
        if row >= MAX_ROWS || self.row.is_some_and(|last| row <= last) {
            return Err(ReadError::misplaced());
        }
        self.row = Some(row);
        self.column = 0;
        // Bit 12 of the flags: the row is hidden.
        if raw.u8(11).is_some_and(|flags| flags & 0x10 != 0) {
            self.marks.borrow_mut().hidden.push_back(row);
        }
        Ok(())
    }

    fn cell(&mut self, kind: u32, raw: Bytes<'_>, out: &mut Vec<u8>) -> Result<(), ReadError> {
        let is_short = (SHORT_BLANK..=SHORT_TEXT).contains(&kind);
        let (column, rest) = if is_short {
            (self.column, raw)
        } else {
            (
                raw.u32(0).ok_or_else(short)?,
                raw.from(4).ok_or_else(short)?,
            )
        };
        let row = self.row.ok_or_else(ReadError::misplaced)?;
        if column >= MAX_COLUMNS || column < self.column {
            return Err(ReadError::misplaced().near(row, column));
        }
        self.column = column + 1;
        let (kind, rest) = plain(kind, rest)
            .filter(|(kind, rest)| is_whole(*kind, Bytes(rest)))
            .ok_or_else(|| short().near(row, column))?;
        if kind == 1 {
            return Ok(());
        }
        let class = match kind {
            2 | 5 | 9 => {
                let style = Bytes(&rest).u32(0).ok_or_else(short)? & 0x00FF_FFFF;
                Class::of(style as usize, &self.classes).map_err(|t| t.near(row, column))?
            }
            _ => Class::Number,
        };
        self.marks
            .borrow_mut()
            .cells
            .push_back((row, column, class));
        write(kind, &[&column.to_le_bytes(), &rest], out);
        Ok(())
    }
}

/// A cell's record without its column, as one of those that calamine reads.
fn plain(kind: u32, rest: Bytes<'_>) -> Option<(u32, Vec<u8>)> {
    Some(match kind {
        SHORT_BLANK..=SHORT_TEXT => {
            let kinds = [1, 2, 3, 4, 5, 6, 7];
            let kind = kinds.get((kind - SHORT_BLANK) as usize)?;
            (*kind, rest.0.to_vec())
        }
        FORMULA_ERROR => (3, rest.0.get(..5)?.to_vec()),
        RICH_TEXT => (6, [rest.0.get(..4)?, rest.0.get(5..)?].concat()),
        _ => (kind, rest.0.to_vec()),
    })
}

/// Whether nothing is missing from a cell's style and value.
fn is_whole(kind: u32, rest: Bytes<'_>) -> bool {
    match kind {
        1 => true,
        2 | 7 => rest.u32(4).is_some(),
        5 | 9 => rest.f64(4).is_some(),
        6 | 8 => rest.wide(4).is_some(),
        _ => rest.u8(4).is_some(),
    }
}

fn write(kind: u32, content: &[&[u8]], out: &mut Vec<u8>) {
    let low = (kind & 0x7F) as u8;
    match (kind >> 7) as u8 {
        0 => out.push(low),
        high => out.extend([low | 0x80, high]),
    }
    let mut length: usize = content.iter().map(|bytes| bytes.len()).sum();
    while length > 0x7F {
        out.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
    for bytes in content {
        out.extend_from_slice(bytes);
    }
}

fn area(raw: Bytes<'_>) -> Option<Area> {
    Some(Area {
        rows: (raw.u32(0)?, raw.u32(4)?),
        columns: (raw.u32(8)?, raw.u32(12)?),
    })
}

impl Scan for XlsbScan {
    fn scan(&mut self, bytes: &[u8], _: bool, out: &mut Vec<u8>) -> Result<usize, ReadError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let mut at = 0;
        loop {
            let outcome = record(bytes, at).and_then(|found| {
                let Some(found) = found else { return Ok(None) };
                let raw = bytes.get(found.content.clone()).unwrap_or_default();
                self.pass(found.kind, Bytes(raw), out)?;
                Ok(Some(found.content.end))
            });
            match outcome {
                Ok(Some(next)) => at = next,
                Ok(None) => return Ok(at),
                Err(error) if out.is_empty() => return Err(error),
                Err(error) => {
                    // What came before it may still pass.
                    self.error = Some(error);
                    return Ok(at);
                }
            }
        }
    }
}

/// The class of each cell style of `xl/styles.bin`.
pub(super) fn classes(part: Option<Box<dyn BufRead + '_>>) -> Result<Vec<Class>, ReadError> {
    let mut bytes = Vec::new();
    if let Some(mut part) = part {
        part.read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
    }
    let mut formats: BTreeMap<u32, Class> = BTreeMap::new();
    let (mut classes, mut in_cell_styles, mut at) = (Vec::new(), false, 0);
    while let Some(found) = record(&bytes, at)? {
        let raw = Bytes(bytes.get(found.content.clone()).unwrap_or_default());
        match found.kind {
            44 => {
                let id = u32::from(raw.u16(0).ok_or_else(short)?);
                let (code, _) = raw.wide(2).ok_or_else(short)?;
                formats.insert(id, custom(&code));
            }
            617 => in_cell_styles = true,
            618 => in_cell_styles = false,
            47 if in_cell_styles => {
                let id = u32::from(raw.u16(2).ok_or_else(short)?);
                let class = formats.get(&id).copied();
                classes.push(class.unwrap_or_else(|| builtin(id)));
            }
            _ => {}
        }
        at = found.content.end;
    }
    Ok(classes)
}
