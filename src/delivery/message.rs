//! The whole MIME message as bytes, from what it says. Same input, same bytes: the boundaries come
//! from the Message-ID, and the Date is passed in.

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::address::Address;
pub use lettre::message::Mailbox;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{MultiPart, SinglePart};

use super::file_name::NamedFile;
use crate::delivery::error::DeliveryError;
use crate::diagnostic::Diagnostic;
use crate::hash::sha256_hex;
use crate::ledger::Topic;
use crate::period::Period;
use crate::plan::WrittenMailbox;

/// Longest line that a server must take, CRLF left out (RFC 5322).
const LONGEST_LINE: usize = 998;

/// Everything that a message says.
#[derive(Debug, Clone)]
pub struct Mail<'a> {
    /// Sender.
    pub from: &'a Mailbox,
    /// All recipients, as shown in the header.
    pub to: &'a [Mailbox],
    /// Subject.
    pub subject: &'a str,
    /// Message-ID with the angle brackets; see [`message_id`].
    pub message_id: &'a str,
    /// Date.
    pub date: DateTime<Utc>,
    /// Message-ID of the first edition's message, in a correction.
    pub in_reply_to: Option<&'a str>,
    /// The text part.
    pub text: &'a str,
    /// The HTML part.
    pub html: &'a str,
    /// Files.
    pub attachments: &'a [Attached<'a>],
}

/// A file in a message.
#[derive(Debug, Clone)]
pub struct Attached<'a> {
    /// Short ASCII name; see [`attachment_name`].
    pub name: &'a str,
    /// Media type, such as `application/pdf`.
    pub media_type: &'a str,
    /// Content.
    pub bytes: &'a [u8],
}

/// Reads `Name <user@domain>` or `user@domain`.
///
/// # Errors
/// An English sentence that says what is wrong.
pub fn parse_mailbox(text: &str) -> Result<Mailbox, DeliveryError> {
    let WrittenMailbox { name, address } =
        WrittenMailbox::parse(text).map_err(DeliveryError::Address)?;
    let none =
        |_| DeliveryError::Address(format!("\"{address}\" is no address: write user@domain"));
    let email = Address::try_from(address.to_owned()).map_err(none)?;
    Ok(Mailbox::new(name.map(str::to_owned), email))
}

/// The Message-ID of what is written to a recipient on an occasion, such as `v2` for an edition.
/// It holds neither a time nor anything of the home, so that what is written again after an
/// accident is the same message to whoever has it already. The sender's domain keeps apart what
/// several municipalities write to one recipient.
pub fn message_id(
    plan: &str,
    period: Period,
    occasion: &str,
    recipient: &str,
    from: &Mailbox,
) -> String {
    let to = sha256_hex(recipient.to_ascii_lowercase().as_bytes());
    let domain = from.email.domain().trim_matches(['[', ']']);
    format!("<{plan}.{period}.{occasion}.{}@{domain}>", &to[..16])
}

/// The Message-ID of what carries no edition: as [`message_id`], by what it is about.
pub fn notice_id(topic: &Topic, recipient: &str, from: &Mailbox) -> String {
    let about = sha256_hex(topic.about.as_bytes());
    let to = sha256_hex(recipient.to_ascii_lowercase().as_bytes());
    let domain = from.email.domain().trim_matches(['[', ']']);
    format!(
        "<{}.{}.{}.{}@{domain}>",
        topic.plan,
        topic.occasion,
        &about[..16],
        &to[..16]
    )
}

/// Name of the report in the message: `informe-2026-T1-v1.pdf`. Short and ASCII, because longer or
/// accented names are written in a way that some readers do not understand.
pub fn attachment_name(period: Period, edition: u32) -> String {
    format!("informe-{period}-v{edition}.pdf")
}

/// Name of the slides in the message: `diapositivas-2026-T1-v1.pdf`.
pub fn slides_name(period: Period, edition: u32) -> String {
    format!("diapositivas-{period}-v{edition}.pdf")
}

