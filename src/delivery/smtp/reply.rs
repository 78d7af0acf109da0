//! What servers and networks say, as the ledger and the operator read it.

use std::error::Error as _;
use std::io::ErrorKind;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::response::Response;

use super::{Failure, Phase};

pub(super) fn announced_size(greeting: &Response) -> Option<u64> {
    greeting.message().find_map(|line| {
        let mut words = line.split_whitespace();
        let size = words.next()?.eq_ignore_ascii_case("SIZE");
        size.then(|| words.next().and_then(|n| n.parse().ok()).unwrap_or(0))
    })
}

pub(super) fn failure(phase: Phase, error: &SmtpError) -> Failure {
    Failure {
        phase,
        reply: described(error),
    }
}

pub(super) fn status(error: &SmtpError) -> Option<u16> {
    error.status().map(u16::from)
}

pub(super) fn io_kind(error: &SmtpError) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

/// An error as the operator reads it: the server's own words, or what the network did.
pub(super) fn described(error: &SmtpError) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = status(error) {
        return clean(&format!("{code} {cause}"));
    }
    match io_kind(error) {
        Some(ErrorKind::WouldBlock | ErrorKind::TimedOut) => "no answer in time".to_owned(),
        Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => {
            "the connection was closed".to_owned()
        }
        _ if cause == "incomplete response" => "the connection was closed".to_owned(),
        _ if cause.contains("certificate") => clean(&format!(
            "the server's certificate is not trusted ({cause}): set ca_file, or check host"
        )),
        _ => clean(&error.to_string()),
    }
}

/// A reply in one line.
pub(super) fn told(reply: &Response) -> String {
    let text: Vec<&str> = reply.message().collect();
    clean(&format!("{} {}", reply.code(), text.join(" ")))
}

/// What a server says is text from elsewhere: one line, no control characters, not endless.
pub(super) fn clean(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect();
    line.trim().to_owned()
}
