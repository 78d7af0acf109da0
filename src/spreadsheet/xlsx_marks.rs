//! What calamine does not tell of an xlsx sheet, seen in its bytes while they pass, and what it
//! would misread, written the way that it reads.
//!
//! It is given the cells that hold something, each as one plain element: nothing is left in them
//! that it could stumble over, and the less there is, the faster it is.
//!
//! - Hidden rows are not told.
//! - Merged areas are told only by another reading of the whole sheet.
//! - A formula without a stored result looks blank: a reading gives values or formulas.
//! - A value that stands before its formula is taken for blank.
//! - An error by a name that it does not know ends a reading and hides the cell's place.
//! - An inline text that a writer put where values go is passed over.
//! - Spaces at the ends of a piece of an inline text are taken off, which glues words together.
//! - Spaces around a number make it a text, around a text's number the first text of the book.
//! - A value written with entities or as CDATA is taken for blank or for its first half.
//! - A reference such as `A4294967297` wraps around to another cell, and a cell that comes twice or
//!   out of its row is told like any other.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use memchr::memchr;

use super::cell::{Area, MAX_COLUMNS, MAX_ROWS, a1, parse_a1};
use super::read_error::ReadError;
use super::tag::Tag;
use super::unpacked::{Scan, keep_spaces};
use super::xlsx_cell::{CellBody, CellHead, number};

const MAX_DEPTH: i32 = 256;

/// What a cell holds, as far as calamine does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellContent {
    /// What calamine tells.
    Value,
    /// A formula and no result.
    NoCache,
    /// An error, by the name that calamine gives as a text.
    Error,
}

/// What is known of a cell before calamine gives it.
#[derive(Debug)]
pub(super) struct CellMark {
    /// Its row and column.
    pub at: (u32, u32),
    /// The number of its style.
    pub style: u32,
    /// What it holds.
    pub content: CellContent,
    /// Whether it begins a row that is hidden.
    pub begins_hidden: bool,
}

/// Marks in the order of the sheet.
#[derive(Debug, Default)]
pub(super) struct XlsxMarks {
    /// One for each cell that calamine has not given yet.
    pub cells: VecDeque<CellMark>,
    /// Merged areas, known when the sheet's end has passed.
    pub merged: Vec<Area>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SheetPart {
    Before,
    Cells,
    After,
    Done,
}

/// Looks at a sheet's bytes.
pub(super) struct XlsxScan {
    marks: Rc<RefCell<XlsxMarks>>,
    stage: SheetPart,
    depth: i32,
    /// The number of the row that has begun, where it says one.
    row: Option<u32>,
    is_hidden: bool,
    /// Where a cell is that does not tell.
    next: (u32, u32),
    last: Option<(u32, u32)>,
    /// Where calamine takes the next cell to be.
    given: Option<(u32, u32)>,
    error: Option<ReadError>,
}

impl XlsxScan {
    /// A scan that leaves what it finds in `marks`.
    pub(super) fn new(marks: Rc<RefCell<XlsxMarks>>) -> Self {
        Self {
            marks,
            stage: SheetPart::Before,
            depth: 0,
            row: None,
            is_hidden: false,
            next: (0, 0),
            last: None,
            given: None,
            error: None,
        }
    }

    /// Understands what begins at `at`, which is a `<`, and tells where it ends; none where more
    /// bytes are needed.
    fn step(&mut self, bytes: &[u8], at: usize, out: &mut Vec<u8>) -> Taken {
        let Some(tag) = Tag::at(bytes, at)? else {
            return Ok(None);
        };
        match (self.stage, tag.ends, tag.name(bytes)) {
            (SheetPart::Before, ..) => self.before(bytes, at, &tag, out)?,
            (SheetPart::Cells, true, b"sheetData") => {
                self.stage = SheetPart::After;
                out.extend_from_slice(b"</sheetData>");
            }
            (SheetPart::Cells, false, b"row") => self.row(bytes, &tag)?,
            (SheetPart::Cells, true, b"row") => self.next = (self.next.0.saturating_add(1), 0),
            (SheetPart::Cells, false, b"c") => return self.cell(bytes, &tag, out),
            (SheetPart::After, false, b"mergeCell") => {
                let area = tag.attribute(bytes, b"ref").and_then(area);
                self.marks.borrow_mut().merged.extend(area);
            }
            (SheetPart::After, true, b"mergeCells")
            | (SheetPart::After, false, b"pageMargins" | b"hyperlinks" | b"dataValidations") => {
                self.stage = SheetPart::Done;
            }
            _ => {}
        }
        Ok(Some(tag.end))
    }

    /// What comes before the cells passes as it is.
    fn before(
        &mut self,
        bytes: &[u8],
        at: usize,
        tag: &Tag,
        out: &mut Vec<u8>,
    ) -> Result<(), ReadError> {
        let empty = tag.is_empty(bytes);
        if !tag.name.is_empty() {
            self.depth += if tag.ends { -1 } else { 1 };
            self.depth -= i32::from(empty);
            if self.depth > MAX_DEPTH {
                return Err(ReadError::damaged(
                    "sus elementos XML están anidados sin fin",
                ));
            }
        }
        match tag.name(bytes) {
            b"sheetData" if !tag.ends => {
                self.stage = if empty {
                    SheetPart::After
                } else {
                    SheetPart::Cells
                };
            }
            // Nothing here needs what a sheet says of its size, and calamine stumbles over it.
            b"dimension" => return Ok(()),
            _ => {}
        }
        out.extend_from_slice(bytes.get(at..tag.end).unwrap_or_default());
        Ok(())
    }

