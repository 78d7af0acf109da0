//! E-mail addresses of a definition.

use std::ops::Range;

use super::check::Checker;
use super::field::Field;
use super::shape::Text;

/// Letters of the name before an address at most.
const SENDER_NAME: usize = 100;

impl Checker<'_> {
    /// The mailboxes of a list, in its order; reports what is none, and an address that stands in it
    /// twice.
    pub(crate) fn mailboxes(&mut self, list: &Field<Vec<Field<Text>>>, who: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for mailbox in list.texts() {
            self.mailbox(&mailbox.value, mailbox.span.clone());
            let address = bare_address(&mailbox.value).to_lowercase();
            if all
                .iter()
                .any(|m| bare_address(m).to_lowercase() == address)
            {
                let message = format!("{who} {address} is named twice");
                self.error("duplicate", mailbox.span, message);
            } else {
                all.push(mailbox.value);
            }
        }
        all
    }

    /// Reports what is no `address@host` or `Name <address@host>`.
    pub(crate) fn mailbox(&mut self, text: &str, span: Range<usize>) {
        if !is_mailbox(text) {
            self.error_hint(
                "invalid-mailbox",
                span,
                format!("{text:?} is not an e-mail address"),
                "write name@example.mx or \"Name <name@example.mx>\"",
            );
            return;
        }
        let name = text.rsplit_once('<').map_or("", |(name, _)| name.trim());
        let letters = name.chars().count();
        if letters > SENDER_NAME {
            self.error_hint(
                "text-too-long",
                span,
                format!("the name before the address has {letters} letters; there is room for {SENDER_NAME}"),
                "shorten it, or write the address alone",
            );
        }
    }
}

/// The address alone, without a name.
pub(crate) fn bare_address(mailbox: &str) -> &str {
    match mailbox.rsplit_once('<') {
        Some((_, rest)) => rest.trim_end().trim_end_matches('>'),
        None => mailbox.trim(),
    }
}

/// A subset of RFC 5322 that every mail library accepts.
pub(super) fn is_mailbox(text: &str) -> bool {
    if text.chars().any(char::is_control) {
        return false;
    }
    if let Some((name, _)) = text.rsplit_once('<')
        && (!text.ends_with('>') || name.contains(['<', '>', '"', ',', ';', ':', '@', '\\']))
    {
        return false;
    }
    let Some((local, domain)) = bare_address(text).split_once('@') else {
        return false;
    };
    let local_char = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    (1..=64).contains(&local.len())
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(local_char))
        && domain.len() <= 253
        && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::is_mailbox;

    #[test]
    fn mailboxes() {
        for (text, sound) in [
            ("a@example.mx", true),
            ("Gobierno Abierto <gobierno.abierto@example.mx>", true),
            ("Dirección <a.b+c@x.example.mx>", true),
            ("a@localhost", true),
            ("a", false),
            ("a@", false),
            ("a b@example.mx", false),
            ("a@b@c", false),
            ("A <a@example.mx", false),
            ("A\r\nBcc: x <a@example.mx>", false),
            ("a..b@example.mx", false),
            ("a@-x.mx", false),
        ] {
            assert_eq!(is_mailbox(text), sound, "{text}");
        }
    }
}
