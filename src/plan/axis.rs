//! `[axis.*]`: what goals are grouped by.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::field::Field;
use super::placed::Placed;
use super::shape::{Line, PROSE, Prose, TITLE, Text};

/// The keys of an axis.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct AxisKeys {
    /// Title as printed.
    title: Field<Line<TITLE>>,
    /// Prose before its goals.
    #[serde(default)]
    intro: Field<Prose<PROSE>>,
    /// Query for its activities: title, and optionally date, text, photo, alt, goal.
    #[serde(default)]
    activities: Field<Text>,
}

/// An axis of the plan.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Title, as printed.
    pub title: String,
    /// Prose before its goals.
    pub intro: Option<String>,
    /// Query for its activities: columns date, title, text, photo, alt, all optional but title.
    pub activities: Option<Placed<String>>,
}

impl AxisKeys {
    pub(crate) fn check(&self, id: &str, place: &Field<Self>, checker: &mut Checker<'_>) -> Axis {
        checker.slug("an axis's id", id, place.key());
        Axis {
            title: self.title.required_text(),
            intro: self.intro.text(),
            activities: self.activities.placed(),
        }
    }
}
