//! `metas explain-code`: what a code means, why it blocks or only warns, and how to mend it.

use clap::Args;
use serde_json::{Value, json};

use crate::codes;
use crate::codes::{CodeText, Stage};
use crate::console::Console;
use crate::diagnostic::did_you_mean;
use crate::exit::{CommandError, ExitStatus};

/// `metas explain-code`.
#[derive(Debug, Args)]
pub struct ExplainCodeArguments {
    /// The code that stands in brackets, such as unknown-category; without it, all are listed
    pub code: Option<String>,
}

/// Explains one code, or lists all of them.
///
/// # Errors
/// There is no such code.
pub(crate) fn explain_code(
    console: &Console,
    arguments: &ExplainCodeArguments,
) -> Result<ExitStatus, CommandError> {
    match &arguments.code {
        None => console.data(&json!({ "stages": codes::stages() }), &list()),
        Some(asked) => {
            let code = bare(asked);
            let (stage, text) = codes::of(&code).ok_or_else(|| no_such_code(&code))?;
            console.data(&document(stage, text), &page(stage, text));
        }
    }
    Ok(ExitStatus::Done)
}

/// The code as it is listed, also where it was copied with what stands around it: `error[CODE]:`.
fn bare(asked: &str) -> String {
    let inner = asked.split_once('[').map_or(asked, |(_, rest)| rest);
    inner
        .trim()
        .trim_end_matches([':', ']'])
        .to_ascii_lowercase()
        .replace('_', "-")
}

fn no_such_code(asked: &str) -> CommandError {
    let known = codes::stages().iter().flat_map(|stage| &stage.codes);
    let near = did_you_mean(asked, known.map(|text| text.code));
    let hint = match near {
        Some(near) => format!("did you mean {near}? metas explain-code lists all"),
        None => "metas explain-code lists all".to_owned(),
    };
    CommandError::usage(
        "unknown-code",
        format!("there is no code \"{asked}\""),
        hint,
    )
}

fn document(stage: &Stage, text: &CodeText) -> Value {
    json!({
        "code": text.code,
        "severity": text.severity,
        "stage": stage.stage,
        "language": stage.language,
        "means": text.means,
        "why": text.why,
        "mend": text.mend,
    })
}

fn page(stage: &Stage, text: &CodeText) -> String {
    let [means, why, mend] = labels(stage.language, text.severity);
    format!(
        "{} · {} · {}\n\n{means} {}\n\n{why} {}\n\n{mend} {}\n",
        text.code, stage.title, text.severity, text.means, text.why, text.mend
    )
}

fn labels(language: &str, severity: &str) -> [&'static str; 3] {
    let why = match (language, severity) {
        ("es", "error") => "Por qué detiene el dato:",
        ("es", "warning") => "Por qué sólo se avisa:",
        ("es", _) => "Por qué detiene el dato o sólo se avisa:",
        (_, "error") => "Why it blocks:",
        (_, "warning") => "Why it only warns:",
        _ => "Why it blocks or only warns:",
    };
    match language {
        "es" => ["Qué significa:", why, "Cómo se corrige:"],
        _ => ["What it means:", why, "How to mend it:"],
    }
}

fn list() -> String {
    let mut out = String::new();
    for stage in codes::stages() {
        let widest = stage.codes.iter().map(|text| text.code.len()).max();
        let widest = widest.unwrap_or_default();
        out.push_str(&format!("{} ({})\n", stage.title, stage.stage));
        for text in &stage.codes {
            out.push_str(&format!("  {:widest$}  {}\n", text.code, text.means));
        }
        out.push('\n');
    }
    out.push_str("One of them in full: metas explain-code CODE\n");
    out
}
