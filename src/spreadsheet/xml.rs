//! XML as a stream, with its depth bounded and its errors in words.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::encoding::DecodingReader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::package::unreadable;
use super::read_error::ReadError;

const MAX_DEPTH: u32 = 256;

/// A stream of XML events.
pub(super) struct Xml<'r> {
    reader: Reader<Box<dyn BufRead + 'r>>,
    buffer: Vec<u8>,
    depth: u32,
}

impl<'r> Xml<'r> {
    /// Reads `part`, in whatever encoding it declares.
    pub(super) fn new(mut part: Box<dyn BufRead + 'r>) -> Self {
        let plain = part.fill_buf().is_ok_and(is_utf8);
        let part: Box<dyn BufRead + 'r> = if plain {
            part
        } else {
            Box::new(DecodingReader::new(part))
        };
        let mut reader = Reader::from_reader(part);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.check_comments = false;
        config.expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::with_capacity(1024),
            depth: 0,
        }
    }

    /// The next event. Comments and processing instructions come too: match what matters.
    pub(super) fn next(&mut self) -> Result<Event<'_>, ReadError> {
        self.buffer.clear();
        let event = self
            .reader
            .read_event_into(&mut self.buffer)
            .map_err(explain)?;
        match &event {
            Event::Start(_) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(ReadError::damaged(
                        "sus elementos XML están anidados sin fin",
                    ));
                }
            }
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::DocType(_) => {
                return Err(ReadError::damaged(
                    "declara un DOCTYPE, que las hojas de cálculo no llevan",
                ));
            }
            _ => {}
        }
        Ok(event)
    }

    /// Goes past the end of the element that has just begun.
    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        let outside = self.depth.saturating_sub(1);
        loop {
            let closing = self.depth == outside + 1;
            match self.next()? {
                Event::End(_) if closing => return Ok(()),
                Event::Eof => return Err(ReadError::cut_off()),
                _ => {}
            }
        }
    }

    /// How deep it is inside elements.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }
}

fn is_utf8(head: &[u8]) -> bool {
    let head = head.get(..200).unwrap_or(head);
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) || head.contains(&0) {
        return false;
    }
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declaration = text.split("?>").next().unwrap_or_default();
    !declaration.contains("encoding")
        || declaration.contains("utf-8")
        || declaration.contains("utf8")
}

fn explain(error: quick_xml::Error) -> ReadError {
    match error {
        quick_xml::Error::Io(io) => unreadable(&io),
        quick_xml::Error::Syntax(_) => ReadError::cut_off(),
        _ => ReadError::damaged("su contenido XML no está bien formado"),
    }
}

/// Value of the attribute called `name`, prefixes aside, entities resolved.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .with_checks(false)
        .flatten()
        .find_map(|a| {
            (a.key.local_name().as_ref() == name).then(|| {
                match quick_xml::escape::unescape(&a.value) {
                    Ok(text) => text.into_owned(),
                    Err(_) => a.value.into_owned(),
                }
            })
        })
}

/// Appends what a reference such as `&amp;` or `&#241;` stands for.
pub(super) fn push_reference(reference: &BytesRef<'_>, out: &mut String) -> Result<(), ReadError> {
    let unknown = || ReadError::damaged("usa una entidad XML que no existe");
    if let Some(c) = reference.resolve_char_ref().map_err(|_| unknown())? {
        out.push(c);
        return Ok(());
    }
    let name = reference.xml10_content();
    out.push_str(quick_xml::escape::resolve_predefined_entity(&name).ok_or_else(unknown)?);
    Ok(())
}
