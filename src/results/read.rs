//! The document as JSON, and an edition's document read again.

use serde_json::Value as Json;

use super::goal::GoalEntry;
use super::model::{FORMAT, Results};
use crate::indicators::{self, LastEdition, PastFigure, PublishedGoal};
use crate::period::Period;

/// The name of the file that holds a report's results, in an edition and for a template.
pub(crate) const RESULTS_FILE: &str = "results.json";

impl Results {
    /// The document as JSON, its keys sorted.
    pub fn json(&self) -> Json {
        // Every key is a text and every number finite or null, so that this cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// An edition's document.
    ///
    /// # Errors
    /// What is not as a document has it, with its line and column in the published file; or that a newer metas wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let results: Self = serde_json::from_str(text).map_err(|e| place(text, &e))?;
        if results.format > FORMAT {
            return Err(format!(
                "it has format {}, and this metas reads format {FORMAT}",
                results.format
            ));
        }
        Ok(results)
    }

    /// What later editions hold their goals against, as published by edition `edition` of `period`.
    pub fn last_edition(&self, period: Period, edition: u32) -> LastEdition {
        let published = |goal: &GoalEntry| PublishedGoal {
            statement: goal.statement.clone(),
            commitment: goal.commitment.clone(),
            status: goal.status,
        };
        let goals = self.goals.iter();
        LastEdition {
            period,
            edition,
            goals: goals.map(|g| (g.id.clone(), published(g))).collect(),
        }
    }
}

/// What is wrong, and where in the published file; the ledger keeps the same in one line.
fn place(text: &str, error: &serde_json::Error) -> String {
    let published = serde_json::from_str::<Json>(text).map(|document| format!("{document:#}"));
    match published.map(|text| serde_json::from_str::<Results>(&text)) {
        Ok(Err(error)) => error.to_string(),
        _ => error.to_string(),
    }
}

impl GoalEntry {
    /// Its figure, for later periods.
    pub fn past_figure(&self, period: Period, edition: u32) -> PastFigure {
        // A goal that accumulates gave this for the period alone.
        let of_the_period = self.variables.get("value").and_then(|value| value.number());
        PastFigure {
            period,
            edition,
            actual_value: self.actual_value,
            period_value: of_the_period.or(self.actual_value),
            progress_pct: self.progress_pct,
            status: self.status,
            method: self
                .commitment
                .as_ref()
                .and_then(|commitment| indicators::method(commitment, self.target)),
        }
    }
}
