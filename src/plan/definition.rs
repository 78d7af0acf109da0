//! The whole definition: its tables, and the checked plan that they become.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::approval::{Approval, ApprovalKeys};
use super::axis::{Axis, AxisKeys};
use super::check::{Checker, position};
use super::delivery::{DeliveryKeys, DeliveryRules};
use super::department::{Department, DepartmentKeys};
use super::field::{Field, usual};
use super::goal::{Goal, GoalKeys};
use super::identity::{PlanIdentity, PlanKeys};
use super::limits::Limits;
use super::operator::{Operator, OperatorKeys};
use super::placed::Placed;
use super::reach::Reach;
use super::report::{ReportKeys, ReportSpec};
use super::schedule::{Schedule, ScheduleKeys};
use super::shape::Keyed;
use super::source::{Source, SourceKeys};
use crate::diagnostic::{Diagnostic, Location, SourceText};

/// A plan: what its goals are, which spreadsheets tell of them, when reports are due, and who
/// receives them.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Definition {
    /// Format of this file: 1.
    #[schemars(range(min = 1, max = 1))]
    #[expect(
        dead_code,
        reason = "the structure check holds it against the only format"
    )]
    format: Field<u32>,
    /// What the plan is.
    pub plan: Field<PlanKeys>,
    /// When reports are due.
    schedule: Field<ScheduleKeys>,
    /// Departments, by id.
    pub department: Field<Keyed<String, DepartmentKeys>>,
    /// Spreadsheets; each id is a SQL table.
    #[serde(default)]
    source: Field<Keyed<String, SourceKeys>>,
    /// Axes, in the order of the report.
    pub axis: Field<Keyed<String, AxisKeys>>,
    /// Goals, in the order of the report.
    goal: Field<Keyed<String, GoalKeys>>,
    /// What the report looks like. Without it: the template informe in a neutral colour.
    #[serde(default)]
    report: Field<ReportKeys>,
    /// Who receives the report. Absent: nobody is written to.
    #[serde(default)]
    delivery: Field<DeliveryKeys>,
    /// Who releases the report before it is sent. Absent: nothing waits for a person.
    #[serde(default)]
    approval: Field<ApprovalKeys>,
    /// Who hears when something is wrong with a run.
    #[serde(default)]
    operator: Field<OperatorKeys>,
    /// Bounds for what a department's file may ask for.
    #[serde(default = "usual::<Limits>")]
    limits: Field<Limits>,
}

/// One plan, ready to run. Whoever holds it need not check it again: ids refer to things that
/// exist, dates are dates, and a goal carries just what its kind needs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The definition's text, for carets.
    pub text: Arc<SourceText>,
    /// SHA-256 of that text, in hex.
    pub sha256: String,
    /// `[plan]`.
    pub plan: PlanIdentity,
    /// `[schedule]`.
    pub schedule: Schedule,
    /// `[department.*]`, in the order of the definition.
    pub departments: IndexMap<String, Department>,
    /// `[source.*]`.
    pub sources: IndexMap<String, Source>,
    /// `[axis.*]`.
    pub axes: IndexMap<String, Axis>,
    /// `[goal.*]`.
    pub goals: IndexMap<String, Goal>,
    /// `[report]`.
    pub report: ReportSpec,
    /// `[delivery]`; none: the report is issued and nobody is written to.
    pub delivery: Option<DeliveryRules>,
    /// `[approval]`; none: nothing waits for a person.
    pub approval: Option<Approval>,
    /// `[operator]`; none: what is wrong is told where the run is started.
    pub operator: Option<Operator>,
    /// `[limits]`, with defaults filled in.
    pub limits: Limits,
    /// What is odd but no error.
    pub warnings: Vec<Diagnostic>,
}

/// What can be read of a definition, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct PartialDefinition {
    /// The plan; where there are errors, without what they leave out. None where nothing can be read.
    pub plan: Option<Plan>,
    /// Queries of goals that could not be made into one.
    pub queries: Vec<Placed<String>>,
    /// Everything that is wrong or odd, in the order of the text.
    pub found: Vec<Diagnostic>,
}

impl PartialDefinition {
    /// Nothing can be read.
    pub(crate) fn none(found: Vec<Diagnostic>) -> Self {
        Self {
            plan: None,
            queries: Vec::new(),
            found,
        }
    }

    /// The sources in whose tables something is wrong: what is said of a query that reads one of
    /// them may follow from that alone.
    pub fn doubtful_sources(&self) -> BTreeSet<String> {
        let errors = self.found.iter().filter(|found| found.is_error());
        errors.filter_map(source_of).collect()
    }
}

