//! The message with which a liaison gets the pages of their own goals.

use serde::Serialize;

use super::error::CorrespondenceError;
use super::frame::{Letter, Sender, Templates, letter};
use super::goals::GoalLine;
use super::{subject, words};
use crate::indicators::Status;
use crate::results::{GoalEntry, Results};

const TEMPLATES: Templates = Templates {
    text: include_str!("templates/slice.txt"),
    html: include_str!("templates/slice.html"),
};

/// What must be known for it.
#[derive(Debug, Clone)]
pub struct SliceMessage<'a> {
    /// Who writes.
    pub sender: &'a Sender,
    /// The edition's results.
    pub results: &'a Results,
    /// Names of the departments whose goals are sent, as the definition has them.
    pub departments: &'a [String],
    /// Name of the attached file with the pages; none where they could not be attached.
    pub attachment: Option<&'a str>,
}

#[derive(Serialize)]
struct SliceView<'a> {
    statement: String,
    departments: String,
    goals: Vec<GoalLine>,
    results: &'a Results,
    attachment: Option<&'a str>,
}

/// The message to a department's liaison.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn slice(about: &SliceMessage<'_>) -> Result<Letter, CorrespondenceError> {
    let results = about.results;
    let own: Vec<&GoalEntry> = results
        .goals
        .iter()
        .filter(|goal| is_of(goal, about.departments))
        .collect();
    let view = SliceView {
        statement: statement(&own),
        departments: words::listed(about.departments),
        goals: own.into_iter().map(GoalLine::from).collect(),
        results,
        attachment: about.attachment,
    };
    let title = &results.plan.title;
    let mut what = format!("{}, {title}", results.shown.period_lower);
    if results.edition > 1 {
        what.push_str(&format!(" (v{})", results.edition));
    }
    let subject = subject::subject("Sus metas", &what);
    letter(about.sender, subject, &TEMPLATES, &view)
}

fn is_of(goal: &GoalEntry, departments: &[String]) -> bool {
    let responsible = goal.responsible.as_ref();
    responsible.is_some_and(|name| departments.contains(name))
}

fn statement(own: &[&GoalEntry]) -> String {
    let due = own.iter().filter(|goal| goal.status.is_due()).count();
    let met = own
        .iter()
        .filter(|goal| matches!(goal.status, Status::Met | Status::MetLate))
        .count();
    let urgent = own.iter().filter(|g| g.attention.is_some()).count();
    let attention = match urgent {
        0 => String::new(),
        1 => "; 1 pide atención".to_owned(),
        urgent => format!("; {urgent} piden atención"),
    };
    match (due, met) {
        (0, _) => "En este periodo no había nada que informar de sus metas".to_owned(),
        (1, 0) if urgent == 1 => "Su meta pide atención".to_owned(),
        (1, 0) => "Su meta no está cumplida todavía".to_owned(),
        (1, _) => "Su meta está cumplida".to_owned(),
        (due, 0) => format!("Ninguna de sus {due} metas está cumplida todavía{attention}"),
        (due, met) if due == met => format!("Sus {due} metas están cumplidas"),
        (due, 1) => format!("1 de sus {due} metas está cumplida{attention}"),
        (due, met) => format!("{met} de sus {due} metas están cumplidas{attention}"),
    }
}
