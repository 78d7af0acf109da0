//! What somebody decided about a goal: another target, another goal, none.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::period::DueDate;
use crate::pipeline::field::Field;
use crate::pipeline::shape::{self, Line, PHRASE, PROSE, Prose};

/// The keys of `adjusted_target`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct AdjustedKeys {
    /// The new target.
    pub value: Field<f64>,
    /// Since when it holds.
    #[schemars(schema_with = "shape::date")]
    date: Field<DueDate>,
    /// Why.
    reason: Field<Prose<PROSE>>,
    /// Who decided.
    authority: Field<Line<PHRASE>>,
}

/// The keys of `changed` and `cancelled`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct DecisionKeys {
    /// Since when.
    #[schemars(schema_with = "shape::date")]
    date: Field<DueDate>,
    /// Why.
    reason: Field<Prose<PROSE>>,
    /// Who decided.
    authority: Field<Line<PHRASE>>,
}

/// A recorded change of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdjustedTarget {
    /// The new target.
    pub value: f64,
    /// Since when it holds.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
}

/// Who decided that a published goal is no longer what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Since when.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
}

/// A recorded cancellation.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancelled {
    /// Since when.
    pub date: NaiveDate,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub authority: String,
}

impl AdjustedKeys {
    pub(super) fn adjusted(&self) -> Option<AdjustedTarget> {
        Some(AdjustedTarget {
            value: self.value.copied()?,
            date: self.date.opening()?,
            reason: self.reason.required_text(),
            authority: self.authority.required_text(),
        })
    }
}

impl DecisionKeys {
    pub(super) fn changed(&self) -> Option<Changed> {
        Some(Changed {
            date: self.date.opening()?,
            reason: self.reason.required_text(),
            authority: self.authority.required_text(),
        })
    }

    pub(super) fn cancelled(&self) -> Option<Cancelled> {
        Some(Cancelled {
            date: self.date.opening()?,
            reason: self.reason.required_text(),
            authority: self.authority.required_text(),
        })
    }
}