    fn row(&mut self, bytes: &[u8], tag: &Tag) -> Result<(), ReadError> {
        self.row = match tag.attribute(bytes, b"r") {
            None => None,
            Some(digits) => {
                let number = number(digits).and_then(|n| n.checked_sub(1));
                let number = number.filter(|n| *n < MAX_ROWS);
                Some(number.ok_or_else(|| ReadError::misplaced().near(self.next.0, 0))?)
            }
        };
        self.is_hidden = matches!(tag.attribute(bytes, b"hidden"), Some(b"1" | b"true"));
        let row = self.row.unwrap_or(self.next.0);
        self.next = (row.saturating_add(u32::from(tag.is_empty(bytes))), 0);
        Ok(())
    }

    fn cell(&mut self, bytes: &[u8], tag: &Tag, out: &mut Vec<u8>) -> Taken {
        let head = CellHead::of(bytes, tag).map_err(|t| t.near(self.next.0, 0))?;
        let at = match head.reference {
            Some(reference) => {
                parse_a1(reference).ok_or_else(|| ReadError::misplaced().near(self.next.0, 0))?
            }
            None => self.next,
        };
        let near = |t: ReadError| t.near(at.0, at.1);
        let Some(cell) = CellBody::find(bytes, tag).map_err(near)? else {
            return Ok(None);
        };
        self.in_order(at)?;
        let is_text = cell.inline || head.is_text();
        let mut text = bytes.get(cell.text.clone()).unwrap_or_default();
        if !is_text {
            text = text.trim_ascii();
            head.check(text).map_err(near)?;
        }
        let content = match (head.kind, text.is_empty()) {
            (_, true) if cell.formula && !is_text => CellContent::NoCache,
            // Nothing, or no more than its looks.
            (_, true) => return Ok(Some(cell.end)),
            (b'e', _) if !is_text => CellContent::Error,
            _ => CellContent::Value,
        };
        let begins_hidden = self.begin(at, &head, out);
        match (content, head.kind) {
            (CellContent::NoCache, _) => out.extend_from_slice(b" t=\"str\"><v>-</v></c>"),
            _ if cell.pieces => {
                out.extend_from_slice(b" t=\"inlineStr\"><is>");
                keep_spaces(text, out);
                out.extend_from_slice(b"</is></c>");
            }
            (_, kind) => {
                out.extend_from_slice(match kind {
                    _ if is_text || content == CellContent::Error => b" t=\"str\"><v>".as_slice(),
                    b's' => b" t=\"s\"><v>",
                    b'b' => b" t=\"b\"><v>",
                    b'd' => b" t=\"d\"><v>",
                    b'n' => b" t=\"n\"><v>",
                    _ => b"><v>",
                });
                out.extend_from_slice(text);
                out.extend_from_slice(b"</v></c>");
            }
        }
        self.marks.borrow_mut().cells.push_back(CellMark {
            at,
            style: head.style,
            content,
            begins_hidden,
        });
        Ok(Some(cell.end))
    }

    /// Each cell lies in its row, and behind the one before it.
    fn in_order(&mut self, at: (u32, u32)) -> Result<(), ReadError> {
        let (row, column) = at;
        let last = self.last.replace(at);
        let lower = last.is_some_and(|last| last.0 > row);
        if lower
            || row >= MAX_ROWS
            || column >= MAX_COLUMNS
            || self.row.is_some_and(|number| number != row)
        {
            return Err(ReadError::misplaced().near(row, column));
        }
        if last.is_some_and(|last| last >= at) {
            let what = format!(
                "la celda {} aparece dos veces o fuera de su lugar",
                a1(row, column)
            );
            return Err(ReadError::damaged(&what).near(row, column));
        }
        self.next.1 = column + 1;
        Ok(())
    }

    /// Writes the begin of a cell, with its place where calamine would not count to it, and of its
    /// row where it is the first. Tells whether it begins a hidden row.
    fn begin(&mut self, at: (u32, u32), head: &CellHead<'_>, out: &mut Vec<u8>) -> bool {
        let begins = self.given.is_none_or(|given| given.0 != at.0);
        if begins {
            if self.given.is_some() {
                out.extend_from_slice(b"</row>");
            }
            out.extend_from_slice(format!("<row r=\"{}\">", at.0 + 1).as_bytes());
            self.given = Some((at.0, 0));
        }
        out.extend_from_slice(b"<c");
        if self.given != Some(at) {
            out.extend_from_slice(b" r=\"");
            match head.reference {
                Some(reference) => out.extend_from_slice(reference),
                None => out.extend_from_slice(a1(at.0, at.1).as_bytes()),
            }
            out.push(b'"');
        }
        self.given = Some((at.0, at.1 + 1));
        begins && self.is_hidden
    }
}

impl Scan for XlsxScan {
    fn scan(&mut self, bytes: &[u8], ended: bool, out: &mut Vec<u8>) -> Result<usize, ReadError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let mut at = 0;
        while self.stage != SheetPart::Done {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(found) = memchr(b'<', rest) else {
                break;
            };
            at += found;
            match self.step(bytes, at, out) {
                Ok(Some(next)) => at = next,
                // What is cut off is for calamine to tell.
                Ok(None) if ended => {
                    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
                    break;
                }
                Ok(None) => return Ok(at),
                Err(error) if out.is_empty() => return Err(error),
                Err(error) => {
                    // What came before it may still pass.
                    self.error = Some(error);
                    return Ok(at);
                }
            }
        }
        Ok(bytes.len())
    }
}

/// Where what was understood ends; none where it has not come whole.
type Taken = Result<Option<usize>, ReadError>;

fn area(reference: &[u8]) -> Option<Area> {
    let (first, last) = reference.split_at_checked(memchr(b':', reference)?)?;
    let (first, last) = (parse_a1(first)?, parse_a1(last.get(1..)?)?);
    Some(Area {
        rows: (first.0, last.0),
        columns: (first.1, last.1),
    })
}
