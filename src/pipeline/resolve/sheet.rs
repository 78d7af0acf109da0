//! What indicator sheets leave out.

use indexmap::IndexMap;

use super::Resolver;
use crate::diagnostic::Diagnostic;
use crate::pipeline::model::{Goal, Measure};

impl Resolver<'_> {
    /// One warning for each measured goal whose indicator sheet (*ficha técnica*) is not whole.
    pub(super) fn sheets(&mut self, goals: &IndexMap<String, Goal>) {
        for goal in goals.values().filter(|g| g.measure != Measure::Narrative) {
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
                continue;
            }
            let message = format!(
                "the indicator sheet of `{}` leaves out {}",
                goal.id,
                missing.join(", ")
            );
            self.found.push(
                Diagnostic::warning("indicator-sheet", message)
                    .at(self.text, goal.span.clone())
                    .hint("add these keys to the goal; the report's annex prints them"),
            );
        }
    }
}
