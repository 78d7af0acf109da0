//! `metas explain GOAL`: a figure's whole descent, from the page to the cells.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::console;
use crate::console::Console;
use crate::diagnostic::{did_you_mean, visible};
use crate::edition::gathered::Gathered;
use crate::edition::period_figures::{FiguresRequest, PeriodFigures, period_figures};
use crate::exit::{CommandError, ExitStatus};
use crate::home::AsOf;
use crate::home::Home;
use crate::indicators;
use crate::indicators::{GoalResult, Remark, ReportingPeriod, RowUse};
use crate::period::Period;
use crate::plan::{Goal, Plan};
use clap::Args;
use std::path::PathBuf;

/// `metas explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// The goal's id
    pub goal: String,
    /// The plan, where several have such a goal
    #[arg(long)]
    pub plan: Option<String>,
    /// The period; default: the last one that has ended
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Read this folder instead of inputs/PERIOD
    #[arg(long, value_name = "DIR")]
    pub inputs: Option<PathBuf>,
}

/// Prints the descent of one goal's figure.
///
/// # Errors
/// The goal is unknown, or the definition or environment is wrong.
pub(crate) fn explain(
    console: &Console,
    home: &Home,
    arguments: &ExplainArguments,
) -> Result<ExitStatus, CommandError> {
    let pipeline = plan_of(home, arguments)?;
    let request = FiguresRequest {
        period: arguments.period,
        as_of: arguments.as_of,
        inputs: arguments.inputs.as_ref(),
        traced: true,
    };
    let PeriodFigures {
        pipeline,
        reporting,
        gathered,
        computed,
    } = period_figures(console, home, &pipeline, &request)?;
    let Some(goal) = pipeline.goals.get(&arguments.goal) else {
        return Ok(ExitStatus::Internal);
    };
    let Some(result) = computed.goals.iter().find(|r| r.goal == goal.id) else {
        return Ok(ExitStatus::Internal);
    };
    let rows = indicators::rows_used(&pipeline, goal, &gathered.tables, &reporting);
    let findings: Vec<Value> = gathered
        .findings_of(&result.sources)
        .map(console::finding_json)
        .collect();
    let document = json!({
        "plan": pipeline.plan.id,
        "period": reporting.period,
        "cutoff": reporting.cutoff,
        "goal": goal_document(goal, result),
        "rule": indicators::rule(goal),
        "status_reason": result.status_reason,
        "query": goal.query.as_ref().map(|q| json!({
            "file": pipeline.text.name,
            "line": line_of(&pipeline, q.span.start),
            "sql": q.value,
        })),
        "dates": dates(&reporting, goal),
        "rows": rows,
        "sources": result.sources,
        "remark": computed.remarks.get(&goal.id),
        "findings": findings,
    });
    console.data(
        &document,
        &text(
            (&pipeline, &reporting),
            goal,
            result,
            (&rows, computed.remarks.get(&goal.id)),
            &gathered,
        ),
    );
    Ok(ExitStatus::Done)
}

fn plan_of(home: &Home, arguments: &ExplainArguments) -> Result<Plan, CommandError> {
    let ids = match &arguments.plan {
        Some(id) => vec![id.clone()],
        None => home.plan_ids()?,
    };
    let mut goals = Vec::new();
    let mut found = Vec::new();
    for id in ids {
        let pipeline = home.plan(&id)?;
        goals.extend(pipeline.goals.keys().cloned());
        if pipeline.goals.contains_key(&arguments.goal) {
            found.push(pipeline);
        }
    }
    let message = format!("there is no goal \"{}\"", arguments.goal);
    if found.len() > 1 {
        let plans: Vec<&str> = found.iter().map(|p| p.plan.id.as_str()).collect();
        let hint = format!("name one: --plan {}", plans.join(", --plan "));
        return Err(CommandError::usage(
            "which-plan",
            "several plans have this goal",
            hint,
        ));
    }
    found.pop().ok_or_else(|| {
        let hint = match did_you_mean(&arguments.goal, goals.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("goals: {}", goals.join(", ")),
        };
        CommandError::usage("unknown-goal", message, hint)
    })
}

