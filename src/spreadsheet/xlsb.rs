//! xlsb: calamine's stream of cells, joined with the marks of the records that passed.

use std::cell::RefCell;
use std::rc::Rc;

use calamine::{DataRef, Reader};

use super::caught::{disordered, tried};
use super::cell::{CellValue, Flow, Sink, Texts};
use super::format::Class;
use super::package::Package;
use super::read_error::{ReadError, too_many_texts};
use super::unpacked::Unpacked;
use super::workbook::{SheetInfo, Workbook};
use super::xlsb_marks::{XlsbMarks, XlsbScan, classes};
use super::xlsx::listed;

const STYLES: &str = "xl/styles.bin";

/// An opened xlsb.
pub(super) struct Xlsb<'b> {
    zip: Unpacked<'b>,
    book: calamine::Xlsb<Unpacked<'b>>,
    sheets: Vec<SheetInfo>,
    classes: Rc<[Class]>,
    texts: Texts,
    date1904: bool,
}

impl<'b> Xlsb<'b> {
    /// Opens it.
    pub(super) fn open(package: &Package<'b>) -> Result<Self, ReadError> {
        let zip = Unpacked::new(package, &[STYLES]);
        let book = tried(|| calamine::Xlsb::new(zip.clone()))
            .map_err(|error| zip.error().unwrap_or(error))?;
        Ok(Self {
            sheets: listed(book.sheets_metadata())?,
            classes: classes(package.part(STYLES))?.into(),
            date1904: book.has_1904_epoch(),
            zip,
            book,
            texts: Texts::default(),
        })
    }
}

impl Workbook for Xlsb<'_> {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let name = self.sheets.get(sheet).map_or("", |info| info.name.as_str());
        let marks = Rc::new(RefCell::new(XlsbMarks::default()));
        let scan = XlsbScan::new(Rc::clone(&marks), Rc::clone(&self.classes));
        self.zip.watch(Box::new(scan));
        let (book, zip) = (&mut self.book, &self.zip);
        let explained = |error: ReadError, last: Option<(u32, u32)>| {
            let error = zip.error().unwrap_or(error);
            match last {
                Some((row, column)) => error.near(row, column),
                None => error,
            }
        };
        let mut reader =
            tried(|| book.worksheet_cells_reader(name)).map_err(|t| explained(t, None))?;
        let mut last = None;
        while let Some(cell) = tried(|| reader.next_cell()).map_err(|t| explained(t, last))? {
            let at = cell.get_position();
            let Some((row, column, class)) = marks.borrow_mut().cells.pop_front() else {
                return Err(disordered().near(at.0, at.1));
            };
            if (row, column) != at {
                return Err(ReadError::misplaced().near(at.0, at.1));
            }
            last = Some(at);
            loop {
                let mut marks = marks.borrow_mut();
                let Some(hidden) = marks.hidden.pop_front_if(|hidden| *hidden <= row) else {
                    break;
                };
                sink.hidden_row(hidden);
            }
            let value = marked_value(cell.get_value(), class, &mut self.texts)
                .map_err(|t| t.near(row, column))?;
            if value != CellValue::Empty
                && sink.cell(row, column, value, &self.texts)? == Flow::Stop
            {
                return Ok(());
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

fn marked_value(
    value: &DataRef<'_>,
    class: Class,
    texts: &mut Texts,
) -> Result<CellValue, ReadError> {
    Ok(match value {
        DataRef::Int(n) => class.value(*n as f64),
        DataRef::Float(n) => class.value(*n),
        DataRef::DateTime(n) => class.value(n.as_f64()),
        DataRef::Bool(b) => CellValue::Bool(*b),
        DataRef::String(text) => texts.value(text)?,
        DataRef::SharedString(text) => texts.value(text)?,
        DataRef::Error(error) => {
            let id = texts.push(&error.to_string());
            id.map(CellValue::Error).ok_or_else(too_many_texts)?
        }
        DataRef::Empty | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => CellValue::Empty,
    })
}
