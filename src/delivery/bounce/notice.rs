//! A notice as it is mailed: `multipart/report` with a part for people, one for programs, and the
//! message that it is about, or its head.

use mail_parser::{HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::report::{NoticeFields, groups};
use crate::delivery::error::DeliveryError;
use crate::diagnostic::{Diagnostic, visible};

/// How deep a notice may lie in others that forward it.
const DEEPEST: usize = 3;

/// Letters of what a server said that are kept.
const KEPT: usize = 300;

/// What has become of a message for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It does not arrive; nobody tries any more.
    Failed,
    /// It has not arrived yet; the mail system goes on trying.
    Delayed,
    /// It has arrived, or gone on to a mail system that gives no notices.
    Passed,
    /// The notice does not say, or in no word that is known.
    Unknown,
}

/// What a notice says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BouncedRecipient {
    /// The message's Message-ID, with angle brackets; none where the notice does not say.
    pub message_id: Option<String>,
    /// The address, as the mail system knew it: not always the one that was written to.
    pub recipient: String,
    /// What has become of it.
    pub action: Action,
    /// The status, such as `5.1.1`.
    pub status: Option<String>,
    /// What a server said, on one line.
    pub diagnostic: Option<String>,
}

impl BouncedRecipient {
    /// Whether it says that the message did not arrive and will not. A status of class 4 is no
    /// contradiction: that of a mail system which tried for days and has given up.
    pub fn is_final(&self) -> bool {
        let class = self
            .status
            .as_deref()
            .and_then(|status| status.chars().next());
        self.action == Action::Failed && class.is_none_or(|class| "45".contains(class))
    }

    /// What it says, on one line.
    pub fn reason(&self) -> String {
        let parts = [self.status.as_deref(), self.diagnostic.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        match parts.as_slice() {
            [] => "no reason is given".to_owned(),
            parts => parts.join(" "),
        }
    }
}

/// Reads a notice, as the mail system sent it.
///
/// # Errors
/// `not-a-bounce` where the text is something else, with what it is.
pub fn read(bytes: &[u8]) -> Result<Vec<BouncedRecipient>, DeliveryError> {
    let parsed = MessageParser::default().parse(bytes);
    let Some(message) = parsed.filter(|message| !message.headers().is_empty()) else {
        return Err(other("it is no e-mail message"));
    };
    let Some((notice, report)) = notice_in(&message, DEEPEST) else {
        return Err(other(&what_else(&message)));
    };
    let groups = groups(report.contents());
    let message_id = message_id(notice, &groups);
    let recipients: Vec<BouncedRecipient> = groups
        .iter()
        .filter_map(|fields| recipient(fields, message_id.as_deref()))
        .collect();
    if recipients.is_empty() {
        return Err(other("its report names no recipient"));
    }
    Ok(recipients)
}

/// The message that is a notice, and its part for programs: this one, or one that it forwards.
fn notice_in<'m, 'x>(
    message: &'m Message<'x>,
    depth: usize,
) -> Option<(&'m Message<'x>, &'m MessagePart<'x>)> {
    let report = message.parts.iter().find(|part| is_report(part));
    if let Some(report) = report {
        return Some((message, report));
    }
    let inner = message.parts.iter().filter_map(|part| match &part.body {
        PartType::Message(inner) if depth > 0 => notice_in(inner, depth - 1),
        _ => None,
    });
    inner.into_iter().next()
}

fn is_report(part: &MessagePart<'_>) -> bool {
    is_of(
        part,
        "message",
        &["delivery-status", "global-delivery-status"],
    )
}

fn is_of(part: &MessagePart<'_>, kind: &str, subtypes: &[&str]) -> bool {
    part.content_type().is_some_and(|of| {
        of.ctype().eq_ignore_ascii_case(kind)
            && of
                .subtype()
                .is_some_and(|of| subtypes.iter().any(|s| of.eq_ignore_ascii_case(s)))
    })
}

/// The Message-ID of the message that a notice is about: in the message itself or its head, in the
/// report, or as what the notice answers.
fn message_id(notice: &Message<'_>, groups: &[NoticeFields]) -> Option<String> {
    let of_original = || notice.parts.iter().find_map(of_original);
    let of_report = || {
        let names = ["original-message-id", "x-original-message-id"];
        let mut all = groups
            .iter()
            .flat_map(|group| names.map(|name| group.get(name)));
        all.find_map(|id| in_brackets(id?))
    };
    let answered = || {
        let first = |value: &HeaderValue<'_>| match value {
            HeaderValue::Text(id) => in_brackets(id),
            HeaderValue::TextList(ids) => ids.last().and_then(|id| in_brackets(id)),
            _ => None,
        };
        first(notice.in_reply_to()).or_else(|| first(notice.references()))
    };
    of_original().or_else(of_report).or_else(answered)
}

