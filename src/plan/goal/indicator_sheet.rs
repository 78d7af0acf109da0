//! The indicator sheet (*ficha técnica*), and what it leaves out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Goal, GoalKeys, Measure};
use crate::plan::check::Checker;

/// The indicator sheet, as far as a plan gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IndicatorSheet {
    /// What it measures.
    pub definition: Option<String>,
    /// Efficacy, efficiency, quality or economy.
    pub dimension: Option<String>,
    /// Method of calculation in words.
    pub method: Option<String>,
    /// How often it is measured.
    pub frequency: Option<String>,
    /// Means of verification.
    pub verification: Option<String>,
    /// Year of the baseline.
    pub baseline_year: Option<i32>,
}

impl GoalKeys {
    pub(crate) fn sheet(&self) -> IndicatorSheet {
        IndicatorSheet {
            definition: self.definition.text(),
            dimension: self.dimension.text(),
            method: self.method.text(),
            frequency: self.frequency.text(),
            verification: self.verification.text(),
            baseline_year: self.baseline_year.copied(),
        }
    }
}

impl Checker<'_> {
    /// One warning for a measured goal whose indicator sheet is not whole.
    pub(crate) fn indicator_sheet(&mut self, goal: &Goal) {
        if goal.measure == Measure::Narrative {
            return;
        }
        let sheet = &goal.sheet;
        let measured = goal.quantity().is_some();
        let based = goal.quantity().is_some_and(|q| q.baseline.is_some());
        let parts = [
            ("indicator", goal.indicator.is_some()),
            ("definition", sheet.definition.is_some()),
            ("dimension", sheet.dimension.is_some()),
            ("method", sheet.method.is_some()),
            ("frequency", sheet.frequency.is_some()),
            ("verification", sheet.verification.is_some()),
            ("responsible", goal.responsible.is_some()),
            ("unit", !measured || goal.unit.is_some()),
            ("baseline", !measured || based),
            ("baseline_year", !based || sheet.baseline_year.is_some()),
        ];
        let missing: Vec<&str> = parts
            .iter()
            .filter(|(_, there)| !there)
            .map(|(name, _)| *name)
            .collect();
        if missing.is_empty() {
            return;
        }
        self.warning(
            "indicator-sheet",
            goal.span.clone(),
            format!(
                "the indicator sheet of `{}` leaves out {}",
                goal.id,
                missing.join(", ")
            ),
            "add these keys to the goal; the report's annex prints them",
        );
    }
}
