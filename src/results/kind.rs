//! Kinds of goals as the report prints them.

use crate::pipeline::GoalKind;

impl GoalKind {
    const fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::Constant => (
                "Constante",
                "Cumplimiento = 100 dentro de la banda y 0 fuera; al año, periodos dentro de la banda ÷ periodos informados.",
            ),
            Self::Cumulative => (
                "Acumulado",
                "Cumplimiento = 100 × valor acumulado ÷ meta; frente a lo programado, 100 × valor acumulado ÷ programado al corte.",
            ),
            Self::Milestone => (
                "Hito",
                "Cumplimiento = 100 cuando se cuenta con evidencia a la fecha de corte y 0 mientras no.",
            ),
            Self::Narrative => (
                "Narrativa",
                "Se informa en prosa; no se calcula porcentaje.",
            ),
            Self::Process => (
                "Proceso",
                "Cumplimiento = 100 × suma de pesos de las etapas concluidas ÷ suma de pesos; sin etapas definidas no se informa porcentaje.",
            ),
            Self::Ratio => (
                "Proporción",
                "Valor = 100 × suma de casos que cumplen ÷ suma de casos; cumplimiento = 100 × valor ÷ meta. Nunca se promedian porcentajes.",
            ),
            Self::Stock => (
                "Nivel",
                "Cumplimiento = 100 × valor ÷ meta, o 100 × (valor − línea base) ÷ (meta − línea base) cuando se mide desde la línea base.",
            ),
        }
    }

    /// How it is printed.
    pub(super) const fn label(self) -> &'static str {
        self.row().0
    }

    /// Its formula, for the method annex.
    pub(super) const fn formula(self) -> &'static str {
        self.row().1
    }
}
