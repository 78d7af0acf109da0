//! xlsx and xlsm: calamine's stream of cells, joined with the marks of the bytes that passed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use calamine::{Cell, DataRef, Reader, SheetType, SheetVisible, XlsxError};

use super::caught::{caught, disordered, explain, tried};
use super::cell::{Flow, MAX_COLUMNS, MAX_ROWS, Sink, TextId, Texts, Value, a1};
use super::format::{Class, builtin, custom};
use super::iso;
use super::package::Package;
use super::read_error::{ReadError, too_many_texts};
use super::unpacked::Unpacked;
use super::workbook::{SheetInfo, Workbook};
use super::xlsx_marks::{CellMark, Marks, SheetScan};

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
            .map_err(|trouble| zip.trouble().unwrap_or(trouble))?;
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
        let marks = Rc::new(RefCell::new(Marks::default()));
        self.zip.watch(Box::new(SheetScan::new(Rc::clone(&marks))));
        let book = &mut self.book;
        let zip = &self.zip;
        let reader = tried(|| book.worksheet_cells_reader(name))
            .map_err(|trouble| zip.trouble().unwrap_or(trouble))?;
        let mut reading = SheetReading {
            classes: reader.styles().iter().map(class).collect(),
            reader,
            zip,
            marks: &marks,
            texts: &mut self.texts,
            shared: &mut self.shared,
            date1904: self.date1904,
            cells: 0,
            row: None,
            last: None,
        };
        let outcome = reading.all(sink);
        let (cells, last) = (reading.cells, reading.last);
        drop(reading);
        match outcome {
            Ok(Flow::Go) => {}
            Ok(Flow::Stop) => return Ok(()),
            Err(trouble) if trouble.near.is_some() => return Err(trouble),
            Err(trouble) => {
                return Err(match place(&mut self.book, name, cells).or(last) {
                    Some((row, column)) => trouble.near(row, column),
                    None => trouble,
                });
            }
        }
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

/// Where cell number `cells` is. calamine does not tell it of one that it can't read, and another
/// reading, which passes over the values, does.
fn place(book: &mut calamine::Xlsx<Unpacked<'_>>, name: &str, cells: u64) -> Option<(u32, u32)> {
    let mut reader = tried(|| book.worksheet_cells_reader(name)).ok()?;
    let mut found = None;
    for _ in 0..=cells {
        found = tried(|| reader.next_formula())
            .ok()?
            .map(|cell| cell.get_position());
    }
    found
}

/// A sheet that is being read.
struct SheetReading<'r, 'b> {
    reader: calamine::XlsxCellReader<'r, Unpacked<'b>>,
    zip: &'r Unpacked<'b>,
    marks: &'r RefCell<Marks>,
    classes: Vec<Class>,
    texts: &'r mut Texts,
    shared: &'r mut Shared,
    date1904: bool,
    /// How many cells were read.
    cells: u64,
    /// The row that has begun, where it says its number.
    row: Option<u32>,
    last: Option<(u32, u32)>,
}

impl SheetReading<'_, '_> {
    fn all(&mut self, sink: &mut dyn Sink) -> Result<Flow, ReadError> {
        loop {
            let reader = &mut self.reader;
            let next = caught(|| reader.next_cell_with_style_id());
            let (at, value) = match next {
                Some(Ok(None)) => return Ok(Flow::Go),
                Some(Ok(Some((cell, style)))) => {
                    let at = cell.get_position();
                    let mark = self.marks_before(at, sink);
                    self.in_order(at)?;
                    (
                        at,
                        self.value(&cell, style, mark)
                            .map_err(|t| t.near(at.0, at.1))?,
                    )
                }
                Some(Err(XlsxError::CellError(name))) => {
                    let Some(CellMark::Error(at)) = self.marks_before((0, 0), sink) else {
                        return Err(ReadError::misplaced());
                    };
                    self.in_order(at)?;
                    (
                        at,
                        self.texts
                            .push(&name)
                            .map(Value::Error)
                            .ok_or_else(too_many_texts)?,
                    )
                }
                Some(Err(error)) => {
                    let why = explain(&error.into());
                    return Err(self.zip.trouble().unwrap_or(why));
                }
                None => return Err(disordered()),
            };
            self.cells += 1;
            if value == Value::Empty {
                continue;
            }
            let flow = sink.cell(at.0, at.1, value, self.texts)?;
            if let Value::Text(id) = value
                && !self.shared.holds(id)
                && !sink.wants(at.1)
            {
                self.texts.forget_last();
            }
            if flow == Flow::Stop {
                return Ok(flow);
            }
        }
    }

    /// Takes the marks up to the next cell, and tells of the rows that they begin; the cell's own
    /// mark is returned.
    fn marks_before(&mut self, at: (u32, u32), sink: &mut dyn Sink) -> Option<CellMark> {
        let mut marks = self.marks.borrow_mut();
        let mut own = None;
        while let Some(mark) = marks.take(self.cells) {
            match mark {
                CellMark::Row(number, hidden) => {
                    self.row = number;
                    if hidden {
                        sink.hidden_row(number.unwrap_or(at.0));
                    }
                }
                mark => own = Some(mark),
            }
        }
        own
    }

    /// Each cell lies in its row, and behind the one before it.
    fn in_order(&mut self, at: (u32, u32)) -> Result<(), ReadError> {
        let (row, column) = at;
        if row >= MAX_ROWS || column >= MAX_COLUMNS {
            return Err(ReadError::misplaced());
        }
        let last = self.last.replace(at);
        let lower = last.is_some_and(|last| last.0 > row);
        if lower || self.row.is_some_and(|number| number != row) {
            return Err(ReadError::misplaced().near(row, column));
        }
        if last.is_some_and(|last| last >= at) {
            let what = format!(
                "la celda {} aparece dos veces o fuera de su lugar",
                a1(row, column)
            );
            return Err(ReadError::damaged(&what).near(row, column));
        }
        Ok(())
    }

    fn value(
        &mut self,
        cell: &Cell<DataRef<'_>>,
        style: usize,
        mark: Option<CellMark>,
    ) -> Result<Value, ReadError> {
        if mark == Some(CellMark::NoCache) {
            return Ok(Value::NoCache);
        }
        let number = |number: f64| match (style, self.classes.get(style)) {
            (0, None) => Ok(Value::Number(number)),
            (_, None) => Err(ReadError::no_style()),
            (_, Some(class)) => Ok(class.value(number)),
        };
        match cell.get_value() {
            DataRef::Empty => Ok(Value::Empty),
            DataRef::Int(n) => number(*n as f64),
            DataRef::Float(n) => number(*n),
            DataRef::DateTime(n) => number(n.as_f64()),
            DataRef::Bool(b) => Ok(Value::Bool(*b)),
            DataRef::String(text) => self.texts.value(text),
            DataRef::SharedString(text) => self.shared.value(text, self.texts),
            DataRef::DateTimeIso(text) => iso::value(text, self.date1904, self.texts),
            DataRef::DurationIso(text) => self.texts.value(text),
            DataRef::Error(error) => {
                let id = self.texts.push(&error.to_string());
                id.map(Value::Error).ok_or_else(too_many_texts)
            }
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
    fn value(&mut self, text: &str, texts: &mut Texts) -> Result<Value, ReadError> {
        if text.is_empty() {
            return Ok(Value::Empty);
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
        Ok(Value::Text(id))
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
