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

use std::collections::{BTreeMap, BTreeSet};

use super::bytes::{Bytes, utf16};
use super::cell::Area;
use super::format::{Class, builtin, custom};
use super::read_error::ReadError;
use super::read_error::{password, too_many_cells};
use super::sniff::not_a_spreadsheet;
use super::workbook::SheetInfo;

const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const CONTINUE: u16 = 0x003C;
const SHARED_TEXTS: u16 = 0x00FC;
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

/// The records from one place on.
struct Records<'b> {
    stream: &'b [u8],
    at: usize,
}

impl<'b> Records<'b> {
    fn next(&mut self) -> Result<Option<(u16, Bytes<'b>)>, ReadError> {
        let head = Bytes(self.stream.get(self.at..).unwrap_or_default());
        let Some((kind, length)) = head.u16(0).zip(head.u16(2)) else {
            return Ok(None);
        };
        let end = 4 + usize::from(length);
        let bytes = head.0.get(4..end).ok_or_else(ReadError::cut_off)?;
        self.at += end;
        Ok(Some((kind, Bytes(bytes))))
    }

    /// The next record, if it goes on with the one before.
    fn continued(&mut self) -> Option<Bytes<'b>> {
        let before = self.at;
        if let Ok(Some((CONTINUE, bytes))) = self.next() {
            return Some(bytes);
        }
        self.at = before;
        None
    }

    /// A text with two bytes of length before it, which may go on in the records that follow, as
    /// one record's text of two bytes a letter.
    fn text(&mut self, bytes: Bytes<'b>) -> Option<Vec<u8>> {
        let length = bytes.u16(0)?;
        let mut out = length.to_le_bytes().to_vec();
        out.push(1);
        let mut left = usize::from(length);
        let mut rest = if left > 0 { bytes.from(2)? } else { Bytes(&[]) };
        while left > 0 {
            let is_wide = rest.u8(0)? & 1 != 0;
            let letters = rest.from(1)?.0;
            let taken = left.min(letters.len() >> usize::from(is_wide));
            if is_wide {
                out.extend_from_slice(letters.get(..taken * 2)?);
            } else {
                out.extend(letters.iter().take(taken).flat_map(|letter| [*letter, 0]));
            }
            left -= taken;
            if left > 0 {
                rest = self.continued()?;
            }
        }
        Some(out)
    }
}

/// What holds for the whole workbook.
pub(super) struct Globals {
    /// Its sheets of cells.
    pub sheets: Vec<SheetInfo>,
    /// Where each begins.
    starts: Vec<usize>,
    /// Where the shared texts lie in the stream.
    texts: std::ops::Range<usize>,
    classes: Vec<Class>,
    /// Whether day 0 is 1904-01-01.
    pub date1904: bool,
    /// How many sheets of any kind there are, and each kept sheet's turn among them.
    parts: usize,
    turns: Vec<usize>,
}

impl Globals {
    /// Reads them from the beginning of the workbook's stream.
    pub(super) fn read(stream: &[u8]) -> Result<Self, ReadError> {
        let mut found = Self {
            sheets: Vec::new(),
            starts: Vec::new(),
            texts: 0..0,
            classes: Vec::new(),
            date1904: false,
            parts: 0,
            turns: Vec::new(),
        };
        let mut formats: BTreeMap<u16, Class> = BTreeMap::new();
        let mut styles: Vec<u16> = Vec::new();
        let mut records = Records { stream, at: 0 };
        loop {
            let begin = records.at;
            let (kind, record) = records.next()?.ok_or_else(ReadError::cut_off)?;
            match kind {
                BEGIN if record.u16(0) != Some(0x0600) => {
                    return Err(not_a_spreadsheet(
                        "un libro de una versión de Excel anterior a 1997",
                    ));
                }
                END => break,
                0x002F => return Err(password()),
                0x0022 => found.date1904 = record.u16(0) == Some(1),
                0x0085 => found.sheet(record).ok_or_else(short)?,
                0x041E => {
                    let id = record.u16(0).ok_or_else(short)?;
                    let code = records.text(record.from(2).ok_or_else(short)?);
                    let code = code.ok_or_else(short)?;
                    formats.insert(id, custom(&utf16(code.get(3..).unwrap_or_default())));
                }
                0x00E0 => styles.push(record.u16(2).ok_or_else(short)?),
                SHARED_TEXTS => {
                    while records.continued().is_some() {}
                    found.texts = begin..records.at;
                }
                _ => {}
            }
        }
        let known = |id: &u16| formats.get(id).copied();
        let class = |id: &u16| known(id).unwrap_or_else(|| builtin(u32::from(*id)));
        found.classes = styles.iter().map(class).collect();
        Ok(found)
    }

    fn sheet(&mut self, record: Bytes<'_>) -> Option<()> {
        let start = record.u32(0)? as usize;
        let hidden = record.u8(4)? & 3 != 0;
        self.parts += 1;
        // Charts and sheets of macros hold no cells.
        if record.u8(5)? != 0 {
            return Some(());
        }
        let units = usize::from(record.u8(6)?);
        let letters = record.from(8)?.0;
        let name = if record.u8(7)? & 1 == 0 {
            letters
                .iter()
                .take(units)
                .map(|letter| char::from(*letter))
                .collect()
        } else {
            utf16(letters.get(..units * 2)?)
        };
        self.turns.push(self.parts - 1);
        self.starts.push(start);
        self.sheets.push(SheetInfo { name, hidden });
        Some(())
    }

    /// Where a sheet's records begin. Some writers note a place that is none: then its turn among
    /// the sheets tells.
    fn start(&self, stream: &[u8], sheet: usize) -> Option<usize> {
        let noted = *self.starts.get(sheet)?;
        if let Ok(Some((BEGIN, _))) = (Records { stream, at: noted }).next() {
            return Some(noted);
        }
        let (mut found, mut depth) = (Vec::new(), 0u32);
        let mut records = Records { stream, at: 0 };
        loop {
            let at = records.at;
            match records.next() {
                Ok(Some((BEGIN, _))) => {
                    if depth == 0 {
                        found.push(at);
                    }
                    depth += 1;
                }
                Ok(Some((END, _))) => depth = depth.saturating_sub(1),
                Ok(Some(_)) => {}
                _ => break,
            }
        }
        // The first part is the workbook's own.
        let parts = found.get(1..).filter(|parts| parts.len() == self.parts)?;
        parts.get(*self.turns.get(sheet)?).copied()
    }
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
        write(0x0085, b"\0\0\0\0\0\0\x01\0S", out);
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

fn write(kind: u16, content: &[u8], out: &mut Vec<u8>) {
    out.extend(kind.to_le_bytes());
    out.extend(
        u16::try_from(content.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes(),
    );
    out.extend_from_slice(content);
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

fn short() -> ReadError {
    ReadError::damaged("uno de sus registros está incompleto")
}
