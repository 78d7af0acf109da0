//! Tries every query on tables without rows, so that a wrong name shows before any data is there.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::activities;
use super::advice;
use super::footnote;
use super::kind::{self, AnswerForm};
use super::query_places;
use super::remarks;
use super::sql::{self, Answer, Dates, QueryColumnType};
use super::table::empty_frame;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::ingest;
use crate::plan::{self, Goal, NoteTemplate, Placed, Plan, position};

/// Reads a definition and tries its queries and checks.
///
/// # Errors
/// Every error of it, from every layer that can be reached: a wrong key keeps no query from being
/// tried, unless it is in a source that the query reads.
pub fn read_definition(name: &str, text: &str) -> Result<Plan, Vec<Diagnostic>> {
    let draft = plan::draft(name, text);
    let doubtful = draft.doubtful_sources();
    let is_wrong = draft.found.iter().any(Diagnostic::is_error);
    let Some(mut plan) = draft.plan else {
        return Err(draft.found);
    };
    let mut found = queries(&plan, &doubtful);
    let mut sound = plan.clone();
    sound.sources.retain(|id, _| !doubtful.contains(id));
    found.extend(ingest::validate(&sound));
    if !is_wrong && !found.iter().any(Diagnostic::is_error) {
        plan.warnings.extend(found);
        return Ok(plan);
    }
    if is_wrong {
        let others = draft
            .queries
            .iter()
            .filter(|query| is_sound(query, &doubtful));
        found.extend(others.filter_map(|query| dry_run(&plan, query).err()));
        found.extend(draft.found);
        found.retain(Diagnostic::is_error);
    }
    found.sort_by_key(position);
    Err(found)
}

/// Whether a query names no source of which something else is wrong.
fn is_sound(query: &Placed<String>, doubtful: &BTreeSet<String>) -> bool {
    query_places::words(&query.value).all(|(word, _)| !doubtful.contains(&word))
}

/// What is wrong with a plan's queries and with the notes that use them.
pub fn validate(pipeline: &Plan) -> Vec<Diagnostic> {
    queries(pipeline, &BTreeSet::new())
}

fn queries(pipeline: &Plan, doubtful: &BTreeSet<String>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let sound = |query: &&Placed<String>| is_sound(query, doubtful);
    for goal in pipeline.goals.values() {
        let query = goal.query.as_ref();
        if query.is_some_and(|query| !sound(&query)) {
            continue;
        }
        match query.map(|query| (query, dry_run(pipeline, query))) {
            Some((_, Err(error))) => found.push(error),
            Some((query, Ok(answer))) => {
                found.extend(wrong_columns(pipeline, goal, &answer.columns));
                found.extend(wrong_types(pipeline, goal, query, &answer));
                found.extend(advice::of_query(pipeline, goal, query));
                found.extend(note(pipeline, goal, &answer.columns));
            }
            None => found.extend(note(pipeline, goal, &[])),
        }
    }
    for (id, axis) in &pipeline.axes {
        match axis
            .activities
            .as_ref()
            .filter(sound)
            .map(|query| (query, dry_run(pipeline, query)))
        {
            Some((_, Err(error))) => found.push(error),
            Some((query, Ok(answer))) => {
                found.extend(wrong_activities(pipeline, id, query, &answer.columns));
            }
            None => {}
        }
    }
    let report = &pipeline.report;
    for (key, query, columns) in [
        ("remarks", &report.remarks, remarks::REMARK),
        ("requests", &report.requests, remarks::REQUEST),
    ] {
        if let Some(query) = query.as_ref().filter(sound) {
            found.extend(match dry_run(pipeline, query) {
                Ok(answer) => wrong_said(pipeline, (key, query), columns, &answer),
                Err(error) => vec![error],
            });
        }
    }
    found
}

/// What is wrong with the columns of a query of `[report]`: each at its word.
fn wrong_said(
    pipeline: &Plan,
    (key, query): (&str, &Placed<String>),
    columns: remarks::Columns,
    answer: &Answer,
) -> Vec<Diagnostic> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let known = format!("columns are: {}", names.join(", "));
    let mut found = Vec::new();
    let given = |name: &str| answer.columns.iter().any(|column| column == name);
    if let Some(needed) = names.first().filter(|name| !given(name)) {
        let message = format!("the report's {key} must give a column `{needed}`");
        let error = Diagnostic::error("query-columns", message);
        found.push(
            error
                .at(&pipeline.text, query.span.clone())
                .hint(known.clone()),
        );
    }
    for (column, kind) in answer.columns.iter().zip(&answer.types) {
        let place = query_places::place_of_word(pipeline, query, column);
        let Some((_, expected)) = columns.iter().find(|(name, _)| name == column) else {
            let near = did_you_mean(column, names.iter().copied());
            let hint = near.map_or(known.clone(), |n| format!("did you mean `{n}`? {known}"));
            let message = format!("the report's {key} have no column `{column}`");
            let error = Diagnostic::error("query-columns", message);
            found.push(error.at(&pipeline.text, place).hint(hint));
            continue;
        };
        if kind != expected && *kind != QueryColumnType::Null {
            let (must, is) = (expected.name(), kind.name());
            let message =
                format!("the report's {key}: the query's `{column}` must be {must}, but is {is}");
            let error = Diagnostic::error("query-type", message).at(&pipeline.text, place);
            found.push(error.hint(match expected {
                QueryColumnType::Date => "give a column of dates",
                _ => "give a column of texts",
            }));
        }
    }
    found
}

