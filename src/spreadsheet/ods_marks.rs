//! What calamine does not tell of an ods sheet, and the sheet as it reads it without harm.
//!
//! calamine reads all sheets when it opens the file and holds each as a full rectangle; one cut
//! off inside a table never returns; spaces between cells, as libraries write them, make it give
//! up. So it is given a document of one sheet with the cells that hold something, one after the
//! other, and their places are kept here. What else it does not do:
//!
//! - Percents, hidden rows, merged areas are not told.
//! - Errors are texts.
//! - Rows and columns beyond the sheet's end are dropped with a line in a log.
//! - A table within a cell ends the sheet; the text of a drawing is taken for the cell's.
//! - A cell with a text but without a type, or with a type but without its value, is blank.
//! - Elements by another prefix than LibreOffice's are passed over.

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};

use super::cell::{Area, CellValue, MAX_COLUMNS, MAX_ROWS};
use super::held::{HeldRow, HeldSheet};
use super::read_error::ReadError;
use super::read_error::too_many_cells;
use super::xml::{Xml, attribute, push_reference};

/// Cells in a row of the document that calamine is given.
const WIDTH: usize = 1024;

/// Row and column of cell number `number` there.
pub(super) fn place(number: usize) -> (u32, u32) {
    ((number / WIDTH) as u32, (number % WIDTH) as u32)
}

/// What calamine is not told of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OdsKind {
    /// Its value says it all.
    Plain,
    /// Its number is shown as percent.
    Percent,
    /// Its text names an error.
    Error,
    /// It has a formula and no result.
    NoCache,
}

/// A sheet: the places of its cells, and a document for calamine with their values.
#[derive(Default)]
pub(super) struct OdsSheet {
    /// Its rows; the values are not yet there.
    pub held: HeldSheet,
    /// The kind of each cell.
    pub kinds: Vec<OdsKind>,
    /// The document.
    pub content: String,
    row: u32,
    column: u32,
}

impl OdsSheet {
    /// Reads sheet number `sheet`, of which there may be `most` cells.
    pub(super) fn read(mut xml: Xml<'_>, sheet: usize, most: u64) -> Result<Self, ReadError> {
        let mut seen = 0;
        loop {
            let mut skip = false;
            match xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "table" if seen == sheet => break,
                    "table" => {
                        seen += 1;
                        skip = true;
                    }
                    "tracked-changes" => skip = true,
                    _ => {}
                },
                Event::Eof => return Err(ReadError::damaged("no contiene ninguna hoja")),
                _ => {}
            }
            if skip {
                xml.skip()?;
            }
        }
        let mut found = Self::default();
        found
            .content
            .push_str("<office:document-content><table:table table:name=\"S\">");
        found
            .rows(&mut xml, most)
            .map_err(|t| t.near(found.row, found.column))?;
        if !found.kinds.is_empty() {
            found.content.push_str("</table:table-row>");
        }
        found
            .content
            .push_str("</table:table></office:document-content>");
        Ok(found)
    }

    fn rows(&mut self, xml: &mut Xml<'_>, most: u64) -> Result<(), ReadError> {
        let outside = xml.depth().saturating_sub(1);
        loop {
            let closing = xml.depth() == outside + 1;
            let (mut row, mut skip) = (None, false);
            match xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "table-row" => {
                        let hidden = attribute(&e, "visibility").is_some_and(|v| v != "visible");
                        row = Some((repeated(&e, "number-rows-repeated")?, hidden));
                    }
                    "table-row-group" | "table-rows" | "table-header-rows" => {}
                    _ => skip = true,
                },
                Event::End(_) if closing => return Ok(()),
                Event::Eof => return Err(ReadError::cut_off()),
                _ => {}
            }
            if let Some((times, hidden)) = row {
                self.one_row(xml, times, hidden)?;
                if self.kinds.len() as u64 > most {
                    return Err(too_many_cells(most));
                }
            } else if skip {
                xml.skip()?;
            }
        }
    }

    fn one_row(&mut self, xml: &mut Xml<'_>, times: u32, hidden: bool) -> Result<(), ReadError> {
        let cells = self.cells(xml)?;
        let first = self.row;
        self.row = first.saturating_add(times);
        if cells.is_empty() {
            return Ok(());
        }
        if self.row > MAX_ROWS {
            return Err(ReadError::damaged(
                "tiene renglones con datos más allá del final de la hoja",
            ));
        }
        self.held.rows.push(HeldRow {
            first,
            times,
            hidden,
            cells,
        });
        Ok(())
    }

    fn cells(&mut self, xml: &mut Xml<'_>) -> Result<Vec<(u32, u32, CellValue)>, ReadError> {
        let outside = xml.depth().saturating_sub(1);
        let mut cells = Vec::new();
        self.column = 0;
        loop {
            let closing = xml.depth() == outside + 1;
            let (mut head, mut skip) = (None, false);
            match xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "table-cell" | "covered-table-cell" => {
                        head = Some((
                            OdsAttributes::of(&e),
                            repeated(&e, "number-columns-repeated")?,
                        ));
                    }
                    _ => skip = true,
                },
                Event::End(_) if closing => return Ok(cells),
                Event::Eof => return Err(ReadError::cut_off()),
                _ => {}
            }
            if let Some((head, times)) = head {
                let column = self.column;
                if head.spanned != (0, 0) {
                    self.held.merged.push(Area {
                        rows: (self.row, self.row.saturating_add(head.spanned.0)),
                        columns: (column, column.saturating_add(head.spanned.1)),
                    });
                }
                let mut shown = String::new();
                shown_text(xml, &mut shown)?;
                self.column = column.saturating_add(times);
                let Some(kind) = self.write(&head, &shown) else {
                    continue;
                };
                if self.column > MAX_COLUMNS {
                    return Err(ReadError::damaged(
                        "tiene columnas con datos más allá del final de la hoja",
                    ));
                }
                self.kinds.push(kind);
                cells.push((column, times, CellValue::Empty));
            } else if skip {
                xml.skip()?;
            }
        }
    }

    /// Writes a cell that holds something for calamine; none for one that holds nothing.
    fn write(&mut self, head: &OdsAttributes, shown: &str) -> Option<OdsKind> {
        let is_number = head
            .value
            .as_ref()
            .is_some_and(|v| v.parse::<f64>().is_ok());
        let value = head.value.as_deref().unwrap_or_default();
        let (kind, name, value) = match head.kind.as_str() {
            _ if head.is_error(shown) => (
                OdsKind::Error,
                "",
                if shown.is_empty() { "#ERROR!" } else { shown },
            ),
            "float" | "currency" if is_number => (OdsKind::Plain, "office:value", value),
            "percentage" if is_number => (OdsKind::Percent, "office:value", value),
            "boolean" => (OdsKind::Plain, "office:boolean-value", value),
            "date" => (OdsKind::Plain, "office:date-value", value),
            "time" => (OdsKind::Plain, "office:time-value", value),
            "" | "void" if head.formula => (OdsKind::NoCache, "", "-"),
            "string" => (OdsKind::Plain, "", head.value.as_deref().unwrap_or(shown)),
            _ => (OdsKind::Plain, "", shown),
        };
        if name.is_empty() && value.is_empty() {
            return None;
        }
        let out = &mut self.content;
        match self.kinds.len() {
            0 => out.push_str("<table:table-row>"),
            number if number % WIDTH == 0 => out.push_str("</table:table-row><table:table-row>"),
            _ => {}
        }
        let value = escape(value);
        if name.is_empty() {
            out.push_str("<table:table-cell office:value-type=\"string\"><text:p>");
            out.push_str(&value);
            out.push_str("</text:p></table:table-cell>");
        } else {
            out.push_str("<table:table-cell ");
            out.push_str(name);
            out.push_str("=\"");
            out.push_str(&value);
            out.push_str("\"/>");
        }
        Some(kind)
    }
}

