//! Footnotes filled in with a goal's variables.

use indexmap::IndexMap;

use super::query_places::within;
use super::value::Value;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::plan::{NoteTemplate, Piece, Placed, Plan};

/// Fills in a note; `target` is what its value is measured against. None where one of its variables is absent or NULL: half a sentence is worse
/// than none.
pub(super) fn fill(
    note: &NoteTemplate,
    variables: &IndexMap<String, Value>,
    target: Option<f64>,
) -> Option<String> {
    let thresholds = |name: &str| match name {
        "value" => target,
        "attainment_pct" | "progress_pct" => Some(100.0),
        _ => None,
    };
    let mut text = String::new();
    for piece in &note.0 {
        match piece {
            Piece::Text(plain) => text.push_str(plain),
            Piece::Variable { name, decimals, .. } => match variables.get(name) {
                None | Some(Value::Null) => return None,
                Some(value) => {
                    let against: Vec<f64> = thresholds(name).into_iter().collect();
                    text.push_str(&value.shown_against(*decimals, &against));
                }
            },
        }
    }
    Some(text)
}

/// Variables of `note` that `known` does not hold, as errors at their place in the definition.
pub(super) fn unknown_variables(
    pipeline: &Plan,
    placed: &Placed<String>,
    note: &NoteTemplate,
    known: &[String],
) -> Vec<Diagnostic> {
    let unknown = |piece: &Piece| match piece {
        Piece::Variable { name, offset, .. } if !known.contains(name) => {
            let hint = match did_you_mean(name, known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean {{{near}}}?"),
                None => format!("the query gives: {}", known.join(", ")),
            };
            let message = format!("the query gives no `{name}` for this note");
            let span = within(pipeline, placed, *offset..offset + name.len() + 1);
            let error = Diagnostic::error("unknown-variable", message);
            Some(error.at(&pipeline.text, span).hint(hint))
        }
        _ => None,
    };
    note.0.iter().filter_map(unknown).collect()
}
