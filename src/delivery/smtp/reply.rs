//! What servers and networks say, as the ledger and the operator read it.

use std::io::{self, ErrorKind};

use encoding_rs::WINDOWS_1252;

/// Longest text of a reply that is kept.
const KEPT: usize = 300;

/// What is said of a server that is too slow.
pub(super) const LATE: &str = "no answer in time";

/// One reply: a code and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    pub lines: Vec<String>,
}

impl Reply {
    pub(super) fn new(code: u16) -> Self {
        Self {
            code,
            lines: Vec::new(),
        }
    }

    /// Whether the server goes along: 2xx and 3xx.
    pub(super) fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// All of it, as it came.
    pub(super) fn raw(&self) -> String {
        format!("{} {}", self.code, self.lines.join(" "))
    }

    /// In one line.
    pub(super) fn text(&self) -> String {
        clean(&self.raw())
    }

    /// The words behind a keyword of EHLO; none where it is not offered.
    pub(super) fn offers(&self, keyword: &str) -> Option<Vec<String>> {
        // The first line is the server's name.
        self.lines.iter().skip(1).find_map(|line| {
            let mut words = line.split([' ', '\t', '=']).filter(|w| !w.is_empty());
            let found = words.next()?.eq_ignore_ascii_case(keyword);
            found.then(|| words.map(str::to_owned).collect())
        })
    }

    /// SIZE of EHLO: none where not offered, 0 where without limit.
    pub(super) fn announced_size(&self) -> Option<u64> {
        let words = self.offers("SIZE")?;
        Some(words.first().and_then(|n| n.parse().ok()).unwrap_or(0))
    }
}

/// Why there is no reply, or none that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoReply {
    pub why: String,
    /// The code of the lines that did come whole: all lines of a reply bear the same one.
    pub code: Option<u16>,
}

impl NoReply {
    pub(super) fn unreadable(line: &[u8]) -> Self {
        let line: String = clean(&text(line)).chars().take(80).collect();
        Self {
            why: format!("the server's reply can't be read: {line}"),
            code: None,
        }
    }
}

/// One line of a reply.
pub(super) struct ReplyLine {
    pub code: u16,
    pub last: bool,
    pub text: String,
}

impl ReplyLine {
    /// Reads `250-text`, `250 text` or `250`.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let (code, rest) = line.split_at_checked(3)?;
        let code: u16 = std::str::from_utf8(code).ok()?.parse().ok()?;
        if !(200..600).contains(&code) {
            return None;
        }
        let (last, rest) = match rest {
            [] => (true, rest),
            [b' ' | b'\t', rest @ ..] => (true, rest),
            [b'-', rest @ ..] => (false, rest),
            _ => return None,
        };
        Some(Self {
            code,
            last,
            text: text(rest),
        })
    }
}

/// The letters of a reply: UTF-8, else what older servers write.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    }
}

/// An error as the operator reads it.
pub(super) fn described(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => LATE.to_owned(),
        ErrorKind::BrokenPipe
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        _ => {
            let cause = error.to_string();
            if cause.contains("certificate") && cause.to_lowercase().contains("expired") {
                clean(&format!(
                    "the server's certificate has expired, or this machine's clock is wrong ({cause})"
                ))
            } else if cause.contains("certificate") {
                clean(&format!(
                    "the server's certificate is not trusted ({cause}): set ca_file, or check host"
                ))
            } else {
                clean(&cause)
            }
        }
    }
}

/// What a server says is text from elsewhere: one line, not endless, and nothing in it that steers
/// a terminal or turns the direction of writing.
pub(super) fn clean(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars().take(KEPT) {
        match c {
            '\t' | '\n' | '\r' => line.push(' '),
            c if c.is_control() || is_invisible(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    line.trim().to_owned()
}

/// Marks that show nothing and change how the rest is shown.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_and_not_obeyed() {
        for (said, shown) in [
            ("550 no\u{1b}[31m such user", "550 no\\u{1b}[31m such user"),
            ("550 \u{9b}31m", "550 \\u{9b}31m"),
            ("550 a\u{202e}b\u{2066}c", "550 a\\u{202e}b\\u{2066}c"),
            ("550 a\r\n250 b\tc\u{7}", "550 a  250 b c\\u{7}"),
            ("550 buzón lleno: año 2026", "550 buzón lleno: año 2026"),
            ("550 \u{2028}\u{feff}", "550 \\u{2028}\\u{feff}"),
        ] {
            assert_eq!(clean(said), shown);
        }
        assert_eq!(clean(&"x".repeat(1000)).len(), KEPT);
    }

    #[test]
    fn lines_of_a_reply_are_read_or_refused() {
        for (line, read) in [
            (&b"250 ok"[..], Some((250, true, "ok"))),
            (b"250", Some((250, true, ""))),
            (b"250-", Some((250, false, ""))),
            (b"250-SIZE 20", Some((250, false, "SIZE 20"))),
            (b"250 aceptaci\xf3n", Some((250, true, "aceptación"))),
            ("250 aceptación".as_bytes(), Some((250, true, "aceptación"))),
            (b"250\xa0ok", None),
            (b"2500 ok", None),
            (b"25", None),
            (b"", None),
            (b"+50 ok", None),
            (b"199 ok", None),
            (b"600 ok", None),
            (b"hello", None),
        ] {
            let line = ReplyLine::parse(line);
            let found = line.as_ref().map(|l| (l.code, l.last, l.text.as_str()));
            assert_eq!(found, read);
        }
    }

    #[test]
    fn offers_are_found_however_they_are_written() {
        let reply = Reply {
            code: 250,
            lines: ["SIZE 7", "size 20", "AUTH=PLAIN LOGIN", "", "Starttls"]
                .map(str::to_owned)
                .to_vec(),
        };
        assert_eq!(reply.announced_size(), Some(20));
        assert_eq!(reply.offers("auth").unwrap(), ["PLAIN", "LOGIN"]);
        assert!(reply.offers("STARTTLS").is_some());
        assert!(reply.offers("8BITMIME").is_none());
    }
}
