//! xls of Excel 97 and later (BIFF8), read record by record.
//!
//! calamine parses an xls whole and dense when it opens it, allocates for ever on a cyclic or
//! zero-filled one (a half-copied xls is an ordinary event), and does not tell percent formats.

mod compound;
mod globals;
mod records;

use std::collections::BTreeSet;

use super::bytes::Bytes;
use super::cell::{Flow, MAX_COLUMNS, Sink, TextId, Texts, Trouble, Value};
use super::errors::error_text;
use super::merged::Area;
use super::package::password;
use super::sniff::not_a_spreadsheet;
use super::workbook::{SheetInfo, Workbook};
use super::xlsx::{Class, too_many_texts};
use compound::Compound;
use records::{Records, string};

/// An opened xls.
pub struct Xls {
    stream: Vec<u8>,
    sheets: Vec<SheetInfo>,
    starts: Vec<usize>,
    texts: Texts,
    strings: Vec<TextId>,
    styles: Vec<Class>,
    date1904: bool,
    /// How many sheets of any kind there are, and each kept sheet's turn among them.
    parts: usize,
    turns: Vec<usize>,
}

/// Opens a compound file, which may hold something else than a workbook.
pub fn open(bytes: &[u8]) -> Result<Xls, Trouble> {
    let compound = Compound::open(bytes)?;
    if compound.has("EncryptedPackage") {
        return Err(password());
    }
    if let Some(stream) = compound.stream("Workbook")? {
        return globals::read(stream);
    }
    if compound.has("Book") {
        return Err(not_a_spreadsheet(
            "un libro de una versión de Excel anterior a 1997",
        ));
    }
    Err(not_a_spreadsheet(if compound.has("WordDocument") {
        "un documento de Word"
    } else if compound.has("PowerPoint Document") {
        "una presentación de PowerPoint"
    } else {
        "un archivo de Office que no tiene hojas"
    }))
}

impl Workbook for Xls {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), Trouble> {
        let start = self.start(sheet)?;
        let mut reading = Sheet {
            strings: &self.strings,
            styles: &self.styles,
            texts: &mut self.texts,
            hidden: BTreeSet::new(),
            merged: Vec::new(),
            cells: Vec::new(),
            ordered: true,
            awaiting: None,
        };
        let mut records = Records::from(&self.stream, start);
        let mut depth = 0;
        loop {
            let Some((kind, record)) = records.next()? else {
                return Err(super::xml::cut_off());
            };
            match kind {
                0x0809 => depth += 1,
                0x000A if depth <= 1 => break,
                0x000A => depth -= 1,
                _ if depth == 1 => reading.record(kind, record, &mut records)?,
                _ => {}
            }
        }
        for area in std::mem::take(&mut reading.merged) {
            sink.merged(area);
        }
        let (cells, hidden) = reading.finish()?;
        let mut last = None;
        for (row, column, value) in cells {
            if last != Some(row) && hidden.contains(&row) {
                sink.hidden_row(row);
            }
            last = Some(row);
            if value != Value::Empty && sink.cell(row, column, value, &self.texts)? == Flow::Stop {
                break;
            }
        }
        Ok(())
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn date1904(&self) -> bool {
        self.date1904
    }
}

impl Xls {
    /// Where a sheet's records begin. Some writers note a place that is none: then its turn among
    /// the sheets tells.
    fn start(&self, sheet: usize) -> Result<usize, Trouble> {
        let noted = self.starts.get(sheet).copied().unwrap_or(usize::MAX);
        if records::begins(&self.stream, noted) {
            return Ok(noted);
        }
        let all = records::begins_of_parts(&self.stream);
        // The first part is the workbook's own.
        all.get(1..)
            .filter(|parts| parts.len() == self.parts)
            .and_then(|parts| parts.get(*self.turns.get(sheet)?))
            .copied()
            .ok_or_else(|| Trouble::damaged("una de sus hojas no está donde el libro dice"))
    }
}

/// A cell of a sheet.
type Placed = (u32, u32, Value);

/// Reads a sheet's records. Excel writes its cells in order, some libraries do not; the sheet is
/// in memory already, so they are put in order here.
struct Sheet<'a> {
    strings: &'a [TextId],
    styles: &'a [Class],
    texts: &'a mut Texts,
    hidden: BTreeSet<u32>,
    merged: Vec<Area>,
    cells: Vec<Placed>,
    ordered: bool,
    /// Where the text that follows a formula belongs.
    awaiting: Option<(u32, u32)>,
}

