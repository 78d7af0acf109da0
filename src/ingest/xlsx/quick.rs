//! The plainest way to write a cell, `<c r="B2" s="1" t="s"><v>12</v></c>`, read straight from
//! the buffer. Nearly every cell is written so, and the XML reader would take five steps and as
//! many copies for each. Whatever looks different is left to it.

use crate::ingest::cell::parse_a1;

/// A cell found whole at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub struct Quick<'b> {
    /// Zero-based row and column.
    pub at: (u32, u32),
    /// Number of its style.
    pub style: Option<usize>,
    /// Its type; empty for the usual one.
    pub kind: &'b str,
    /// What stands between `<v>` and `</v>`; none for a cell without content.
    pub value: Option<&'b str>,
    /// Bytes up to its end.
    pub length: usize,
}

/// The cell at the start of `buffer`, where it is whole there and plain.
pub fn cell(buffer: &[u8]) -> Option<Quick<'_>> {
    let space = buffer
        .iter()
        .take_while(|b| b.is_ascii_whitespace())
        .count();
    let mut at = space + 2;
    if buffer.get(space..space + 3)? != b"<c " {
        return None;
    }
    let (mut reference, mut style, mut kind) = (None, None, &b""[..]);
    let empty = loop {
        match buffer.get(at)? {
            b' ' => at += 1,
            b'>' => break false,
            b'/' if buffer.get(at + 1) == Some(&b'>') => break true,
            name => {
                if buffer.get(at + 1..at + 3)? != b"=\"" {
                    return None;
                }
                let rest = buffer.get(at + 3..)?;
                let length = rest.iter().take(24).position(|b| *b == b'"')?;
                let text = rest.get(..length)?;
                match name {
                    b'r' => reference = Some(parse_a1(text)?),
                    b's' => style = Some(number(text)?),
                    b't' => kind = text,
                    _ => return None,
                }
                at += length + 4;
            }
        }
    };
    let (value, length) = if empty {
        (None, at + 2)
    } else {
        content(buffer, at + 1)?
    };
    Some(Quick {
        at: reference?,
        style,
        kind: std::str::from_utf8(kind).ok()?,
        value,
        length,
    })
}

/// The text after `<v>`, and where the cell ends. References and anything but one `<v>` are not
/// plain.
fn content(buffer: &[u8], at: usize) -> Option<(Option<&str>, usize)> {
    let rest = buffer.get(at..)?;
    if rest.starts_with(b"</c>") {
        return Some((None, at + 4));
    }
    let rest = rest.strip_prefix(b"<v>")?;
    let length = rest.iter().position(|b| matches!(b, b'<' | b'&' | b'\r'))?;
    let (value, tail) = rest.split_at_checked(length)?;
    if value.is_empty() || !tail.starts_with(b"</v></c>") {
        return None;
    }
    Some((Some(std::str::from_utf8(value).ok()?), at + 3 + length + 8))
}

fn number(text: &[u8]) -> Option<usize> {
    if text.is_empty() || text.len() > 6 {
        return None;
    }
    text.iter().try_fold(0, |sum, b| {
        b.is_ascii_digit().then(|| sum * 10 + usize::from(b - b'0'))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn plain_cells() {
        let text = "<c r=\"B3\" s=\"12\" t=\"s\"><v>7</v></c><c ";
        let found = cell(text.as_bytes()).unwrap();
        assert_eq!(
            (found.at, found.style, found.kind, found.value),
            ((2, 1), Some(12), "s", Some("7"))
        );
        assert_eq!(text.get(found.length..), Some("<c "));
        let empty = cell(b"<c r=\"A1\" s=\"1\"/>x").unwrap();
        assert_eq!((empty.value, empty.length), (None, 17));
        assert_eq!(cell(b"\n <c r=\"A1\"></c>").unwrap().length, 16);
    }

    #[test]
    fn the_rest_is_left() {
        for text in [
            "<c r=\"A1\"><f>1</f><v>1</v></c>",
            "<c r=\"A1\"><v>a&amp;</v></c>",
            "<c r='A1'><v>1</v></c>",
            "<c><v>1</v></c>",
            "<c r=\"A1\"><v>1</v>",
            "<c r=\"A1\"",
            "<c r=\"A1\" cm=\"1\"><v>1</v></c>",
            "<col />",
            "<c r=\"A1\"><v></v></c>",
            "",
            "<c r=\"A4294967297\"><v>1</v></c>",
            "<c r=\"A1\"><is><t>x</t></is></c>",
            "<c r=\"A1\" s=\"\"/>",
        ] {
            assert_eq!(cell(text.as_bytes()), None, "{text}");
        }
    }
}
