//! What holds for a whole xls workbook: its sheets, its shared texts, the formats of its styles.

use std::collections::BTreeMap;
use std::ops::Range;

use super::bytes::{Bytes, utf16};
use super::format::{Class, builtin, custom};
use super::read_error::{ReadError, password};
use super::sniff::not_a_spreadsheet;
use super::workbook::SheetInfo;
use super::xls_records::{BEGIN, END, Records, SHEET, short};

const SHARED_TEXTS: u16 = 0x00FC;

/// What holds for the whole workbook.
pub(super) struct Globals {
    /// Its sheets of cells.
    pub sheets: Vec<SheetInfo>,
    /// Where each begins.
    starts: Vec<usize>,
    /// Where the shared texts lie in the stream.
    pub(super) texts: Range<usize>,
    pub(super) classes: Vec<Class>,
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
                SHEET => found.sheet(record).ok_or_else(short)?,
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
    pub(super) fn start(&self, stream: &[u8], sheet: usize) -> Option<usize> {
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
