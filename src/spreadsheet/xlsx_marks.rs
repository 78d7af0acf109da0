//! What calamine does not tell of an xlsx sheet, seen in its bytes while they pass, and what it
//! would misread, put right or refused there.
//!
//! - Hidden rows and the rows' own numbers are not told.
//! - Merged areas are told only by another reading of the whole sheet.
//! - A formula without a stored result looks blank: a reading gives values or formulas.
//! - A value that stands before its formula is taken for blank.
//! - An error by a name that it does not know ends a reading and hides the cell's place.
//! - An inline text that a writer put where values go is passed over.
//! - Spaces at the ends of a piece of an inline text are taken off, which glues words together.
//! - Spaces around a number make it a text, around a text's number the first text of the book.
//! - A value written with entities or as CDATA is taken for blank or for its first half.
//! - A reference such as `A4294967297` wraps around to another cell.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

use memchr::memchr;
use memchr::memmem;

use super::cell::{Area, MAX_ROWS, parse_a1};
use super::read_error::ReadError;
use super::unpacked::{Scan, keep_spaces};

const MAX_DEPTH: i32 = 256;

/// What is known of a cell or a row, before calamine gives the cell.
#[derive(Debug, PartialEq)]
pub(super) enum CellMark {
    /// A row begins: its zero-based number where it says one, and whether it is hidden.
    Row(Option<u32>, bool),
    /// The cell has a formula and no result.
    NoCache,
    /// The cell holds an error, at this place.
    Error((u32, u32)),
}

/// Marks in the order of the sheet, each with how many cells came before it.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Not yet taken.
    pub waiting: VecDeque<(u64, CellMark)>,
    /// Merged areas, known when the sheet's end has passed.
    pub merged: Vec<Area>,
}

impl Marks {
    /// The next mark that belongs to cell number `index`, or comes before it.
    pub(super) fn take(&mut self, index: u64) -> Option<CellMark> {
        self.waiting
            .pop_front_if(|(at, _)| *at <= index)
            .map(|(_, mark)| mark)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    Cells,
    After,
    Done,
}

/// Looks at a sheet's bytes.
pub(super) struct SheetScan {
    marks: Rc<RefCell<Marks>>,
    stage: Stage,
    cells: u64,
    row: u32,
    depth: i32,
    trouble: Option<ReadError>,
}

/// How far a stretch of bytes could be understood.
enum Step {
    /// Up to here.
    To(usize),
    /// More bytes are needed.
    More,
}

impl SheetScan {
    /// A scan that leaves what it finds in `marks`.
    pub(super) fn new(marks: Rc<RefCell<Marks>>) -> Self {
        Self {
            marks,
            stage: Stage::Before,
            cells: 0,
            row: 0,
            depth: 0,
            trouble: None,
        }
    }

    fn mark(&self, mark: CellMark) {
        self.marks
            .borrow_mut()
            .waiting
            .push_back((self.cells, mark));
    }

    /// Understands what begins at `at`, which is a `<`.
    fn step(&mut self, bytes: &mut Vec<u8>, at: usize) -> Result<Step, ReadError> {
        let Some(tag) = Tag::at(bytes, at)? else {
            return Ok(Step::More);
        };
        if self.stage == Stage::Before && !tag.name.is_empty() {
            self.depth += if tag.ends { -1 } else { 1 };
            self.depth -= i32::from(tag.is_empty(bytes));
            if self.depth > MAX_DEPTH {
                return Err(ReadError::damaged(
                    "sus elementos XML están anidados sin fin",
                ));
            }
        }
        match (self.stage, tag.ends, tag.name(bytes)) {
            (Stage::Before, false, b"sheetData") => {
                let empty = tag.is_empty(bytes);
                self.stage = if empty { Stage::After } else { Stage::Cells };
            }
            // Nothing here needs what a sheet says of its size, and calamine stumbles over it.
            (Stage::Before, _, b"dimension") => {
                if let Some(letter) = bytes.get_mut(tag.name.start) {
                    *letter = b'x';
                }
            }
            (Stage::Cells, true, b"sheetData") => self.stage = Stage::After,
            (Stage::Cells, false, b"row") => self.row(bytes, &tag)?,
            (Stage::Cells, false, b"c") => return self.cell(bytes, &tag),
            (Stage::After, false, b"mergeCell") => {
                let area = tag.attribute(bytes, b"ref").and_then(area);
                self.marks.borrow_mut().merged.extend(area);
            }
            (Stage::After, true, b"mergeCells")
            | (Stage::After, false, b"pageMargins" | b"hyperlinks" | b"dataValidations") => {
                self.stage = Stage::Done;
            }
            _ => {}
        }
        Ok(Step::To(tag.end))
    }

