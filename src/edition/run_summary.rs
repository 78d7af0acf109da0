//! What a whole run says at its end, for people and for programs.

use serde_json::{Value, json};

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
        }
    }
}

impl RunSummary {
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
    }

    /// What was sent.
    pub(crate) fn sent(&mut self, sent: SendOutcome) {
        self.text.push_str(&sent.text);
        self.deliveries.extend(sent.documents);
        self.ended(sent.status);
    }

    /// A plan that could not go on: told at once, and the others do.
    pub(crate) fn failed(&mut self, console: &Console, plan: &str, error: &CommandError) {
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
