//! What holds for the whole workbook: sheets, shared strings, number formats, the epoch.

use std::collections::BTreeMap;

use super::records::{Records, string, take};
use super::{Xls, short};
use crate::ingest::bytes::Bytes;
use crate::ingest::cell::{TextId, Texts, Trouble};
use crate::ingest::package::password;
use crate::ingest::sniff::not_a_spreadsheet;
use crate::ingest::workbook::SheetInfo;
use crate::ingest::xlsx::{Class, builtin, custom, too_many_texts};

/// Reads the globals of the workbook stream.
pub fn read(stream: Vec<u8>) -> Result<Xls, Trouble> {
    let mut xls = Xls {
        stream: Vec::new(),
        sheets: Vec::new(),
        starts: Vec::new(),
        texts: Texts::default(),
        strings: Vec::new(),
        styles: Vec::new(),
        date1904: false,
        parts: 0,
        turns: Vec::new(),
    };
    let mut formats: BTreeMap<u16, Class> = BTreeMap::new();
    let mut styles: Vec<u16> = Vec::new();
    let mut records = Records::from(&stream, 0);
    let mut ended = false;
    while let Some((kind, record)) = records.next()? {
        match kind {
            0x0809 if record.u16(0) != Some(0x0600) => {
                return Err(not_a_spreadsheet(
                    "un libro de una versión de Excel anterior a 1997",
                ));
            }
            0x000A => {
                ended = true;
                break;
            }
            0x002F => return Err(password()),
            0x0022 => xls.date1904 = record.u16(0) == Some(1),
            0x0085 => {
                xls.parts += 1;
                if let Some((info, start)) = sheet(record).ok_or_else(short)? {
                    xls.turns.push(xls.parts - 1);
                    xls.sheets.push(info);
                    xls.starts.push(start);
                }
            }
            0x041E => {
                let id = record.u16(0).ok_or_else(short)?;
                let code = string(record.from(2).ok_or_else(short)?, &mut records);
                formats.insert(id, custom(&code.ok_or_else(short)?));
            }
            0x00E0 => styles.push(record.u16(2).ok_or_else(short)?),
            0x00FC => xls.strings = shared(record, &mut records, &mut xls.texts)?,
            _ => {}
        }
    }
    if !ended {
        return Err(crate::ingest::xml::cut_off());
    }
    let class = |id: &u16| {
        formats
            .get(id)
            .copied()
            .unwrap_or_else(|| builtin(u32::from(*id)))
    };
    xls.styles = styles.iter().map(class).collect();
    xls.stream = stream;
    Ok(xls)
}

/// A sheet of cells and where it begins; `Some(None)` for a chart or a macro sheet.
#[expect(
    clippy::option_option,
    reason = "short record, other kind of sheet, sheet of cells"
)]
fn sheet(record: Bytes<'_>) -> Option<Option<(SheetInfo, usize)>> {
    let start = record.u32(0)? as usize;
    let hidden = record.u8(4)? & 3 != 0;
    if record.u8(5)? != 0 {
        return Some(None);
    }
    let mut left = usize::from(record.u8(6)?);
    let mut name = String::new();
    take(record.from(8)?, record.u8(7)?, &mut left, &mut name);
    Some(Some((SheetInfo { name, hidden }, start)))
}

/// The shared strings. Each may run over the end of a record, even within its characters, and
/// carries fonts and phonetic guides that are passed over.
fn shared<'b>(
    first: Bytes<'b>,
    records: &mut Records<'b>,
    texts: &mut Texts,
) -> Result<Vec<TextId>, Trouble> {
    // Zero is what some writers leave there; then the records tell.
    let count = first.u32(4).filter(|n| *n > 0).unwrap_or(u32::MAX);
    let mut cursor = Cursor {
        bytes: first.from(8).ok_or_else(short)?,
        records,
    };
    let mut ids = Vec::new();
    for _ in 0..count {
        // Some writers count more texts than they write.
        if cursor.is_at_end() {
            break;
        }
        // What is missing is missed by the cells that point to it, and only then.
        let Some(text) = cursor.text() else { break };
        ids.push(texts.push(&text).ok_or_else(too_many_texts)?);
    }
    Ok(ids)
}

struct Cursor<'r, 'b> {
    bytes: Bytes<'b>,
    records: &'r mut Records<'b>,
}

impl Cursor<'_, '_> {
    fn is_at_end(&mut self) -> bool {
        while self.bytes.0.is_empty()
            && let Some(more) = self.records.continued()
        {
            self.bytes = more;
        }
        self.bytes.0.is_empty()
    }

    fn text(&mut self) -> Option<String> {
        let mut left = usize::from(self.bytes.u16(0)?);
        let mut flags = self.bytes.u8(2)?;
        let mut at = 3;
        let mut tail = 0usize;
        if flags & 8 != 0 {
            tail += usize::from(self.bytes.u16(at)?) * 4;
            at += 2;
        }
        if flags & 4 != 0 {
            tail = tail.checked_add(self.bytes.u32(at)? as usize)?;
            at += 4;
        }
        self.bytes = self.bytes.from(at)?;
        let mut out = String::new();
        loop {
            let used = take(self.bytes, flags, &mut left, &mut out);
            self.bytes = self.bytes.from(used)?;
            if left == 0 {
                break;
            }
            let more = self.records.continued()?;
            flags = more.u8(0)?;
            self.bytes = more.from(1)?;
        }
        while tail > self.bytes.0.len() {
            tail -= self.bytes.0.len();
            self.bytes = self.records.continued()?;
        }
        self.bytes = self.bytes.from(tail)?;
        Some(out)
    }
}