/// The source in whose table an error stands.
fn source_of(error: &Diagnostic) -> Option<String> {
    let Location::Text { source, span } = &error.location else {
        return None;
    };
    let rest = source.text.get(span.start..)?;
    let end = rest
        .find('\n')
        .map_or(source.text.len(), |at| span.start + at);
    let mut lines = source.text.get(..end)?.lines().rev().map(str::trim);
    let header = lines.find(|line| line.starts_with('['))?;
    let mut names = header.trim_start_matches('[').split(['.', ']']);
    let table = names.next()?.trim();
    let id = names.next()?.trim().trim_matches(['"', '\'']);
    (table == "source").then(|| id.to_owned())
}

impl Definition {
    /// The plan as far as it can be read, and everything that is wrong, `structural` errors among it.
    pub(crate) fn check(
        &self,
        text: Arc<SourceText>,
        sha256: String,
        structural: Vec<Diagnostic>,
    ) -> PartialDefinition {
        let departments = self.department.entries().map(|(id, _)| id.clone());
        let axes = self.axis.entries().map(|(id, _)| id.clone());
        let mut checker = Checker::new(&text, departments.collect(), axes.collect(), structural);
        let plan = self.plan.get().and_then(|keys| keys.check(&mut checker));
        let schedule = self.schedule.get();
        let schedule = schedule.and_then(|keys| keys.check(&mut checker));
        let departments = each(&self.department, |id, keys| {
            Some(keys.get()?.check(id, keys, &mut checker))
        });
        let sources = each(&self.source, |id, keys| {
            Some(keys.get()?.check(id, keys, &mut checker))
        });
        let axes = each(&self.axis, |id, keys| {
            Some(keys.get()?.check(id, keys, &mut checker))
        });
        let goals = each(&self.goal, |id, keys| {
            keys.get()?.check(id, keys, &mut checker)
        });
        for goal in goals.values() {
            checker.indicator_sheet(goal);
        }
        let title = plan.as_ref().map_or("", |plan| plan.title.as_str());
        let report = ReportKeys::check(&self.report, title, &mut checker);
        let delivery = self.delivery.get();
        let delivery = delivery.map(|keys| keys.check(self.title().as_deref(), &mut checker));
        let approval = self.approval.get().map(|keys| keys.check(&mut checker));
        let operator = self.operator.get();
        let operator = operator.map(|keys| keys.check(&self.operator, &mut checker));
        let limits = self.limits.copied().unwrap_or_default();
        match &delivery {
            None => self.without_sender(schedule.as_ref(), operator.as_ref(), &mut checker),
            Some(delivery) => {
                let reach = Reach {
                    schedule: schedule.as_ref(),
                    sources: &sources,
                    goals: &goals,
                    delivery,
                };
                self.liaisons(&reach, &departments, &mut checker);
            }
        }
        let mut found = checker.found;
        found.sort_by_key(position);
        let entries = self.goal.entries();
        let unmade = entries.filter(|(id, _)| !goals.contains_key(id.as_str()));
        let queries = unmade.filter_map(|(_, keys)| keys.get()?.query.placed());
        let queries = queries.collect();
        let plan = Plan {
            text,
            sha256,
            plan: plan.unwrap_or_else(PlanIdentity::unread),
            schedule: schedule.unwrap_or_else(Schedule::unread),
            departments,
            sources,
            axes,
            goals,
            report,
            delivery,
            approval,
            operator,
            limits,
            warnings: found.clone(),
        };
        PartialDefinition {
            plan: Some(plan),
            queries,
            found,
        }
    }

    /// Warns of departments without a liaison to tell.
    fn liaisons(
        &self,
        reach: &Reach<'_>,
        departments: &IndexMap<String, Department>,
        checker: &mut Checker<'_>,
    ) {
        for (id, field) in self.department.entries() {
            if let Some(department) = departments.get(id) {
                checker.liaison(reach, id, department, field.key());
            }
        }
    }

    /// Warns of those who are to be written to, in a plan that writes to nobody.
    fn without_sender(
        &self,
        schedule: Option<&Schedule>,
        operator: Option<&Operator>,
        checker: &mut Checker<'_>,
    ) {
        if schedule.is_some_and(Schedule::reminds) {
            checker.no_sender(self.schedule.key(), "who is to be reminded");
        }
        if self.approval.is_given() {
            checker.no_sender(self.approval.key(), "who is to approve");
        }
        if operator.is_some_and(|operator| !operator.email.is_empty()) {
            checker.no_sender(self.operator.key(), "the operator");
        }
    }

    fn title(&self) -> Option<String> {
        self.plan.get()?.title.text()
    }
}

fn each<K, T>(
    table: &Field<Keyed<String, K>>,
    mut check: impl FnMut(&str, &Field<K>) -> Option<T>,
) -> IndexMap<String, T> {
    let entries = table.entries();
    let checked = entries.filter_map(|(id, keys)| Some((id.clone(), check(id, keys)?)));
    checked.collect()
}
