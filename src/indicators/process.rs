//! Processes: dated steps with weights inside a window.

use chrono::NaiveDate;

use super::figures::StepResult;
use super::kind;
use super::labels::Status;
use super::measure::Figures;
use super::rules;
use super::sql::Answer;
use super::status::{self, StatusDecision};
use super::table::ReportingPeriod;
use super::value::Value;
use crate::plan::{Goal, Step, TrafficLight};

/// The steps that a query's rows tell of: the plan's steps in its order, or the rows themselves
/// where the plan defines none. The second part says what is wrong with the rows.
pub(super) fn steps(
    plan: &[Step],
    answer: &Answer,
    reporting: &ReportingPeriod,
) -> (Vec<StepResult>, Vec<String>) {
    let mut wrong = Vec::new();
    let mut rows: Vec<(String, Option<NaiveDate>)> = Vec::new();
    for index in 0..answer.rows.len() {
        let row = answer.row(index);
        let step = match row.get("step") {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Integer(number)) => number.to_string(),
            _ => {
                wrong.push(format!("row {} of the query has no `step`", index + 1));
                continue;
            }
        };
        match row.get("completed_on") {
            Some(Value::Date(day)) if *day > reporting.cutoff => {
                wrong.push(format!("step \"{step}\" is dated {day}, after the cutoff"));
                rows.push((step, None));
            }
            Some(Value::Date(day)) => rows.push((step, Some(*day))),
            Some(Value::Null) => rows.push((step, None)),
            _ => wrong.push(format!("step \"{step}\" has no date in `completed_on`")),
        }
    }
    if plan.is_empty() {
        let told = rows.into_iter().map(|(step, completed_on)| StepResult {
            title: step.clone(),
            step,
            due: None,
            completed_on,
        });
        return (told.collect(), wrong);
    }
    for (step, _) in &rows {
        if !plan.iter().any(|p| p.id == *step) {
            wrong.push(format!("the plan has no step \"{step}\""));
        }
    }
    let done = |id: &str| {
        let days = rows
            .iter()
            .filter(|(step, _)| step == id)
            .filter_map(|(_, day)| *day);
        days.min()
    };
    for step in plan {
        if let (Some(day), Some(before)) = (done(&step.id), &step.after)
            && done(before).is_none_or(|first| first > day)
        {
            wrong.push(format!(
                "step \"{}\" is done before \"{before}\", which it needs",
                step.id
            ));
        }
    }
    let results = plan.iter().map(|step| StepResult {
        step: step.id.clone(),
        title: step.title.clone(),
        due: Some(step.due.date),
        completed_on: done(&step.id),
    });
    (results.collect(), wrong)
}

/// Weight done and weight planned to date, in percent; none without steps in the plan.
pub(super) fn figures(
    plan: &[Step],
    results: &[StepResult],
    reporting: &ReportingPeriod,
) -> Figures {
    let total: f64 = plan.iter().map(|s| s.weight).sum();
    if plan.is_empty() {
        return Figures::default();
    }
    let share = |chosen: &dyn Fn(&Step, &StepResult) -> bool| {
        let pairs = plan.iter().zip(results).filter(|(s, r)| chosen(s, r));
        // Not `sum`, which begins at -0.0.
        100.0 * pairs.fold(0.0, |sum, (s, _)| sum + s.weight) / total
    };
    let done = share(&|_, result| result.completed_on.is_some());
    let planned = share(&|step, _| step.due.date <= reporting.cutoff);
    Figures {
        value: Some(done),
        planned: Some(planned),
        attainment: Some(done),
        planned_attainment: (planned > 0.0).then(|| 100.0 * done / planned),
        progress: Some(rules::progress(done, false)),
        ..Figures::default()
    }
}

/// A process's status.
pub(super) fn decide(
    goal: &Goal,
    results: &[StepResult],
    figures: &Figures,
    reporting: &ReportingPeriod,
    bands: TrafficLight,
) -> StatusDecision {
    let planned = !kind::steps(&goal.measure).is_empty();
    let due = goal.due.or(goal.window.map(|w| w.to)).map(|d| d.date);
    let active = results.iter().any(|r| r.completed_on.is_some());
    let last = results.iter().filter_map(|r| r.completed_on).max();
    let all_done = planned && results.iter().all(|r| r.completed_on.is_some());
    if let (true, Some(last), Some(due)) = (all_done, last, due) {
        return status::on_day(last, due);
    }
    let over = due.is_some_and(|due| reporting.cutoff >= due);
    if over && (planned || goal.due.is_some()) {
        let reason = "the window has closed and not every step is done";
        return (Status::NotMet, reason.to_owned());
    }
    if let Some(attainment) = figures.planned_attainment {
        return status::banded(attainment, bands);
    }
    match (active, over) {
        (true, true) => (
            Status::InProgress,
            "the window has closed; no steps are defined that would tell whether it is done"
                .to_owned(),
        ),
        (true, false) => (
            Status::InProgress,
            "activity is evidenced; no steps are planned to date".to_owned(),
        ),
        (false, true) => (
            Status::NotMet,
            "the window has closed without any activity".to_owned(),
        ),
        (false, false) => (
            Status::NotStarted,
            "the window is open and no activity is confirmed".to_owned(),
        ),
    }
}
