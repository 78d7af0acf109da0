//! Kinds of goals: their ids, their names and formulas in Spanish.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pipeline::Measure;

/// How a goal is measured, in the order of the ids.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum GoalKind {
    /// A level to be kept inside a band.
    Constant,
    /// A sum that grows.
    Cumulative,
    /// Something done on a day.
    Milestone,
    /// Told in prose only.
    Narrative,
    /// Something under way during a window.
    Process,
    /// Share of cases.
    Ratio,
    /// A level at a moment.
    Stock,
}

impl GoalKind {
    /// The kind of a measure.
    pub fn of(measure: &Measure) -> Self {
        match measure {
            Measure::Ratio(_) => Self::Ratio,
            Measure::Cumulative { .. } => Self::Cumulative,
            Measure::Stock { .. } => Self::Stock,
            Measure::Constant { .. } => Self::Constant,
            Measure::Milestone => Self::Milestone,
            Measure::Process { .. } => Self::Process,
            Measure::Narrative => Self::Narrative,
        }
    }

    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Constant => (
                "constant",
                "Constante",
                "Cumplimiento = 100 dentro de la banda y 0 fuera; al año, periodos dentro de la banda ÷ periodos informados.",
            ),
            Self::Cumulative => (
                "cumulative",
                "Acumulado",
                "Cumplimiento = 100 × valor acumulado ÷ meta; frente a lo programado, 100 × valor acumulado ÷ programado al corte.",
            ),
            Self::Milestone => (
                "milestone",
                "Hito",
                "Cumplimiento = 100 cuando se cuenta con evidencia a la fecha de corte y 0 mientras no.",
            ),
            Self::Narrative => (
                "narrative",
                "Narrativa",
                "Se informa en prosa; no se calcula porcentaje.",
            ),
            Self::Process => (
                "process",
                "Proceso",
                "Cumplimiento = 100 × suma de pesos de las etapas concluidas ÷ suma de pesos; sin etapas definidas no se informa porcentaje.",
            ),
            Self::Ratio => (
                "ratio",
                "Proporción",
                "Valor = 100 × suma de casos que cumplen ÷ suma de casos; cumplimiento = 100 × valor ÷ meta. Nunca se promedian porcentajes.",
            ),
            Self::Stock => (
                "stock",
                "Nivel",
                "Cumplimiento = 100 × valor ÷ meta, o 100 × (valor − línea base) ÷ (meta − línea base) cuando se mide desde la línea base.",
            ),
        }
    }

    /// Its id, as definitions and `results.json` write it.
    pub const fn id(self) -> &'static str {
        self.row().0
    }

    /// How it is printed.
    pub const fn label(self) -> &'static str {
        self.row().1
    }

    /// Its formula, for the method annex.
    pub const fn formula(self) -> &'static str {
        self.row().2
    }
}
