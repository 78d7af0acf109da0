//! Tags in the bytes of an XML part, found without reading it as XML: fast, and no more than the
//! marks of a sheet need.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::read_error::ReadError;

/// A tag, or something that is passed over: a comment, a declaration.
pub(super) struct Tag {
    /// Whether it is the end of an element.
    pub(super) ends: bool,
    /// Its name without prefix; empty for what is no tag.
    pub(super) name: Range<usize>,
    /// After its `>`.
    pub(super) end: usize,
}

impl Tag {
    /// The tag at `at`; none where it has not come whole.
    pub(super) fn at(bytes: &[u8], at: usize) -> Result<Option<Self>, ReadError> {
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
        let Some(close) = tag_end(rest) else {
            return Ok(None);
        };
        let ends = rest.get(1) == Some(&b'/');
        let mut begin = 1 + usize::from(ends);
        let mut end = begin;
        while let Some(byte) = rest.get(end).filter(|_| end < close) {
            match byte {
                b' ' | b'\n' | b'\r' | b'\t' | b'/' => break,
                b':' => begin = end + 1,
                _ => {}
            }
            end += 1;
        }
        Ok(Some(Self {
            ends,
            name: at + begin..at + end,
            end: at + close + 1,
        }))
    }

    /// Its name without prefix.
    pub(super) fn name<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.name.clone()).unwrap_or_default()
    }

    /// Whether it is begin and end in one.
    pub(super) fn is_empty(&self, bytes: &[u8]) -> bool {
        bytes.get(self.end - 2) == Some(&b'/')
    }

    /// Its attributes: names and values as they are written.
    pub(super) fn attributes<'b>(
        &self,
        bytes: &'b [u8],
    ) -> impl Iterator<Item = (&'b [u8], &'b [u8])> {
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

    /// The value of one of them.
    pub(super) fn attribute<'b>(&self, bytes: &'b [u8], expected: &[u8]) -> Option<&'b [u8]> {
        let mut all = self.attributes(bytes);
        all.find(|(name, _)| *name == expected)
            .map(|(_, value)| value)
    }
}

/// Where the `>` is that ends the tag at the begin of `bytes`; values may hold others.
fn tag_end(bytes: &[u8]) -> Option<usize> {
    let first = memchr(b'>', bytes)?;
    let before = bytes.get(..first).unwrap_or_default();
    let quotes = |mark: u8| before.iter().filter(|byte| **byte == mark).count();
    if quotes(b'"') % 2 == 0 && quotes(b'\'') == 0 {
        return Some(first);
    }
    let mut quote = None;
    bytes.iter().position(|byte| {
        match quote {
            Some(open) if open == *byte => quote = None,
            None if matches!(byte, b'"' | b'\'') => quote = Some(*byte),
            _ => {}
        }
        quote.is_none() && *byte == b'>'
    })
}
