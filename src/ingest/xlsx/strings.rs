//! The shared strings: what rich text says, without its phonetic guides.

use std::io::BufRead;

use quick_xml::events::Event;

use crate::ingest::cell::{TextId, Texts, Trouble};
use crate::ingest::package::too_big;
use crate::ingest::xml::{Xml, cut_off, push_reference};

/// Reads them all; the declared count is not believed.
pub fn read(
    part: Box<dyn BufRead + '_>,
    texts: &mut Texts,
    most: u64,
) -> Result<Vec<TextId>, Trouble> {
    let mut xml = Xml::new(part);
    let mut ids = Vec::new();
    let mut text = String::new();
    let mut ended = false;
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "si" => {
                text.clear();
                rich_text(&mut xml, &mut text)?;
                ids.push(texts.push(&text).ok_or_else(full)?);
                if ids.len() as u64 > most {
                    return Err(too_big(&format!("tiene más de {most} textos")));
                }
            }
            Event::End(e) if e.local_name().as_ref() == "sst" => ended = true,
            Event::Eof if ended || ids.is_empty() => return Ok(ids),
            Event::Eof => return Err(cut_off()),
            _ => {}
        }
    }
}

/// The finding about more text than can be held.
pub fn full() -> Trouble {
    too_big("contiene más de 4 GB de texto")
}

/// Appends the text of the `si` or `is` element that has just begun, and goes past its end.
pub fn rich_text(xml: &mut Xml<'_>, out: &mut String) -> Result<(), Trouble> {
    let outside = xml.depth().saturating_sub(1);
    let start = out.len();
    let mut inside = false;
    loop {
        let phonetic = match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "t" => {
                    inside = true;
                    false
                }
                "rPh" => true,
                _ => false,
            },
            Event::Text(t) if inside => {
                out.push_str(&t.xml10_content());
                false
            }
            Event::CData(t) if inside => {
                out.push_str(&t.xml10_content());
                false
            }
            Event::GeneralRef(r) if inside => {
                push_reference(&r, out)?;
                false
            }
            Event::End(_) => {
                inside = false;
                if xml.depth() == outside {
                    break;
                }
                false
            }
            Event::Eof => return Err(cut_off()),
            _ => false,
        };
        if phonetic {
            xml.skip()?;
        }
    }
    unescape(out, start);
    Ok(())
}

/// Resolves the `_x000D_` way of writing a character, from `start` on.
pub fn unescape(text: &mut String, start: usize) {
    let Some(tail) = text.get(start..).filter(|tail| tail.contains("_x")) else {
        return;
    };
    let mut out = String::with_capacity(tail.len());
    let mut rest = tail;
    while let Some(at) = rest.find("_x") {
        out.push_str(&rest[..at]);
        let unit = unit_at(rest, at);
        // A character beyond the first 65,536 is written as two units.
        let second = unit
            .filter(|unit| (0xD800..0xDC00).contains(unit))
            .and_then(|_| unit_at(rest, at + 7));
        let found = char::decode_utf16(unit.into_iter().chain(second)).next();
        if let Some(Ok(c)) = found {
            out.push(c);
            rest = &rest[at + 7 * c.len_utf16()..];
        } else {
            out.push_str("_x");
            rest = &rest[at + 2..];
        }
    }
    out.push_str(rest);
    text.truncate(start);
    text.push_str(&out);
}

/// The unit that `_xHHHH_` at `at` stands for.
fn unit_at(text: &str, at: usize) -> Option<u16> {
    let inner = text.get(at..at + 7)?.strip_prefix("_x")?;
    let code = inner.strip_suffix('_')?;
    let hex = code.bytes().all(|b| b.is_ascii_hexdigit());
    u16::from_str_radix(code, 16).ok().filter(|_| hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (raw, plain) in [
            ("a_x000D_b", "a\rb"),
            ("_x005F_x0041_", "_x0041_"),
            ("_x00ñ_", "_x00ñ_"),
            ("_x", "_x"),
            ("_xD801__xDC05_!", "𐐅!"),
            ("_xD801_8", "_xD801_8"),
            ("_xD801__x0041_", "_xD801_A"),
            ("_xDC05_", "_xDC05_"),
        ] {
            let mut text = raw.to_owned();
            unescape(&mut text, 0);
            assert_eq!(text, plain);
        }
    }
}
