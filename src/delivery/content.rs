//! What a message of ours says, read back from its bytes, and the same message as a test of it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use super::message;
use super::message::{Attached, Mail, Mailbox};
use crate::delivery::error::DeliveryError;
use crate::diagnostic::Diagnostic;

/// What every test says in its subject first.
const TEST: &str = "PRUEBA: ";

/// What a message of ours says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageContent {
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Name, media type and bytes of each file.
    pub files: Vec<(String, String, Vec<u8>)>,
}

/// Reads a message that [`message::build`] made.
///
/// # Errors
/// `message-unreadable` where it is another.
pub fn content_of(message: &[u8]) -> Result<MessageContent, DeliveryError> {
    read(message).ok_or_else(|| {
        Diagnostic::error(
            "message-unreadable",
            "a frozen message is none of metas' own",
        )
        .into()
    })
}

fn read(message: &[u8]) -> Option<MessageContent> {
    let whole = std::str::from_utf8(message).ok()?;
    let mut content = MessageContent {
        subject: words(&value(whole, "subject")?),
        text: String::new(),
        html: String::new(),
        files: Vec::new(),
    };
    let mixed = parts(whole)?;
    let (alternative, files) = mixed.split_first()?;
    for part in parts(alternative)? {
        let (head, body) = part.split_once("\r\n\r\n")?;
        let text = String::from_utf8(plain(body)?).ok()?.replace("\r\n", "\n");
        match value(head, "content-type")?.split(';').next()? {
            "text/plain" => content.text = text,
            "text/html" => content.html = text,
            _ => return None,
        }
    }
    for part in files {
        let (head, body) = part.split_once("\r\n\r\n")?;
        let disposition = value(head, "content-disposition")?;
        // A long name comes in several quoted pieces.
        let name: String = disposition.split('"').skip(1).step_by(2).collect();
        let lines: String = body.split_whitespace().collect();
        let bytes = STANDARD.decode(lines).ok()?;
        let media_type = value(head, "content-type")?;
        content.files.push((name, media_type, bytes));
    }
    Some(content)
}

/// A header's value, unfolded, of what begins with headers.
fn value(text: &str, name: &str) -> Option<String> {
    let found = message::headers(text.as_bytes()).into_iter();
    let mut of_name = found.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    of_name.next().map(|(_, value)| value)
}

/// The parts of what begins with a multipart's headers.
fn parts<'t>(text: &'t str) -> Option<Vec<&'t str>> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let kind = value(head, "content-type")?;
    let boundary = kind.split("boundary=").nth(1)?.split(';').next()?;
    let line = format!("--{}", boundary.trim().trim_matches('"'));
    let mut parts: Vec<&'t str> = body.split(line.as_str()).skip(1).collect();
    parts.pop().filter(|end| end.starts_with("--"))?;
    let whole = |part: &'t str| part.strip_prefix("\r\n")?.strip_suffix("\r\n");
    parts.into_iter().map(whole).collect()
}

/// Quoted-printable as it was before.
fn plain(body: &str) -> Option<Vec<u8>> {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    Some(bytes)
}

