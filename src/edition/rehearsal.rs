//! What a run would write now, and to whom: the run itself, on a copy of the ledger and with a
//! folder of its own for all that it writes. Nothing is sent, and of the home nothing changes.

use std::collections::BTreeSet;
use std::path::Path;

use tracing::subscriber::{NoSubscriber, with_default};

use super::archive;
use super::mailing;
use super::rehearsal_reasons::Reasons;
use super::request::RunRequest;
use super::round;
use super::round::ReadPlan;
use super::watch::Watch;
use crate::console::Console;
use crate::delivery::content_of;
use crate::exit::CommandError;
use crate::home;
use crate::home::{AsOf, Home};
use crate::ledger::{
    Delivery, DeliveryFilter, DeliveryState, LEDGER_FILE, Ledger, Occasion, RunLock,
};
use crate::period::Period;
use crate::plan::Plan;
use crate::store::files::{create_private_folder, read_tree, write_private};
use crate::store::presence;

/// A message that a run would send.
#[derive(Debug, Clone)]
pub(crate) struct PlannedMessage {
    /// Why it is written.
    pub occasion: Occasion,
    /// The period that it is about, where it is one.
    pub period: Option<Period>,
    /// Bare address.
    pub recipient: String,
    /// What makes it go out.
    pub why: String,
    /// Its subject.
    pub subject: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl PlannedMessage {
    /// From a message that is made.
    ///
    /// # Errors
    /// It is none of ours.
    pub(crate) fn new(
        (occasion, period): (Occasion, Option<Period>),
        recipient: &str,
        why: String,
        bytes: Vec<u8>,
    ) -> Result<Self, CommandError> {
        let content = content_of(&bytes)?;
        Ok(Self {
            occasion,
            period,
            recipient: recipient.to_owned(),
            why,
            subject: content.subject,
            bytes,
        })
    }
}

/// What a run of a plan would do with its mail.
pub(crate) struct Rehearsal<'a> {
    /// The one place that prints.
    pub console: &'a Console,
    /// The home.
    pub home: &'a Home,
    /// The plan.
    pub plan: &'a Plan,
    /// Another moment than now.
    pub as_of: Option<AsOf>,
}

/// What came of it.
pub(crate) struct Rehearsed {
    /// What would be sent.
    pub messages: Vec<PlannedMessage>,
    /// Why a period's report would not be issued, as far as anything is wrong.
    pub held: Vec<(Period, String)>,
}

impl Rehearsal<'_> {
    /// Runs the plan as `metas run PLAN` would, below `folder`. `known` is the home's ledger.
    ///
    /// # Errors
    /// The folder or the ledger cannot be used. What the run itself would fail for is among the
    /// messages, as the alert that it gives.
    pub(crate) fn messages(
        &self,
        known: Option<&Ledger>,
        folder: &Path,
    ) -> Result<Rehearsed, CommandError> {
        let made = tempfile::Builder::new()
            .prefix(".rehearsal-")
            .tempdir_in(folder)
            .map_err(|e| CommandError::io("make a folder in", folder, &e))?;
        let home = self.home.rehearsing_in(made.path());
        let now = home::now(self.as_of, self.plan.plan.timezone)?;
        let state = home.state();
        let _lock = RunLock::acquire(&state, now.to_utc())?;
        if let Some(ledger) = known {
            ledger.snapshot(&state.join(LEDGER_FILE))?;
            copy_held(self.home, &home, &self.plan.plan.id)?;
        }
        let mut ledger = Ledger::open(&state)?;
        let earlier = waiting(&ledger, self.plan)?;
        let request = RunRequest {
            plans: vec![self.plan.plan.id.clone()],
            as_of: self.as_of,
            out: Some(made.path().join("reports")),
            no_deliver: true,
            draft: true,
            ..RunRequest::default()
        };
        let silent = self.console.silent();
        let plans: [ReadPlan; 1] = [(self.plan.plan.id.clone(), home.plan(&self.plan.plan.id))];
        let watch = Watch::of(&silent, &home, &plans, self.as_of);
        // What is only rehearsed is nothing for the log.
        let done = with_default(NoSubscriber::default(), || {
            round::of_plans(&silent, &home, &request, (&plans, &watch), &mut ledger)
        })?;
        let reasons = Reasons {
            home: &home,
            plan: self.plan,
            now,
            before: known,
            after: &ledger,
            end: done.end_of(&self.plan.plan.id),
            waited: earlier.iter().map(|row| row.id).collect(),
        };
        Ok(Rehearsed {
            messages: self.planned(&home, &reasons)?,
            held: reasons.held(),
        })
    }

    fn planned(
        &self,
        home: &Home,
        reasons: &Reasons<'_>,
    ) -> Result<Vec<PlannedMessage>, CommandError> {
        let Some(settings) = mailing::settings(home, self.plan)? else {
            return Ok(Vec::new());
        };
        let allowed: BTreeSet<String> = settings
            .allowed
            .iter()
            .map(|address| address.to_ascii_lowercase())
            .collect();
        let mut rows = waiting(reasons.after, self.plan)?;
        rows.retain(|row| {
            let due = row.next_attempt_at.is_none_or(|at| at <= reasons.now);
            due && allowed.contains(&row.recipient.to_ascii_lowercase())
        });
        rows.sort_by_key(|row| (row.topic.occasion, row.id));
        let why = reasons.all(&rows)?;
        let planned = rows.iter().zip(why).map(|(row, why)| {
            let bytes = archive::get(home, &row.message_sha256)?;
            let about = (row.topic.occasion, row.topic.period);
            PlannedMessage::new(about, &row.recipient, why, bytes)
        });
        planned.collect()
    }
}

/// Copies what waits for approval, so that it still waits.
fn copy_held(from: &Home, to: &Home, plan: &str) -> Result<(), CommandError> {
    let held = Path::new("held").join(plan);
    let there = from.state().join(&held);
    if !presence::is_folder(&there)? {
        return Ok(());
    }
    for (name, bytes) in read_tree(&there)? {
        let copy = to.state().join(&held).join(name);
        create_private_folder(copy.parent().unwrap_or(&copy))?;
        write_private(&copy, &bytes)?;
    }
    Ok(())
}

/// What waits to be sent.
fn waiting(ledger: &Ledger, plan: &Plan) -> Result<Vec<Delivery>, CommandError> {
    Ok(ledger.deliveries(&DeliveryFilter {
        plan: Some(plan.plan.id.clone()),
        states: vec![DeliveryState::Queued, DeliveryState::Deferred],
        ..DeliveryFilter::default()
    })?)
}