/// The message's bytes: ASCII, CRLF line ends, ending in CRLF.
///
/// # Errors
/// `message-invalid` where a header would carry a line break or another control character, or
/// where an attachment's name is not plain.
pub fn build(mail: &Mail<'_>) -> Result<Vec<u8>, DeliveryError> {
    check(mail)?;
    let mut builder = Message::builder()
        .from(mail.from.clone())
        .subject(mail.subject)
        .date(mail.date.into())
        .message_id(Some(mail.message_id.to_owned()));
    for to in mail.to {
        builder = builder.to(to.clone());
    }
    if let Some(first) = mail.in_reply_to {
        builder = builder
            .in_reply_to(first.to_owned())
            .references(first.to_owned());
    }
    for (name, value) in [
        (
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated",
        ),
        (
            HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"),
            "All",
        ),
        (HeaderName::new_from_ascii_str("Content-Language"), "es"),
    ] {
        builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
    }

    let seed = sha256_hex(mail.message_id.as_bytes());
    let boundary = |part: &str| format!("=_{part}_{}", &seed[..32]);
    let mut mixed = MultiPart::mixed().boundary(boundary("m")).multipart(
        MultiPart::alternative()
            .boundary(boundary("a"))
            .singlepart(text_part(ContentType::TEXT_PLAIN, mail.text))
            .singlepart(text_part(ContentType::TEXT_HTML, mail.html)),
    );
    for file in mail.attachments {
        mixed = mixed.singlepart(file_part(file)?);
    }
    let message = builder
        .multipart(mixed)
        .map_err(|e| invalid(format!("the message can't be built: {e}")))?;
    let bytes = message.formatted();
    carriable(&bytes)?;
    Ok(bytes)
}

fn text_part(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder()
        .header(kind)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.to_owned())
}

fn file_part(file: &Attached<'_>) -> Result<SinglePart, DeliveryError> {
    let kind = ContentType::parse(file.media_type)
        .map_err(|e| invalid(format!("\"{}\" is no media type: {e}", file.media_type)))?;
    Ok(SinglePart::builder()
        .header(kind)
        .header(NamedFile(file.name.to_owned()))
        .header(ContentTransferEncoding::Base64)
        .body(file.bytes.to_vec()))
}

fn check(mail: &Mail<'_>) -> Result<(), DeliveryError> {
    let mailboxes = std::iter::once(mail.from).chain(mail.to);
    let names = mailboxes.filter_map(|mailbox| mailbox.name.as_deref());
    for (what, text) in names
        .map(|name| ("a name", name))
        .chain([("the subject", mail.subject)])
    {
        if text.chars().any(char::is_control) {
            return Err(invalid(format!(
                "{what} of the message holds a line break or control character: {text:?}"
            )));
        }
    }
    for id in std::iter::once(mail.message_id).chain(mail.in_reply_to) {
        let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
        let plain = |c: char| c.is_ascii_graphic() && !"<>()".contains(c);
        if !inner.is_some_and(|id| id.contains('@') && id.chars().all(plain)) {
            return Err(invalid(format!("{id:?} is no Message-ID")));
        }
    }
    for file in mail.attachments {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if file.name.is_empty() || file.name.len() > 60 || !file.name.chars().all(plain) {
            return Err(invalid(format!(
                "an attachment can't be called {:?}: ASCII letters, digits and . _ - only",
                file.name
            )));
        }
    }
    if mail.to.is_empty() {
        return Err(invalid("a message needs a recipient".to_owned()));
    }
    Ok(())
}

/// The headers of a frozen message, each on one line.
pub fn headers(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        match (line.strip_prefix([' ', '\t']), headers.last_mut()) {
            (Some(more), Some((_, value))) => {
                value.push(' ');
                value.push_str(more.trim_start());
            }
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    headers.push((name.to_owned(), value.trim_start().to_owned()));
                }
            }
        }
    }
    headers
}

