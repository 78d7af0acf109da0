//! What a command over many homes says at its end, and its JSON document, an entry a home, written
//! as they come: their number does not decide how much memory it takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::list::{FoundHome, ListedHome};
use super::pool::HomeEnd;
use crate::console;
use crate::console::{Console, counted};
use crate::diagnostic::Diagnostic;
use crate::exit::ExitStatus;

/// As many names of homes as are told for one kind of end.
const NAMED: usize = 20;

/// How the homes ended.
#[derive(Debug)]
pub(in crate::cli) struct HomesSummary {
    ends: BTreeMap<ExitStatus, Vec<String>>,
    twice: usize,
    status: ExitStatus,
}

impl Default for HomesSummary {
    fn default() -> Self {
        Self {
            ends: BTreeMap::new(),
            twice: 0,
            status: ExitStatus::Done,
        }
    }
}

impl HomesSummary {
    /// A home has ended.
    pub(in crate::cli) fn add(&mut self, home: &ListedHome, status: ExitStatus) {
        if matches!(home.found, FoundHome::Twice(_)) {
            self.twice += 1;
            return;
        }
        self.status = self.status.and(status);
        self.ends.entry(status).or_default().push(home.name.clone());
    }

    /// The worst of all ends.
    pub(in crate::cli) fn status(&self) -> ExitStatus {
        self.status
    }

    /// How many ended with which exit code.
    fn counts(&self) -> Value {
        self.ends
            .iter()
            .map(|(status, names)| (status.code().to_string(), json!(names.len())))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// For people: how many homes, how many of them ended how, and which did not end well.
    pub(in crate::cli) fn text(&self) -> String {
        let all = self.ends.values().map(Vec::len).sum();
        let done = self.ends.get(&ExitStatus::Done).map_or(0, Vec::len);
        let mut text = format!("{}: {done} done", counted(all, "home"));
        for (status, names) in self.ends.iter().filter(|(s, _)| **s != ExitStatus::Done) {
            text.push_str(&format!(", {} {}", names.len(), words(*status)));
        }
        text.push('\n');
        for (status, names) in self.ends.iter().filter(|(s, _)| **s != ExitStatus::Done) {
            let mut told = names.iter().take(NAMED).cloned().collect::<Vec<_>>();
            if names.len() > NAMED {
                told.push(format!("and {} more", names.len() - NAMED));
            }
            let code = status.code();
            text.push_str(&format!(
                "  {} ({code}): {}\n",
                words(*status),
                told.join(", ")
            ));
        }
        text
    }
}

fn words(status: ExitStatus) -> &'static str {
    match status {
        ExitStatus::Done => "done",
        ExitStatus::Usage => "asked for what is not there",
        ExitStatus::Held => "held",
        ExitStatus::Findings => "with findings that block",
        ExitStatus::Internal => "broken down",
        ExitStatus::Later => "put off",
        ExitStatus::Environment => "wrong",
    }
}

/// The document, of which an entry is printed as soon as its home has its turn.
pub(in crate::cli) struct HomeEntries<'a> {
    console: &'a Console,
    /// Under which key an entry has what the home itself printed.
    key: &'static str,
    begun: bool,
}

impl<'a> HomeEntries<'a> {
    /// An empty document.
    pub(in crate::cli) fn new(console: &'a Console, key: &'static str) -> Self {
        Self {
            console,
            key,
            begun: false,
        }
    }

    /// Adds a home: what it printed, or why there is nothing of it; gives how it ended, which is
    /// worse than it says where its answer is not whole.
    pub(in crate::cli) fn add(&mut self, home: &ListedHome, end: &HomeEnd) -> ExitStatus {
        let (printed, mut findings, status) = answer(end);
        findings.extend(end.findings.iter().map(console::finding_json));
        let same_as = match &home.found {
            FoundHome::Twice(earlier) => Some(earlier),
            FoundHome::Home | FoundHome::Nothing(_) => None,
        };
        let entry = json!({
            "home": home.name,
            "path": home.path.to_string_lossy(),
            "exit_code": status.code(),
            "seconds": (end.took.as_secs_f64() * 1000.0).round() / 1000.0,
            self.key: printed,
            "findings": findings,
            "same_as": same_as,
        });
        let before = if self.begun {
            ",\n"
        } else {
            "{\n\"homes\": [\n"
        };
        self.begun = true;
        self.console.part_of_json(&format!("{before}{entry:#}"));
        status
    }

    /// Ends the document.
    pub(in crate::cli) fn end(self, summary: &HomesSummary) {
        let before = if self.begun {
            "\n]"
        } else {
            "{\n\"homes\": []"
        };
        let code = summary.status().code();
        let counts = summary.counts();
        let text = format!("{before},\n\"counts\": {counts},\n\"exit_code\": {code}\n}}\n");
        self.console.part_of_json(&text);
    }
}

/// What a home printed as JSON. One that could not go on printed only its findings.
pub(in crate::cli) fn answer(end: &HomeEnd) -> (Value, Vec<Value>, ExitStatus) {
    match serde_json::from_slice::<Value>(&end.stdout) {
        Ok(document) => match failed(&document) {
            Some(findings) => (Value::Null, findings, end.status),
            None => (document, Vec::new(), end.status),
        },
        // Whoever was ended in the middle has been told of already.
        Err(_) if !end.findings.is_empty() => (Value::Null, Vec::new(), end.status),
        Err(error) => {
            let told = Diagnostic::error(
                "home-unheard",
                format!("what this home printed is not whole: {error}"),
            )
            .hint("what it did is done, and its ledger knows it (metas status --home DIR); make room in the folder for temporary files");
            let status = end.status.and(ExitStatus::Later);
            (Value::Null, vec![console::finding_json(&told)], status)
        }
    }
}

/// The findings of a command that could not go on: it prints them, its exit code and nothing else.
fn failed(document: &Value) -> Option<Vec<Value>> {
    let document = document.as_object()?;
    document.get("exit_code").filter(|_| document.len() == 2)?;
    document.get("findings")?.as_array().cloned()
}
