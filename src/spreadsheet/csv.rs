//! Text with separators: encoding, separator and quotes found out, every cell a text.

use super::cell::{CellValue, Flow, MAX_COLUMNS, Sink, Texts};
use super::read_error::{ReadError, too_many_texts};
use super::sniff::not_a_spreadsheet;
use super::workbook::{SheetInfo, Workbook};

/// Bytes in which the separator is looked for.
const SAMPLE: usize = 256 << 10;

/// A decoded CSV.
pub(super) struct Csv {
    text: String,
    separator: char,
    sheets: [SheetInfo; 1],
    texts: Texts,
}

impl Csv {
    /// Decodes the bytes and finds the separator.
    pub(super) fn open(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut text = decode(bytes)?;
        let mut declared = None;
        if let Some(rest) = text.strip_prefix("sep=") {
            let mut chars = rest.chars();
            declared = chars.next();
            // The line stays, empty, so that rows keep their numbers.
            let tail = chars.as_str().to_owned();
            text = tail;
        }
        let separator = declared.unwrap_or_else(|| separator(&text));
        Ok(Self {
            text,
            separator,
            sheets: [SheetInfo {
                name: String::new(),
                hidden: false,
            }],
            texts: Texts::default(),
        })
    }
}

impl Workbook for Csv {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, _sheet: usize, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let mut fields = Fields::new(&self.text, self.separator);
        let mut field = String::new();
        let (mut row, mut column) = (0u32, 0u32);
        loop {
            let end = fields.next(&mut field).map_err(|t| t.near(row, column))?;
            if !field.is_empty() {
                let id = self.texts.push(&field).ok_or_else(too_many_texts)?;
                let kept = sink.wants(column);
                if sink.cell(row, column, CellValue::Text(id), &self.texts)? == Flow::Stop {
                    return Ok(());
                }
                if !kept {
                    self.texts.forget_last();
                }
            }
            if end != FieldEnd::Field {
                sink.row_ended(row, column + 1);
            }
            match end {
                FieldEnd::Field if column < MAX_COLUMNS => column += 1,
                FieldEnd::Field => return Err(ReadError::damaged("tiene demasiadas columnas")),
                FieldEnd::Row => {
                    row = row.saturating_add(1);
                    column = 0;
                }
                FieldEnd::File => return Ok(()),
            }
        }
    }

    fn is_text(&self) -> bool {
        true
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }
}

fn decode(bytes: &[u8]) -> Result<String, ReadError> {
    use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
    let text = if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        std::str::from_utf8(rest).ok().map(str::to_owned)
    } else if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        Some(UTF_16LE.decode_without_bom_handling(rest).0.into_owned())
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        Some(UTF_16BE.decode_without_bom_handling(rest).0.into_owned())
    } else {
        match nul_side(bytes) {
            Some(1) => Some(UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()),
            Some(_) => Some(UTF_16BE.decode_without_bom_handling(bytes).0.into_owned()),
            None => std::str::from_utf8(bytes).ok().map(str::to_owned),
        }
    };
    let text = text.unwrap_or_else(|| {
        WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned()
    });
    let sample = text.chars().take(100_000);
    let strange =
        |c: char| (c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}')) || c == '\u{fffd}';
    let (all, odd) = sample.fold((0u32, 0u32), |(all, odd), c| {
        (all + 1, odd + u32::from(strange(c)))
    });
    if odd > 0 && (odd > 8 || odd * 50 > all) {
        return Err(not_a_spreadsheet(
            "un archivo binario o dañado que ningún formato conocido explica",
        ));
    }
    Ok(text)
}