    fn row(&mut self, bytes: &[u8], tag: &Tag) -> Result<(), ReadError> {
        let number = match tag.attribute(bytes, b"r") {
            None => None,
            Some(digits) => {
                let number = number(digits).and_then(|n| n.checked_sub(1));
                let number = number.filter(|n| *n < MAX_ROWS);
                Some(number.ok_or_else(|| ReadError::misplaced().near(self.row, 0))?)
            }
        };
        self.row = number.unwrap_or(self.row);
        let hidden = matches!(tag.attribute(bytes, b"hidden"), Some(b"1" | b"true"));
        self.mark(CellMark::Row(number, hidden));
        Ok(())
    }

    fn cell(&mut self, bytes: &mut Vec<u8>, tag: &Tag) -> Result<Step, ReadError> {
        let head = CellAttributes::of(bytes, tag).map_err(|t| t.near(self.row, 0))?;
        let near = |t: ReadError| match head.at {
            Some((row, column)) => t.near(row, column),
            None => t.near(self.row, 0),
        };
        let Some(cell) = Cell::find(bytes, tag).map_err(near)? else {
            return Ok(Step::More);
        };
        head.check(&cell, bytes).map_err(near)?;
        if head.kind == b'e' {
            // Without a reference nothing tells where it is once calamine has stumbled over it.
            let at = head.at.ok_or_else(|| near(ReadError::misplaced()))?;
            self.mark(CellMark::Error(at));
        }
        let has_value = cell.inline || !cell.text(bytes).trim_ascii().is_empty();
        if cell.formula.is_some() && !has_value && !head.is_text() {
            self.mark(CellMark::NoCache);
        }
        cell.put_right(bytes, head.is_text());
        if head.kind == b'i' && !cell.inline {
            tag.replace(bytes, b"t=\"inlineStr\"", b"t=\"str\"      ");
        }
        let longer = match cell.inline {
            true => keep_spaces(bytes, tag.end..cell.end),
            false => 0,
        };
        self.cells += 1;
        Ok(Step::To(cell.end + longer))
    }
}

impl Scan for SheetScan {
    fn scan(&mut self, bytes: &mut Vec<u8>, ended: bool) -> Result<usize, ReadError> {
        if let Some(trouble) = self.trouble.take() {
            return Err(trouble);
        }
        if self.stage == Stage::Done {
            return Ok(bytes.len());
        }
        let mut at = 0;
        loop {
            let Some(found) = memchr(b'<', bytes.get(at..).unwrap_or_default()) else {
                return Ok(bytes.len());
            };
            at += found;
            match self.step(bytes, at) {
                Ok(Step::To(next)) => at = next,
                // What is cut off is for calamine to tell.
                Ok(Step::More) if ended => return Ok(bytes.len()),
                Ok(Step::More) => return Ok(at),
                Err(trouble) if at == 0 => return Err(trouble),
                Err(trouble) => {
                    // What came before it may still pass.
                    self.trouble = Some(trouble);
                    return Ok(at);
                }
            }
        }
    }
}

/// A tag, or something that is passed over: a comment, a declaration.
struct Tag {
    /// Whether it is the end of an element.
    ends: bool,
    /// Its name without prefix; empty for what is no tag.
    name: Range<usize>,
    /// After its `>`.
    end: usize,
}

impl Tag {
    /// The tag at `at`; none where it has not come whole.
    fn at(bytes: &[u8], at: usize) -> Result<Option<Self>, ReadError> {
        let rest = bytes.get(at..).unwrap_or_default();
        let past = |mark: &[u8]| {
            let found = memmem::find(rest, mark)?;
            Some(Self {
                ends: false,
                name: at..at,
                end: at + found + mark.len(),
            })
        };
        match rest.get(1) {
            None => return Ok(None),
            Some(b'!') if rest.starts_with(b"<!--") => return Ok(past(b"-->")),
            Some(b'!') if rest.starts_with(b"<![CDATA[") => return Ok(past(b"]]>")),
            Some(b'!') if rest.len() > 9 => {
                return Err(ReadError::damaged(
                    "declara un DOCTYPE, que las hojas de cálculo no llevan",
                ));
            }
            Some(b'!') => return Ok(None),
            Some(b'?') => return Ok(past(b"?>")),
            Some(_) => {}
        }
        let ends = rest.get(1) == Some(&b'/');
        let mut begin = 1 + usize::from(ends);
        let (mut quote, mut length, mut position) = (None, None, begin);
        let close = loop {
            let Some(byte) = rest.get(position) else {
                return Ok(None);
            };
            match (quote, byte) {
                (Some(open), byte) if open == *byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'>') => break position,
                (None, b':') if length.is_none() => begin = position + 1,
                (None, b' ' | b'\n' | b'\r' | b'\t' | b'/') if length.is_none() => {
                    length = Some(position);
                }
                _ => {}
            }
            position += 1;
        };
        Ok(Some(Self {
            ends,
            name: at + begin..at + length.unwrap_or(close),
            end: at + close + 1,
        }))
    }

