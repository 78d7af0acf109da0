//! The cells of one worksheet part.

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use super::quick;
use super::strings::rich_text;
use super::value::{Book, Head, Kind, no_style, text, value};
use crate::ingest::cell::{Flow, MAX_COLUMNS, MAX_ROWS, Sink, Texts, Trouble, Value, a1, parse_a1};
use crate::ingest::merged::Area;
use crate::ingest::xml::{Xml, cut_off, push_reference};

struct Position {
    row: u32,
    column: u32,
    last_row: Option<u32>,
    last_column: Option<u32>,
}

/// Sends the sheet's cells to `sink`.
pub fn read(
    part: Box<dyn BufRead + '_>,
    book: Book<'_>,
    texts: &mut Texts,
    sink: &mut dyn Sink,
) -> Result<(), Trouble> {
    let mut at = Position {
        row: 0,
        column: 0,
        last_row: None,
        last_column: None,
    };
    let outcome = rows(part, book, texts, sink, &mut at);
    outcome.map_err(|trouble| match at.last_row {
        Some(row) => trouble.near(row, at.column),
        None => trouble,
    })
}

fn rows(
    part: Box<dyn BufRead + '_>,
    book: Book<'_>,
    texts: &mut Texts,
    sink: &mut dyn Sink,
    at: &mut Position,
) -> Result<(), Trouble> {
    let mut xml = Xml::new(part);
    let mut next_row = 0;
    let mut scratch = String::new();
    loop {
        while let Some(value) = at.plain_cell(&mut xml, book, texts, sink, &mut scratch)? {
            if value != Value::Empty && sink.cell(at.row, at.column, value, texts)? == Flow::Stop {
                return Ok(());
            }
            at.column += 1;
        }
        match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "row" => {
                    at.begin_row(&e, next_row)?;
                    next_row = at.row + 1;
                    if raw(&e, "hidden").is_some_and(|v| v == "1" || v == "true") {
                        sink.hidden_row(at.row);
                    }
                }
                "c" => {
                    let head = at.begin_cell(&e)?;
                    let value = cell(&mut xml, &head, book, texts, sink, at.column, &mut scratch)?;
                    if value != Value::Empty
                        && sink.cell(at.row, at.column, value, texts)? == Flow::Stop
                    {
                        return Ok(());
                    }
                    at.column += 1;
                }
                _ => {}
            },
            Event::End(e) if e.local_name().as_ref() == "sheetData" => break,
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
    merged(&mut xml, sink);
    Ok(())
}

/// The merged areas, which follow the cells. What is wrong out there harms no cell.
fn merged(xml: &mut Xml<'_>, sink: &mut dyn Sink) {
    while let Ok(event) = xml.next() {
        match event {
            Event::Start(e) => match e.local_name().as_ref() {
                "mergeCell" => {
                    let ends = raw(&e, "ref").and_then(|r| r.split_once(':'));
                    let at = |end: &str| parse_a1(end.as_bytes());
                    if let Some((first, last)) = ends.and_then(|(a, b)| at(a).zip(at(b))) {
                        sink.merged(Area {
                            rows: (first.0, last.0),
                            columns: (first.1, last.1),
                        });
                    }
                }
                "pageMargins" | "drawing" | "hyperlinks" | "dataValidations" => return,
                _ => {}
            },
            Event::End(e) if e.local_name().as_ref() == "mergeCells" => return,
            Event::Eof => return,
            _ => {}
        }
    }
}

impl Position {
    fn begin_row(&mut self, element: &BytesStart<'_>, next: u32) -> Result<(), Trouble> {
        self.row = match raw(element, "r") {
            None => next,
            Some(text) => text
                .parse::<u32>()
                .ok()
                .and_then(|r| r.checked_sub(1))
                .ok_or_else(misplaced)?,
        };
        if self.row >= MAX_ROWS || self.last_row.is_some_and(|last| self.row < last) {
            return Err(misplaced());
        }
        // Some writers give one row in several pieces.
        if self.last_row == Some(self.row) {
            self.column = self.last_column.map_or(0, |column| column + 1);
            return Ok(());
        }
        self.last_row = Some(self.row);
        self.column = 0;
        self.last_column = None;
        Ok(())
    }