/// A header's text: encoded words decoded, and the space between two of them left out.
fn words(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut after_encoded = false;
    for word in value.split(' ') {
        let encoded = word
            .strip_prefix("=?utf-8?b?")
            .and_then(|word| word.strip_suffix("?="))
            .and_then(|word| STANDARD.decode(word).ok());
        if !(bytes.is_empty() || after_encoded && encoded.is_some()) {
            bytes.push(b' ');
        }
        after_encoded = encoded.is_some();
        bytes.extend(encoded.unwrap_or_else(|| word.as_bytes().to_vec()));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A test of a message: the same to somebody else alone, and nobody takes it for the real one.
#[derive(Debug, Clone)]
pub struct TestCopy<'a> {
    /// The message.
    pub message: &'a [u8],
    /// To whom it would go.
    pub recipient: &'a str,
    /// Sender.
    pub from: &'a Mailbox,
    /// To whom the test goes.
    pub to: &'a Mailbox,
    /// A Message-ID of its own.
    pub message_id: &'a str,
    /// Date.
    pub date: DateTime<Utc>,
}

/// The bytes of a test.
///
/// # Errors
/// The message is none of ours.
pub fn test_copy(copy: &TestCopy<'_>) -> Result<Vec<u8>, DeliveryError> {
    let content = content_of(copy.message)?;
    let banner = format!("PRUEBA: así se enviaría a {}", copy.recipient);
    let files: Vec<Attached<'_>> = content
        .files
        .iter()
        .map(|(name, media_type, bytes)| Attached {
            name,
            media_type,
            bytes,
        })
        .collect();
    message::build(&Mail {
        from: copy.from,
        to: std::slice::from_ref(copy.to),
        subject: &format!("{TEST}{}", content.subject),
        message_id: copy.message_id,
        date: copy.date,
        in_reply_to: None,
        text: &format!("{banner}\n\n{}", content.text),
        html: &with_banner(&content.html, &banner),
        attachments: &files,
    })
}

/// The HTML with a banner above all else.
fn with_banner(html: &str, banner: &str) -> String {
    let escaped = banner
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    let banner = format!(
        "<div style=\"padding:12px 16px;background-color:#8a1c1c;color:#ffffff;font-family:Arial,Helvetica,sans-serif;font-size:18px;font-weight:bold;text-align:center;\">{escaped}</div>\n"
    );
    let body = html.find("<body").unwrap_or_default();
    let after = html
        .get(body..)
        .and_then(|rest| rest.find('>'))
        .map_or(0, |end| body + end + 1);
    let (head, rest) = html.split_at(after);
    format!("{head}\n{banner}{rest}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// So long that its header is folded.
    const LONG: &str = "observaciones-1-consultas-externas-del-primer-trimestre.xlsx";

    fn built(subject: &str, text: &str, html: &str, file: &[u8]) -> Vec<u8> {
        let from = message::parse_mailbox("Gobierno Peña <g@x.mx>").unwrap();
        let to = [message::parse_mailbox("a@x.mx").unwrap()];
        message::build(&Mail {
            from: &from,
            to: &to,
            subject,
            message_id: "<p.2026-T1.v1.1@x.mx>",
            date: "2026-04-06T01:00:00Z".parse().unwrap(),
            in_reply_to: Some("<p.2026-T1.v0.1@x.mx>"),
            text,
            html,
            attachments: &[Attached {
                name: LONG,
                media_type: "application/pdf",
                bytes: file,
            }],
        })
        .unwrap()
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_message_says_is_read_back(
            subject in "[a-zA-ZñÁ=?_]{1,12}( [a-zA-ZñÁ0-9«»]{1,30}){0,12}",
            text in "[^\\r\\p{Cc}]{0,200}(\n[^\\p{Cc}]{0,100}){0,3}",
            file in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        ) {
            let html = format!("<body>{text}=</body>");
            let content = content_of(&built(&subject, &text, &html, &file)).unwrap();
            assert_eq!((content.subject, content.text, content.html), (subject, text, html));
            assert_eq!(content.files, [(LONG.to_owned(), "application/pdf".to_owned(), file)]);
        }
    }

    #[test]
    fn a_test_says_so_and_is_no_answer_to_anything() {
        let message = built("Informe", "Hola", "<html><body a=\"b\"><p>Hola", b"x");
        let from = message::parse_mailbox("g@x.mx").unwrap();
        let to = message::parse_mailbox("op@x.mx").unwrap();
        let copy = test_copy(&TestCopy {
            message: &message,
            recipient: "a@x.mx",
            from: &from,
            to: &to,
            message_id: "<prueba-1@x.mx>",
            date: "2026-04-06T01:00:00Z".parse().unwrap(),
        })
        .unwrap();
        let content = content_of(&copy).unwrap();
        assert_eq!(content.subject, "PRUEBA: Informe");
        assert!(
            content
                .text
                .starts_with("PRUEBA: así se enviaría a a@x.mx\n\nHola")
        );
        let (before, after) = content
            .html
            .split_once("PRUEBA: así se enviaría a a@x.mx")
            .unwrap();
        assert!(before.starts_with("<html><body a=\"b\">") && after.contains("<p>Hola"));
        let head = String::from_utf8(copy).unwrap();
        let head = head.split("\r\n\r\n").next().unwrap();
        assert!(
            head.contains("To: op@x.mx") && !head.contains("a@x.mx\r\n"),
            "{head}"
        );
        assert!(
            !head.contains("In-Reply-To") && !head.contains("p.2026-T1"),
            "{head}"
        );
    }
}