/// On which side of each pair of bytes the zeros are, for UTF-16 without a mark.
fn nul_side(bytes: &[u8]) -> Option<usize> {
    let head = bytes.get(..400).unwrap_or(bytes);
    let zeros = |side: usize| {
        head.iter()
            .skip(side)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = head.len() / 2;
    if pairs >= 2 && odd * 10 > pairs * 7 && even == 0 {
        Some(1)
    } else if pairs >= 2 && even * 10 > pairs * 7 && odd == 0 {
        Some(0)
    } else {
        None
    }
}

/// The separator that splits the first rows into the most consistent number of fields.
fn separator(text: &str) -> char {
    let text = text.get(..text.floor_char_boundary(SAMPLE)).unwrap_or(text);
    let mut best = (0u32, ',');
    for candidate in [',', ';', '\t', '|'] {
        let widths = widths(text, candidate);
        let Some(usual) = most_frequent(&widths) else {
            continue;
        };
        if usual < 2 {
            continue;
        }
        let alike = widths.iter().filter(|w| **w == usual).count();
        let score = u32::try_from(alike * 1000 / widths.len()).unwrap_or(0) + usual.min(50);
        if score > best.0 {
            best = (score, candidate);
        }
    }
    best.1
}

fn widths(text: &str, separator: char) -> Vec<u32> {
    let mut fields = Fields::new(text, separator);
    let mut field = String::new();
    let (mut widths, mut width, mut filled) = (Vec::new(), 1, false);
    while widths.len() < 60 {
        let Ok(end) = fields.next(&mut field) else {
            break;
        };
        filled |= !field.trim().is_empty();
        match end {
            FieldEnd::Field => width += 1,
            FieldEnd::Row | FieldEnd::File => {
                if filled {
                    widths.push(width);
                }
                width = 1;
                filled = false;
                if end == FieldEnd::File {
                    break;
                }
            }
        }
    }
    widths
}

fn most_frequent(widths: &[u32]) -> Option<u32> {
    let count = |w: u32| widths.iter().filter(|x| **x == w).count();
    widths
        .iter()
        .copied()
        .filter(|w| *w > 1)
        .max_by_key(|w| (count(*w), *w))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldEnd {
    Field,
    Row,
    File,
}

/// Splits text into fields; a quoted field may hold separators and line breaks.
struct Fields<'t> {
    rest: &'t str,
    separator: char,
}

impl<'t> Fields<'t> {
    fn new(text: &'t str, separator: char) -> Self {
        Self {
            rest: text,
            separator,
        }
    }

    fn next(&mut self, field: &mut String) -> Result<FieldEnd, ReadError> {
        field.clear();
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            self.quoted(field)?;
        }
        let separator = self.separator;
        let Some(at) = self.end_of_field() else {
            field.push_str(self.rest);
            self.rest = "";
            return Ok(FieldEnd::File);
        };
        let (plain, tail) = self.rest.split_at(at);
        field.push_str(plain);
        let mut chars = tail.chars();
        let end = chars.next();
        self.rest = chars.as_str();
        if end == Some(separator) {
            return Ok(FieldEnd::Field);
        }
        if end == Some('\r') {
            self.rest = self.rest.strip_prefix('\n').unwrap_or(self.rest);
        }
        Ok(FieldEnd::Row)
    }

    /// Where the separator or the line's end is. Bytes are looked at: a mark of one byte is never
    /// part of another character.
    fn end_of_field(&self) -> Option<usize> {
        match u8::try_from(self.separator).ok().filter(u8::is_ascii) {
            Some(mark) => {
                let ends = |b: &u8| *b == mark || *b == b'\n' || *b == b'\r';
                self.rest.as_bytes().iter().position(ends)
            }
            None => self.rest.find([self.separator, '\n', '\r']),
        }
    }

    fn quoted(&mut self, field: &mut String) -> Result<(), ReadError> {
        loop {
            let Some(at) = self.rest.find('"') else {
                return Err(ReadError::new(
                    "unclosed-quote",
                    "Hay unas comillas (\") que se abren y no se cierran.",
                    "Quite las comillas de ese renglón o ciérrelas; lo más seguro es entregar el libro en .xlsx.",
                ));
            };
            field.push_str(self.rest.get(..at).unwrap_or_default());
            self.rest = self.rest.get(at + 1..).unwrap_or_default();
            match self.rest.strip_prefix('"') {
                Some(rest) => {
                    field.push('"');
                    self.rest = rest;
                }
                None => return Ok(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    fn rows(text: &str, separator: char) -> Vec<Vec<String>> {
        let mut fields = Fields::new(text, separator);
        let (mut all, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
        loop {
            let end = fields.next(&mut field).unwrap();
            row.push(field.clone());
            if end != FieldEnd::Field {
                all.push(std::mem::take(&mut row));
            }
            if end == FieldEnd::File {
                return all;
            }
        }
    }

    #[test]
    fn fields_and_quotes() {
        assert_eq!(
            rows("a,\"b,\"\"c\"\"\n\",d\r\n,1", ','),
            [vec!["a", "b,\"c\"\n", "d"], vec!["", "1"]]
        );
        assert!(
            Fields::new("\"abierta", ',')
                .next(&mut String::new())
                .is_err()
        );
    }

    #[test]
    fn separators() {
        for (text, expected) in [
            ("a,b,c\n1,2,3", ','),
            ("a;b\n1,5;2\n3,5;4", ';'),
            ("a\tb\n1\t2", '\t'),
            ("Título\n\nFolio;Monto\n1;2,5\n2;3,5", ';'),
            ("solo\nuna", ','),
        ] {
            assert_eq!(separator(text), expected, "{text}");
        }
    }

    #[test]
    fn encodings() {
        for bytes in [
            &b"A\xF1o"[..],
            "Año".as_bytes(),
            b"\xEF\xBB\xBFA\xC3\xB1o",
            b"\xFF\xFEA\0\xF1\0o\0",
            b"\xFE\xFF\0A\0\xF1\0o",
        ] {
            assert_eq!(decode(bytes).unwrap(), "Año");
        }
        assert!(decode(&[0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]).is_err());
    }
}
