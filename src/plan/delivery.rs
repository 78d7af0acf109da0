//! `[delivery]`: who is written to.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::field::{Field, usual, yes};
use super::mailbox::WrittenMailbox;
use super::note::NoteTemplate;
use super::shape::{Line, TITLE, Text};
use super::smtp::{Smtp, SmtpKeys};

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
    /// Tell the liaisons of each file that is received whether it can be used.
    #[serde(default = "yes")]
    receipts: Field<bool>,
    /// Send each liaison the pages of its own goals with the report.
    #[serde(default = "usual::<bool>")]
    slices: Field<bool>,
    /// The server. Absent: messages go to state/outbox/.
    #[serde(default)]
    pub(super) smtp: Field<SmtpKeys>,
}

fn title_and_period() -> Field<Line<TITLE>> {
    Field::usual(Line("{title}: {period}".to_owned()))
}

/// Who is written to and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRules {
    /// Sender mailbox.
    pub from: String,
    /// Recipients of the report, and the allow-list.
    pub to: Vec<String>,
    /// Subject with `{title}`, `{period}`.
    pub subject: String,
    /// Whether liaisons are told of each file that is received.
    pub receipts: bool,
    /// Whether each liaison is sent the pages of its own goals with the report.
    pub slices: bool,
    /// The server; none: messages go to `state/outbox/`.
    pub smtp: Option<Smtp>,
}

impl DeliveryRules {
    /// What can be used of the delivery of a definition with errors; none without a sender.
    pub(super) fn sound(mut self, smtp_is_sound: bool) -> Option<Self> {
        self.to.retain(|mailbox| WrittenMailbox::is_one(mailbox));
        if subject_is_sound(&self.subject).is_err() {
            self.subject = title_and_period().required_text();
        }
        self.smtp = self.smtp.filter(|_| smtp_is_sound);
        WrittenMailbox::is_one(&self.from).then_some(self)
    }
}

impl DeliveryKeys {
    /// The delivery of a plan called `title`.
    pub(crate) fn check(&self, title: Option<&str>, checker: &mut Checker<'_>) -> DeliveryRules {
        let from = self.from.required_text();
        if !from.is_empty() {
            checker.mailbox(&from, self.from.span());
        }
        let subject = self.subject.required_text();
        if let Err(why) = subject_is_sound(&subject) {
            checker.error("invalid-subject", self.subject.span(), why);
        }
        self.subject_fits(&subject, title, checker);
        DeliveryRules {
            from,
            to: checker.mailboxes(&self.to, "recipient"),
            subject,
            receipts: self.receipts.copied().unwrap_or(true),
            slices: self.slices.copied().unwrap_or(false),
            smtp: self.smtp.get().and_then(|keys| keys.check(checker)),
        }
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

fn subject_is_sound(subject: &str) -> Result<(), String> {
    if subject.chars().any(char::is_control) {
        return Err("the subject must be one line".to_owned());
    }
    let note = NoteTemplate::parse(subject)?;
    match note.variables().find(|v| !["title", "period"].contains(v)) {
        Some(other) => Err(format!(
            "{{{other}}} is not known in a subject: {{title}} and {{period}} are"
        )),
        None => Ok(()),
    }
}
