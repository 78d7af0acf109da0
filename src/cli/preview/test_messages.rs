//! Tests of a preview's messages, to the operator and to nobody else; no ledger knows of them.

use serde_json::{Value, json};

use super::messages::file_name;
use crate::cli::known_mailbox::{UnknownAddress, known_mailbox};
use crate::console::Console;
use crate::delivery;
use crate::delivery::message::Mailbox;
use crate::delivery::{TestCopy, TestOutcome};
use crate::diagnostic::Diagnostic;
use crate::edition::mailing;
use crate::edition::rehearsal::PlannedMessage;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::plan::Plan;

/// The operator's mailbox that has this address.
///
/// # Errors
/// The plan writes to nobody, or its `[operator]` does not name the address.
pub(super) fn operator(plan: &Plan, to: &str) -> Result<Mailbox, CommandError> {
    let named = plan.operator.iter().flat_map(|operator| &operator.email);
    known_mailbox(plan, to, named, |unknown| {
        let UnknownAddress { asked, known, near } = unknown;
        let file = &plan.text.name;
        let hint = match (near, known.is_empty()) {
            (Some(near), _) => format!("did you mean {near}?"),
            (None, true) => {
                format!("tests go to the operator alone: add [operator] with email to {file}")
            }
            (None, false) => format!(
                "tests go to the operator alone; its email names {}",
                known.join(", ")
            ),
        };
        let message = format!("{asked} is no address of [operator] email in {file}");
        CommandError::usage("no-operator-address", message, hint)
    })
}

/// What became of the tests.
pub(super) struct Sent {
    /// For people.
    pub text: String,
    /// For programs.
    pub documents: Vec<Value>,
    /// How it ended.
    pub status: ExitStatus,
}

/// Sends a test of each message.
///
/// # Errors
/// A message cannot be made, or the clock cannot be read.
pub(super) fn send(
    (console, home): (&Console, &Home),
    plan: &Plan,
    to: &Mailbox,
    planned: &[PlannedMessage],
) -> Result<Sent, CommandError> {
    let mut sent = Sent {
        text: String::new(),
        documents: Vec::new(),
        status: ExitStatus::Done,
    };
    let Some(settings) = mailing::settings(home, plan)? else {
        return Ok(sent);
    };
    // Tests are made when they are made, whatever moment is previewed.
    let made = home::now(None, plan.plan.timezone)?.to_utc();
    let which = format!("{}-{}", made.timestamp_micros(), std::process::id());
    let domain = settings
        .from
        .email
        .domain()
        .trim_matches(['[', ']'])
        .to_owned();
    let mut tests = Vec::new();
    for (index, message) in planned.iter().enumerate() {
        let number = index + 1;
        let bytes = delivery::test_copy(&TestCopy {
            message: &message.bytes,
            recipient: &message.recipient,
            from: &settings.from,
            to,
            // Without the dots that part those of real messages.
            message_id: &format!("<prueba-{which}-{number}@{domain}>"),
            date: made,
        })?;
        let name = format!(
            "{which}-{number}-{}-{}.eml",
            message.occasion,
            file_name(&message.recipient)
        );
        tests.push((name, bytes));
    }
    let outcomes = delivery::send_tests(&settings, &home.state(), to, &tests);
    for (message, outcome) in planned.iter().zip(outcomes) {
        sent.add((console, home), message, &outcome, to);
    }
    Ok(sent)
}

impl Sent {
    fn add(
        &mut self,
        (console, home): (&Console, &Home),
        message: &PlannedMessage,
        outcome: &TestOutcome,
        to: &Mailbox,
    ) {
        let what = format!("test of the {} to {}", message.occasion, message.recipient);
        let (state, told, status) = match outcome {
            TestOutcome::Sent(reply) => ("sent", reply.clone(), ExitStatus::Done),
            TestOutcome::Written(path) => {
                let shown = path.strip_prefix(&home.root).unwrap_or(path);
                ("written", shown.display().to_string(), ExitStatus::Done)
            }
            TestOutcome::Later(failure) => {
                let told = format!("{}: {}", failure.phase.as_str(), failure.reply);
                ("deferred", told, ExitStatus::Later)
            }
            TestOutcome::Refused(failure) => {
                let told = format!("{}: {}", failure.phase.as_str(), failure.reply);
                ("refused", told, ExitStatus::Environment)
            }
        };
        self.status = self.status.and(status);
        self.documents.push(json!({
            "occasion": message.occasion,
            "recipient": message.recipient,
            "to": to.email.to_string(),
            "state": state,
            "reply": told,
        }));
        match outcome {
            TestOutcome::Sent(_) => self
                .text
                .push_str(&format!("{what}: sent to {}\n", to.email)),
            TestOutcome::Written(_) => self.text.push_str(&format!(
                "{what}: written to {told} (no SMTP server is configured; nothing was sent)\n"
            )),
            TestOutcome::Later(_) | TestOutcome::Refused(_) => {
                let hint = match status {
                    ExitStatus::Later => "the real message is not touched by this; try again later",
                    _ => {
                        "the real message would fail alike: see metas doctor, and [delivery] in the definition"
                    }
                };
                let fault = Diagnostic::error(
                    "test-not-sent",
                    format!("{what} did not reach {}: {told}", to.email),
                );
                console.diagnostics(&[fault.hint(hint)]);
            }
        }
    }
}
