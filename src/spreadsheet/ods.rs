//! ods: calamine reads the cells of one sheet at a time, as `ods_marks` has them written.

use std::io::{BufRead, Cursor, Write};

use calamine::{Data, Range, Reader};
use quick_xml::events::Event;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::caught::{disordered, tried};
use super::cell::{CellValue, Sink, Texts};
use super::held::{HeldSheet, LastSheet};
use super::iso;
use super::ods_marks::{OdsKind, OdsSheet, place};
use super::package::Package;
use super::read_error::password;
use super::read_error::{ReadError, too_many_texts};
use super::workbook::{SheetInfo, Workbook};
use super::xml::{Xml, attribute};

const MAIN: &str = "content.xml";

/// An opened ods.
pub(super) struct Ods<'b> {
    package: Package<'b>,
    sheets: Vec<SheetInfo>,
    date1904: bool,
    most: u64,
    last: LastSheet,
}

impl<'b> Ods<'b> {
    /// Opens it and lists its sheets. calamine tells neither the epoch nor two sheets of one name
    /// apart, and reads all cells to tell the names.
    pub(super) fn open(package: Package<'b>, most: u64) -> Result<Self, ReadError> {
        let manifest = package.bytes("META-INF/manifest.xml", 1 << 20)?;
        let encrypted = |m: Vec<u8>| String::from_utf8_lossy(&m).contains("encryption-data");
        if manifest.is_some_and(encrypted) {
            return Err(password());
        }
        let mut ods = Self {
            package,
            sheets: Vec::new(),
            date1904: false,
            most,
            last: LastSheet::default(),
        };
        ods.list()?;
        Ok(ods)
    }

    fn list(&mut self) -> Result<(), ReadError> {
        let mut xml = Xml::new(main(&self.package)?);
        let mut hidden_styles = Vec::new();
        let mut style = String::new();
        let mut ended = false;
        loop {
            let mut skip = false;
            match xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "style" => style = attribute(&e, "name").unwrap_or_default(),
                    "table-properties"
                        if attribute(&e, "display").is_some_and(|v| v == "false") =>
                    {
                        hidden_styles.push(style.clone());
                    }
                    "null-date" => {
                        self.date1904 =
                            attribute(&e, "date-value").is_some_and(|v| v.starts_with("1904"));
                    }
                    "table" => {
                        let style = attribute(&e, "style-name").unwrap_or_default();
                        self.sheets.push(SheetInfo {
                            name: attribute(&e, "name").unwrap_or_default(),
                            hidden: hidden_styles.contains(&style),
                        });
                        skip = true;
                    }
                    "tracked-changes" => skip = true,
                    _ => {}
                },
                Event::End(e) if e.local_name().as_ref() == "document-content" => ended = true,
                Event::Eof if ended => return Ok(()),
                Event::Eof => return Err(ReadError::cut_off()),
                _ => {}
            }
            if skip {
                xml.skip()?;
            }
        }
    }
}

fn main<'b>(package: &Package<'b>) -> Result<Box<dyn BufRead + 'b>, ReadError> {
    package
        .part(MAIN)
        .ok_or_else(|| ReadError::damaged("falta su parte «content.xml»"))
}

/// The sheet that was found, with the values that calamine reads in it.
fn load(found: OdsSheet, date1904: bool, texts: &mut Texts) -> Result<HeldSheet, ReadError> {
    let mut held = found.held;
    let range = range(&found.content)?;
    let mut kinds = found.kinds.iter().enumerate();
    for row in &mut held.rows {
        for (column, _, value) in &mut row.cells {
            let Some((number, kind)) = kinds.next() else {
                return Err(disordered());
            };
            let data = range.get_value(place(number));
            *value = marked_value(data, *kind, date1904, texts)
                .map_err(|t| t.near(row.first, *column))?;
        }
    }
    Ok(held)
}

impl Workbook for Ods<'_> {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let (package, date1904, most) = (&self.package, self.date1904, self.most);
        self.last.send(sheet, sink, |texts| {
            let found = OdsSheet::read(Xml::new(main(package)?), sheet, most)?;
            load(found, date1904, texts)
        })
    }

    fn texts(&self) -> &Texts {
        &self.last.texts
    }

    fn date1904(&self) -> bool {
        self.date1904
    }
}

/// What calamine reads in a document of one sheet.
fn range(content: &str) -> Result<Range<Data>, ReadError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        (MAIN, content),
    ] {
        let written = zip.start_file(name, options).map_err(std::io::Error::other);
        written
            .and_then(|()| zip.write_all(text.as_bytes()))
            .map_err(|_| disordered())?;
    }
    let file = zip.finish().map_err(|_| disordered())?;
    let mut book = tried(|| calamine::Ods::new(file))?;
    tried(|| book.worksheet_range("S"))
}

fn marked_value(
    value: Option<&Data>,
    kind: OdsKind,
    date1904: bool,
    texts: &mut Texts,
) -> Result<CellValue, ReadError> {
    Ok(match (value, kind) {
        (_, OdsKind::NoCache) => CellValue::NoCache,
        (Some(Data::String(text)), OdsKind::Error) => texts
            .push(text)
            .map(CellValue::Error)
            .ok_or_else(too_many_texts)?,
        (Some(Data::Float(n)), OdsKind::Percent) => CellValue::Percent(*n),
        (Some(Data::Float(n)), _) => CellValue::Number(*n),
        (Some(Data::Bool(b)), _) => CellValue::Bool(*b),
        (Some(Data::DateTimeIso(text)), _) => iso::value(text, date1904, texts)?,
        (Some(Data::DurationIso(text)), _) => match iso::days(text) {
            Some(days) if (0.0..1.0).contains(&days) => CellValue::Serial(days),
            days => CellValue::Duration(days.unwrap_or_default()),
        },
        (Some(Data::String(text)), _) => texts.value(text)?,
        _ => return Err(disordered()),
    })
}
