//! ods, read as a stream: repeated rows and cells are never expanded unless they hold something.
//!
//! calamine parses the whole document, dense, when it opens it, and forgets percent formats.

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};

use super::cell::{Flow, MAX_COLUMNS, MAX_ROWS, Sink, Texts, Trouble, Value};
use super::iso;
use super::merged::Area;
use super::package::{Package, password};
use super::workbook::{SheetInfo, Workbook};
use super::xml::{Xml, attribute, cut_off, push_reference};

/// An opened ods.
pub struct Ods<'b> {
    package: Package<'b>,
    sheets: Vec<SheetInfo>,
    texts: Texts,
    date1904: bool,
}

const MAIN: &str = "content.xml";
const EMPTY: &str = "no contiene ninguna hoja";

impl<'b> Ods<'b> {
    /// Opens it and lists its sheets.
    pub fn open(mut package: Package<'b>) -> Result<Self, Trouble> {
        let manifest = package.bytes("META-INF/manifest.xml", 1 << 20)?;
        let encrypted = |m: Vec<u8>| String::from_utf8_lossy(&m).contains("encryption-data");
        if manifest.is_some_and(encrypted) {
            return Err(password());
        }
        let mut ods = Self {
            package,
            sheets: Vec::new(),
            texts: Texts::default(),
            date1904: false,
        };
        ods.list()?;
        Ok(ods)
    }

    fn list(&mut self) -> Result<(), Trouble> {
        let part = main_part(&mut self.package)?;
        let mut xml = Xml::new(part);
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
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
            if skip {
                xml.skip()?;
            }
        }
    }
}

fn main_part<'p>(package: &'p mut Package<'_>) -> Result<Box<dyn BufRead + 'p>, Trouble> {
    package
        .part(MAIN)?
        .ok_or_else(|| Trouble::damaged("falta su parte «content.xml»"))
}

impl Workbook for Ods<'_> {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), Trouble> {
        let mut xml = Xml::new(main_part(&mut self.package)?);
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
                Event::Eof => return Err(Trouble::damaged(EMPTY)),
                _ => {}
            }
            if skip {
                xml.skip()?;
            }
        }
        let mut table = Table {
            xml,
            texts: &mut self.texts,
            sink,
            date1904: self.date1904,
            row: 0,
            column: 0,
        };
        table.rows().map_err(|t| t.near(table.row, table.column))
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn date1904(&self) -> bool {
        self.date1904
    }
}

struct Table<'a, 'p> {
    xml: Xml<'p>,
    texts: &'a mut Texts,
    sink: &'a mut dyn Sink,
    date1904: bool,
    row: u32,
    column: u32,
}

/// A run of equal cells.
struct Run {
    column: u32,
    times: u32,
    value: Value,
}

