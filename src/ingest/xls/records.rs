//! The records of a BIFF8 stream, and texts that run over several.

use crate::ingest::bytes::{Bytes, utf16};
use crate::ingest::cell::Trouble;

/// Record that goes on where the one before ended.
pub const CONTINUE: u16 = 0x003C;

const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;

/// The records from one place on.
pub struct Records<'b> {
    stream: &'b [u8],
    at: usize,
}

impl<'b> Records<'b> {
    /// The records of `stream` from `at` on.
    pub fn from(stream: &'b [u8], at: usize) -> Self {
        Self { stream, at }
    }

    /// The next record's kind and bytes; none at the end.
    pub fn next(&mut self) -> Result<Option<(u16, Bytes<'b>)>, Trouble> {
        let head = Bytes(self.stream.get(self.at..).unwrap_or_default());
        let Some((kind, length)) = head.u16(0).zip(head.u16(2)) else {
            return Ok(None);
        };
        let end = 4 + usize::from(length);
        let bytes = head.0.get(4..end).ok_or_else(crate::ingest::xml::cut_off)?;
        self.at += end;
        Ok(Some((kind, Bytes(bytes))))
    }

    /// The next record, if it goes on with the one before.
    pub fn continued(&mut self) -> Option<Bytes<'b>> {
        let before = self.at;
        match self.next() {
            Ok(Some((CONTINUE, bytes))) => Some(bytes),
            _ => {
                self.at = before;
                None
            }
        }
    }
}

/// Whether a part of the workbook, such as a sheet, begins at `at`.
pub fn begins(stream: &[u8], at: usize) -> bool {
    Records::from(stream, at)
        .next()
        .is_ok_and(|first| first.is_some_and(|(kind, _)| kind == BEGIN))
}

/// Where each part of the workbook begins that lies in no other.
pub fn begins_of_parts(stream: &[u8]) -> Vec<usize> {
    let mut records = Records::from(stream, 0);
    let (mut found, mut depth) = (Vec::new(), 0u32);
    loop {
        let at = records.at;
        match records.next() {
            Ok(Some((BEGIN, _))) => {
                if depth == 0 {
                    found.push(at);
                }
                depth += 1;
            }
            Ok(Some((END, _))) => depth = depth.saturating_sub(1),
            Ok(Some(_)) => {}
            _ => return found,
        }
    }
}

/// A text with two bytes of length before it, which may run on in the records that follow.
pub fn string(bytes: Bytes<'_>, records: &mut Records<'_>) -> Option<String> {
    let units = usize::from(bytes.u16(0)?);
    if units == 0 {
        return Some(String::new());
    }
    let flags = bytes.u8(2)?;
    let mut out = String::new();
    let mut left = units;
    take(bytes.from(3)?, flags, &mut left, &mut out);
    while left > 0 {
        let more = records.continued()?;
        take(more.from(1)?, more.u8(0)?, &mut left, &mut out);
    }
    Some(out)
}

/// Takes as many of `left` characters as `bytes` hold; returns how many bytes they took.
pub fn take(bytes: Bytes<'_>, flags: u8, left: &mut usize, out: &mut String) -> usize {
    let width = if flags & 1 == 0 { 1 } else { 2 };
    let units = (bytes.0.len() / width).min(*left);
    let raw = bytes.0.get(..units * width).unwrap_or_default();
    if width == 1 {
        out.extend(raw.iter().map(|b| char::from(*b)));
    } else {
        out.push_str(&utf16(raw));
    }
    *left -= units;
    units * width
}
