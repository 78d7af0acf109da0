//! Mailboxes as a definition and a command line write them: the one grammar of them.

use std::ops::Range;

use super::check::Checker;
use super::field::Field;
use super::shape::Text;

/// Letters of the name before an address at most.
const SENDER_NAME: usize = 100;

/// `Name <user@domain>` or `user@domain`, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenMailbox<'a> {
    /// The name, without quotes around it.
    pub name: Option<&'a str>,
    /// `user@domain`.
    pub address: &'a str,
}

impl<'a> WrittenMailbox<'a> {
    /// Takes a mailbox apart: a subset of RFC 5322 that every mail library and server accepts.
    ///
    /// # Errors
    /// An English sentence that says what is wrong.
    pub fn parse(text: &'a str) -> Result<Self, String> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err("an address holds no line breaks or control characters".to_owned());
        }
        let (name, address) = match text.strip_suffix('>').map(|rest| rest.rsplit_once('<')) {
            Some(Some((name, address))) => (name.trim(), address.trim()),
            Some(None) => return Err(format!("\"{text}\" has a > without its <")),
            None => ("", text),
        };
        let name = name_is_sound(name)?;
        address_is_sound(address)?;
        Ok(Self {
            name: (!name.is_empty()).then_some(name),
            address,
        })
    }

    /// Whether a text is a mailbox.
    pub(super) fn is_one(text: &str) -> bool {
        WrittenMailbox::parse(text).is_ok()
    }

    /// The address alone, without a name; all of a text that is no mailbox.
    pub(crate) fn address_of(text: &'a str) -> &'a str {
        Self::parse(text).map_or(text, |mailbox| mailbox.address)
    }
}

/// The name, without quotes around it.
fn name_is_sound(name: &str) -> Result<&str, String> {
    let quoted = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    let bare = quoted.unwrap_or(name);
    if bare.contains(['"', '<', '>', '\\']) {
        return Err(format!(
            "the name \"{bare}\" may not hold quotes, backslashes or < >"
        ));
    }
    if quoted.is_none() && bare.contains([',', ';', ':', '@']) {
        return Err(format!(
            "the name {bare} holds one of , ; : @: write it in quotes"
        ));
    }
    Ok(bare)
}

fn address_is_sound(text: &str) -> Result<(), String> {
    if text.contains([',', ';']) {
        return Err(format!(
            "\"{text}\" is more than one address: write each as its own item"
        ));
    }
    let Some((user, domain)) = text.rsplit_once('@') else {
        return Err(format!("\"{text}\" is no address: it has no @"));
    };
    if !user.is_ascii() {
        return Err(format!(
            "\"{text}\" has letters before the @ that mail servers do not carry"
        ));
    }
    if !domain.is_ascii() {
        return Err(format!(
            "\"{domain}\" must be written in its ASCII form (xn--…)"
        ));
    }
    if user.contains(|c: char| c.is_whitespace() || "\"()<>[]:\\@".contains(c)) {
        return Err(format!(
            "\"{text}\" is no address: \"{user}\" can't stand before the @"
        ));
    }
    let sound = (1..=64).contains(&user.len())
        && user.split('.').all(|atom| !atom.is_empty())
        && domain.len() <= 253
        && domain.split('.').all(is_label);
    sound
        .then_some(())
        .ok_or_else(|| format!("\"{text}\" is no address: write user@domain"))
}

/// Whether a text is one part of a host's name.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl Checker<'_> {
    /// The mailboxes of a list, in its order; reports what is none, and an address that stands in it
    /// twice.
    pub(crate) fn mailboxes(&mut self, list: &Field<Vec<Field<Text>>>, who: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let bare = |text: &str| WrittenMailbox::address_of(text).to_lowercase();
        for mailbox in list.texts() {
            self.mailbox(&mailbox.value, mailbox.span.clone());
            let address = bare(&mailbox.value);
            if all.iter().any(|known| bare(known) == address) {
                let message = format!("{who} {address} is named twice");
                self.error("duplicate", mailbox.span, message);
            } else {
                all.push(mailbox.value);
            }
        }
        all
    }

    /// Reports what is no mailbox, and a name that has no room in a message.
    pub(crate) fn mailbox(&mut self, text: &str, span: Range<usize>) {
        let Ok(mailbox) = WrittenMailbox::parse(text) else {
            self.error_hint(
                "invalid-mailbox",
                span,
                format!("{text:?} is not an e-mail address"),
                "write name@example.mx or \"Name <name@example.mx>\"",
            );
            return;
        };
        let letters = mailbox.name.unwrap_or_default().chars().count();
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

#[cfg(test)]
mod tests {
    use super::WrittenMailbox;

    #[test]
    fn mailboxes_are_taken_apart_or_refused_with_a_reason() {
        for (text, name, address) in [
            ("a@example.mx", None, "a@example.mx"),
            (
                " Gobierno Abierto <g.a@x.mx> ",
                Some("Gobierno Abierto"),
                "g.a@x.mx",
            ),
            (
                "Dirección <a.b+c@x.example.mx>",
                Some("Dirección"),
                "a.b+c@x.example.mx",
            ),
            ("\"Peña, Ana\" <ana@x.mx>", Some("Peña, Ana"), "ana@x.mx"),
            ("<a+b@x.mx>", None, "a+b@x.mx"),
            (
                "Dirección (DGTI) <a@localhost>",
                Some("Dirección (DGTI)"),
                "a@localhost",
            ),
            ("!#$%&'*+-/=?^_`{|}~@x.mx", None, "!#$%&'*+-/=?^_`{|}~@x.mx"),
        ] {
            let mailbox = WrittenMailbox { name, address };
            assert_eq!(WrittenMailbox::parse(text), Ok(mailbox), "{text}");
        }
        for (text, reason) in [
            ("", "no @"),
            ("nadie", "no @"),
            ("a@x.mx, b@x.mx", "more than one"),
            ("a@x.mx b@x.mx", "can't stand before"),
            ("a b@x.mx", "can't stand before"),
            ("a@b@c", "can't stand before"),
            ("A <a@x.mx", "can't stand before"),
            ("a@x.mx>", "without its <"),
            ("A\r\nBcc: b@x.mx <a@x.mx>", "control"),
            ("peña@x.mx", "do not carry"),
            ("a@leó.mx", "ASCII form"),
            ("a@", "user@domain"),
            ("@x.mx", "user@domain"),
            ("a..b@x.mx", "user@domain"),
            ("a@-x.mx", "user@domain"),
            ("a@[192.0.2.1]", "user@domain"),
            ("A \"B\" <a@x.mx>", "quotes"),
            ("Peña, Ana <a@x.mx>", "in quotes"),
        ] {
            let error = WrittenMailbox::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }
}
