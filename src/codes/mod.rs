//! What each code of an error or finding means, why it blocks or only warns, and how to mend it.
//! The texts are the files beside this one, one a stage: in Spanish where liaisons read them.

use std::sync::LazyLock;

use serde::Serialize;

const FILES: [&str; 10] = [
    include_str!("files.txt"),
    include_str!("workbooks.txt"),
    include_str!("cells.txt"),
    include_str!("remarks.txt"),
    include_str!("definition.txt"),
    include_str!("queries.txt"),
    include_str!("report.txt"),
    include_str!("editions.txt"),
    include_str!("mail.txt"),
    include_str!("commands.txt"),
];

/// The codes of one stage, in the order in which they are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// Its name, such as `cells`.
    pub stage: &'static str,
    /// `es` where liaisons read its messages, else `en`.
    pub language: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Its codes.
    pub codes: Vec<CodeText>,
}

/// What one code means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeText {
    /// The code.
    pub code: &'static str,
    /// `error`, `warning`, `error or warning` or `warning or note`.
    pub severity: &'static str,
    /// What has happened.
    pub means: &'static str,
    /// Why it blocks, or why it only warns.
    pub why: &'static str,
    /// The way out.
    pub mend: &'static str,
}

static STAGES: LazyLock<Vec<Stage>> = LazyLock::new(|| FILES.map(stage).into());

/// Every stage with its codes.
pub fn stages() -> &'static [Stage] {
    &STAGES
}

/// The stage and the text of a code.
pub fn of(name: &str) -> Option<(&'static Stage, &'static CodeText)> {
    let within = |stage: &'static Stage| {
        let found = stage.codes.iter().find(|text| text.code == name)?;
        Some((stage, found))
    };
    STAGES.iter().find_map(within)
}

/// A file: its head, then a line `code (severity)` and three indented lines for each code.
fn stage(text: &'static str) -> Stage {
    let mut stage = Stage {
        stage: value(text, "stage: "),
        language: value(text, "language: "),
        title: value(text, "title: "),
        codes: Vec::new(),
    };
    let (_, body) = text.split_once("\n\n").unwrap_or_default();
    for line in body.lines() {
        match line.split_once(" (") {
            Some((code, severity)) if !line.starts_with(' ') => stage.codes.push(CodeText {
                code,
                severity: severity.trim_end_matches(')'),
                means: "",
                why: "",
                mend: "",
            }),
            _ => fill(&mut stage, line),
        }
    }
    stage
}

fn fill(stage: &mut Stage, line: &'static str) {
    let Some(text) = stage.codes.last_mut() else {
        return;
    };
    match line.trim_start().split_once(": ") {
        Some(("means", words)) => text.means = words,
        Some(("why", words)) => text.why = words,
        Some(("mend", words)) => text.mend = words,
        _ => {}
    }
}

fn value(text: &'static str, name: &str) -> &'static str {
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix(name))
        .unwrap_or_default()
}
