//! xlsx and xlsm: calamine's stream of cells, joined with the marks of the bytes that passed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use calamine::{DataRef, Reader, SheetType, SheetVisible};

use super::caught::{caught, disordered, explain, tried};
use super::cell::{CellValue, Flow, Sink, TextId, Texts};
use super::format::{Class, builtin, custom};
use super::iso;
use super::package::Package;
use super::read_error::{ReadError, too_many_texts};
use super::unpacked::Unpacked;
use super::workbook::{SheetInfo, Workbook};
use super::xlsx_marks::{CellContent, CellMark, XlsxMarks, XlsxScan};

/// An opened xlsx.
pub(super) struct Xlsx<'b> {
    zip: Unpacked<'b>,
    book: calamine::Xlsx<Unpacked<'b>>,
    sheets: Vec<SheetInfo>,
    texts: Texts,
    shared: Shared,
    date1904: bool,
}

impl<'b> Xlsx<'b> {
    /// Opens it.
    pub(super) fn open(package: &Package<'b>) -> Result<Self, ReadError> {
        let zip = Unpacked::new(package, &[]);
        let book = tried(|| calamine::Xlsx::new(zip.clone()))
            .map_err(|error| zip.error().unwrap_or(error))?;
        Ok(Self {
            sheets: listed(book.sheets_metadata())?,
            date1904: book.has_1904_epoch(),
            zip,
            book,
            texts: Texts::default(),
            shared: Shared::default(),
        })
    }
}

/// The sheets of cells. calamine finds a sheet by its name, so that two of one name would be the
/// same one twice.
pub(super) fn listed(all: &[calamine::Sheet]) -> Result<Vec<SheetInfo>, ReadError> {
    let mut sheets: Vec<SheetInfo> = Vec::new();
    for sheet in all.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        if all.iter().filter(|other| other.name == sheet.name).count() > 1 {
            return Err(ReadError::damaged(&format!(
                "tiene dos hojas con el mismo nombre, «{}»",
                sheet.name
            )));
        }
        sheets.push(SheetInfo {
            name: sheet.name.clone(),
            hidden: sheet.visible != SheetVisible::Visible,
        });
    }
    Ok(sheets)
}

impl Workbook for Xlsx<'_> {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let name = self.sheets.get(sheet).map_or("", |info| info.name.as_str());
        let marks = Rc::new(RefCell::new(XlsxMarks::default()));
        self.zip.watch(Box::new(XlsxScan::new(Rc::clone(&marks))));
        let book = &mut self.book;
        let zip = &self.zip;
        let reader = tried(|| book.worksheet_cells_reader(name))
            .map_err(|error| zip.error().unwrap_or(error))?;
        let mut reading = SheetReading {
            classes: reader.styles().iter().map(class).collect(),
            reader,
            zip,
            marks: &marks,
            texts: &mut self.texts,
            shared: &mut self.shared,
            date1904: self.date1904,
            last: None,
        };
        if reading.all(sink)? == Flow::Stop {
            return Ok(());
        }
        drop(reading);
        self.zip
            .pass_merged(sink, || std::mem::take(&mut marks.borrow_mut().merged));
        Ok(())
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn date1904(&self) -> bool {
        self.date1904
    }
}

/// The class of a style. Formats that Excel knows by number, but calamine not by code, come with
/// the code of none.
fn class(style: &calamine::Style) -> Class {
    let Some(format) = &style.number_format else {
        return Class::Number;
    };
    match format.format_id {
        Some(id) if format.format_code == "General" => builtin(id),
        _ => custom(&format.format_code),
    }
}

/// A sheet that is being read.
struct SheetReading<'r, 'b> {
    reader: calamine::XlsxCellReader<'r, Unpacked<'b>>,
    zip: &'r Unpacked<'b>,
    marks: &'r RefCell<XlsxMarks>,
    classes: Vec<Class>,
    texts: &'r mut Texts,
    shared: &'r mut Shared,
    date1904: bool,
    last: Option<(u32, u32)>,
}

