//! The header that names an attached file. lettre writes a name of over thirty letters in pieces
//! (`filename*0`, RFC 2231), which Outlook and others show as "ATT00001"; a name of ours always fits
//! whole into a line of its own.

use lettre::message::header::{Header, HeaderName, HeaderValue};

/// Longest line of a header, without its end.
const LINE: usize = 76;

/// `Content-Disposition: attachment; filename="…"`. The name must be plain ASCII.
#[derive(Clone)]
pub(super) struct NamedFile(pub String);

impl Header for NamedFile {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("only written, never read".into())
    }

    fn display(&self) -> HeaderValue {
        let whole = format!("attachment; filename=\"{}\"", self.0);
        let is_short = "Content-Disposition: ".len() + whole.len() <= LINE;
        let folded = match is_short {
            true => whole.clone(),
            false => whole.replace("; ", ";\r\n "),
        };
        HeaderValue::dangerous_new_pre_encoded(Self::name(), whole, folded)
    }
}
