//! `[delivery]` and `[delivery.smtp]`.

use std::ops::Range;

use super::Resolver;
use crate::pipeline::model::{Delivery, Smtp, Tls};
use crate::pipeline::section::Section;
use crate::pipeline::vocabulary::TITLE;

/// Letters of a subject at most: a title, a period and what tells a correction.
const SUBJECT: usize = 250;
/// Letters of the name before an address at most.
const SENDER_NAME: usize = 100;
/// The longest name of a period.
const LONGEST_PERIOD: &str = "Octubre a diciembre de 2026";

impl Resolver<'_> {
    pub(super) fn delivery(&mut self, root: &Section<'_>) -> Option<Delivery> {
        let section = root.section("delivery")?;
        let from = section.required_text("from");
        if !from.is_empty() {
            self.mailbox(&from, section.span("from"));
        }
        let mut to: Vec<String> = Vec::new();
        for recipient in section.texts("to") {
            self.mailbox(&recipient.value, recipient.span.clone());
            let address = bare_address(&recipient.value).to_lowercase();
            if to.iter().any(|t| bare_address(t).to_lowercase() == address) {
                let message = format!("recipient {address} is named twice");
                self.error("duplicate", recipient.span, message);
            } else {
                to.push(recipient.value);
            }
        }
        let subject = section
            .text("subject")
            .unwrap_or_else(|| "{title}: {period}".to_owned());
        if let Err(why) = subject_is_sound(&subject) {
            self.error("invalid-subject", section.span("subject"), why);
        }
        self.subject_fits(&subject, root, &section);
        let smtp = section.section("smtp").and_then(|s| self.smtp(&s));
        Some(Delivery {
            from,
            to,
            subject,
            smtp,
        })
    }

    fn smtp(&mut self, section: &Section<'_>) -> Option<Smtp> {
        let host = section.text("host")?;
        let tls = match section.text("tls").as_deref() {
            None | Some("starttls") => Tls::Starttls,
            Some("implicit") => Tls::Implicit,
            Some("none") => Tls::None,
            Some(_) => return None,
        };
        let loopback = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if tls == Tls::None && !loopback {
            self.error_hint(
                "tls-none",
                section.span("tls"),
                format!("mail to {host} would travel unprotected"),
                "use tls = \"starttls\" or \"implicit\"; \"none\" is for loopback only",
            );
        }
        if tls == Tls::None && section.has("ca_file") {
            self.error_hint(
                "ca-file-without-tls",
                section.span("ca_file"),
                "there is no certificate to trust where tls = \"none\"",
                "leave out ca_file, or use tls = \"starttls\" or \"implicit\"",
            );
        }
        let host_char = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        if !host.chars().all(host_char) {
            self.error(
                "invalid-host",
                section.span("host"),
                format!("\"{host}\" is no host name"),
            );
        }
        let default_port = if tls == Tls::Implicit { 465 } else { 587 };
        Some(Smtp {
            host,
            port: section.unsigned("port").unwrap_or(default_port),
            tls,
            user: section.text("user"),
            ca_file: section.text("ca_file"),
        })
    }

    /// Reports a subject that is too long once its title and period are filled in.
    fn subject_fits(&mut self, subject: &str, root: &Section<'_>, section: &Section<'_>) {
        let title = root.section("plan").map(|plan| plan.required_text("title"));
        let Some(title) = title.filter(|title| title.chars().count() <= TITLE) else {
            return;
        };
        let filled = subject
            .replace("{title}", &title)
            .replace("{period}", LONGEST_PERIOD);
        let letters = filled.chars().count();
        if letters > SUBJECT {
            self.error_hint(
                "text-too-long",
                section.span("subject"),
                format!(
                    "with its title the subject has {letters} letters; there is room for {SUBJECT}"
                ),
                "shorten it, or the plan's title",
            );
        }
    }

    /// Reports what is no `address@host` or `Name <address@host>`.
    pub(super) fn mailbox(&mut self, text: &str, span: Range<usize>) {
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

fn bare_address(mailbox: &str) -> &str {
    match mailbox.rsplit_once('<') {
        Some((_, rest)) => rest.trim_end().trim_end_matches('>'),
        None => mailbox.trim(),
    }
}

/// A subset of RFC 5322 that every mail library accepts.
fn is_mailbox(text: &str) -> bool {
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

fn subject_is_sound(subject: &str) -> Result<(), String> {
    if subject.chars().any(char::is_control) {
        return Err("the subject must be one line".to_owned());
    }
    let note = crate::pipeline::Note::parse(subject)?;
    match note.variables().find(|v| !["title", "period"].contains(v)) {
        Some(other) => Err(format!(
            "{{{other}}} is not known in a subject: {{title}} and {{period}} are"
        )),
        None => Ok(()),
    }
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
