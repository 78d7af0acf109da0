//! From the queue to the recipients.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::archive;
use super::concerns::Concern;
use super::delivery_lines;
use super::store_place;
use super::unsettled;
use crate::console::Console;
use crate::delivery;
use crate::delivery::{DeliveryHome, DeliveryOutcome, Round, Settings};
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::ledger::Ledger;
use crate::plan::{DeliveryRules, Plan};

/// How long a run's alerts may take.
const ALERT_TIME: Duration = Duration::from_secs(120);

/// What a round of sending did.
#[derive(Debug)]
pub(crate) struct SendOutcome {
    /// For people.
    pub text: String,
    /// For programs: a delivery each.
    pub documents: Vec<Value>,
    /// How the round ended.
    pub status: ExitStatus,
    /// What the operator is to hear of it.
    pub concerns: Vec<Concern>,
}

impl Default for SendOutcome {
    fn default() -> Self {
        Self {
            text: String::new(),
            documents: Vec::new(),
            status: ExitStatus::Done,
            concerns: Vec::new(),
        }
    }
}

impl SendOutcome {
    /// Adds another round.
    pub(crate) fn add(&mut self, other: Self) {
        self.text.push_str(&other.text);
        self.documents.extend(other.documents);
        self.concerns.extend(other.concerns);
        self.status = self.status.and(other.status);
    }
}

/// The settings of a plan's `[delivery]`; none where it has none.
///
/// # Errors
/// An address that cannot be used.
pub(crate) fn settings(home: &Home, pipeline: &Plan) -> Result<Option<Settings>, CommandError> {
    let Some(spec) = &pipeline.delivery else {
        return Ok(None);
    };
    let time = Duration::from_secs(pipeline.limits.mail_seconds);
    let mut others = liaisons(pipeline);
    let operators = pipeline
        .operator
        .iter()
        .flat_map(|operator| &operator.email);
    let approvers = pipeline.approval.iter().flat_map(|approval| &approval.by);
    others.extend(operators.chain(approvers).cloned());
    settings_of(home, &pipeline.plan.id, spec, &others, time).map(Some)
}

fn settings_of(
    home: &Home,
    plan: &str,
    spec: &DeliveryRules,
    others: &[String],
    time: Duration,
) -> Result<Settings, CommandError> {
    let mut folder = home.root.join("pipelines");
    let certificate = spec.smtp.as_ref().and_then(|smtp| smtp.ca_file.as_ref());
    if certificate.is_some_and(|file| !folder.join(file).exists()) {
        folder.clone_from(&home.root);
    }
    Ok(delivery::settings(plan, spec, others, &folder, time)?)
}

/// The addresses of a plan's departments.
pub(crate) fn liaisons(pipeline: &Plan) -> Vec<String> {
    let departments = pipeline.departments.values();
    departments.filter_map(|d| d.liaison.clone()).collect()
}

/// Who may release the plan's reports, and is asked to.
pub(crate) fn approvers(pipeline: &Plan) -> &[String] {
    let approval = pipeline.approval.as_ref();
    approval.map_or(&[], |approval| &approval.by)
}

/// What carries the messages of a run, plan after plan.
pub(crate) struct Mailer<'a> {
    console: &'a Console,
    home: &'a Home,
    round: Round,
}

impl<'a> Mailer<'a> {
    /// Nothing sent yet.
    pub(crate) fn new(console: &'a Console, home: &'a Home) -> Self {
        Self {
            console,
            home,
            round: Round::default(),
        }
    }

    /// Sends what is queued or due again, and tells what is not settled.
    ///
    /// # Errors
    /// The ledger cannot be used. A refused or unreachable server is no error: it is told, and
    /// tried again later.
    pub(crate) fn send_due(
        &mut self,
        pipeline: &Plan,
        ledger: &mut Ledger,
        now: DateTime<Utc>,
    ) -> Result<SendOutcome, CommandError> {
        let outcomes = match settings(self.home, pipeline)? {
            Some(settings) => {
                archive::bring_messages(self.home, ledger, &pipeline.plan.id)?;
                let home = delivery_home(self.home)?;
                delivery::deliver_due(ledger, &settings, home, &mut self.round, now)
            }
            None => delivery::withdraw_unnamed(ledger, &pipeline.plan.id, &[], now),
        };
        let mut sent = self.sent(outcomes?);
        let left = unsettled::deliveries(ledger, &pipeline.plan.id, now)?;
        self.console.diagnostics(&left.diagnostics);
        sent.status = sent.status.and(left.status);
        sent.concerns = left.concerns;
        self.tell_unheard(pipeline, ledger, now)?;
        Ok(sent)
    }

