//! xls of Excel 97 and later (BIFF8): the crate cfb opens the file and follows its sectors, each
//! no more than once; calamine reads the cells of one sheet at a time.

use std::io::{Cursor, Read, Write};

use calamine::{Data, Range, Reader, XlsOptions};
use cfb::{CompoundFile, Version};
use memchr::memmem;

use super::bytes::Bytes;
use super::caught::{disordered, tried};
use super::cell::{CellValue, Sink, Texts};
use super::held::{HeldRow, HeldSheet, LastSheet};
use super::read_error::{ReadError, password, too_many_texts};
use super::sniff::not_a_spreadsheet;
use super::workbook::{SheetInfo, Workbook};
use super::xls_globals::Globals;
use super::xls_marks::{XlsKind, XlsSheet, place};

/// An opened xls.
pub(super) struct Xls {
    stream: Vec<u8>,
    globals: Globals,
    most: u64,
    last: LastSheet,
}

/// Opens a compound file, which may hold something else than a workbook.
pub(super) fn open(bytes: &[u8], most: u64) -> Result<Xls, ReadError> {
    let encrypted: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
    let mut file = match CompoundFile::open(Cursor::new(padded(bytes))) {
        // Not every program that encrypts a workbook keeps to the letter of the container.
        Err(_) if memmem::find(bytes, &encrypted).is_some() => return Err(password()),
        Err(_) => return Err(broken()),
        Ok(file) if file.exists("/EncryptedPackage") => return Err(password()),
        Ok(file) => file,
    };
    if !file.is_stream("/Workbook") {
        return Err(not_a_spreadsheet(if file.exists("/Book") {
            "un libro de una versión de Excel anterior a 1997"
        } else if file.exists("/WordDocument") {
            "un documento de Word"
        } else if file.exists("/PowerPoint Document") {
            "una presentación de PowerPoint"
        } else {
            "un archivo de Office que no tiene hojas"
        }));
    }
    let source = file.open_stream("/Workbook").map_err(|_| broken())?;
    let length = source.len();
    let mut stream = Vec::new();
    let read = source.take(bytes.len() as u64).read_to_end(&mut stream);
    if read.is_err() || stream.len() as u64 != length {
        return Err(broken());
    }
    Ok(Xls {
        globals: Globals::read(&stream)?,
        stream,
        most,
        last: LastSheet::default(),
    })
}

/// The file with zeros after its end, as far as its table of sectors reaches: SheetJS and others
/// leave entries in it for sectors that they do not write, which cfb takes for damage.
fn padded(bytes: &[u8]) -> Vec<u8> {
    let head = Bytes(bytes);
    let sector = 1usize << head.u16(30).unwrap_or(9).min(12);
    let tables = head.u32(44).unwrap_or(0) as usize;
    let most = bytes.len() + sector * sector / 4;
    let reach = tables.saturating_mul(sector / 4).saturating_add(1);
    let mut out = bytes.to_vec();
    out.resize(reach.saturating_mul(sector).clamp(bytes.len(), most), 0);
    out
}

fn broken() -> ReadError {
    ReadError::damaged(
        "está cortado o revuelto por dentro, como ocurre cuando la copia queda a medias",
    )
}

/// The sheet with the values that calamine reads in it.
fn load(sheet: XlsSheet, texts: &mut Texts) -> Result<HeldSheet, ReadError> {
    let range = range(&sheet.stream)?;
    let mut held = HeldSheet {
        rows: Vec::new(),
        merged: sheet.merged,
    };
    for (row, column, number, kind) in sheet.cells {
        let value = match kind {
            XlsKind::NoCache => CellValue::NoCache,
            _ => marked_value(range.get_value(place(number)), kind, texts)
                .map_err(|t| t.near(row, column))?,
        };
        let hidden = sheet.hidden.contains(&row);
        match held.rows.last_mut().filter(|last| last.first == row) {
            Some(last) => last.cells.push((column, 1, value)),
            None => held.rows.push(HeldRow {
                first: row,
                times: 1,
                hidden,
                cells: vec![(column, 1, value)],
            }),
        }
    }
    Ok(held)
}
impl Workbook for Xls {
    fn sheets(&self) -> &[SheetInfo] {
        &self.globals.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let (stream, globals, most) = (&self.stream, &self.globals, self.most);
        self.last.send(sheet, sink, |texts| {
            load(XlsSheet::read(stream, globals, sheet, most)?, texts)
        })
    }

    fn texts(&self) -> &Texts {
        &self.last.texts
    }

    fn date1904(&self) -> bool {
        self.globals.date1904
    }
}

/// What calamine reads in a stream of one sheet. All texts of such a workbook are
/// UTF-16, whatever code page it names.
fn range(stream: &[u8]) -> Result<Range<Data>, ReadError> {
    let mut file = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new()))
        .map_err(|_| disordered())?;
    let written = file
        .create_stream("/Workbook")
        .and_then(|mut target| target.write_all(stream).and_then(|()| target.flush()));
    written
        .and_then(|()| file.flush())
        .map_err(|_| disordered())?;
    let mut options = XlsOptions::default();
    options.force_codepage = Some(1200);
    let file = file.into_inner();
    let mut book = tried(|| calamine::Xls::new_with_options(file, options))?;
    tried(|| book.worksheet_range("S"))
}

fn marked_value(
    value: Option<&Data>,
    kind: XlsKind,
    texts: &mut Texts,
) -> Result<CellValue, ReadError> {
    Ok(match (value, kind) {
        (Some(Data::Int(n)), XlsKind::Number(class)) => class.value(*n as f64),
        (Some(Data::Float(n)), XlsKind::Number(class)) => class.value(*n),
        (Some(Data::Bool(b)), XlsKind::Other) => CellValue::Bool(*b),
        (Some(Data::String(text)), XlsKind::Other) => texts.value(text)?,
        (Some(Data::Error(error)), XlsKind::Other) => {
            let id = texts.push(&error.to_string());
            id.map(CellValue::Error).ok_or_else(too_many_texts)?
        }
        // A shared text that is not there leaves a gap.
        _ => return Err(ReadError::no_text()),
    })
}
