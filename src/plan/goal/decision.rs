//! What somebody decided about a goal: another target, another goal, none.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::period::DueDate;
use crate::plan::field::Field;
use crate::plan::shape;
use crate::plan::shape::{Line, PHRASE, PROSE, Prose};

/// The keys of `adjusted_target`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AdjustedKeys {
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
pub(crate) struct DecisionKeys {
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
    pub(crate) fn adjusted(&self) -> Option<AdjustedTarget> {
        Some(AdjustedTarget {
            value: self.value.copied()?,
            date: self.date.opening()?,
            reason: self.reason.required_text(),
            authority: self.authority.required_text(),
        })
    }
}

impl DecisionKeys {
    pub(crate) fn changed(&self) -> Option<Changed> {
        Some(Changed {
            date: self.date.opening()?,
            reason: self.reason.required_text(),
            authority: self.authority.required_text(),
        })
    }

    pub(crate) fn cancelled(&self) -> Option<Cancelled> {
        Some(Cancelled {
            date: self.date.opening()?,
            reason: self.reason.required_text(),
            authority: self.authority.required_text(),
        })
    }
}