impl Sheet<'_> {
    fn record(
        &mut self,
        kind: u16,
        record: Bytes<'_>,
        records: &mut Records<'_>,
    ) -> Result<(), Trouble> {
        match kind {
            // A row's flags: bit 5 is a height of zero.
            0x0208 => {
                let row = u32::from(record.u16(0).ok_or_else(short)?);
                if record.u16(12).is_some_and(|flags| flags & 0x20 != 0) {
                    self.hidden.insert(row);
                }
                Ok(())
            }
            0x00E5 => {
                let areas = record.from(2).map_or(&[][..], |all| all.0);
                let areas = areas.chunks_exact(8).map(Bytes).filter_map(area);
                self.merged.extend(areas);
                Ok(())
            }
            0x0203 => self.number(record, record.f64(6)),
            0x027E => self.number(record, record.rk(6)),
            0x00BD => self.numbers(record),
            0x00FD => {
                let index = record.u32(6).ok_or_else(short)? as usize;
                let id = self.strings.get(index).copied();
                let missing = || Trouble::damaged("hay celdas cuyo texto no está en el archivo");
                self.emit(record, Value::Text(id.ok_or_else(missing)?))
            }
            0x0204 | 0x00D6 => {
                let text = string(record.from(6).ok_or_else(short)?, records).ok_or_else(short)?;
                let value = self.text(&text)?;
                self.emit(record, value)
            }
            0x0205 => {
                let (value, is_error) = record.u8(6).zip(record.u8(7)).ok_or_else(short)?;
                let value = self.bool_or_error(value, is_error != 0)?;
                self.emit(record, value)
            }
            0x0006 => self.formula(record),
            0x0207 => {
                let Some((row, column)) = self.awaiting.take() else {
                    return Ok(());
                };
                let text = string(record, records).ok_or_else(short)?;
                let value = self.text(&text)?;
                self.put(row, column, value)
            }
            _ => Ok(()),
        }
    }

    fn formula(&mut self, record: Bytes<'_>) -> Result<(), Trouble> {
        if record.u16(12).ok_or_else(short)? != 0xFFFF {
            return self.number(record, record.f64(6));
        }
        let (kind, value) = record.u8(6).zip(record.u8(8)).ok_or_else(short)?;
        let value = match kind {
            0 => {
                self.awaiting = Some(position(record)?);
                return Ok(());
            }
            1 | 2 => self.bool_or_error(value, kind == 2)?,
            _ => Value::NoCache,
        };
        self.emit(record, value)
    }

    fn bool_or_error(&mut self, value: u8, is_error: bool) -> Result<Value, Trouble> {
        if !is_error {
            return Ok(Value::Bool(value != 0));
        }
        let id = self.texts.push(error_text(value));
        id.map(Value::Error).ok_or_else(too_many_texts)
    }

    fn text(&mut self, text: &str) -> Result<Value, Trouble> {
        if text.is_empty() {
            return Ok(Value::Empty);
        }
        self.texts
            .push(text)
            .map(Value::Text)
            .ok_or_else(too_many_texts)
    }

    fn numbers(&mut self, record: Bytes<'_>) -> Result<(), Trouble> {
        let (row, first) = position(record)?;
        let mut at = 4;
        let mut column = first;
        while at + 8 <= record.0.len() {
            let style = record.u16(at).ok_or_else(short)?;
            let value = self.styled(style, record.rk(at + 2).ok_or_else(short)?)?;
            self.put(row, column, value)?;
            at += 6;
            column += 1;
        }
        Ok(())
    }

    fn number(&mut self, record: Bytes<'_>, number: Option<f64>) -> Result<(), Trouble> {
        let style = record.u16(4).ok_or_else(short)?;
        let value = self.styled(style, number.ok_or_else(short)?)?;
        self.emit(record, value)
    }

    fn styled(&self, style: u16, number: f64) -> Result<Value, Trouble> {
        Ok(match self.styles.get(usize::from(style)) {
            Some(Class::Number) => Value::Number(number),
            Some(Class::Percent) => Value::Percent(number),
            Some(Class::Date) => Value::Serial(number),
            Some(Class::Duration) => Value::Duration(number),
            None => {
                return Err(Trouble::damaged(
                    "hay celdas cuyo formato no está en el archivo",
                ));
            }
        })
    }

    fn emit(&mut self, record: Bytes<'_>, value: Value) -> Result<(), Trouble> {
        let (row, column) = position(record)?;
        self.put(row, column, value)
    }

    fn put(&mut self, row: u32, column: u32, value: Value) -> Result<(), Trouble> {
        if column >= MAX_COLUMNS {
            return Err(Trouble::damaged("hay celdas con una posición imposible").near(row, 0));
        }
        let last = self.cells.last().map(|(row, column, _)| (*row, *column));
        self.ordered &= last.is_none_or(|last| last < (row, column));
        self.cells.push((row, column, value));
        Ok(())
    }

    /// All cells in the order of the sheet, each once, and which rows are hidden.
    fn finish(mut self) -> Result<(Vec<Placed>, BTreeSet<u32>), Trouble> {
        if self.ordered {
            return Ok((self.cells, self.hidden));
        }
        self.cells.retain(|(_, _, value)| *value != Value::Empty);
        self.cells.sort_by_key(|(row, column, _)| (*row, *column));
        self.cells.dedup();
        let twice = self.cells.windows(2).find_map(|pair| match pair {
            [a, b] if (a.0, a.1) == (b.0, b.1) => Some((a.0, a.1)),
            _ => None,
        });
        match twice {
            Some((row, column)) => {
                Err(Trouble::damaged("hay celdas que aparecen dos veces").near(row, column))
            }
            None => Ok((self.cells, self.hidden)),
        }
    }
}

fn area(raw: Bytes<'_>) -> Option<Area> {
    let at = |at| raw.u16(at).map(u32::from);
    Some(Area {
        rows: (at(0)?, at(2)?),
        columns: (at(4)?, at(6)?),
    })
}

fn position(record: Bytes<'_>) -> Result<(u32, u32), Trouble> {
    let (row, column) = record.u16(0).zip(record.u16(2)).ok_or_else(short)?;
    Ok((u32::from(row), u32::from(column)))
}

fn short() -> Trouble {
    Trouble::damaged("uno de sus registros está incompleto")
}
