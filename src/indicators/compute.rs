//! Goes over the plan: each goal's query, figures, status and footnote; each axis's activities.

use indexmap::IndexMap;
use polars::prelude::DataFrame;

use super::contradiction;
use super::figures::{
    Activity, DecisionRequest, GoalChange, GoalResult, PastFigure, Remark, SourceUse, StepResult,
};
use super::footnote;
use super::kind::{self, AnswerForm};
use super::labels::{Flag, Status};
use super::measure::{self, Figures, Number};
use super::process;
use super::prose::ProseQueries;
use super::sql::{self, Answer};
use super::status::{self, StatusDecision};
use super::table::{Availability, History, ReportingPeriod, SourceTable};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::{Goal, NoteTemplate, Placed, Plan};

/// Everything that a report says of a plan's goals.
#[derive(Debug, Default)]
pub struct Computed {
    /// Goals, in the order of the plan.
    pub goals: Vec<GoalResult>,
    /// Activities, in the order of the axes.
    pub activities: Vec<Activity>,
    /// What people say of goals, by the goal's id.
    pub remarks: IndexMap<String, Remark>,
    /// The decisions asked of the session.
    pub requests: Vec<DecisionRequest>,
    /// Goals of the last edition that the plan has no more.
    pub removed: Vec<GoalChange>,
    /// What went wrong: an error means that nothing may be issued.
    pub findings: Vec<Diagnostic>,
}

/// Computes a plan at `reporting` from its sources' tables and its earlier figures.
pub fn compute(
    pipeline: &Plan,
    reporting: &ReportingPeriod,
    tables: &IndexMap<String, SourceTable>,
    history: &History,
) -> Computed {
    let mut computed = Computed::default();
    let mut run = Computation {
        pipeline,
        reporting,
        tables,
        found: Vec::new(),
    };
    for goal in pipeline.goals.values() {
        let past = history.get(&goal.id).map_or(&[][..], Vec::as_slice);
        computed.goals.push(run.goal(goal, past));
    }
    let mut prose = ProseQueries {
        pipeline,
        reporting,
        tables,
        found: run.found,
    };
    computed.activities = prose.activities();
    computed.remarks = prose.remarks(&computed.goals);
    computed.requests = prose.requests();
    computed.findings = prose.found;
    computed
}

struct Computation<'a> {
    pipeline: &'a Plan,
    reporting: &'a ReportingPeriod,
    tables: &'a IndexMap<String, SourceTable>,
    found: Vec<Diagnostic>,
}

/// What the sources say to a query.
enum SourceAnswer {
    Answer(Answer),
    Unavailable(String),
    Failed,
}