/// Any server can carry these bytes unchanged, and none can mistake part of them for the end.
///
/// # Errors
/// `message-invalid` with what is wrong.
pub fn carriable(bytes: &[u8]) -> Result<(), DeliveryError> {
    let wrong = |what: &str| Err(invalid(format!("the message {what}")));
    if !bytes.is_ascii() || bytes.contains(&0) {
        return wrong("holds bytes that are not plain ASCII");
    }
    if !bytes.ends_with(b"\r\n") {
        return wrong("does not end in a line break");
    }
    let mut length = 0;
    let mut before = 0;
    for byte in bytes {
        match (before, byte) {
            (b'\r', b'\n') => length = 0,
            (b'\r', _) => return wrong("holds a bare carriage return"),
            (_, b'\n') => return wrong("holds a bare line feed"),
            (_, b'\r') => {}
            _ => length += 1,
        }
        if length > LONGEST_LINE {
            return wrong("holds a line too long for mail");
        }
        before = *byte;
    }
    Ok(())
}

fn invalid(message: String) -> DeliveryError {
    Diagnostic::error("message-invalid", message).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mail<'a>(
        from: &'a Mailbox,
        to: &'a [Mailbox],
        subject: &'a str,
        attachments: &'a [Attached<'a>],
    ) -> Mail<'a> {
        Mail {
            from,
            to,
            subject,
            message_id: "<p.2026-T1.v2.20260406T010000@example.mx>",
            date: "2026-04-06T01:00:00Z".parse().unwrap(),
            in_reply_to: Some("<p.2026-T1.v1.20260405T010000@example.mx>"),
            text: "Hola:\n.punto\nAño 2026\n",
            html: "<p>Año 2026</p>",
            attachments,
        }
    }

    #[test]
    fn mailboxes_are_read_or_refused_with_a_reason() {
        let mailbox = parse_mailbox("\"Peña, Ana\" <ana+b@x.mx>").unwrap();
        assert_eq!(mailbox.name.as_deref(), Some("Peña, Ana"));
        assert_eq!(mailbox.email.to_string(), "ana+b@x.mx");
        assert!(
            parse_mailbox("a@")
                .unwrap_err()
                .to_string()
                .contains("user@domain")
        );
    }

    #[test]
    fn same_input_same_bytes_that_any_server_carries() {
        let from = parse_mailbox("Gobierno Abierto León <g@x.mx>").unwrap();
        let to = [
            parse_mailbox("a@x.mx").unwrap(),
            parse_mailbox("B Ñ <b@x.mx>").unwrap(),
        ];
        let pdf = Attached {
            name: "informe-2026-T1-v2.pdf",
            media_type: "application/pdf",
            bytes: b"%PDF-1.7\n.\nshort lines of ASCII\n",
        };
        let subject = "Seguimiento de metas del PAMGA 2025 - 2027: enero a marzo de 2026 (v2, sustituye a v1)";
        let files = [pdf];
        let mail = mail(&from, &to, subject, &files);
        let bytes = build(&mail).unwrap();
        assert_eq!(bytes, build(&mail).unwrap());
        let text = String::from_utf8(bytes).unwrap();
        for part in [
            "Message-ID: <p.2026-T1.v2.20260406T010000@example.mx>\r\n",
            "In-Reply-To: <p.2026-T1.v1.20260405T010000@example.mx>\r\n",
            "References: <p.2026-T1.v1.20260405T010000@example.mx>\r\n",
            "Date: Mon, 06 Apr 2026 01:00:00 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Language: es\r\n",
            "Content-Disposition: attachment; filename=\"informe-2026-T1-v2.pdf\"\r\n",
            "Content-Type: application/pdf\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "JVBERi0xLjcK",
            "A=C3=B1o 2026",
            "a@x.mx",
            "<b@x.mx>",
        ] {
            assert!(text.contains(part), "{part}\n---\n{text}");
        }
        assert!(!text.contains("Bcc"));
    }

    /// In pieces (`filename*0`) some readers show it as "ATT00001".
    #[test]
    fn the_name_of_a_file_is_written_whole_however_long_it_may_be() {
        let from = parse_mailbox("g@x.mx").unwrap();
        let to = [from.clone()];
        for length in 5..=60 {
            let name = format!("{}.pdf", "n".repeat(length - 4));
            let file = Attached {
                name: &name,
                media_type: "application/pdf",
                bytes: b"x",
            };
            let text = String::from_utf8(build(&mail(&from, &to, "x", &[file])).unwrap()).unwrap();
            assert!(text.contains(&format!("filename=\"{name}\"\r\n")), "{text}");
            assert!(!text.contains("filename*"), "{text}");
            assert!(text.split("\r\n").all(|line| line.len() <= 76), "{text}");
            let content = crate::delivery::content_of(text.as_bytes()).unwrap();
            assert_eq!(content.files[0].0, name);
        }
    }

    #[test]
    fn nothing_is_injected_by_headers() {
        let plain = parse_mailbox("g@x.mx").unwrap();
        let bad = Mailbox::new(Some("A\r\nBcc: c@x.mx".to_owned()), plain.email.clone());
        let to = [plain.clone()];
        for (from, subject) in [
            (&bad, "x"),
            (&plain, "x\r\nBcc: c@x.mx"),
            (&plain, "x\u{7}"),
        ] {
            let error = build(&mail(from, &to, subject, &[])).unwrap_err();
            assert_eq!(Diagnostic::from(error).code, "message-invalid");
        }
        let bad = Attached {
            name: "a\"\r\n.pdf",
            media_type: "application/pdf",
            bytes: b"",
        };
        assert!(build(&mail(&plain, &to, "x", &[bad])).is_err());
        assert!(build(&mail(&plain, &[], "x", &[])).is_err());
    }

    proptest::proptest! {
        /// lettre panics on some headers: whatever a name or subject holds, it is refused or carried.
        #[test]
        fn any_text_is_refused_or_carried(name in r"[^\p{Cc}]{0,120}", subject in r"[^\p{Cc}]{0,300}", text in "(?s).{0,300}") {
            let plain = parse_mailbox("g@x.mx").unwrap();
            let from = Mailbox::new(Some(name), plain.email.clone());
            let to = [from.clone()];
            let mut mail = mail(&from, &to, &subject, &[]);
            mail.text = &text;
            if let Ok(bytes) = build(&mail) {
                let text = String::from_utf8(bytes).unwrap();
                let head = text.split("\r\n\r\n").next().unwrap();
                let headers = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
                assert_eq!(headers.count(), 12, "{head}");
            }
        }
    }

    #[test]
    fn what_a_server_could_misread_is_refused() {
        for (bytes, fine) in [
            (&b"a\r\n"[..], true),
            (b"a\r\n.\r\n", true),
            (b"a\nb\r\n", false),
            (b"a\rb\r\n", false),
            (b"a\r\r\n", false),
            (b"a", false),
            (b"\xc3\r\n", false),
            (b"a\0\r\n", false),
        ] {
            assert_eq!(carriable(bytes).is_ok(), fine, "{bytes:?}");
        }
        let long = format!("{}\r\n", "a".repeat(999));
        assert!(carriable(long.as_bytes()).is_err());
    }

    #[test]
    fn a_message_id_is_the_same_whenever_and_wherever_it_is_made() {
        let from = parse_mailbox("Gobierno <g@x.mx>").unwrap();
        let period = "2026-T1".parse().unwrap();
        let id = |occasion, to| message_id("p", period, occasion, to, &from);
        assert_eq!(id("v1", "a@x.mx"), "<p.2026-T1.v1.8ec77679da7b1827@x.mx>");
        assert_eq!(id("v1", "A@X.mx"), id("v1", "a@x.mx"));
        assert_ne!(id("v1", "b@x.mx"), id("v1", "a@x.mx"));
        assert_ne!(id("v2", "a@x.mx"), id("v1", "a@x.mx"));
    }
}