fn goal_document(goal: &Goal, result: &GoalResult) -> Value {
    json!({
        "id": goal.id,
        "statement": goal.statement,
        "indicator": goal.indicator,
        "kind": goal.kind(),
        "unit": goal.unit,
        "due": goal.due.map(|d| d.date),
        "actual_value": result.actual_value,
        "numerator": result.numerator,
        "denominator": result.denominator,
        "target": result.target,
        "baseline": goal.baseline,
        "planned": result.planned,
        "attainment_pct": result.attainment_pct,
        "progress_pct": result.progress_pct,
        "status": result.status,
        "flags": result.flags,
        "completed_on": result.completed_on,
        "evidence": result.evidence,
        "note": result.note,
        "variables": result.variables,
        "steps": result.steps,
        "missing_departments": result.missing_departments,
        "held": result.held,
        "changes": result.changes.iter().map(|change| json!({
            "key": change.key,
            "before": change.before,
            "after": change.after,
            "period": change.period,
            "edition": change.edition,
            "authorised": change.decided.is_some(),
        })).collect::<Vec<_>>(),
    })
}

fn line_of(pipeline: &Plan, offset: usize) -> usize {
    pipeline.text.text[..offset].matches('\n').count() + 1
}

fn dates(reporting: &ReportingPeriod, goal: &Goal) -> Value {
    let target = goal.target_span();
    json!({
        "period_start": reporting.period.start(),
        "period_end": reporting.period.end(),
        "year_start": reporting.period.year_start(),
        "cutoff": reporting.cutoff,
        "target_start": target.map(|t| t.0),
        "target_end": target.map(|t| t.1),
    })
}

fn text(
    (pipeline, reporting): (&Plan, &ReportingPeriod),
    goal: &Goal,
    result: &GoalResult,
    (rows, remark): (&[RowUse], Option<&Remark>),
    gathered: &Gathered,
) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write_figure(&mut out, goal, result, reporting);
    let _ = write_remark(&mut out, pipeline, remark);
    let _ = write_query(&mut out, pipeline, goal, result);
    let _ = write_sources(&mut out, result, rows, gathered);
    out
}

fn number(value: Option<f64>) -> String {
    value.map_or("none".to_owned(), |v| v.to_string())
}

fn write_figure(
    out: &mut String,
    goal: &Goal,
    result: &GoalResult,
    reporting: &ReportingPeriod,
) -> std::fmt::Result {
    writeln!(
        out,
        "{}  {}  (cutoff {})",
        goal.id, reporting.period, reporting.cutoff
    )?;
    writeln!(out, "  {}", goal.statement)?;
    let status = result.status.label();
    writeln!(
        out,
        "├─ status      {} ({status}): {}",
        result.status.id(),
        visible(&result.status_reason)
    )?;
    if !result.flags.is_empty() {
        let flags: Vec<&str> = result.flags.iter().map(|f| f.label()).collect();
        writeln!(out, "├─ flags       {}", flags.join(", "))?;
    }
    writeln!(
        out,
        "├─ progress    {} % = attainment kept within 0 and 100",
        number(result.progress_pct)
    )?;
    writeln!(out, "├─ attainment  {} %", number(result.attainment_pct))?;
    writeln!(out, "├─ rule        {}", indicators::rule(goal))?;
    if let (Some(n), Some(d)) = (result.numerator, result.denominator) {
        writeln!(
            out,
            "├─ value V     {} = 100 · {n} / {d}",
            number(result.actual_value)
        )?;
    } else if result.actual_value.is_some() {
        writeln!(out, "├─ value V     {}", number(result.actual_value))?;
    }
    if let Some(target) = result.target {
        writeln!(out, "├─ target T    {target}")?;
    }
    if let Some(baseline) = goal.baseline {
        writeln!(out, "├─ baseline B  {baseline}")?;
    }
    if let Some(planned) = result.planned {
        writeln!(
            out,
            "├─ planned P   {planned} ({} % of it)",
            number(result.planned_attainment_pct)
        )?;
    }
    if let Some(due) = goal.due {
        writeln!(out, "├─ due         {}", due.date)?;
    }
    write_changes(out, result)?;
    if let Some(day) = result.completed_on {
        let evidence = result.evidence.as_deref().unwrap_or("not asked for");
        writeln!(out, "├─ completed   {day}, evidence: {evidence}")?;
    }
    Ok(())
}

