//! Text from data, made fit for the page: one character that no font has would stop the whole
//! report (PDF/UA refuses it), and invisible ones can turn a sentence around.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::world::fonts;
use crate::diagnostic::Diagnostic;

/// Stands for what no bundled font has.
const REPLACEMENT: char = '\u{fffd}';

/// The document with every text normalised and printable, and a warning for each text that lost
/// something.
pub fn clean(mut document: Value) -> (Value, Vec<Diagnostic>) {
    let mut found = Vec::new();
    walk(&mut document, &mut found);
    (document, found)
}

fn walk(value: &mut Value, found: &mut Vec<Diagnostic>) {
    match value {
        Value::String(text) => {
            let (cleaned, lost) = clean_text(text);
            if !lost.is_empty() {
                found.push(warning(&cleaned, &lost));
            }
            *text = cleaned;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, found)),
        Value::Object(fields) => fields.values_mut().for_each(|field| walk(field, found)),
        _ => {}
    }
}

fn warning(text: &str, lost: &[char]) -> Diagnostic {
    let codes: Vec<String> = lost
        .iter()
        .map(|c| format!("U+{:04X}", u32::from(*c)))
        .collect();
    let start: String = text.chars().take(60).collect();
    let message = format!(
        "Se quitaron caracteres que no se pueden imprimir ({}) de «{start}»",
        codes.join(", ")
    );
    Diagnostic::warning("unprintable-text", message)
        .hint("escriba el texto sin emojis ni caracteres especiales")
}

/// NFC, without controls and invisible marks; what has no glyph becomes U+FFFD.
fn clean_text(text: &str) -> (String, Vec<char>) {
    let mut lost = Vec::new();
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            '\n' => out.push('\n'),
            '\t' | '\r' | '\u{a0}' | '\u{2007}' | '\u{202f}' => out.push(' '),
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if is_invisible(c) => {
                // Joiners and marks of order are dropped without a word; controls are told.
                if c.is_control() {
                    lost.push(c);
                }
            }
            c if has_glyph(c) => out.push(c),
            c => {
                lost.push(c);
                out.push(REPLACEMENT);
            }
        }
    }
    lost.sort_unstable();
    lost.dedup();
    (out, lost)
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(u32::from(c), 0xe000..=0xf8ff | 0xfff9..=0xfffb | 0xe0000..=0xe007f | 0xf0000..=0x10ffff)
}

fn has_glyph(c: char) -> bool {
    let book = fonts().book();
    let mut infos = book
        .families()
        .flat_map(|(_, indices)| indices)
        .filter_map(|i| book.info(i));
    infos.any(|info| info.coverage.contains(u32::from(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        for (text, cleaned, lost) in [
            ("Ñandú, 90 % «así» – ✓", "Ñandú, 90 % «así» – ✓", 0),
            ("cafe\u{301}", "café", 0),
            ("a\u{202e}b\u{200b}c", "abc", 0),
            ("a\u{7}b", "ab", 1),
            ("\u{feff}hola", "hola", 0),
            ("uno\ttab", "uno tab", 0),
            ("fiesta \u{1f389}", "fiesta \u{fffd}", 1),
        ] {
            let (out, gone) = clean_text(text);
            assert_eq!((out.as_str(), gone.len()), (cleaned, lost), "{text:?}");
        }
        assert!(
            has_glyph(REPLACEMENT),
            "the replacement itself must have a glyph"
        );
    }
}
