//! What became of a request for a period's edition, and what is said of it.

use serde_json::{Value, json};

use super::approval::WaitingEdition;
use super::compose::EditionFiles;
use super::mailing;
use super::publish::Publishing;
use super::reading::PeriodReading;
use super::request::IssueRequest;
use crate::console::counted;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::ExitStatus;
use crate::ledger::Edition;
use crate::plan::Plan;
use crate::results::{GoalEntry, Results};

/// What became of a request.
pub(crate) enum Issued {
    /// A new edition, or what it would be.
    New {
        /// For programs.
        report: Value,
        /// For people.
        text: String,
        /// How it ended.
        status: ExitStatus,
        /// What the files came to.
        reading: Option<Box<PeriodReading>>,
        /// That most goals are without information.
        uncovered: Option<Diagnostic>,
    },
    /// There is one already.
    Exists(Box<Edition>),
    /// Files are still changing.
    Waits(String),
    /// It is made and waits until a person has released it.
    Awaits {
        /// For programs.
        report: Value,
        /// For people.
        text: String,
        /// How it ended.
        status: ExitStatus,
        /// What the files came to, where this run has read them.
        reading: Option<Box<PeriodReading>>,
        /// That most goals are without information.
        uncovered: Option<Diagnostic>,
        /// That it waits, and for whom.
        why: Diagnostic,
    },
    /// A person must decide: how the run ends, what was found, and why last.
    Held(ExitStatus, Vec<Diagnostic>),
}

impl Issued {
    /// In a word, for the log.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::New { .. } => "issued",
            Self::Awaits { .. } => "awaits",
            Self::Exists(_) => "exists",
            Self::Waits(_) => "waits",
            Self::Held(..) => "held",
        }
    }
}

/// A line a goal: what a person looks for first.
fn summary(composed: &EditionFiles) -> String {
    let line = |goal: &GoalEntry| {
        let shown = &goal.shown;
        format!(
            "  {} {:<28} {:>6}  {}\n",
            shown.symbol,
            goal.id,
            shown.progress_pct.as_deref().unwrap_or("–"),
            shown.status
        )
    };
    composed.results.goals.iter().map(line).collect()
}

/// What is told of an edition when it is done.
pub(crate) struct IssueSummary {
    /// Its folder, once it is issued.
    pub directory: Option<String>,
    goals: String,
    errors: usize,
    warnings: usize,
    results: Results,
    /// How its making ended.
    pub status: ExitStatus,
    /// What the files came to.
    pub reading: Option<PeriodReading>,
    /// That most goals are without information.
    pub uncovered: Option<Diagnostic>,
}

impl IssueSummary {
    /// Of what was composed.
    pub(crate) fn of(composed: &EditionFiles) -> Self {
        let count = |severity| {
            let found = composed.findings.iter();
            found.filter(|f| f.severity == severity).count()
        };
        Self {
            directory: None,
            goals: summary(composed),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            results: composed.results.clone(),
            status: ExitStatus::Done,
            reading: None,
            uncovered: None,
        }
    }

    /// It was issued, or would be.
    pub(crate) fn issued(self, pipeline: &Plan, request: &IssueRequest, number: u32) -> Issued {
        let waits = pipeline.approval.is_some();
        let what = match &self.directory {
            Some(directory) => format!("edition {number} issued: {directory}"),
            None if waits => format!(
                "edition {number} would be made and wait for approval by {}; nothing was written",
                mailing::approvers(pipeline).join(", ")
            ),
            None => format!("edition {number} would be issued; nothing was written"),
        };
        let id = &pipeline.plan.id;
        let mut text = format!("{id} {}: {what}\n{}", request.period, self.goals);
        if self.errors + self.warnings > 0 {
            let (errors, warnings) = (self.errors, self.warnings);
            text.push_str(&in_the_files(errors, warnings));
        }
        let report = json!({
            "plan": id,
            "period": request.period,
            "outcome": if self.directory.is_some() { "issued" } else { "dry-run" },
            "edition": number,
            "directory": self.directory,
            "errors": self.errors,
            "warnings": self.warnings,
            "results": self.results,
        });
        Issued::New {
            report,
            text,
            status: self.status,
            reading: self.reading.map(Box::new),
            uncovered: self.uncovered,
        }
    }

    /// It was made and waits.
    pub(crate) fn held(self, what: &Publishing<'_>, waiting: &WaitingEdition) -> Issued {
        let (errors, warnings) = (self.errors, self.warnings);
        let mut text = line_of_waiting(waiting);
        text.push_str(&self.goals);
        if errors + warnings > 0 {
            text.push_str(&in_the_files(errors, warnings));
        }
        let mut report = document_of_waiting(what, waiting);
        report["errors"] = errors.into();
        report["warnings"] = warnings.into();
        report["results"] = self.results.json();
        Issued::Awaits {
            report,
            text,
            status: self.status.and(ExitStatus::Held),
            reading: self.reading.map(Box::new),
            uncovered: self.uncovered,
            why: waiting.diagnostic(what.home, what.pipeline),
        }
    }
}

/// It waits as it did before: nobody has to hear of it again.
pub(crate) fn unchanged(what: &Publishing<'_>, waiting: &WaitingEdition) -> Issued {
    Issued::Awaits {
        report: document_of_waiting(what, waiting),
        text: line_of_waiting(waiting),
        status: ExitStatus::Done,
        reading: None,
        uncovered: None,
        why: waiting.diagnostic(what.home, what.pipeline),
    }
}

/// For people.
fn line_of_waiting(waiting: &WaitingEdition) -> String {
    let key = &waiting.pending.key;
    let how = match (waiting.is_new, waiting.is_asked_again) {
        (true, _) => "is made and waits for approval",
        (false, true) => "still waits for approval, and was asked for again",
        (false, false) => "still waits for approval",
    };
    format!(
        "{} {}: edition {} {how}: {}\n  {}\n",
        key.plan,
        key.period,
        key.edition,
        waiting.folder.display(),
        waiting.command()
    )
}

/// For programs.
fn document_of_waiting(what: &Publishing<'_>, waiting: &WaitingEdition) -> Value {
    let pending = &waiting.pending;
    json!({
        "plan": pending.key.plan,
        "period": pending.key.period,
        "outcome": "awaiting-approval",
        "edition": pending.key.edition,
        "directory": waiting.folder.display().to_string(),
        "pdf_sha256": pending.pdf_sha256,
        "since": pending.rendered_at,
        "asked": pending.asked,
        "by": mailing::approvers(what.pipeline),
    })
}

/// How much is wrong in the departments' files, in a line.
fn in_the_files(errors: usize, warnings: usize) -> String {
    let (errors, warnings) = (counted(errors, "error"), counted(warnings, "warning"));
    format!("  {errors} and {warnings} in the files: findings.json\n")
}
