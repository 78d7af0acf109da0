//! How one cell of an xlsx sheet is written: its attributes, and where its parts are.

use std::ops::Range;

use memchr::memchr;

use super::read_error::ReadError;
use super::tag::Tag;

/// A cell's attributes.
pub(super) struct CellHead<'b> {
    pub(super) reference: Option<&'b [u8]>,
    pub(super) style: u32,
    /// The first letter of its type, but for `str`: `t`. A space where nothing is said.
    pub(super) kind: u8,
}

impl<'b> CellHead<'b> {
    pub(super) fn of(bytes: &'b [u8], tag: &Tag) -> Result<Self, ReadError> {
        let mut head = Self {
            reference: None,
            style: 0,
            kind: b' ',
        };
        for (name, value) in tag.attributes(bytes) {
            match name {
                b"r" => head.reference = Some(value),
                b"s" => head.style = number(value).ok_or_else(ReadError::no_style)?,
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

    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, b't' | b'i')
    }

    /// Refuses what calamine would take for something else.
    pub(super) fn check(&self, text: &[u8]) -> Result<(), ReadError> {
        if self.kind == b's' && !text.iter().all(u8::is_ascii_digit) {
            return Err(ReadError::no_text());
        }
        if memchr(b'&', text).is_some() {
            return Err(ReadError::damaged(
                "hay un número escrito con signos especiales",
            ));
        }
        Ok(())
    }
}

/// Where the parts of a cell are.
#[derive(Default)]
pub(super) struct CellBody {
    /// Its value as it is written, or the content of an inline text.
    pub(super) text: Range<usize>,
    pub(super) inline: bool,
    /// Whether the text is one in pieces, with their tags.
    pub(super) pieces: bool,
    pub(super) formula: bool,
    pub(super) end: usize,
}

impl CellBody {
    /// The cell that begins with `head`; none where it has not come whole.
    pub(super) fn find(bytes: &[u8], head: &Tag) -> Result<Option<Self>, ReadError> {
        if let Some(cell) = Self::usual(bytes, head.end) {
            return Ok(Some(cell));
        }
        let mut cell = Self {
            end: head.end,
            ..Self::default()
        };
        if head.is_empty(bytes) {
            return Ok(Some(cell));
        }
        // The element of the cell that has begun: its name, and where its content begins.
        let mut open: Option<(&[u8], usize)> = None;
        loop {
            let Some(begin) = memchr(b'<', bytes.get(cell.end..).unwrap_or_default()) else {
                return Ok(None);
            };
            let begin = cell.end + begin;
            let Some(tag) = Tag::at(bytes, begin)? else {
                return Ok(None);
            };
            let name = tag.name(bytes);
            cell.end = tag.end;
            match open {
                None if tag.ends && name == b"c" => return Ok(Some(cell)),
                None if tag.ends || name.is_empty() => {}
                None if tag.is_empty(bytes) => cell.add(bytes, name, tag.end..tag.end),
                None => open = Some((name, tag.end)),
                Some((name, from)) if tag.ends && tag.name(bytes) == name => {
                    open = None;
                    cell.add(bytes, name, from..begin);
                }
                Some((b"v", _)) => {
                    return Err(ReadError::damaged("hay un valor partido en pedazos"));
                }
                Some(_) => {}
            }
        }
    }

    /// The ways in which nearly all cells are written, by the shortest way.
    fn usual(bytes: &[u8], from: usize) -> Option<Self> {
        const INLINE: &[u8] = b"</t></is></c>";
        const WAYS: [(&[u8], &[u8], bool); 3] = [
            (b"<v>", b"</v></c>", false),
            (b"<is><t>", INLINE, true),
            (b"<is><t xml:space=\"preserve\">", INLINE, true),
        ];
        let rest = bytes.get(from..)?;
        let (begin, end, inline) = WAYS.iter().find(|way| rest.starts_with(way.0))?;
        let text = rest.get(begin.len()..)?;
        let length = memchr(b'<', text)?;
        let from = from + begin.len();
        text.get(length..)?.starts_with(end).then(|| Self {
            text: from..from + length,
            inline: *inline,
            end: from + length + end.len(),
            ..Self::default()
        })
    }

    /// Notes an element of the cell and where its content is.
    fn add(&mut self, bytes: &[u8], name: &[u8], content: Range<usize>) {
        match name {
            b"v" if !self.inline => self.text = content,
            b"is" => {
                self.inline = true;
                self.pieces =
                    memchr(b'<', bytes.get(content.clone()).unwrap_or_default()).is_some();
                self.text = if self.pieces { content } else { 0..0 };
            }
            b"f" => self.formula = true,
            _ => {}
        }
    }
}

/// The number that these digits write.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0u32, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
