//! What people say of the figures: the rows of `[report] remarks` and `[report] requests`.

use chrono::NaiveDate;
use indexmap::IndexMap;

use super::figures::{DecisionRequest, GoalResult, Remark};
use super::labels::Flag;
use super::sql::{Answer, QueryColumnType};
use super::value::Value;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::plan::{Placed, Plan};

/// Columns that a query gives, and what each holds. The first must be there.
pub(super) type Columns = &'static [(&'static str, QueryColumnType)];

/// Columns of the query for remarks.
pub(super) const REMARK: Columns = &[
    ("goal", QueryColumnType::Text),
    ("cause", QueryColumnType::Text),
    ("risk", QueryColumnType::Text),
    ("next_step", QueryColumnType::Text),
    ("next_date", QueryColumnType::Date),
];

/// Columns of the query for requests.
pub(super) const REQUEST: Columns = &[
    ("text", QueryColumnType::Text),
    ("who", QueryColumnType::Text),
    ("date", QueryColumnType::Date),
];

/// What is said of each goal, and what is wrong with the rows. Of two rows for one goal the first
/// is taken; a row for no goal is left out. Both are told.
pub(super) fn remarks(
    pipeline: &Plan,
    query: &Placed<String>,
    answer: &Answer,
) -> (IndexMap<String, Remark>, Vec<Diagnostic>) {
    let mut said: IndexMap<String, Remark> = IndexMap::new();
    let mut wrong = Vec::new();
    let warn = |code, message: String, hint: String| {
        Diagnostic::warning(code, message)
            .at(&pipeline.text, query.span.clone())
            .hint(hint)
    };
    for row in (0..answer.rows.len()).map(|index| (index, answer.row(index))) {
        let (index, row) = row;
        let remark = Remark {
            cause: text(&row, "cause"),
            risk: text(&row, "risk"),
            next_step: text(&row, "next_step"),
            next_date: day(&row, "next_date"),
        };
        let Some(goal) = text(&row, "goal") else {
            if remark != Remark::default() {
                let message = format!("La observación {} no dice de qué meta es", index + 1);
                wrong.push(warn(
                    "remark-without-goal",
                    message,
                    format!("escriba una de estas metas: {}", goals(pipeline)),
                ));
            }
            continue;
        };
        if !pipeline.goals.contains_key(&goal) {
            let message = format!(
                "La observación {} es de la meta «{goal}», que no está en el plan",
                index + 1
            );
            let near = did_you_mean(&goal, pipeline.goals.keys().map(String::as_str));
            let hint = match near {
                Some(near) => format!("¿quiso decir «{near}»?"),
                None => format!("escriba una de estas metas: {}", goals(pipeline)),
            };
            wrong.push(warn("remark-of-unknown-goal", message, hint));
            continue;
        }
        if said.contains_key(&goal) {
            let message =
                format!("Hay más de una observación de la meta «{goal}»; se imprime la primera");
            let hint = "reúna en una sola fila lo que se dice de cada meta".to_owned();
            wrong.push(warn("remark-doubled", message, hint));
            continue;
        }
        said.insert(goal, remark);
    }
    (said, wrong)
}

/// The decisions asked of the session. A row without a text that says something else is told.
pub(super) fn requests(
    pipeline: &Plan,
    query: &Placed<String>,
    answer: &Answer,
) -> (Vec<DecisionRequest>, Vec<Diagnostic>) {
    let mut asked = Vec::new();
    let mut wrong = Vec::new();
    for index in 0..answer.rows.len() {
        let row = answer.row(index);
        let (who, date) = (text(&row, "who"), day(&row, "date"));
        match text(&row, "text") {
            Some(text) => asked.push(DecisionRequest { text, who, date }),
            None if who.is_none() && date.is_none() => {}
            None => {
                let message = format!("La solicitud {} no dice qué se pide", index + 1);
                let warning = Diagnostic::warning("request-without-text", message)
                    .at(&pipeline.text, query.span.clone())
                    .hint("escriba qué se pide a la sesión, o quite la fila");
                wrong.push(warning);
            }
        }
    }
    (asked, wrong)
}

/// A warning for each goal that is behind and of which nobody says why.
pub(super) fn without_cause(
    pipeline: &Plan,
    query: &Placed<String>,
    goals: &[GoalResult],
    said: &IndexMap<String, Remark>,
) -> Vec<Diagnostic> {
    let has_cause = |id: &str| said.get(id).is_some_and(|remark| remark.cause.is_some());
    let behind = goals
        .iter()
        .filter(|result| is_behind(result) && !has_cause(&result.goal));
    let warn = |result: &GoalResult| {
        let message = format!(
            "La meta «{}» está en «{}» y nadie dice la causa",
            result.goal,
            result.status.label()
        );
        Diagnostic::warning("missing-cause", message)
            .at(&pipeline.text, query.span.clone())
            .hint("pida la causa a la dependencia responsable; mientras falte, el informe dice «Causa no informada»")
    };
    behind.map(warn).collect()
}

/// Whether a goal is behind, so that people ask why.
pub(crate) fn is_behind(result: &GoalResult) -> bool {
    result.status.is_behind() || result.flags.contains(&Flag::Regressed)
}

fn goals(pipeline: &Plan) -> String {
    let ids: Vec<&str> = pipeline.goals.keys().map(String::as_str).collect();
    ids.join(", ")
}

fn text(row: &IndexMap<String, Value>, name: &str) -> Option<String> {
    match row.get(name) {
        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn day(row: &IndexMap<String, Value>, name: &str) -> Option<NaiveDate> {
    match row.get(name) {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    }
}
