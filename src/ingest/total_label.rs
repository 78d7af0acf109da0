//! Texts by which a row says that it is a total.

use super::fold::fold;

/// How a text speaks of a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    /// "TOTAL", "Suma total:".
    Exact,
    /// "Total de acuerdos".
    Begins,
}

/// Whether a text is a total's label.
pub(super) fn label(text: &str) -> Option<Label> {
    let begin = text.trim_start();
    let first = begin.chars().next()?;
    if !matches!(first, 't' | 'T' | 's' | 'S' | 'g' | 'G' | 'p' | 'P') || text.len() > 80 {
        return None;
    }
    // Most words that begin alike are told apart by three letters.
    if let Some(three) = begin.get(..3)
        && three.bytes().all(|b| b.is_ascii_alphabetic())
        && !["tot", "sum", "sub", "gra", "pro"]
            .iter()
            .any(|w| three.eq_ignore_ascii_case(w))
    {
        return None;
    }
    const EXACT: &[&str] = &[
        "total",
        "totales",
        "total general",
        "gran total",
        "suma",
        "sumas",
        "suma total",
        "sumatoria",
        "subtotal",
        "sub total",
        "sub-total",
        "total acumulado",
        "total del periodo",
        "promedio",
        "promedio general",
    ];
    let folded = fold(text);
    if EXACT.contains(&folded.as_str()) {
        return Some(Label::Exact);
    }
    let word = folded.split(' ').next().unwrap_or_default();
    matches!(word, "total" | "totales" | "suma" | "subtotal" | "promedio").then_some(Label::Begins)
}