impl Computation<'_> {
    fn goal(&mut self, goal: &Goal, past: &[PastFigure]) -> GoalResult {
        let (uses, missing) = self.reach(goal.query.as_ref());
        let mut result = blank(goal, uses, missing);
        if !self.reporting.closed {
            result.flags.push(Flag::Preliminary);
        }
        let form = kind::answer_form(&goal.measure);
        let early = status::before_data(goal, self.reporting);
        if let (Some((status, reason)), true) = (&early, form != AnswerForm::Variables) {
            let target = goal
                .quantity()
                .map(|q| measure::target(goal, q, self.reporting).0);
            result.target = target;
            (result.status, result.status_reason) = (*status, reason.clone());
            return finish(result);
        }
        let answered = match &goal.query {
            Some(query) => self.ask(goal, query),
            None => SourceAnswer::Answer(Answer::empty()),
        };
        let (status, reason) = match answered {
            SourceAnswer::Answer(answer) => early
                .map(|decision| self.narrative(&mut result, &answer, decision))
                .unwrap_or_else(|| self.measured(goal, &mut result, &answer, past)),
            SourceAnswer::Unavailable(why) => self.unavailable(goal, &mut result, why),
            SourceAnswer::Failed => (Status::NoData, "the query failed".to_owned()),
        };
        (result.status, result.status_reason) = (status, reason);
        for message in contradiction::of_declared(&result) {
            self.report(goal, Severity::Warning, message);
        }
        self.note(goal, &mut result);
        finish(result)
    }

    /// Files behind a query, and the departments whose rows are missing from them.
    fn reach(&self, query: Option<&Placed<String>>) -> (Vec<SourceUse>, Vec<String>) {
        let Some(Ok(names)) = query.map(|q| sql::tables_of(self.pipeline, q)) else {
            return (Vec::new(), Vec::new());
        };
        let mut uses = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        for table in names.iter().filter_map(|name| self.tables.get(name)) {
            uses.extend(table.uses.iter().cloned());
            match &table.availability {
                Availability::Complete => {}
                Availability::Partial(who) | Availability::Unavailable(who, _) => {
                    missing.extend(who.iter().cloned());
                }
            }
        }
        missing.sort();
        missing.dedup();
        (uses, missing)
    }

    fn ask(&mut self, goal: &Goal, query: &Placed<String>) -> SourceAnswer {
        let names = match sql::tables_of(self.pipeline, query) {
            Ok(names) => names,
            Err(error) => {
                self.found.push(error);
                return SourceAnswer::Failed;
            }
        };
        for name in &names {
            match self.tables.get(name).map(|t| &t.availability) {
                None => return SourceAnswer::Unavailable(format!("no se recibió «{name}»")),
                Some(Availability::Unavailable(_, why)) => {
                    return SourceAnswer::Unavailable(why.clone());
                }
                Some(Availability::Partial(_)) if goal.requires_all => {
                    return SourceAnswer::Unavailable(
                        "falta la información de alguna dependencia".into(),
                    );
                }
                Some(_) => {}
            }
        }
        self.answer(&names, query, self.reporting.dates(Some(goal)))
    }

    fn answer(
        &mut self,
        names: &[String],
        query: &Placed<String>,
        dates: sql::Dates,
    ) -> SourceAnswer {
        let frames: Vec<(&str, &DataFrame)> = names
            .iter()
            .filter_map(|name| Some((name.as_str(), &self.tables.get(name)?.frame)))
            .collect();
        match sql::run(self.pipeline, query, &frames, dates) {
            Ok(answer) => SourceAnswer::Answer(answer),
            Err(error) => {
                self.found.push(error);
                SourceAnswer::Failed
            }
        }
    }

    fn unavailable(&self, goal: &Goal, result: &mut GoalResult, why: String) -> StatusDecision {
        result.target = goal
            .quantity()
            .map(|q| measure::target(goal, q, self.reporting).0);
        let steps = kind::steps(&goal.measure);
        result.steps = process::steps(steps, &Answer::empty(), self.reporting).0;
        status::nothing_scheduled(goal, self.reporting).unwrap_or((Status::NoData, why))
    }

    fn narrative(
        &mut self,
        result: &mut GoalResult,
        answer: &Answer,
        decision: StatusDecision,
    ) -> StatusDecision {
        result.variables = answer.row(0);
        decision
    }

    fn measured(
        &mut self,
        goal: &Goal,
        result: &mut GoalResult,
        answer: &Answer,
        past: &[PastFigure],
    ) -> StatusDecision {
        if !result.missing_departments.is_empty() {
            result.flags.push(Flag::Incomplete);
        }
        let form = kind::answer_form(&goal.measure);
        if form == AnswerForm::Steps {
            let steps = kind::steps(&goal.measure);
            let (told, wrong) = process::steps(steps, answer, self.reporting);
            wrong
                .into_iter()
                .for_each(|message| self.report(goal, Severity::Warning, message));
            let figures = process::figures(steps, &told, self.reporting);
            let bands = self.pipeline.plan.traffic_light;
            let decision = process::decide(goal, &told, &figures, self.reporting, bands);
            take(result, &figures);
            result.actual_value = figures.value;
            result.steps = told;
            return decision;
        }
        if answer.rows.len() > 1 {
            let message = format!(
                "the query gives {} rows; it must give one",
                answer.rows.len()
            );
            self.report(goal, Severity::Error, message);
            return (
                Status::NoData,
                "the query gives more than one row".to_owned(),
            );
        }
        result.variables = answer.row(0);
        if form == AnswerForm::Day {
            return self.milestone(goal, result);
        }
        if answer.rows.is_empty() {
            return (Status::NoData, "the query gives no row".to_owned());
        }
        self.figure(goal, result, past)
    }

    fn figure(
        &mut self,
        goal: &Goal,
        result: &mut GoalResult,
        past: &[PastFigure],
    ) -> StatusDecision {
        let (number, numerator, denominator) = measure::number(&result.variables);
        let mut absent = None;
        let value = match number {
            Number::Is(value) => Some(value),
            Number::NoCases => {
                result.flags.push(Flag::NoCases);
                absent = Some("there are no cases: the denominator is 0".to_owned());
                None
            }
            Number::Absent(why) => {
                self.report(goal, Severity::Warning, why.clone());
                absent = Some(why);
                None
            }
            Number::Wrong(why) => {
                self.report(goal, Severity::Error, why.clone());
                absent = Some(why);
                None
            }
        };
        let figures = Figures {
            numerator,
            denominator,
            absent,
            ..kind::figures(goal, self.reporting, value, past)
        };
        take(result, &figures);
        if let Some(message) = contradiction::of_figures(goal, self.reporting, result, past) {
            self.report(goal, Severity::Warning, message);
        }
        let reached = match result.variables.get("completed_on") {
            Some(Value::Date(day)) if *day <= self.reporting.cutoff => Some(*day),
            _ => None,
        };
        result.completed_on = reached;
        if status::reached_early(goal, self.reporting, &figures) {
            result.flags.push(Flag::Reached);
        }
        let decision = status::of_figures(
            goal,
            self.reporting,
            &figures,
            (reached, past),
            self.pipeline.plan.traffic_light,
        );
        if matches!(decision.0, Status::Met | Status::MetLate | Status::NotMet) {
            return decision;
        }
        status::nothing_scheduled(goal, self.reporting).unwrap_or(decision)
    }

    fn milestone(&mut self, goal: &Goal, result: &mut GoalResult) -> StatusDecision {
        let claimed = match result.variables.get("completed_on") {
            Some(Value::Date(day)) => Some(*day),
            None | Some(Value::Null) => None,
            Some(other) => {
                let kind = measure::type_name(other);
                self.report(
                    goal,
                    Severity::Error,
                    format!("the query's `completed_on` must be a date, but is {kind}"),
                );
                None
            }
        };
        result.evidence = match result.variables.get("evidence") {
            Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            _ => None,
        };
        let unproven = result.variables.contains_key("evidence") && result.evidence.is_none();
        if claimed.is_some() && unproven {
            result.flags.push(Flag::NoEvidence);
            let message = "reported as done, but its evidence is blank".to_owned();
            self.report(goal, Severity::Warning, message);
        }
        if let Some(day) = claimed
            && day > self.reporting.cutoff
        {
            let message = format!("reported as done on {day}, after the cutoff");
            self.report(goal, Severity::Warning, message);
        }
        let done = claimed.filter(|day| *day <= self.reporting.cutoff && !unproven);
        result.completed_on = done;
        let decision = status::of_milestone(goal, self.reporting, done, claimed.is_some());
        if decision.0 != Status::Scheduled {
            let percent = if done.is_some() { 100.0 } else { 0.0 };
            result.attainment_pct = Some(percent);
            result.progress_pct = Some(percent);
        }
        decision
    }

    fn note(&mut self, goal: &Goal, result: &mut GoalResult) {
        let Some(placed) = &goal.note else {
            return;
        };
        let Ok(note) = NoteTemplate::parse(&placed.value) else {
            return;
        };
        let mut variables = result.variables.clone();
        let mut add = |name: &str, value: Option<f64>| {
            if let Some(value) = value {
                variables
                    .entry(name.to_owned())
                    .or_insert(Value::Number(value));
            }
        };
        add("value", result.actual_value);
        add("attainment_pct", result.attainment_pct);
        add("progress_pct", result.progress_pct);
        add("target", result.target);
        add("planned", result.planned);
        let form = kind::answer_form(&goal.measure);
        if form == AnswerForm::Day && result.completed_on.is_none() {
            variables.shift_remove("completed_on");
        }
        result.note = footnote::fill(&note, &variables, result.target);
    }

    fn report(&mut self, goal: &Goal, severity: Severity, message: String) {
        let span = goal
            .query
            .as_ref()
            .map_or(goal.span.clone(), |q| q.span.clone());
        let text = format!("goal `{}`: {message}", goal.id);
        let mut diagnostic = Diagnostic::warning("goal", text).at(&self.pipeline.text, span);
        diagnostic.severity = severity;
        self.found.push(diagnostic);
    }
}

fn blank(goal: &Goal, sources: Vec<SourceUse>, missing_departments: Vec<String>) -> GoalResult {
    GoalResult {
        goal: goal.id.clone(),
        actual_value: None,
        numerator: None,
        denominator: None,
        target: None,
        planned: None,
        planned_attainment_pct: None,
        attainment_pct: None,
        progress_pct: None,
        status: Status::NoData,
        status_reason: String::new(),
        flags: Vec::new(),
        completed_on: None,
        evidence: None,
        note: None,
        variables: IndexMap::new(),
        steps: Vec::<StepResult>::new(),
        sources,
        missing_departments,
        changes: Vec::new(),
        held: false,
        commitment: None,
    }
}

fn take(result: &mut GoalResult, figures: &Figures) {
    result.actual_value = figures.value;
    result.numerator = figures.numerator;
    result.denominator = figures.denominator;
    result.target = figures.target;
    result.planned = figures.planned;
    result.planned_attainment_pct = figures.planned_attainment;
    result.attainment_pct = figures.attainment;
    result.progress_pct = figures.progress;
    result.flags.extend(figures.flags.iter().copied());
}

fn finish(mut result: GoalResult) -> GoalResult {
    result.flags.sort_unstable();
    result.flags.dedup();
    result
}