    fn name<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.name.clone()).unwrap_or_default()
    }

    fn is_empty(&self, bytes: &[u8]) -> bool {
        bytes.get(self.end - 2) == Some(&b'/')
    }

    /// Its attributes: names and values as they are written.
    fn attributes<'b>(&self, bytes: &'b [u8]) -> impl Iterator<Item = (&'b [u8], &'b [u8])> {
        let mut rest = bytes.get(self.name.end..self.end).unwrap_or_default();
        std::iter::from_fn(move || {
            let (name, tail) = rest
                .trim_ascii_start()
                .split_at_checked(memchr(b'=', rest.trim_ascii_start())?)?;
            let tail = tail.get(1..)?.trim_ascii_start();
            let quote = *tail.first()?;
            let length = memchr(quote, tail.get(1..)?)?;
            rest = tail.get(length + 2..)?;
            Some((name.trim_ascii_end(), tail.get(1..=length)?))
        })
    }

    /// Writes `new` over `old`, which is as long.
    fn replace(&self, bytes: &mut [u8], old: &[u8], new: &[u8]) {
        let inside = bytes.get_mut(self.name.end..self.end).unwrap_or_default();
        if let Some(at) = memmem::find(inside, old)
            && let Some(place) = inside.get_mut(at..at + new.len())
        {
            place.copy_from_slice(new);
        }
    }

    fn attribute<'b>(&self, bytes: &'b [u8], expected: &[u8]) -> Option<&'b [u8]> {
        let mut all = self.attributes(bytes);
        all.find(|(name, _)| *name == expected)
            .map(|(_, value)| value)
    }
}

/// A cell's attributes.
struct CellAttributes {
    at: Option<(u32, u32)>,
    /// The first letter of its type, but for `str`: `t`. `n` where nothing is said.
    kind: u8,
}

impl CellAttributes {
    fn of(bytes: &[u8], tag: &Tag) -> Result<Self, ReadError> {
        let mut head = Self {
            at: None,
            kind: b'n',
        };
        for (name, value) in tag.attributes(bytes) {
            match name {
                b"r" => head.at = Some(parse_a1(value).ok_or_else(ReadError::misplaced)?),
                b"s" if !value.iter().all(u8::is_ascii_digit) => return Err(ReadError::no_style()),
                b"t" => {
                    head.kind = match value {
                        b"n" | b"s" | b"b" | b"e" | b"d" => value.first().copied().unwrap_or(b'n'),
                        b"str" => b't',
                        b"inlineStr" => b'i',
                        _ => return Err(ReadError::damaged("hay celdas de un tipo desconocido")),
                    }
                }
                _ => {}
            }
        }
        Ok(head)
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, b't' | b'i')
    }

    /// Refuses what calamine would take for something else.
    fn check(&self, cell: &Cell, bytes: &[u8]) -> Result<(), ReadError> {
        let text = cell.text(bytes).trim_ascii();
        if self.is_text() || text.is_empty() {
            return Ok(());
        }
        if self.kind == b's' && !text.iter().all(u8::is_ascii_digit) {
            return Err(ReadError::no_text());
        }
        if text.contains(&b'&') {
            return Err(ReadError::damaged(
                "hay un número escrito con signos especiales",
            ));
        }
        Ok(())
    }
}

