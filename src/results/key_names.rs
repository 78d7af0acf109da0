//! Keys of a goal as people name them.

use crate::plan::CommitmentKey;

/// A key of a goal as people name it.
pub(super) fn key_name(key: CommitmentKey) -> &'static str {
    match key {
        CommitmentKey::Goal => "Meta",
        CommitmentKey::Kind => "Tipo de meta",
        CommitmentKey::Statement => "Enunciado",
        CommitmentKey::Query => "Consulta con que se calcula",
        CommitmentKey::Direction => "Sentido",
        CommitmentKey::Target | CommitmentKey::Targets => "Meta programada",
        CommitmentKey::AdjustedTarget => "Meta ajustada",
        CommitmentKey::Baseline => "Línea base",
        CommitmentKey::FromBaseline => "Se mide desde la línea base",
        CommitmentKey::Basis => "Periodo que cubre el valor",
        CommitmentKey::Band => "Banda",
        CommitmentKey::Planned => "Programado por periodo",
        CommitmentKey::Steps => "Etapas",
        CommitmentKey::Due => "Fecha establecida de cumplimiento",
        CommitmentKey::Window => "Periodo de ejecución",
        CommitmentKey::Span => "Días que cubre el valor",
        CommitmentKey::RecursUntil => "Se repite hasta",
    }
}
