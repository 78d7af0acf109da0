//! `[delivery]` and `[delivery.smtp]`: who is written to and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::field::{Field, usual};
use super::mailbox::WrittenMailbox;
use super::note::Note;
use super::shape::{Line, TITLE, Text};

/// Letters of a subject at most: a title, a period and what tells a correction.
const SUBJECT: usize = 250;
/// The longest name of a period.
const LONGEST_PERIOD: &str = "Octubre a diciembre de 2026";

/// The keys of `[delivery]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct DeliveryKeys {
    /// Sender.
    #[schemars(example = &"Gobierno Abierto <gobierno.abierto@example.mx>")]
    from: Field<Text>,
    /// Recipients of the report, and the allow-list.
    #[schemars(length(min = 1))]
    to: Field<Vec<Field<Text>>>,
    /// Subject, with {title} and {period}.
    #[serde(default = "title_and_period")]
    subject: Field<Line<TITLE>>,
    /// The server. Absent: messages go to state/outbox/.
    #[serde(default)]
    smtp: Field<SmtpKeys>,
}

fn title_and_period() -> Field<Line<TITLE>> {
    Field::usual(Line("{title}: {period}".to_owned()))
}

/// The keys of `[delivery.smtp]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct SmtpKeys {
    /// Host name.
    #[schemars(example = &"smtp.example.mx")]
    host: Field<Text>,
    /// Port. Default 587, or 465 for implicit TLS.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535))]
    port: Field<u16>,
    /// How the connection is protected; none only for loopback.
    #[serde(default = "usual::<Tls>")]
    tls: Field<Tls>,
    /// User name. The password comes from the environment or a file.
    #[serde(default)]
    user: Field<Text>,
    /// An extra trusted certificate (PEM), beside the system's; relative to this file or to the
    /// home.
    #[serde(default)]
    #[schemars(example = &"ca.pem")]
    ca_file: Field<Text>,
}

/// Who is written to and how.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Sender mailbox.
    pub from: String,
    /// Recipients of the report, and the allow-list.
    pub to: Vec<String>,
    /// Subject with `{title}`, `{period}`.
    pub subject: String,
    /// The server; none: messages go to `state/outbox/`.
    pub smtp: Option<Smtp>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain, then upgraded; refused where the server does not offer it.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
    /// Never; loopback only.
    None,
}

/// An SMTP server. Its password is no part of a definition.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// User name; none: no AUTH.
    pub user: Option<String>,
    /// Extra trusted certificate, a path relative to the definition.
    pub ca_file: Option<String>,
}

impl DeliveryKeys {
    /// The delivery of a plan called `title`.
    pub(crate) fn check(&self, title: Option<&str>, checker: &mut Checker<'_>) -> Delivery {
        let from = self.from.required_text();
        if !from.is_empty() {
            checker.mailbox(&from, self.from.span());
        }
        let subject = self.subject.required_text();
        if let Err(why) = subject_is_sound(&subject) {
            checker.error("invalid-subject", self.subject.span(), why);
        }
        self.subject_fits(&subject, title, checker);
        Delivery {
            from,
            to: self.recipients(checker),
            subject,
            smtp: self.smtp.get().and_then(|keys| keys.check(checker)),
        }
    }

    fn recipients(&self, checker: &mut Checker<'_>) -> Vec<String> {
        let mut to: Vec<String> = Vec::new();
        let bare = |text: &str| {
            let mailbox = WrittenMailbox::parse(text);
            mailbox
                .map_or(text, |mailbox| mailbox.address)
                .to_lowercase()
        };
        for recipient in self.to.texts() {
            checker.mailbox(&recipient.value, recipient.span.clone());
            let address = bare(&recipient.value);
            if to.iter().any(|t| bare(t) == address) {
                let message = format!("recipient {address} is named twice");
                checker.error("duplicate", recipient.span, message);
            } else {
                to.push(recipient.value);
            }
        }
        to
    }

    /// Reports a subject that is too long once its title and period are filled in.
    fn subject_fits(&self, subject: &str, title: Option<&str>, checker: &mut Checker<'_>) {
        let Some(title) = title.filter(|title| title.chars().count() <= TITLE) else {
            return;
        };
        let filled = subject
            .replace("{title}", title)
            .replace("{period}", LONGEST_PERIOD);
        let letters = filled.chars().count();
        if letters > SUBJECT {
            checker.error_hint(
                "text-too-long",
                self.subject.span(),
                format!(
                    "with its title the subject has {letters} letters; there is room for {SUBJECT}"
                ),
                "shorten it, or the plan's title",
            );
        }
    }
}

impl SmtpKeys {
    fn check(&self, checker: &mut Checker<'_>) -> Option<Smtp> {
        let (host, tls) = (self.host.text()?, self.tls.copied()?);
        let loopback = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if tls == Tls::None && !loopback {
            checker.error_hint(
                "tls-none",
                self.tls.span(),
                format!("mail to {host} would travel unprotected"),
                "use tls = \"starttls\" or \"implicit\"; \"none\" is for loopback only",
            );
        }
        if tls == Tls::None && self.ca_file.is_given() {
            checker.error_hint(
                "ca-file-without-tls",
                self.ca_file.span(),
                "there is no certificate to trust where tls = \"none\"",
                "leave out ca_file, or use tls = \"starttls\" or \"implicit\"",
            );
        }
        let host_char = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        if !host.chars().all(host_char) {
            let message = format!("\"{host}\" is no host name");
            checker.error("invalid-host", self.host.span(), message);
        }
        let usual_port = match tls {
            Tls::Implicit => 465,
            Tls::Starttls | Tls::None => 587,
        };
        Some(Smtp {
            host,
            port: self.port.copied().unwrap_or(usual_port),
            tls,
            user: self.user.text(),
            ca_file: self.ca_file.text(),
        })
    }
}

fn subject_is_sound(subject: &str) -> Result<(), String> {
    if subject.chars().any(char::is_control) {
        return Err("the subject must be one line".to_owned());
    }
    let note = Note::parse(subject)?;
    match note.variables().find(|v| !["title", "period"].contains(v)) {
        Some(other) => Err(format!(
            "{{{other}}} is not known in a subject: {{title}} and {{period}} are"
        )),
        None => Ok(()),
    }
}