#[derive(Default)]
struct OdsAttributes {
    kind: String,
    value: Option<String>,
    formula: bool,
    error: bool,
    /// Rows and columns that it covers beside its own.
    spanned: (u32, u32),
}

impl OdsAttributes {
    fn of(element: &BytesStart<'_>) -> Self {
        let mut head = Self::default();
        for a in element.attributes().with_checks(false).flatten() {
            let value = || match quick_xml::escape::unescape(&a.value) {
                Ok(text) => text.into_owned(),
                Err(_) => a.value.clone().into_owned(),
            };
            match a.key.local_name().as_ref() {
                // LibreOffice says a cell's type twice, and only its own says "error".
                "value-type" if a.key.as_ref().starts_with("calcext") => {
                    head.error = &*a.value == "error";
                }
                "value-type" => head.kind = value(),
                "value" | "date-value" | "boolean-value" | "string-value" | "time-value" => {
                    head.value = Some(value());
                }
                "formula" => head.formula = true,
                "number-rows-spanned" => head.spanned.0 = beside(&a.value),
                "number-columns-spanned" => head.spanned.1 = beside(&a.value),
                _ => {}
            }
        }
        head
    }

    fn is_error(&self, shown: &str) -> bool {
        self.error
            || (self.formula
                && (shown.starts_with("Err:")
                    || (shown.starts_with('#') && shown.ends_with(['!', '?', 'A', 'D']))))
    }
}

fn beside(spanned: &str) -> u32 {
    spanned.parse::<u32>().unwrap_or(1).saturating_sub(1)
}

fn repeated(element: &BytesStart<'_>, name: &str) -> Result<u32, ReadError> {
    match attribute(element, name) {
        None => Ok(1),
        Some(text) => text
            .parse()
            .map_err(|_| ReadError::damaged("repite un renglón un número imposible de veces")),
    }
}

/// Text of the paragraphs of the cell that has just begun, comments and drawings left out.
fn shown_text(xml: &mut Xml<'_>, out: &mut String) -> Result<(), ReadError> {
    let outside = xml.depth().saturating_sub(1);
    let mut paragraphs = 0;
    loop {
        let closing = xml.depth() == outside + 1;
        let inside = !closing;
        let mut skip = false;
        match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "p" | "h" => {
                    if paragraphs > 0 {
                        out.push('\n');
                    }
                    paragraphs += 1;
                }
                "s" => {
                    let count = attribute(&e, "c").and_then(|v| v.parse().ok()).unwrap_or(1);
                    out.extend(std::iter::repeat_n(' ', count.min(1000)));
                }
                "tab" => out.push('\t'),
                "line-break" => out.push('\n'),
                "span" | "a" | "list" | "list-item" => {}
                _ => skip = true,
            },
            Event::Text(t) if inside => out.push_str(&t.xml10_content()),
            Event::CData(t) if inside => out.push_str(&t.xml10_content()),
            Event::GeneralRef(r) if inside => push_reference(&r, out)?,
            Event::End(_) if closing => return Ok(()),
            Event::Eof => return Err(ReadError::cut_off()),
            _ => {}
        }
        if skip {
            xml.skip()?;
        }
    }
}
