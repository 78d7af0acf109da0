//! Between what is told and the terminal: names of files and sheets, cells and servers' replies
//! come from others, and a terminal obeys what it is sent.

use std::io::{self, Write};

use codespan_reporting::term::termcolor::{ColorSpec, WriteColor};

use crate::diagnostic::{is_unseen, written_out};

/// A stream that writes out whatever a terminal would obey or hide. Colours pass, because they
/// are set beside the text.
pub(crate) struct Escaped<W>(pub W);

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.write_all(lines(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: WriteColor> WriteColor for Escaped<W> {
    fn supports_color(&self) -> bool {
        self.0.supports_color()
    }

    fn set_color(&mut self, spec: &ColorSpec) -> io::Result<()> {
        self.0.set_color(spec)
    }

    fn reset(&mut self) -> io::Result<()> {
        self.0.reset()
    }
}

/// A text of several lines: line breaks and tabs stay, everything else unseen is written out.
pub(crate) fn lines(text: &str) -> String {
    with(
        text,
        |c| !matches!(c, '\n' | '\t') && is_unseen(c),
        written_out,
    )
}

/// A file's text, in which line breaks of both kinds and tabs have their own meaning.
pub(crate) fn source(text: &str) -> String {
    with(text, is_unseen_in_source, written_out)
}

/// What [`source`] writes out.
pub(crate) fn is_unseen_in_source(c: char) -> bool {
    !matches!(c, '\n' | '\r' | '\t') && is_unseen(c)
}

/// A JSON document with every unseen character as `\u` and four digits, which means the same.
/// Outside its strings JSON holds none but line breaks and spaces.
pub(crate) fn json(text: &str) -> String {
    let four_digits = |c: char| {
        let mut units = [0; 2];
        c.encode_utf16(&mut units)
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect()
    };
    with(text, |c| c != '\n' && is_unseen(c), four_digits)
}

/// Log lines on standard error. `Colored` ones carry the log's own escape sequences, which the
/// log keeps out of what it quotes.
#[derive(Clone, Copy)]
pub(crate) enum Log {
    Text,
    Colored,
    Json,
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let escaped = match self {
            Self::Text => lines(&text),
            Self::Colored => with(
                &text,
                |c| !matches!(c, '\n' | '\t' | '\u{1b}') && is_unseen(c),
                written_out,
            ),
            Self::Json => json(&text),
        };
        io::stderr().write_all(escaped.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn with(text: &str, unwanted: impl Fn(char) -> bool, instead: impl Fn(char) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if unwanted(c) {
            out.push_str(&instead(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_terminal_is_sent_nothing_that_it_would_obey() {
        let hostile = "a\u{1b}]0;x\u{7}\u{9b}31m\r\u{202e}fdp\u{2066}\u{200b}\u{7f}z";
        let mut out = Vec::new();
        write!(Escaped(&mut out), "uno\n{hostile}\n").unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "uno\na\\u{1b}]0;x\\u{7}\\u{9b}31m\\r\\u{202e}fdp\\u{2066}\\u{200b}\\u{7f}z\n"
        );
    }

    #[test]
    fn json_means_the_same() {
        let value = serde_json::json!({ "archivo\u{9b}": "a\u{202e}\u{7f}\u{1b}\u{e0041}ñ" });
        let text = serde_json::to_string_pretty(&value).unwrap();
        let escaped = json(&text);
        assert!(escaped.is_ascii() || !escaped.contains(|c: char| c != '\n' && is_unseen(c)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
            value
        );
    }
}