/// Where the parts of a cell are.
#[derive(Default)]
struct Cell {
    /// The element that holds the value, with its tags.
    value: Range<usize>,
    /// What stands between the tags of `v`.
    text: Range<usize>,
    inline: bool,
    formula: Option<Range<usize>>,
    end: usize,
}

impl Cell {
    /// The cell that begins with `head`; none where it has not come whole.
    fn find(bytes: &[u8], head: &Tag) -> Result<Option<Self>, ReadError> {
        let mut cell = Self {
            end: head.end,
            ..Self::default()
        };
        if head.is_empty(bytes) {
            return Ok(Some(cell));
        }
        // The element of the cell that has begun: its name, where, and where its content begins.
        let mut open: Option<(&[u8], usize, usize)> = None;
        loop {
            let Some(begin) = memchr(b'<', bytes.get(cell.end..).unwrap_or_default()) else {
                return Ok(None);
            };
            let begin = cell.end + begin;
            let Some(tag) = Tag::at(bytes, begin)? else {
                return Ok(None);
            };
            let name = tag.name(bytes);
            let whole = match open {
                None if tag.ends && name == b"c" => {
                    cell.end = tag.end;
                    return Ok(Some(cell));
                }
                None if tag.ends || name.is_empty() => None,
                None if tag.is_empty(bytes) => Some((name, begin, tag.end..tag.end)),
                None => {
                    open = Some((name, begin, tag.end));
                    None
                }
                Some((name, from, inside)) if tag.ends && tag.name(bytes) == name => {
                    open = None;
                    Some((name, from, inside..begin))
                }
                Some((b"v", ..)) => {
                    return Err(ReadError::damaged("hay un valor partido en pedazos"));
                }
                Some(_) => None,
            };
            match whole {
                Some((b"v", from, text)) if !cell.inline => {
                    (cell.value, cell.text) = (from..tag.end, text);
                }
                Some((b"is", from, _)) => {
                    (cell.value, cell.inline) = (from..tag.end, true);
                }
                Some((b"f", from, _)) => cell.formula = Some(from..tag.end),
                _ => {}
            }
            cell.end = tag.end;
        }
    }

    fn text<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.text.clone()).unwrap_or_default()
    }

    /// Moves spaces out of a value's tags, and a formula before its value.
    fn put_right(&self, bytes: &mut [u8], is_text: bool) {
        let text = self.text(bytes);
        let before = text.len() - text.trim_ascii_start().len();
        let after = text.len() - text.trim_ascii_end().len();
        if !is_text && !self.inline && before + after > 0 && before < text.len() {
            let head = self.value.start..self.text.start + before;
            bytes.get_mut(head).unwrap_or_default().rotate_right(before);
            let tail = self.text.end - after..self.value.end;
            bytes.get_mut(tail).unwrap_or_default().rotate_left(after);
        }
        if let Some(formula) = &self.formula
            && !self.value.is_empty()
            && formula.start >= self.value.end
        {
            let both = bytes
                .get_mut(self.value.start..formula.end)
                .unwrap_or_default();
            both.rotate_left(self.value.len());
        }
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn area(reference: &[u8]) -> Option<Area> {
    let (first, last) = reference.split_at_checked(memchr(b':', reference)?)?;
    let (first, last) = (parse_a1(first)?, parse_a1(last.get(1..)?)?);
    Some(Area {
        rows: (first.0, last.0),
        columns: (first.1, last.1),
    })
}
