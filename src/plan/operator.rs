//! `[operator]`: who hears when something is wrong with a run.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::field::Field;
use super::mailbox::WrittenMailbox;
use super::shape::Text;
use super::web_address::Plain;

/// The keys of `[operator]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct OperatorKeys {
    /// Who is written to when something is wrong, and when it is right again.
    #[serde(default)]
    #[schemars(length(min = 1), example = &["sistemas@example.mx"])]
    email: Field<Vec<Field<Text>>>,
    /// Address that is told of each run's begin and end, as healthchecks.io has it: /start is put
    /// behind it, nothing for success, /fail for failure.
    #[serde(default)]
    #[schemars(example = &"https://ping.example.mx/uuid")]
    ping: Field<Text>,
}

/// Who hears when something is wrong with a run; one way at least.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operator {
    /// Mailboxes, each once; none: nobody is written to.
    pub email: Vec<String>,
    /// Web address that is told of each run's begin and end.
    pub ping: Option<String>,
}

impl Operator {
    /// What can be used of the operator of a definition with errors.
    pub(super) fn sound(mut self) -> Option<Self> {
        self.email.retain(|mailbox| WrittenMailbox::is_one(mailbox));
        (!self.email.is_empty() || self.ping.is_some()).then_some(self)
    }
}

impl OperatorKeys {
    pub(crate) fn check(&self, place: &Field<Self>, checker: &mut Checker<'_>) -> Operator {
        if !self.email.is_given() && !self.ping.is_given() {
            checker.error_hint(
                "missing-key",
                place.key(),
                "`operator` has neither `email` nor `ping`",
                "add email = [\"sistemas@example.mx\"] or ping = \"https://…\", or leave [operator] out",
            );
        }
        // A ping says that a run has begun or ended and nothing else: it may go unprotected, as
        // inside a town hall it often can only.
        let ping = checker.web_address(&self.ping, Plain::Everywhere);
        Operator {
            email: checker.mailboxes(&self.email, "operator"),
            ping,
        }
    }
}
