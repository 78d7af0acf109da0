//! The dated parts of a process.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GoalKeys, Window};
use crate::period::DueDate;
use crate::plan::check::Checker;
use crate::plan::field::Field;
use crate::plan::shape;
use crate::plan::shape::{Line, PHRASE, Text};

/// The keys of a step.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct StepKeys {
    /// What the query's column step holds.
    id: Field<Text>,
    /// Title as printed.
    title: Field<Line<PHRASE>>,
    /// When it should be done.
    #[schemars(schema_with = "shape::date")]
    due: Field<DueDate>,
    /// Its share of the whole; weights need not sum to 100.
    #[serde(default = "one")]
    weight: Field<f64>,
    /// A step that must be done first.
    #[serde(default)]
    after: Field<Text>,
}

fn one() -> Field<f64> {
    Field::usual(1.0)
}

/// Part of a process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What the query's column `step` holds.
    pub id: String,
    /// As printed.
    pub title: String,
    /// When it should be done.
    pub due: DueDate,
    /// Its share; weights need not sum to 100.
    pub weight: f64,
    /// A step that must be done first.
    pub after: Option<String>,
}

impl GoalKeys {
    pub(crate) fn steps(&self, window: Option<Window>, checker: &mut Checker<'_>) -> Vec<Step> {
        let all = self.steps.get().map_or(&[][..], Vec::as_slice);
        let all: Vec<&StepKeys> = all.iter().filter_map(Field::get).collect();
        let ids: Vec<String> = all.iter().map(|keys| keys.id.required_text()).collect();
        let mut steps = Vec::new();
        for (index, keys) in all.iter().enumerate() {
            let id = &ids[index];
            if ids[..index].contains(id) {
                let message = format!("step \"{id}\" is there twice");
                checker.error("duplicate", keys.id.span(), message);
            }
            steps.extend(keys.check(&ids, window, checker));
        }
        steps
    }
}

impl StepKeys {
    fn check(
        &self,
        ids: &[String],
        window: Option<Window>,
        checker: &mut Checker<'_>,
    ) -> Option<Step> {
        let id = self.id.required_text();
        let weight = self.weight.copied().unwrap_or(1.0);
        if weight <= 0.0 {
            let message = format!("step \"{id}\" has the weight {weight}; it must be above 0");
            checker.error("out-of-range", self.weight.span(), message);
        }
        let after = self.after.text();
        if let Some(before) = &after {
            checker.refers("step", before, self.after.span(), ids);
        }
        let due = self.due.copied()?;
        if let Some(window) = window
            && !(window.from.opening()..=window.to.date).contains(&due.date)
        {
            checker.error_hint(
                "step-outside-window",
                self.due.span(),
                format!("step \"{id}\" is due outside the process's window"),
                "change the due date or the window",
            );
        }
        Some(Step {
            id,
            title: self.title.required_text(),
            due,
            weight,
            after,
        })
    }
}
