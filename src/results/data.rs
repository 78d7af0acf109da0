//! Everything that a report says, before it is put into words.

use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;

use super::model::Results;
use super::received::{DepartmentStatus, SourceStatus};
use super::submissions::PeriodSubmissions;
use crate::diagnostic::Diagnostic;
use crate::indicators::{Activity, DecisionRequest, GoalChange, GoalResult, History, Remark};
use crate::period::Period;
use crate::plan::Plan;
use indexmap::IndexMap;

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct ReportData<'a> {
    /// The plan.
    pub pipeline: &'a Plan,
    /// The period reported.
    pub period: Period,
    /// The edition's number.
    pub edition: u32,
    /// The editions that this one replaces, newest last.
    pub replaces: &'a [Replaced],
    /// Last day whose facts count.
    pub cutoff: NaiveDate,
    /// When it is issued.
    pub issued_at: DateTime<Tz>,
    /// Whether the period is not closed.
    pub preliminary: bool,
    /// Whether it is a preview, and marked so on every page.
    pub draft: bool,
    /// Goals, in the order of the plan.
    pub goals: &'a [GoalResult],
    /// Activities.
    pub activities: &'a [Activity],
    /// What people say of goals, by the goal's id.
    pub remarks: &'a IndexMap<String, Remark>,
    /// The decisions asked of the session.
    pub requests: &'a [DecisionRequest],
    /// Who was to send what.
    pub departments: &'a [DepartmentStatus],
    /// Each source and department.
    pub sources: &'a [SourceStatus],
    /// What is wrong with the files.
    pub findings: &'a [Diagnostic],
    /// Figures of earlier periods by goal.
    pub history: &'a History,
    /// `results.json` of the final edition that this one corrects.
    pub corrects: Option<&'a Results>,
    /// Goals of the last edition that the plan has no more.
    pub removed: &'a [GoalChange],
    /// What was published of the files of earlier periods, oldest first.
    pub past_submissions: &'a [PeriodSubmissions],
    /// Whether files of the period are still in time.
    pub files_open: bool,
}

impl ReportData<'_> {
    /// A department's name; its id where the plan has no such department.
    pub(super) fn department(&self, id: &str) -> String {
        let known = self.pipeline.departments.get(id);
        known.map_or(id.to_owned(), |department| department.name.clone())
    }

    /// Their names.
    pub(super) fn department_names(&self, ids: &[String]) -> Vec<String> {
        ids.iter().map(|id| self.department(id)).collect()
    }
}

/// An earlier edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its number.
    pub edition: u32,
    /// When it was issued.
    pub issued_at: NaiveDate,
    /// Whether it was preliminary.
    pub preliminary: bool,
    /// Why the next one was issued.
    pub reason: Option<String>,
}