fn dry_run(pipeline: &Plan, query: &Placed<String>) -> Result<Answer, Diagnostic> {
    let names = sql::tables_of(pipeline, query)?;
    let frames: Vec<(&str, DataFrame)> = names
        .iter()
        .filter_map(|name| Some((name.as_str(), empty_frame(pipeline.sources.get(name)?))))
        .collect();
    let day = pipeline.schedule.first_period.start();
    let borrowed: Vec<(&str, &DataFrame)> = frames.iter().map(|(n, f)| (*n, f)).collect();
    sql::run(pipeline, query, &borrowed, any_dates(day))
}

fn any_dates(day: NaiveDate) -> Dates {
    Dates {
        period_start: day,
        period_end: day,
        year_start: day,
        cutoff: day,
        target: None,
    }
}

fn wrong_columns(pipeline: &Plan, goal: &Goal, columns: &[String]) -> Option<Diagnostic> {
    let has = |name: &str| columns.iter().any(|c| c == name);
    let (there, needed) = match kind::answer_form(&goal.measure) {
        AnswerForm::Number => (
            has("value") || (has("numerator") && has("denominator")),
            "value, or numerator and denominator",
        ),
        AnswerForm::Day => (has("completed_on"), "completed_on"),
        AnswerForm::Steps => (has("step") && has("completed_on"), "step and completed_on"),
        AnswerForm::Variables => (true, "nothing"),
    };
    if there {
        return None;
    }
    let message = format!(
        "goal `{}` is of kind {}: its query must give {needed}",
        goal.id,
        goal.kind()
    );
    let span = goal
        .query
        .as_ref()
        .map_or(goal.span.clone(), |q| q.span.clone());
    let given = format!("it gives: {}", columns.join(", "));
    Some(
        Diagnostic::error("query-columns", message)
            .at(&pipeline.text, span)
            .hint(given),
    )
}

/// Columns with a meaning that hold something else than they must.
fn wrong_types(
    pipeline: &Plan,
    goal: &Goal,
    query: &Placed<String>,
    answer: &Answer,
) -> Vec<Diagnostic> {
    let form = kind::answer_form(&goal.measure);
    let must = |name: &str| match name {
        "value" | "numerator" | "denominator" if form == AnswerForm::Number => {
            Some(QueryColumnType::Number)
        }
        "completed_on" => Some(QueryColumnType::Date),
        _ => None,
    };
    let wrong = |(name, kind): (&String, &QueryColumnType)| {
        let expected = must(name)?;
        if *kind == expected || *kind == QueryColumnType::Null {
            return None;
        }
        let message = format!(
            "goal `{}`: the query's `{name}` must be {}, but is {}",
            goal.id,
            expected.name(),
            kind.name()
        );
        let place = query_places::place_of_word(pipeline, query, name);
        let error = Diagnostic::error("query-type", message).at(&pipeline.text, place);
        Some(error.hint(match expected {
            QueryColumnType::Date => "give a column of dates, such as MIN(fecha)",
            _ => "give a number, such as COUNT(*), SUM(…) or CAST(… AS DOUBLE)",
        }))
    };
    if form == AnswerForm::Variables {
        return Vec::new();
    }
    let columns = answer.columns.iter().zip(&answer.types);
    columns.filter_map(wrong).collect()
}

fn note(pipeline: &Plan, goal: &Goal, columns: &[String]) -> Vec<Diagnostic> {
    let Some(placed) = &goal.note else {
        return Vec::new();
    };
    let Ok(note) = NoteTemplate::parse(&placed.value) else {
        return Vec::new();
    };
    let mut known = columns.to_vec();
    let form = kind::answer_form(&goal.measure);
    if matches!(form, AnswerForm::Number | AnswerForm::Steps) {
        let own = [
            "value",
            "attainment_pct",
            "progress_pct",
            "target",
            "planned",
        ];
        known.extend(own.map(str::to_owned));
    }
    footnote::unknown_variables(pipeline, placed, &note, &known)
}

fn wrong_activities(
    pipeline: &Plan,
    axis: &str,
    query: &Placed<String>,
    columns: &[String],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !columns.iter().any(|c| c == "title") {
        let message = format!("axis `{axis}`: its activities must give a column `title`");
        found.push(message);
    }
    for column in columns
        .iter()
        .filter(|c| !activities::COLUMNS.contains(&c.as_str()))
    {
        let near = did_you_mean(column, activities::COLUMNS);
        let hint = near.map_or(String::new(), |n| format!("; did you mean `{n}`?"));
        found.push(format!(
            "axis `{axis}`: activities have no column `{column}`{hint}"
        ));
    }
    found
        .into_iter()
        .map(|message| {
            let error = Diagnostic::error("query-columns", message);
            error
                .at(&pipeline.text, query.span.clone())
                .hint(format!("columns are: {}", activities::COLUMNS.join(", ")))
        })
        .collect()
}
