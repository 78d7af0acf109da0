//! Published goals that the definition has changed: told, and never to a goal's advantage unless
//! the definition says who decided.

use chrono::Datelike;
use indexmap::IndexMap;
use serde_json::Value;

use super::compute::{Computed, compute};
use super::figures::{GoalChange, GoalResult};
use super::labels::Status;
use super::sql;
use super::table::{History, ReportingPeriod, SourceTable};
use crate::diagnostic::Diagnostic;
use crate::period::Period;
use crate::plan::{Commitment, CommitmentKey, CommittedValue, Difference, Goal, Plan};

/// What the last edition before this one published of each goal.
#[derive(Debug, Clone)]
pub struct LastEdition {
    /// Its period.
    pub period: Period,
    /// Its number.
    pub edition: u32,
    /// Its goals by id.
    pub goals: IndexMap<String, PublishedGoal>,
}

/// A goal as an edition published it.
#[derive(Debug, Clone)]
pub struct PublishedGoal {
    /// The goal as published.
    pub statement: String,
    /// What was published of its definition; none in an edition of an older metas.
    pub commitment: Option<Commitment>,
    /// Its status.
    pub status: Status,
}

/// What figures are computed from, beside the plan.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The moment that is spoken of.
    pub reporting: &'a ReportingPeriod,
    /// Tables by source.
    pub tables: &'a IndexMap<String, SourceTable>,
    /// Earlier figures.
    pub history: &'a History,
}

/// Computes a plan, and holds it against what `last` published: each difference is told, and a
/// goal that was changed without a word of who decided keeps the worse of two statuses, its own
/// and the one that it has as it was published.
pub fn compute_since(pipeline: &Plan, given: Given<'_>, last: Option<&LastEdition>) -> Computed {
    let mut computed = compute(pipeline, given.reporting, given.tables, given.history);
    let Some(last) = last else {
        return computed;
    };
    for result in &mut computed.goals {
        let (Some(goal), Some(published)) = (
            pipeline.goals.get(&result.goal),
            last.goals.get(&result.goal),
        ) else {
            continue;
        };
        let Some(before) = &published.commitment else {
            continue;
        };
        let now = goal.commitment();
        let differences = before.differences(&now);
        if differences.is_empty() {
            continue;
        }
        let kept = before.kept(&now, &differences);
        if differences.iter().any(|d| d.decided.is_none()) {
            computed
                .findings
                .push(undecided_changes(pipeline, goal, last, &differences));
            let fault = hold(pipeline, given, goal, (&kept, published), result).err();
            computed.findings.extend(fault);
        }
        let change = |difference: Difference| GoalChange {
            goal: goal.id.clone(),
            key: difference.key,
            before: difference.before,
            after: difference.after,
            period: last.period,
            edition: last.edition,
            decided: difference.decided,
        };
        result.changes = differences.into_iter().map(change).collect();
        result.commitment = Some(kept);
    }
    removed(pipeline, last, &mut computed);
    computed
}

/// Gives `result` the worse of its own figures and those of the goal as it was published.
///
/// # Errors
/// The published query was not given the columns that it reads.
fn hold(
    pipeline: &Plan,
    given: Given<'_>,
    goal: &Goal,
    (kept, published): (&Commitment, &PublishedGoal),
    result: &mut GoalResult,
) -> Result<(), Diagnostic> {
    let with_new_query = Commitment {
        query: goal.query.as_ref().map(|query| query.value.clone()),
        ..kept.clone()
    };
    let then = match as_published(pipeline, given, goal, kept)? {
        None => as_published(pipeline, given, goal, &with_new_query)?,
        found => found,
    };
    match then {
        Some(then) if then.status.weight() > result.status.weight() => {
            let reason = format!("judged as it was published: {}", then.status_reason);
            *result = GoalResult {
                status_reason: reason,
                held: true,
                note: then.note.clone().or_else(|| result.note.clone()),
                ..then
            };
        }
        Some(_) => {}
        None => keep_status(kept, goal, published, result),
    }
    Ok(())
}

