//! What departments tell beside their figures: the queries that are no goal's.

use indexmap::IndexMap;
use polars::prelude::DataFrame;

use super::activities;
use super::figures::{Activity, DecisionRequest, GoalResult, Remark};
use super::remarks;
use super::sql::{self, Answer};
use super::table::{Availability, ReportingPeriod, SourceTable};
use crate::diagnostic::Diagnostic;
use crate::plan::{Placed, Plan};

/// What such queries are run over, and what was wrong with them.
pub(super) struct ProseQueries<'a> {
    pub pipeline: &'a Plan,
    pub reporting: &'a ReportingPeriod,
    pub tables: &'a IndexMap<String, SourceTable>,
    pub found: Vec<Diagnostic>,
}

impl ProseQueries<'_> {
    /// The activities of each axis, in the order of the plan.
    pub(super) fn activities(&mut self) -> Vec<Activity> {
        let mut told = Vec::new();
        for (axis, query) in self
            .pipeline
            .axes
            .iter()
            .filter_map(|(id, axis)| Some((id, axis.activities.as_ref()?)))
        {
            let Some(answer) = self.rows(query) else {
                continue;
            };
            let (activities, wrong) = activities::activities(axis, &answer);
            told.extend(activities);
            self.found.extend(wrong.into_iter().map(|message| {
                Diagnostic::warning("activity", message).at(&self.pipeline.text, query.span.clone())
            }));
        }
        told
    }

    /// What is said of each goal, and a warning for each that is behind without a cause.
    pub(super) fn remarks(&mut self, goals: &[GoalResult]) -> IndexMap<String, Remark> {
        let Some(query) = &self.pipeline.report.remarks else {
            return IndexMap::new();
        };
        let Some(answer) = self.said(query, "causas, riesgos ni siguientes pasos") else {
            return IndexMap::new();
        };
        let (said, wrong) = remarks::remarks(self.pipeline, query, &answer);
        self.found.extend(wrong);
        let silent = remarks::without_cause(self.pipeline, query, goals, &said);
        self.found.extend(silent);
        said
    }

    /// The decisions asked of the session.
    pub(super) fn requests(&mut self) -> Vec<DecisionRequest> {
        let Some(query) = &self.pipeline.report.requests else {
            return Vec::new();
        };
        let Some(answer) = self.said(query, "solicitudes a la sesión") else {
            return Vec::new();
        };
        let (asked, wrong) = remarks::requests(self.pipeline, query, &answer);
        self.found.extend(wrong);
        asked
    }

    /// The rows of a query of `[report]`. Where a source of it is not there the report says less,
    /// which is told.
    fn said(&mut self, query: &Placed<String>, what: &str) -> Option<Answer> {
        let faults = self.found.len();
        let answer = self.rows(query);
        if answer.is_none() && self.found.len() == faults {
            let message =
                format!("El informe sale sin {what}: no se cuenta con el archivo del que se toman");
            let warning = Diagnostic::warning("nothing-said", message)
                .at(&self.pipeline.text, query.span.clone())
                .hint("pida el archivo a la dependencia que lo envía");
            self.found.push(warning);
        }
        answer
    }

    /// The rows of a query; none where a source of it is not there, or the query is wrong.
    fn rows(&mut self, query: &Placed<String>) -> Option<Answer> {
        let answer = sql::tables_of(self.pipeline, query).and_then(|names| {
            let tables: Option<Vec<(&str, &DataFrame)>> =
                names.iter().map(|name| self.there(name)).collect();
            let dates = self.reporting.dates(None);
            let run = |tables: Vec<_>| sql::run(self.pipeline, query, &tables, dates);
            tables.map(run).transpose()
        });
        answer.unwrap_or_else(|error| {
            self.found.push(error);
            None
        })
    }

    fn there<'n>(&self, name: &'n str) -> Option<(&'n str, &DataFrame)> {
        let table = self.tables.get(name)?;
        match table.availability {
            Availability::Unavailable(..) => None,
            Availability::Complete | Availability::Partial(_) => Some((name, &table.frame)),
        }
    }
}