fn write_changes(out: &mut String, result: &GoalResult) -> std::fmt::Result {
    for change in &result.changes {
        let by = change
            .decided
            .as_ref()
            .map_or("nobody says who decided".to_owned(), |decided| {
                format!("decided by {}", decided.authority)
            });
        writeln!(
            out,
            "├─ changed     {} was {} in edition {} of {} and is {}; {by}",
            change.key,
            change.before.written(),
            change.edition,
            change.period,
            change.after.written()
        )?;
    }
    Ok(())
}

/// What people say of the goal, and where the query for it stands.
fn write_remark(out: &mut String, pipeline: &Plan, remark: Option<&Remark>) -> std::fmt::Result {
    let (Some(remark), Some(query)) = (remark, &pipeline.report.remarks) else {
        return Ok(());
    };
    for (name, text) in [
        ("cause", &remark.cause),
        ("risk", &remark.risk),
        ("next step", &remark.next_step),
    ] {
        if let Some(text) = text {
            writeln!(out, "├─ {name:<11} {}", visible(text))?;
        }
    }
    if let Some(day) = remark.next_date {
        writeln!(out, "├─ next date   {day}")?;
    }
    let line = line_of(pipeline, query.span.start);
    writeln!(out, "├─ remarks     {}:{line}", pipeline.text.name)
}

fn write_query(
    out: &mut String,
    pipeline: &Plan,
    goal: &Goal,
    result: &GoalResult,
) -> std::fmt::Result {
    for (name, value) in &result.variables {
        writeln!(out, "├─ variable    {name} = {}", value.shown(None))?;
    }
    for step in &result.steps {
        let done = step
            .completed_on
            .map_or("not done".to_owned(), |day| day.to_string());
        writeln!(out, "├─ step        {}: {done}", step.title)?;
    }
    if let Some(note) = &result.note {
        writeln!(out, "├─ note        {note}")?;
    }
    if let Some(query) = &goal.query {
        let line = line_of(pipeline, query.span.start);
        writeln!(out, "├─ query       {}:{line}", pipeline.text.name)?;
        if let Some((start, end)) = goal.target_span() {
            writeln!(out, "│    target_start = {start}, target_end = {end}")?;
        }
        for line in query.value.trim_end().lines() {
            writeln!(out, "│    {line}")?;
        }
    }
    Ok(())
}

fn write_sources(
    out: &mut String,
    result: &GoalResult,
    rows: &[RowUse],
    gathered: &Gathered,
) -> std::fmt::Result {
    for used in rows {
        let who = used
            .department
            .as_deref()
            .map(|d| format!(" ({d})"))
            .unwrap_or_default();
        let count = used.used.map_or("rows joined or grouped".to_owned(), |n| {
            format!("{n} rows meet")
        });
        let condition = used
            .condition
            .as_deref()
            .unwrap_or("no condition: every row counts");
        writeln!(
            out,
            "├─ rows        {}{who}: {count} · {condition}",
            used.source
        )?;
        if let Some(left) = &used.left_out {
            writeln!(out, "│    left out: sheet rows {left}")?;
        }
    }
    for file in &result.sources {
        let sheet = file
            .sheet
            .as_deref()
            .map(|s| format!(", sheet {}", visible(s)))
            .unwrap_or_default();
        let range = file
            .range
            .as_deref()
            .map(|r| format!(", cells {r}"))
            .unwrap_or_default();
        writeln!(
            out,
            "└─ file        {}{sheet}{range}, {} rows",
            visible(&file.file),
            file.rows
        )?;
        writeln!(out, "     sha256 {}", file.sha256)?;
    }
    for department in &result.missing_departments {
        writeln!(out, "└─ missing     {department}")?;
    }
    for finding in gathered.findings_of(&result.sources) {
        writeln!(
            out,
            "   finding     [{}] {}",
            finding.code,
            visible(&finding.message)
        )?;
    }
    Ok(())
}
