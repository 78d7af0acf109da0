//! What a whole run says at its end, for people and for programs.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::concerns::Concern;
use super::mailing::SendOutcome;
use crate::console;
use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};

/// Everything that a run did, over all its plans.
#[derive(Debug)]
pub(crate) struct RunSummary {
    text: String,
    reports: Vec<Value>,
    deliveries: Vec<Value>,
    next: Vec<Value>,
    failures: Vec<Value>,
    status: ExitStatus,
    /// Each plan's own part.
    plans: IndexMap<String, PlanEnd>,
    /// The plan that is spoken of.
    current: String,
}

/// What is left of one plan's part of a run.
#[derive(Debug, Clone)]
pub(crate) struct PlanEnd {
    /// How it ended.
    pub status: ExitStatus,
    /// What is wrong.
    pub concerns: Vec<Concern>,
    /// Whether everything that may be wrong with it was looked at.
    pub complete: bool,
}

impl Default for PlanEnd {
    fn default() -> Self {
        Self {
            status: ExitStatus::Done,
            concerns: Vec::new(),
            complete: false,
        }
    }
}

impl Default for RunSummary {
    fn default() -> Self {
        Self {
            text: String::new(),
            reports: Vec::new(),
            deliveries: Vec::new(),
            next: Vec::new(),
            failures: Vec::new(),
            status: ExitStatus::Done,
            plans: IndexMap::new(),
            current: String::new(),
        }
    }
}

impl RunSummary {
    /// From here on a plan is spoken of.
    pub(crate) fn of_plan(&mut self, plan: &str) {
        plan.clone_into(&mut self.current);
        self.plan();
    }

    fn plan(&mut self) -> &mut PlanEnd {
        self.plans.entry(self.current.clone()).or_default()
    }

    /// Something is wrong with the plan.
    pub(crate) fn concern(&mut self, concern: Concern) {
        self.plan().concerns.push(concern);
    }

    /// Everything that may be wrong with the plan has been looked at.
    pub(crate) fn looked_at(&mut self) {
        self.plan().complete = true;
    }

    /// What is left of a plan's part.
    pub(crate) fn end_of(&self, plan: &str) -> PlanEnd {
        self.plans.get(plan).cloned().unwrap_or_default()
    }

    /// A line or more for people.
    pub(crate) fn say(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// What became of a period.
    pub(crate) fn report(&mut self, report: Value) {
        self.reports.push(report);
    }

    /// Which period comes next.
    pub(crate) fn next(&mut self, next: Value) {
        self.next.push(next);
    }

    /// How a part of the run ended.
    pub(crate) fn ended(&mut self, status: ExitStatus) {
        self.status = self.status.and(status);
        let plan = self.plan();
        plan.status = plan.status.and(status);
    }

    /// What was sent.
    pub(crate) fn sent(&mut self, sent: SendOutcome) {
        self.text.push_str(&sent.text);
        self.deliveries.extend(sent.documents);
        self.plan().concerns.extend(sent.concerns);
        self.ended(sent.status);
    }

    /// A plan that could not go on: told at once, and the others do.
    pub(crate) fn failed(&mut self, console: &Console, plan: &str, error: &CommandError) {
        self.concern(Concern::failed(error));
        self.could_not(console, plan, error);
    }

    /// A plan whose definition cannot be read.
    pub(crate) fn unreadable(&mut self, console: &Console, plan: &str, error: &CommandError) {
        self.concern(Concern::unreadable(error));
        self.could_not(console, plan, error);
    }

    fn could_not(&mut self, console: &Console, plan: &str, error: &CommandError) {
        console.diagnostics(&error.diagnostics);
        let findings: Vec<Value> = error
            .diagnostics
            .iter()
            .map(console::finding_json)
            .collect();
        self.failures
            .push(json!({ "plan": plan, "exit_code": error.status.code(), "findings": findings }));
        self.ended(error.status);
    }

    /// Prints it; gives how the run ended.
    pub(crate) fn print(self, console: &Console) -> ExitStatus {
        let document = json!({
            "reports": self.reports,
            "deliveries": self.deliveries,
            "next": self.next,
            "failures": self.failures,
            "exit_code": self.status.code(),
        });
        console.data(&document, &self.text);
        self.status
    }
}