/// Where the published goal can't be computed from today's data, a status that said that it was
/// not met, or late, stands.
fn keep_status(kept: &Commitment, goal: &Goal, published: &PublishedGoal, result: &mut GoalResult) {
    let same_instance = kept.recurs_until.is_none() || kept.year == goal.due.map(|d| d.date.year());
    if let status @ (Status::NotMet | Status::MetLate) = published.status
        && same_instance
        && status.weight() > result.status.weight()
    {
        result.status = status;
        result.held = true;
        result.status_reason =
            "the goal was changed, and can't be judged as it was published: its status stands"
                .to_owned();
    }
}

/// The goal's figures as `commitment` has it; none where it can't be computed from today's data.
///
/// # Errors
/// Its query was not given the columns that it reads: that says nothing about the data.
fn as_published(
    pipeline: &Plan,
    given: Given<'_>,
    goal: &Goal,
    commitment: &Commitment,
) -> Result<Option<GoalResult>, Diagnostic> {
    let Some(then) = goal.as_published(commitment) else {
        return Ok(None);
    };
    let mut plan = pipeline.clone();
    plan.axes.clear();
    (plan.report.remarks, plan.report.requests) = (None, None);
    plan.goals = IndexMap::from([(goal.id.clone(), then)]);
    let plan = plan.at(given.reporting.period);
    let mut computed = compute(&plan, given.reporting, given.tables, given.history);
    let fault = |finding: &Diagnostic| finding.code == sql::NOT_CARRIED;
    if let Some(at) = computed.findings.iter().position(fault) {
        return Err(computed.findings.swap_remove(at));
    }
    let sound = !computed.findings.iter().any(Diagnostic::is_error);
    let result = computed.goals.pop().filter(|_| sound);
    Ok(result.filter(|result| result.status != Status::NoData))
}

fn undecided_changes(
    pipeline: &Plan,
    goal: &Goal,
    last: &LastEdition,
    differences: &[Difference],
) -> Diagnostic {
    let parts: Vec<String> = differences
        .iter()
        .filter(|d| d.decided.is_none())
        .map(|d| {
            format!(
                "{} was {} and is {}",
                d.key,
                plain(&d.before),
                plain(&d.after)
            )
        })
        .collect();
    let message = format!(
        "goal `{}` is not what edition {} of {} published: {}",
        goal.id,
        last.edition,
        last.period,
        parts.join("; ")
    );
    Diagnostic::warning("goal-changed", message)
        .at(&pipeline.text, goal.span.clone())
        .hint(format!(
            "put it back, or say who decided: [goal.{}.changed] date = \"…\", reason = \"…\", authority = \"…\"; until then the goal keeps the worse of both statuses",
            goal.id
        ))
}

fn plain(value: &CommittedValue) -> String {
    match value.written() {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Number(number) => number
            .as_f64()
            .map_or(number.to_string(), |n| n.to_string()),
        other => other.to_string(),
    }
}

/// Goals that the last edition has and the plan has no more.
fn removed(pipeline: &Plan, last: &LastEdition, computed: &mut Computed) {
    for (id, goal) in &last.goals {
        if pipeline.goals.contains_key(id) {
            continue;
        }
        let message = format!(
            "goal `{id}` of edition {} of {} is no longer in the plan",
            last.edition, last.period
        );
        computed
            .findings
            .push(Diagnostic::warning("goal-changed", message).hint(format!(
                "put it back; a goal that is given up is cancelled: [goal.{id}.cancelled]"
            )));
        computed.removed.push(GoalChange {
            goal: id.clone(),
            key: CommitmentKey::Goal,
            before: CommittedValue::Text(goal.statement.clone()),
            after: CommittedValue::Nothing,
            period: last.period,
            edition: last.edition,
            decided: None,
        });
    }
}