    /// Sends a plan's alerts that are queued or due again, and nothing else: after all else is
    /// settled, or where nothing else of the plan can be read.
    ///
    /// # Errors
    /// The ledger cannot be used.
    pub(crate) fn send_alerts(
        &mut self,
        plan: &str,
        spec: &DeliveryRules,
        ledger: &mut Ledger,
        now: DateTime<Utc>,
    ) -> Result<SendOutcome, CommandError> {
        let settings = settings_of(self.home, plan, spec, &[], ALERT_TIME)?;
        archive::bring_messages(self.home, ledger, plan)?;
        let home = delivery_home(self.home)?;
        let outcomes = delivery::deliver_alerts(ledger, &settings, home, &mut self.round, now)?;
        let mut sent = self.sent(outcomes);
        // Whether the operator could be told is no part of how the run's own work ended.
        sent.status = ExitStatus::Done;
        Ok(sent)
    }

    /// What became of each delivery, and why some can't be tried at all.
    fn sent(&self, outcomes: Vec<DeliveryOutcome>) -> SendOutcome {
        let mut sent = SendOutcome::default();
        let mut problems = Vec::new();
        for outcome in outcomes {
            sent.text.push_str(&described(self.home, &outcome));
            sent.documents
                .push(delivery_lines::document(&outcome.delivery));
            if let Some(problem) = outcome.problem {
                let error = CommandError::from(problem);
                sent.status = sent.status.and(error.status);
                problems.extend(error.diagnostics);
            }
        }
        self.console.diagnostics(&problems);
        sent
    }

    /// Tells who does not hear of the reports: once where only errors are wanted, else each time.
    fn tell_unheard(
        &self,
        pipeline: &Plan,
        ledger: &mut Ledger,
        now: DateTime<Utc>,
    ) -> Result<(), CommandError> {
        let cause = format!("unheard/{}", pipeline.plan.id);
        let Some(told) = unsettled::unheard(ledger, pipeline)? else {
            return Ok(ledger.forget_notice(&cause)?);
        };
        let before = ledger.told_before(&cause, &told.message, now)?;
        match before {
            None => self.console.first_time(&[told]),
            Some(_) => self.console.diagnostics(&[told]),
        }
        Ok(())
    }

    /// Tells what is not settled and sends nothing.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(crate) fn send_nothing(
        &mut self,
        pipeline: &Plan,
        ledger: &Ledger,
        now: DateTime<Utc>,
    ) -> Result<SendOutcome, CommandError> {
        let left = unsettled::deliveries(ledger, &pipeline.plan.id, now)?;
        self.console.diagnostics(&left.diagnostics);
        let mut sent = SendOutcome::default();
        // That what waits was not sent is what was asked for.
        if left.status != ExitStatus::Later {
            sent.status = left.status;
        }
        sent.concerns = left.concerns;
        Ok(sent)
    }
}

/// Where the home's deliveries have their files.
fn delivery_home(home: &Home) -> Result<DeliveryHome<'_>, CommandError> {
    let store = store_place::to_write(home)?;
    Ok(DeliveryHome::at(&home.root).with_store(store))
}

fn described(home: &Home, outcome: &DeliveryOutcome) -> String {
    let row = &outcome.delivery;
    match (&outcome.file, &outcome.waits) {
        (Some(path), _) => {
            let shown = path.strip_prefix(&home.root).unwrap_or(path).display();
            format!(
                "Message for {} written to {shown} (no SMTP server is configured; nothing was sent).\n",
                row.recipient
            )
        }
        (None, Some(why)) => format!("{} ({why})\n", delivery_lines::line(row).trim_end()),
        (None, None) => delivery_lines::line(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_seconds_bounds_the_mail_of_a_run() {
        let plan = include_str!("../../tests/definitions/keys/base.toml");
        let plan = format!("{plan}[limits]\nmail_seconds = 7\n");
        let pipeline = crate::plan::parse("base.toml", &plan).unwrap();
        let home = Home::at("/".into());
        let ready = settings(&home, &pipeline).unwrap().unwrap();
        assert_eq!(ready.time.as_secs(), 7);
    }
}
