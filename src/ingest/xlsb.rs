//! xlsb: the parts of an xlsx as binary records.
//!
//! calamine takes a formula's error for a blank, which would let a broken cell pass for an empty
//! one; here it stays an error.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use super::bytes::Bytes;
use super::cell::{Flow, MAX_COLUMNS, MAX_ROWS, Sink, TextId, Texts, Trouble, Value};
use super::errors::error_text;
use super::merged::Area;
use super::package::{Package, TOO_MUCH, too_big};
use super::workbook::{SheetInfo, Workbook};
use super::xlsx::{Class, builtin, custom, relations, too_many_texts};
use super::xml::cut_off;

/// First and last of the records whose cell follows the one before it.
const SHORT_BLANK: u32 = 12;
const SHORT_TEXT: u32 = 18;
/// A text with fonts, kept in the cell.
const RICH_TEXT: u32 = 62;
/// Around what a later version of Excel has added.
const FUTURE_BEGIN: u32 = 35;
const FUTURE_END: u32 = 36;
const LONGEST_RECORD: u64 = 4 << 20;

/// An opened xlsb.
pub struct Xlsb<'b> {
    package: Package<'b>,
    sheets: Vec<SheetInfo>,
    paths: Vec<String>,
    texts: Texts,
    strings: Vec<TextId>,
    styles: Vec<Class>,
    date1904: bool,
}

impl<'b> Xlsb<'b> {
    /// Opens the workbook whose main part is `main`.
    pub fn open(mut package: Package<'b>, main: &str, most: u64) -> Result<Self, Trouble> {
        let relations = relations(&mut package, main)?;
        let mut book = Self {
            sheets: Vec::new(),
            paths: Vec::new(),
            texts: Texts::default(),
            strings: Vec::new(),
            styles: Vec::new(),
            date1904: false,
            package,
        };
        let mut named = Vec::new();
        {
            let mut records = Records::of(&mut book.package, main)?;
            let mut extensions = 0_u32;
            while let Some((kind, record)) = records.next()? {
                match kind {
                    FUTURE_BEGIN => extensions += 1,
                    FUTURE_END => extensions = extensions.saturating_sub(1),
                    _ if extensions > 0 => {}
                    153 => book.date1904 = record.u32(0).ok_or_else(short)? & 1 != 0,
                    156 => named.push(sheet(record).ok_or_else(short)?),
                    _ => {}
                }
            }
        }
        for (info, id) in named {
            if let Some(relation) = relations.get(&id).filter(|r| r.kind == "worksheet") {
                book.sheets.push(info);
                book.paths.push(relation.target.clone());
            }
        }
        for relation in relations.values() {
            match relation.kind.as_str() {
                "sharedStrings" => book.read_strings(&relation.target, most)?,
                "styles" => book.read_styles(&relation.target)?,
                _ => {}
            }
        }
        Ok(book)
    }

    fn read_strings(&mut self, path: &str, most: u64) -> Result<(), Trouble> {
        let mut records = Records::of(&mut self.package, path)?;
        while let Some((kind, record)) = records.next()? {
            if kind != 19 {
                continue;
            }
            let (text, _) = record.wide(1).ok_or_else(short)?;
            self.strings
                .push(self.texts.push(&text).ok_or_else(too_many_texts)?);
            if self.strings.len() as u64 > most {
                return Err(too_big(&format!("tiene más de {most} textos")));
            }
        }
        Ok(())
    }

