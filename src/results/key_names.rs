//! Keys of a goal as people name them.

/// A key of a goal as people name it.
pub(super) fn key_name(key: &str) -> &'static str {
    match key {
        "goal" => "Meta",
        "kind" => "Tipo de meta",
        "statement" => "Enunciado",
        "query" => "Consulta con que se calcula",
        "direction" => "Sentido",
        "target" | "targets" => "Meta programada",
        "adjusted_target" => "Meta ajustada",
        "baseline" => "Línea base",
        "from_baseline" => "Se mide desde la línea base",
        "basis" => "Periodo que cubre el valor",
        "band" => "Banda",
        "planned" => "Programado por periodo",
        "steps" => "Etapas",
        "due" => "Fecha establecida de cumplimiento",
        "window" => "Periodo de ejecución",
        "span" => "Días que cubre el valor",
        "recurs_until" => "Se repite hasta",
        _ => "Definición",
    }
}