impl Table<'_, '_> {
    fn rows(&mut self) -> Result<(), Trouble> {
        let outside = self.xml.depth().saturating_sub(1);
        loop {
            let closing = self.xml.depth() == outside + 1;
            let (mut row, mut skip) = (None, false);
            match self.xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "table-row" => {
                        let hidden = attribute(&e, "visibility").is_some_and(|v| v != "visible");
                        row = Some((repeated(&e, "number-rows-repeated")?, hidden));
                    }
                    "table-row-group" | "table-rows" | "table-header-rows" => {}
                    _ => skip = true,
                },
                Event::End(_) if closing => return Ok(()),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
            if let Some((times, hidden)) = row {
                if self.one_row(times, hidden)? == Flow::Stop {
                    return Ok(());
                }
            } else if skip {
                self.xml.skip()?;
            }
        }
    }

    fn one_row(&mut self, times: u32, hidden: bool) -> Result<Flow, Trouble> {
        let runs = self.runs()?;
        let begin = self.row;
        self.row = begin.saturating_add(times);
        if runs.is_empty() {
            return Ok(Flow::Go);
        }
        if self.row > MAX_ROWS {
            return Err(Trouble::damaged(
                "tiene renglones con datos más allá del final de la hoja",
            ));
        }
        for row in begin..self.row {
            if hidden {
                self.sink.hidden_row(row);
            }
            for run in &runs {
                for column in run.column..run.column + run.times {
                    if self.sink.cell(row, column, run.value, self.texts)? == Flow::Stop {
                        return Ok(Flow::Stop);
                    }
                }
            }
        }
        Ok(Flow::Go)
    }

    fn runs(&mut self) -> Result<Vec<Run>, Trouble> {
        let outside = self.xml.depth().saturating_sub(1);
        let mut runs = Vec::new();
        self.column = 0;
        loop {
            let closing = self.xml.depth() == outside + 1;
            let (mut head, mut skip) = (None, false);
            match self.xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "table-cell" | "covered-table-cell" => {
                        head = Some((Head::of(&e), repeated(&e, "number-columns-repeated")?));
                    }
                    _ => skip = true,
                },
                Event::End(_) if closing => return Ok(runs),
                Event::Eof => return Err(cut_off()),
                _ => {}
            }
            if let Some((head, times)) = head {
                let value = self.cell(&head)?;
                let column = self.column;
                if head.spanned != (0, 0) {
                    let (rows, columns) = head.spanned;
                    self.sink.merged(Area {
                        rows: (self.row, self.row.saturating_add(rows)),
                        columns: (column, column.saturating_add(columns)),
                    });
                }
                self.column = column.saturating_add(times);
                if value == Value::Empty {
                    continue;
                }
                if self.column > MAX_COLUMNS {
                    return Err(Trouble::damaged(
                        "tiene columnas con datos más allá del final de la hoja",
                    ));
                }
                runs.push(Run {
                    column,
                    times,
                    value,
                });
            } else if skip {
                self.xml.skip()?;
            }
        }
    }

    fn cell(&mut self, head: &Head) -> Result<Value, Trouble> {
        let mut shown = String::new();
        shown_text(&mut self.xml, &mut shown)?;
        let mut keep = |text: &str| {
            self.texts
                .push(text)
                .ok_or_else(super::xlsx::too_many_texts)
        };
        if head.is_error(&shown) {
            return keep(if shown.is_empty() { "#ERROR!" } else { &shown }).map(Value::Error);
        }
        let number = || head.value.as_deref().and_then(|v| v.parse::<f64>().ok());
        Ok(match (head.kind.as_str(), number()) {
            ("float" | "currency", Some(n)) => Value::Number(n),
            ("percentage", Some(n)) => Value::Percent(n),
            ("boolean", _) => Value::Bool(head.value.as_deref() == Some("true")),
            ("date", _) => {
                let text = head.value.as_deref().unwrap_or_default();
                match iso::serial(text, self.date1904) {
                    Some(serial) => Value::Serial(serial),
                    None => Value::IsoDate(keep(text)?),
                }
            }
            ("time", _) => match head.value.as_deref().and_then(iso::days) {
                Some(days) if (0.0..1.0).contains(&days) => Value::Serial(days),
                days => Value::Duration(days.unwrap_or_default()),
            },
            ("" | "void", _) if head.formula => Value::NoCache,
            ("string", _) => {
                let text = head.value.as_deref().unwrap_or(&shown);
                if text.is_empty() {
                    Value::Empty
                } else {
                    Value::Text(keep(text)?)
                }
            }
            _ if shown.is_empty() => Value::Empty,
            _ => Value::Text(keep(&shown)?),
        })
    }
}

#[derive(Default)]
struct Head {
    kind: String,
    value: Option<String>,
    formula: bool,
    error: bool,
    /// Rows and columns that it covers beside its own.
    spanned: (u32, u32),
}

impl Head {
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

fn repeated(element: &BytesStart<'_>, name: &str) -> Result<u32, Trouble> {
    match attribute(element, name) {
        None => Ok(1),
        Some(text) => text
            .parse()
            .map_err(|_| Trouble::damaged("repite un renglón un número imposible de veces")),
    }
}

/// Text of the paragraphs of the cell that has just begun, comments and drawings left out.
fn shown_text(xml: &mut Xml<'_>, out: &mut String) -> Result<(), Trouble> {
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
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
        if skip {
            xml.skip()?;
        }
    }
}