    fn read_styles(&mut self, path: &str) -> Result<(), Trouble> {
        let mut formats: BTreeMap<u32, Class> = BTreeMap::new();
        let mut in_cell_xfs = false;
        let mut records = Records::of(&mut self.package, path)?;
        while let Some((kind, record)) = records.next()? {
            match kind {
                44 => {
                    let id = u32::from(record.u16(0).ok_or_else(short)?);
                    let (code, _) = record.wide(2).ok_or_else(short)?;
                    formats.insert(id, custom(&code));
                }
                617 => in_cell_xfs = true,
                618 => in_cell_xfs = false,
                47 if in_cell_xfs => {
                    let id = u32::from(record.u16(2).ok_or_else(short)?);
                    let class = formats.get(&id).copied();
                    self.styles.push(class.unwrap_or_else(|| builtin(id)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Workbook for Xlsb<'_> {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), Trouble> {
        let path = self.paths.get(sheet).cloned().unwrap_or_default();
        let mut records = Records::of(&mut self.package, &path)?;
        let (mut row, mut last_row, mut next_column) = (0, None, 0);
        loop {
            let (kind, record) = records.next()?.ok_or_else(cut_off)?;
            match kind {
                0 => {
                    row = record.u32(0).ok_or_else(short)?;
                    if row >= MAX_ROWS || last_row.is_some_and(|last| row <= last) {
                        return Err(misplaced());
                    }
                    last_row = Some(row);
                    next_column = 0;
                    // Bit 12 of the flags: the row is hidden.
                    if record.u8(11).is_some_and(|flags| flags & 0x10 != 0) {
                        sink.hidden_row(row);
                    }
                }
                1..=18 | RICH_TEXT => {
                    // Short cells follow the one before and do not tell their column.
                    let column = match kind {
                        SHORT_BLANK..=SHORT_TEXT => next_column,
                        _ => record.u32(0).ok_or_else(short)?,
                    };
                    if column >= MAX_COLUMNS || column < next_column || last_row.is_none() {
                        return Err(misplaced().near(row, column));
                    }
                    next_column = column + 1;
                    let book = Parts {
                        strings: &self.strings,
                        styles: &self.styles,
                    };
                    let value = value(kind, record, book, &mut self.texts)
                        .map_err(|t| t.near(row, column))?;
                    if value != Value::Empty
                        && sink.cell(row, column, value, &self.texts)? == Flow::Stop
                    {
                        return Ok(());
                    }
                }
                146 => break,
                _ => {}
            }
        }
        // The merged areas follow the cells. What is wrong out there harms no cell.
        while let Ok(Some((kind, record))) = records.next() {
            match kind {
                176 => sink.merged(area(record).ok_or_else(short)?),
                178 => break,
                _ => {}
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

#[derive(Clone, Copy)]
struct Parts<'a> {
    strings: &'a [TextId],
    styles: &'a [Class],
}

fn value(
    kind: u32,
    record: Bytes<'_>,
    book: Parts<'_>,
    texts: &mut Texts,
) -> Result<Value, Trouble> {
    let mut keep = |text: &str| texts.push(text).ok_or_else(too_many_texts);
    // A short cell holds its style and its value; others their column before.
    let at = match kind {
        SHORT_BLANK..=SHORT_TEXT => 4,
        _ => 8,
    };
    Ok(match kind {
        2 | 13 => number(record.rk(at), record.u32(at - 4), book)?,
        5 | 9 | 16 => number(record.f64(at), record.u32(at - 4), book)?,
        3 | 11 | 14 => Value::Error(keep(error_text(record.u8(at).ok_or_else(short)?))?),
        4 | 10 | 15 => Value::Bool(record.u8(at).ok_or_else(short)? != 0),
        6 | 8 | 17 | RICH_TEXT => {
            let flags = usize::from(kind == RICH_TEXT);
            let (text, _) = record.wide(at + flags).ok_or_else(short)?;
            if text.is_empty() {
                Value::Empty
            } else {
                Value::Text(keep(&text)?)
            }
        }
        7 | SHORT_TEXT => {
            let index = record.u32(at).ok_or_else(short)? as usize;
            let id = book.strings.get(index);
            Value::Text(
                *id.ok_or_else(|| Trouble::damaged("hay celdas cuyo texto no está en el archivo"))?,
            )
        }
        _ => Value::Empty,
    })
}

fn number(number: Option<f64>, style: Option<u32>, book: Parts<'_>) -> Result<Value, Trouble> {
    let number = number.ok_or_else(short)?;
    let style = style.ok_or_else(short)? & 0x00FF_FFFF;
    Ok(match book.styles.get(style as usize) {
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

fn sheet(record: Bytes<'_>) -> Option<(SheetInfo, String)> {
    let hidden = record.u32(0)? != 0;
    let (id, end) = match record.u32(8)? {
        u32::MAX => (String::new(), 12),
        _ => record.wide(8)?,
    };
    let (name, _) = record.wide(end)?;
    Some((SheetInfo { name, hidden }, id))
}

fn area(record: Bytes<'_>) -> Option<Area> {
    Some(Area {
        rows: (record.u32(0)?, record.u32(4)?),
        columns: (record.u32(8)?, record.u32(12)?),
    })
}

fn short() -> Trouble {
    Trouble::damaged("uno de sus registros está incompleto")
}

fn misplaced() -> Trouble {
    Trouble::damaged("hay celdas con una posición imposible")
}

/// The records of a part, one after the other.
struct Records<'p> {
    part: Box<dyn BufRead + 'p>,
    buffer: Vec<u8>,
}

impl<'p> Records<'p> {
    fn of(package: &'p mut Package<'_>, path: &str) -> Result<Self, Trouble> {
        let part = package
            .part(path)?
            .ok_or_else(|| Trouble::damaged(&format!("falta su parte «{path}»")))?;
        Ok(Self {
            part,
            buffer: Vec::new(),
        })
    }

    fn next(&mut self) -> Result<Option<(u32, Bytes<'_>)>, Trouble> {
        let Some(first) = self.byte()? else {
            return Ok(None);
        };
        let mut kind = u32::from(first);
        if first & 0x80 != 0 {
            let second = self.byte()?.ok_or_else(cut_off)?;
            kind = u32::from(first & 0x7F) | u32::from(second & 0x7F) << 7;
        }
        let mut length = 0u64;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?.ok_or_else(cut_off)?;
            length |= u64::from(byte & 0x7F) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if length > LONGEST_RECORD {
            return Err(short());
        }
        self.buffer.clear();
        let read = (&mut self.part).take(length).read_to_end(&mut self.buffer);
        match read {
            Ok(n) if n as u64 == length => Ok(Some((kind, Bytes(&self.buffer)))),
            Err(error) if error.to_string().contains(TOO_MUCH) => {
                Err(too_big("descomprimido pasa del límite"))
            }
            _ => Err(cut_off()),
        }
    }

    fn byte(&mut self) -> Result<Option<u8>, Trouble> {
        let mut byte = [0];
        match self.part.read(&mut byte) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(byte[0])),
            Err(_) => Err(cut_off()),
        }
    }
}
