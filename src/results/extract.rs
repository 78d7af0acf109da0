//! The part of a document that is a department's: its goals, what belongs to them, and what it sent
//! itself. Nothing of it is computed anew, so that no figure can differ from the report's.

use std::collections::BTreeSet;

use super::attention;
use super::counts;
use super::model::{AxisEntry, Extract, FindingsSummary, Results};
use super::received::{SourceState, SourceStatus};
use crate::indicators::Status;

/// What a department's part of a document is.
#[derive(Debug, Clone, Copy)]
pub struct ExtractRequest<'a> {
    /// Id of the department.
    pub department: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Ids of the goals that it is responsible for.
    pub goals: &'a [String],
    /// Ids of the axes whose activities all come from its own files: there it also gets those that
    /// belong to no goal.
    pub axes: &'a [String],
    /// Findings in its files that block, and those that do not.
    pub findings: (usize, usize),
}

impl ExtractRequest<'_> {
    fn has(&self, goal: &str) -> bool {
        self.goals.iter().any(|own| own == goal)
    }
}

/// The part of `results` that is a department's.
pub fn extract(results: &Results, of: &ExtractRequest<'_>) -> Results {
    let mut part = results.clone();
    part.extract = Some(Extract {
        department: of.department.to_owned(),
        name: of.name.to_owned(),
    });
    part.goals.retain(|goal| of.has(&goal.id));
    part.axes = axes(&part);
    let axes: BTreeSet<String> = part.axes.iter().map(|axis| axis.id.clone()).collect();
    part.activities.retain(|activity| match &activity.goal {
        Some(goal) => of.has(goal),
        None => axes.contains(&activity.axis) && of.axes.contains(&activity.axis),
    });
    part.departments.retain(|one| one.id == of.department);
    part.submissions
        .departments
        .retain(|one| one.id == of.department);
    part.sources.retain(|one| one.department == of.department);
    // Decisions are asked of the session, not of a department.
    part.requests.clear();
    part.coming.retain(|one| of.has(&one.goal));
    attention::rank(&mut part.goals);
    part.corrections.retain(|one| of.has(&one.goal));
    part.goal_changes.retain(|one| of.has(&one.goal));
    let kinds: Vec<_> = part.goals.iter().map(|goal| goal.kind).collect();
    part.method
        .formulas
        .retain(|formula| kinds.contains(&formula.kind));
    part.summary = counts::summary(&part.goals);
    part.findings_summary = findings(&part.sources, of.findings);
    part
}

/// The axes that have any of the goals left.
fn axes(part: &Results) -> Vec<AxisEntry> {
    let one = |axis: &AxisEntry| {
        let own = part.goals.iter().filter(|goal| goal.axis == axis.id);
        let (goals, statuses): (Vec<String>, Vec<Status>) =
            own.map(|goal| (goal.id.clone(), goal.status)).unzip();
        let left = AxisEntry {
            due: counts::due(&statuses),
            by_status: counts::by_status(&statuses),
            conclusion: counts::axis_conclusion(&axis.title, &statuses),
            goals,
            ..axis.clone()
        };
        (!left.goals.is_empty()).then_some(left)
    };
    part.axes.iter().filter_map(one).collect()
}

fn findings(sources: &[SourceStatus], (errors, warnings): (usize, usize)) -> FindingsSummary {
    let files = |state| sources.iter().filter(|s| s.state == state).count();
    FindingsSummary {
        errors,
        warnings,
        expected: sources.len(),
        received: files(SourceState::Received) + files(SourceState::Late),
        late: files(SourceState::Late),
        rejected: files(SourceState::Rejected),
        missing: files(SourceState::Missing),
    }
}
