//! How a goal may be measured: each kind's words, the keys that it needs and takes, and what is kept
//! of them. What is computed of it is said in `indicators/kind.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Band, Basis, GoalKeys, Quantity, Step};
use crate::plan::check::Checker;
use crate::plan::field::Field;

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
    pub(crate) const ALL: [Self; 7] = [
        Self::Ratio,
        Self::Cumulative,
        Self::Stock,
        Self::Constant,
        Self::Milestone,
        Self::Process,
        Self::Narrative,
    ];

    /// As definitions and `results.json` write it.
    pub const fn id(self) -> &'static str {
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

    /// As it is printed.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ratio => "Proporción",
            Self::Cumulative => "Acumulado",
            Self::Stock => "Nivel",
            Self::Constant => "Constante",
            Self::Milestone => "Hito",
            Self::Process => "Proceso",
            Self::Narrative => "Narrativa",
        }
    }

    /// Its formula, for the method annex.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Ratio => {
                "Valor = 100 × suma de casos que cumplen ÷ suma de casos; cumplimiento = 100 × valor ÷ meta. Nunca se promedian porcentajes."
            }
            Self::Cumulative => {
                "Cumplimiento = 100 × valor acumulado ÷ meta; frente a lo programado, 100 × valor acumulado ÷ programado al corte."
            }
            Self::Stock => {
                "Cumplimiento = 100 × valor ÷ meta, o 100 × (valor − línea base) ÷ (meta − línea base) cuando se mide desde la línea base."
            }
            Self::Constant => {
                "Cumplimiento = 100 dentro de la banda y 0 fuera; al año, periodos dentro de la banda ÷ periodos informados."
            }
            Self::Milestone => {
                "Cumplimiento = 100 cuando se cuenta con evidencia a la fecha de corte y 0 mientras no."
            }
            Self::Process => {
                "Cumplimiento = 100 × suma de pesos de las etapas concluidas ÷ suma de pesos; sin etapas definidas no se informa porcentaje."
            }
            Self::Narrative => "Se informa en prosa; no se calcula porcentaje.",
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
    fn special_keys(self) -> [&'static [&'static str]; 2] {
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

    /// Whether a goal of this kind may have the key, which not every goal may have.
    pub(crate) fn takes(self, key: &str) -> bool {
        self.special_keys().iter().any(|keys| keys.contains(&key))
    }

    /// The measure that is made of these parts; none where one is missing.
    pub(crate) fn measure(self, parts: MeasureParts) -> Option<Measure> {
        Some(match self {
            Self::Ratio => Measure::Ratio(parts.quantity?),
            Self::Cumulative => Measure::Cumulative {
                quantity: parts.quantity?,
                basis: parts.basis?,
            },
            Self::Stock => Measure::Stock {
                quantity: parts.quantity?,
                from_baseline: parts.from_baseline,
            },
            Self::Constant => {
                let Band { low, high } = parts.band?;
                Measure::Constant { low, high }
            }
            Self::Milestone => Measure::Milestone,
            Self::Process => Measure::Process { steps: parts.steps },
            Self::Narrative => Measure::Narrative,
        })
    }
}

/// In the order of the ids, which is the order of the method annex.
impl Ord for GoalKind {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.id().cmp(other.id())
    }
}

impl PartialOrd for GoalKind {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// How a goal is measured, with what its kind needs.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// Share of cases.
    Ratio(Quantity),
    /// A sum that grows.
    Cumulative {
        /// Target and baseline.
        quantity: Quantity,
        /// What the query's value covers.
        basis: Basis,
    },
    /// A level at a moment.
    Stock {
        /// Target and baseline.
        quantity: Quantity,
        /// Attainment counts from the baseline.
        from_baseline: bool,
    },
    /// A level to be kept inside a band.
    Constant {
        /// Inclusive lower bound.
        low: f64,
        /// Inclusive upper bound.
        high: f64,
    },
    /// Something done on a day.
    Milestone,
    /// Something under way during a window.
    Process {
        /// Its dated parts; none: no percentage.
        steps: Vec<Step>,
    },
    /// Told in prose only.
    Narrative,
}

/// What measures are made of, each kind's of some of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct MeasureParts {
    pub quantity: Option<Quantity>,
    pub basis: Option<Basis>,
    pub from_baseline: bool,
    pub band: Option<Band>,
    pub steps: Vec<Step>,
}

impl Measure {
    /// Its kind.
    pub fn kind(&self) -> GoalKind {
        match self {
            Self::Ratio(_) => GoalKind::Ratio,
            Self::Cumulative { .. } => GoalKind::Cumulative,
            Self::Stock { .. } => GoalKind::Stock,
            Self::Constant { .. } => GoalKind::Constant,
            Self::Milestone => GoalKind::Milestone,
            Self::Process { .. } => GoalKind::Process,
            Self::Narrative => GoalKind::Narrative,
        }
    }

    /// Target, baseline and planned values, where the kind has them.
    pub(crate) fn quantity(&self) -> Option<&Quantity> {
        match self {
            Self::Ratio(quantity)
            | Self::Cumulative { quantity, .. }
            | Self::Stock { quantity, .. } => Some(quantity),
            Self::Constant { .. } | Self::Milestone | Self::Process { .. } | Self::Narrative => {
                None
            }
        }
    }

    /// The same, to be changed.
    pub(crate) fn quantity_mut(&mut self) -> Option<&mut Quantity> {
        match self {
            Self::Ratio(quantity)
            | Self::Cumulative { quantity, .. }
            | Self::Stock { quantity, .. } => Some(quantity),
            Self::Constant { .. } | Self::Milestone | Self::Process { .. } | Self::Narrative => {
                None
            }
        }
    }

    /// What it is made of.
    pub(crate) fn parts(&self) -> MeasureParts {
        let parts = MeasureParts {
            quantity: self.quantity().cloned(),
            ..MeasureParts::default()
        };
        match self {
            Self::Cumulative { basis, .. } => MeasureParts {
                basis: Some(*basis),
                ..parts
            },
            Self::Stock { from_baseline, .. } => MeasureParts {
                from_baseline: *from_baseline,
                ..parts
            },
            Self::Constant { low, high } => MeasureParts {
                band: Some(Band {
                    low: *low,
                    high: *high,
                }),
                ..parts
            },
            Self::Process { steps } => MeasureParts {
                steps: steps.clone(),
                ..parts
            },
            Self::Ratio(_) | Self::Milestone | Self::Narrative => parts,
        }
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
    pub(crate) fn keys_of_kind(
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
            let others = GoalKind::ALL.iter().filter(|kind| kind.takes(key));
            let others: Vec<&str> = others.map(|kind| kind.id()).collect();
            if !others.is_empty() && !kind.takes(key) {
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