fn of_original(part: &MessagePart<'_>) -> Option<String> {
    match &part.body {
        PartType::Message(original) => in_brackets(original.message_id()?),
        _ if is_of(
            part,
            "text",
            &["rfc822-headers", "rfc822", "global-headers"],
        ) || is_of(part, "message", &["rfc822-headers", "global-headers"]) =>
        {
            let mut head = part.contents().to_vec();
            head.extend_from_slice(b"\r\n\r\n");
            let original = MessageParser::default().parse_headers(&head)?;
            in_brackets(original.message_id()?)
        }
        _ => None,
    }
}

fn in_brackets(id: &str) -> Option<String> {
    let bare = id
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .trim();
    let sound = !bare.is_empty() && !bare.contains(char::is_whitespace);
    sound.then(|| format!("<{bare}>"))
}

/// What a group says of a recipient; none where it is the one about the message.
fn recipient(fields: &NoticeFields, message_id: Option<&str>) -> Option<BouncedRecipient> {
    let address = [
        "final-recipient",
        "original-recipient",
        "x-actual-recipient",
    ]
    .iter()
    .find_map(|name| fields.typed(name));
    if address.is_none() && fields.get("action").is_none() {
        return None;
    }
    let address = address.unwrap_or_default().trim_matches(['<', '>', ' ']);
    let word = |text: &str| {
        text.split_whitespace()
            .next()
            .unwrap_or_default()
            .to_lowercase()
    };
    let action = match fields.get("action").map(word).as_deref() {
        Some("failed") => Action::Failed,
        Some("delayed") => Action::Delayed,
        Some("delivered" | "relayed" | "expanded") => Action::Passed,
        _ => Action::Unknown,
    };
    let status = fields.get("status").map(word);
    Some(BouncedRecipient {
        message_id: message_id.map(str::to_owned),
        recipient: shown(address),
        action,
        status: status.filter(|status| is_status(status)),
        diagnostic: fields.typed("diagnostic-code").map(shown),
    })
}

/// Whether a text is like `5.1.1`.
fn is_status(text: &str) -> bool {
    let mut parts = text.split('.');
    let number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.clone().count() == 3 && parts.all(number)
}

fn shown(text: &str) -> String {
    let line: String = text.chars().take(KEPT).collect();
    visible(&line).into_owned()
}

/// What a message is that is no notice.
fn what_else(message: &Message<'_>) -> String {
    let of = message.root_part().content_type();
    let kind = of.map_or("text", |of| of.ctype());
    let subtype = of.and_then(|of| of.subtype()).unwrap_or("plain");
    let report = of.and_then(|of| of.attribute("report-type"));
    let text = message.body_text(0).unwrap_or_default();
    match report {
        Some("disposition-notification") => "it is a receipt of a mail program".to_owned(),
        Some("feedback-report") => "it is a complaint".to_owned(),
        Some("delivery-status") => "its part message/delivery-status is missing".to_owned(),
        _ if text.contains("This is the qmail-send program") => {
            "it is a notice of qmail, which no program can read for sure".to_owned()
        }
        _ => shown(&format!("it is {kind}/{subtype}")),
    }
}

fn other(why: &str) -> DeliveryError {
    let wrong = Diagnostic::error(
        "not-a-bounce",
        format!("this is no delivery status notification (RFC 3464): {why}"),
    )
    .hint("Read it; where it says that a message did not arrive, settle that yourself: metas deliver list, metas deliver resolve ID --resend.");
    DeliveryError::NotABounce(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_make_it_panic() {
        let sample = include_bytes!("../../../tests/bounces/postfix.eml");
        proptest::proptest!(|(at in 0..sample.len(), cut in 0usize..200, put in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..8))| {
            let mut bytes = sample[..at].to_vec();
            bytes.extend_from_slice(&put);
            bytes.extend_from_slice(&sample[(at + cut).min(sample.len())..]);
            let _ = read(&bytes);
            let _ = read(&put);
        });
    }

    #[test]
    fn what_is_final_depends_on_action_and_class() {
        for (action, status, is_final) in [
            (Action::Failed, Some("5.1.1"), true),
            (Action::Failed, Some("4.4.7"), true),
            (Action::Failed, None, true),
            (Action::Failed, Some("2.0.0"), false),
            (Action::Delayed, Some("4.4.1"), false),
            (Action::Delayed, Some("5.1.1"), false),
            (Action::Passed, Some("2.1.5"), false),
            (Action::Unknown, Some("5.1.1"), false),
        ] {
            let notice = BouncedRecipient {
                message_id: None,
                recipient: String::new(),
                action,
                status: status.map(str::to_owned),
                diagnostic: None,
            };
            assert_eq!(notice.is_final(), is_final, "{action:?} {status:?}");
        }
    }
}