impl SheetReading<'_, '_> {
    fn all(&mut self, sink: &mut dyn Sink) -> Result<Flow, ReadError> {
        loop {
            let reader = &mut self.reader;
            let cell = match caught(|| reader.next_cell()) {
                Some(Ok(Some(cell))) => cell,
                Some(Ok(None)) => return Ok(Flow::Go),
                Some(Err(error)) => return Err(self.failed(explain(&error.into()))),
                None => return Err(self.failed(disordered())),
            };
            let mark = self.marks.borrow_mut().cells.pop_front();
            let Some(mark) = mark.filter(|mark| mark.at == cell.get_position()) else {
                return Err(self.failed(ReadError::misplaced()));
            };
            let (row, column) = mark.at;
            self.last = Some(mark.at);
            if mark.begins_hidden {
                sink.hidden_row(row);
            }
            let value = self
                .value(cell.get_value(), &mark)
                .map_err(|t| t.near(row, column))?;
            if value == CellValue::Empty {
                continue;
            }
            let flow = sink.cell(row, column, value, self.texts)?;
            if let CellValue::Text(id) = value
                && !self.shared.holds(id)
                && !sink.wants(column)
            {
                self.texts.forget_last();
            }
            if flow == Flow::Stop {
                return Ok(flow);
            }
        }
    }

    /// Why the reading ended, and where: at the cell that calamine would have given next.
    fn failed(&self, why: ReadError) -> ReadError {
        let why = self.zip.error().unwrap_or(why);
        let marks = self.marks.borrow();
        match marks.cells.front().map(|mark| mark.at).or(self.last) {
            Some((row, column)) if why.near.is_none() => why.near(row, column),
            _ => why,
        }
    }

    fn value(&mut self, value: &DataRef<'_>, mark: &CellMark) -> Result<CellValue, ReadError> {
        let number = |number: f64| match (mark.style, self.classes.get(mark.style as usize)) {
            (0, None) => Ok(CellValue::Number(number)),
            (_, None) => Err(ReadError::no_style()),
            (_, Some(class)) => Ok(class.value(number)),
        };
        match value {
            _ if mark.content == CellContent::NoCache => Ok(CellValue::NoCache),
            DataRef::Empty => Ok(CellValue::Empty),
            DataRef::Int(n) => number(*n as f64),
            DataRef::Float(n) => number(*n),
            DataRef::DateTime(n) => number(n.as_f64()),
            DataRef::Bool(b) => Ok(CellValue::Bool(*b)),
            DataRef::String(name) if mark.content == CellContent::Error => {
                let id = self.texts.push(name);
                id.map(CellValue::Error).ok_or_else(too_many_texts)
            }
            DataRef::String(text) | DataRef::DurationIso(text) => self.texts.value(text),
            DataRef::SharedString(text) => self.shared.value(text, self.texts),
            DataRef::DateTimeIso(text) => iso::value(text, self.date1904, self.texts),
            DataRef::Error(_) => Err(disordered()),
        }
    }
}

/// Shared texts that were met, by where calamine keeps them: each is kept once.
#[derive(Default)]
struct Shared {
    ids: HashMap<usize, TextId, BuildHasherDefault<PlaceHasher>>,
    last: Option<TextId>,
}

impl Shared {
    fn value(&mut self, text: &str, texts: &mut Texts) -> Result<CellValue, ReadError> {
        if text.is_empty() {
            return Ok(CellValue::Empty);
        }
        let place = text.as_ptr() as usize;
        let id = match self.ids.get(&place) {
            Some(id) => *id,
            None => {
                let id = texts.push(text).ok_or_else(too_many_texts)?;
                self.ids.insert(place, id);
                id
            }
        };
        self.last = Some(id);
        Ok(CellValue::Text(id))
    }

    /// Whether the text that came last is a shared one.
    fn holds(&self, id: TextId) -> bool {
        self.last == Some(id)
    }
}

/// Places in memory are spread well enough by one multiplication.
#[derive(Default)]
struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, place: usize) {
        let mixed = (self.0 ^ place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