    fn begin_cell(&mut self, element: &BytesStart<'_>) -> Result<Head, Trouble> {
        let mut head = Head {
            style: None,
            kind: Kind::Number,
        };
        let mut attributes = element.attributes_raw();
        while let Some((key, value, rest)) = next_attribute(attributes) {
            attributes = rest;
            match key {
                "r" => {
                    let (row, column) = parse_a1(value.as_bytes()).ok_or_else(misplaced)?;
                    if row != self.row {
                        return Err(misplaced());
                    }
                    self.column = column;
                }
                "s" if value.is_empty() => {}
                "s" => head.style = Some(value.parse().map_err(|_| no_style())?),
                "t" => head.kind = Kind::of(value)?,
                _ => {}
            }
        }
        self.take_place()?;
        Ok(head)
    }

    /// The cell that comes next, where it is written in the plainest way.
    fn plain_cell(
        &mut self,
        xml: &mut Xml<'_>,
        book: Book<'_>,
        texts: &mut Texts,
        sink: &dyn Sink,
        scratch: &mut String,
    ) -> Result<Option<Value>, Trouble> {
        let Some(found) = quick::cell(xml.peek()) else {
            return Ok(None);
        };
        if found.at.0 != self.row || self.last_row != Some(self.row) {
            return Err(misplaced());
        }
        self.column = found.at.1;
        let head = Head {
            style: found.style,
            kind: if found.kind.is_empty() {
                Kind::Number
            } else {
                Kind::of(found.kind)?
            },
        };
        scratch.clear();
        scratch.push_str(found.value.unwrap_or_default());
        let length = found.length;
        xml.consume(length);
        self.take_place()?;
        value(&head, book, texts, scratch, false, sink.wants(self.column)).map(Some)
    }

    fn take_place(&mut self) -> Result<(), Trouble> {
        if self.column >= MAX_COLUMNS {
            return Err(misplaced());
        }
        if self.last_column.is_some_and(|last| self.column <= last) {
            return Err(Trouble::damaged(&format!(
                "la celda {} aparece dos veces o fuera de su lugar",
                a1(self.row, self.column)
            )));
        }
        self.last_column = Some(self.column);
        Ok(())
    }
}

/// The next attribute without copying it, and what follows; none at the end or where it is not
/// well formed, which the XML reader has judged already.
fn next_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start();
    let (key, rest) = text.split_once('=')?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (value, rest) = rest.get(1..)?.split_once(quote)?;
    Some((key.trim_end(), value, rest))
}

fn raw<'e>(element: &'e BytesStart<'_>, name: &str) -> Option<&'e str> {
    let mut attributes = element.attributes_raw();
    while let Some((key, value, rest)) = next_attribute(attributes) {
        if key == name {
            return Some(value);
        }
        attributes = rest;
    }
    None
}

fn misplaced() -> Trouble {
    Trouble::damaged("hay celdas con una posición imposible")
}

/// The content of the cell that has just begun; goes past its end.
fn cell(
    xml: &mut Xml<'_>,
    head: &Head,
    book: Book<'_>,
    texts: &mut Texts,
    sink: &dyn Sink,
    column: u32,
    scratch: &mut String,
) -> Result<Value, Trouble> {
    let outside = xml.depth().saturating_sub(1);
    scratch.clear();
    let mut formula = false;
    let mut inside = false;
    let mut inline = false;
    loop {
        let mut rich = false;
        let mut skip = false;
        match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "v" => inside = !inline,
                "f" => {
                    formula = true;
                    skip = true;
                }
                "is" => rich = true,
                _ => skip = true,
            },
            Event::Text(t) if inside => scratch.push_str(&t.xml10_content()),
            Event::CData(t) if inside => scratch.push_str(&t.xml10_content()),
            Event::GeneralRef(r) if inside => push_reference(&r, scratch)?,
            Event::End(_) => {
                inside = false;
                if xml.depth() == outside {
                    break;
                }
            }
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
        if rich {
            inline = true;
            scratch.clear();
            rich_text(xml, scratch)?;
        } else if skip {
            xml.skip()?;
        }
    }
    if inline {
        return text(scratch, texts);
    }
    value(head, book, texts, scratch, formula, sink.wants(column))
}
