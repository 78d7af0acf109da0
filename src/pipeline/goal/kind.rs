//! How a goal may be measured, and the keys that each kind needs and takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GoalKeys;
use crate::pipeline::check::Checker;
use crate::pipeline::field::Field;

/// How a goal is measured; the rules are `tests/indicators/rules.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GoalKind {
    /// A share of cases, in percent.
    Ratio,
    /// A sum that grows.
    Cumulative,
    /// A level at a moment.
    Stock,
    /// A level to be kept inside a band.
    Constant,
    /// Something done on a day.
    Milestone,
    /// Something under way during a window, in steps.
    Process,
    /// Told in prose only; it has no figure.
    Narrative,
}

/// Keys of a goal with a target.
const QUANTITY: &[&str] = &[
    "target",
    "targets",
    "recurs_until",
    "baseline",
    "baseline_year",
    "planned",
    "adjusted_target",
    "direction",
];

impl GoalKind {
    const ALL: [Self; 7] = [
        Self::Ratio,
        Self::Cumulative,
        Self::Stock,
        Self::Constant,
        Self::Milestone,
        Self::Process,
        Self::Narrative,
    ];

    /// As a definition writes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Ratio => "ratio",
            Self::Cumulative => "cumulative",
            Self::Stock => "stock",
            Self::Constant => "constant",
            Self::Milestone => "milestone",
            Self::Process => "process",
            Self::Narrative => "narrative",
        }
    }

    /// Keys that a goal of this kind cannot do without.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Ratio | Self::Stock => &["query", "target", "due"],
            Self::Cumulative => &["query", "target", "due", "basis"],
            Self::Constant => &["query", "band"],
            Self::Milestone => &["query", "due"],
            Self::Process => &["query", "window"],
            Self::Narrative => &[],
        }
    }

    /// Keys that not every goal may have, as far as one of this kind may.
    fn takes(self) -> [&'static [&'static str]; 2] {
        match self {
            Self::Ratio => [QUANTITY, &[]],
            Self::Cumulative => [QUANTITY, &["basis"]],
            Self::Stock => [QUANTITY, &["from_baseline"]],
            Self::Constant => [
                &["recurs_until", "baseline", "baseline_year", "direction"],
                &["band"],
            ],
            Self::Milestone => [&["recurs_until"], &[]],
            Self::Process => [&["steps"], &[]],
            Self::Narrative => [&[], &[]],
        }
    }

    fn has(self, key: &str) -> bool {
        self.takes().iter().any(|keys| keys.contains(&key))
    }
}

/// A key's name, whether it is there, and where it stands.
macro_rules! written {
    ($keys:expr, $($name:ident),+) => {
        [$((stringify!($name), $keys.$name.is_given(), $keys.$name.key())),+]
    };
}

impl GoalKeys {
    /// Reports keys that the goal's kind does not have, and those that it lacks.
    pub(super) fn keys_of_kind(
        &self,
        id: &str,
        kind: GoalKind,
        place: &Field<Self>,
        checker: &mut Checker<'_>,
    ) {
        let name = kind.id();
        let written = written!(
            self,
            query,
            due,
            window,
            target,
            targets,
            recurs_until,
            baseline,
            baseline_year,
            planned,
            adjusted_target,
            direction,
            from_baseline,
            basis,
            band,
            steps
        );
        for (key, _, place) in written.iter().filter(|(_, given, _)| *given) {
            let others = GoalKind::ALL.iter().filter(|kind| kind.has(key));
            let others: Vec<&str> = others.map(|kind| kind.id()).collect();
            if !others.is_empty() && !kind.has(key) {
                checker.error_hint(
                    "key-not-for-kind",
                    place.clone(),
                    format!("goal `{id}` is of kind {name}, which has no `{key}`"),
                    format!("`{key}` belongs to {}", others.join(", ")),
                );
            }
        }
        for key in kind.needs() {
            if !written.iter().any(|(name, given, _)| name == key && *given) {
                checker.error_hint(
                    "missing-key",
                    place.key(),
                    format!("goal `{id}` is of kind {name} and has no `{key}`"),
                    format!("add {key} = …"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_under_the_name_that_definitions_use() {
        let schema = serde_json::to_value(schemars::schema_for!(GoalKind)).unwrap();
        let choices = schema["oneOf"].as_array().unwrap();
        let written: Vec<&str> = choices.iter().filter_map(|c| c["const"].as_str()).collect();
        assert_eq!(GoalKind::ALL.map(GoalKind::id).as_slice(), written);
    }
}
