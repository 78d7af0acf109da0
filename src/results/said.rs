//! What people say beside the figures, in the document: remarks on goals, decisions asked of the
//! session, and what comes next.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::indicators::{DecisionRequest, Remark};
use crate::spanish;

/// What people say of a goal's figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemarkEntry {
    /// Why it stands as it does.
    pub cause: Option<String>,
    /// What may go wrong.
    pub risk: Option<String>,
    /// What is done next.
    pub next_step: Option<String>,
    /// When.
    pub next_date: Option<NaiveDate>,
    /// Spanish text of the day.
    pub shown: RemarkShown,
}

/// Spanish text of a remark's day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RemarkShown {
    /// When the next step is done.
    pub next_date: Option<String>,
}

/// A decision asked of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RequestEntry {
    /// What is asked.
    pub text: String,
    /// Who is to do it.
    pub who: Option<String>,
    /// By when.
    pub date: Option<NaiveDate>,
    /// Spanish text of the day.
    pub shown: RequestShown,
}

/// Spanish text of a request's day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RequestShown {
    /// By when.
    pub date: Option<String>,
}

/// Something that is due in the 90 days after the cutoff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComingEntry {
    /// Its day.
    pub date: NaiveDate,
    /// The goal's id.
    pub goal: String,
    /// What it is.
    pub kind: ComingKind,
    /// What it is in words: the goal, the step, or what is done next.
    pub text: String,
    /// Spanish text of the day.
    pub shown: ComingShown,
}

/// What comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ComingKind {
    /// A goal is due.
    Due,
    /// A step of a process is due.
    Step,
    /// What was announced to be done next.
    NextStep,
}

/// Spanish text of a coming day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ComingShown {
    /// Its day.
    pub date: String,
}

impl From<&Remark> for RemarkEntry {
    fn from(remark: &Remark) -> Self {
        Self {
            cause: remark.cause.clone(),
            risk: remark.risk.clone(),
            next_step: remark.next_step.clone(),
            next_date: remark.next_date,
            shown: RemarkShown {
                next_date: remark.next_date.map(spanish::date_long),
            },
        }
    }
}

impl From<&DecisionRequest> for RequestEntry {
    fn from(request: &DecisionRequest) -> Self {
        Self {
            text: request.text.clone(),
            who: request.who.clone(),
            date: request.date,
            shown: RequestShown {
                date: request.date.map(spanish::date_long),
            },
        }
    }
}
