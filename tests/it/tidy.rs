//! The invariants of ARCHITECTURE.md that a reader of the code relies on.

use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import of the crate; `commands` sees all.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("period", &[]),
    ("failpoint", &[]),
    ("regular", &[]),
    ("disk", &[]),
    ("embedded", &[]),
    ("hash", &[]),
    ("envelope", &[]),
    ("printable", &[]),
    ("pipeline", &["hash", "diagnostic", "period"]),
    ("spreadsheet", &["pipeline"]),
    (
        "ingest",
        &[
            "envelope",
            "diagnostic",
            "period",
            "pipeline",
            "printable",
            "spreadsheet",
        ],
    ),
    ("spanish", &["period"]),
    (
        "indicators",
        &["diagnostic", "period", "pipeline", "ingest", "spanish"],
    ),
    (
        "results",
        &["diagnostic", "period", "pipeline", "indicators", "spanish"],
    ),
    (
        "report",
        &["envelope", "diagnostic", "results", "embedded", "printable"],
    ),
    (
        "delivery",
        &[
            "hash",
            "diagnostic",
            "period",
            "pipeline",
            "results",
            "ledger",
            "failpoint",
            "regular",
            "disk",
        ],
    ),
    ("ledger", &["diagnostic", "period", "failpoint", "disk"]),
    ("child", &["diagnostic", "regular"]),
    (
        "inbox",
        &[
            "hash",
            "diagnostic",
            "period",
            "pipeline",
            "ingest",
            "child",
            "regular",
            "disk",
        ],
    ),
    ("terminal", &["diagnostic"]),
    (
        "workbook",
        &["envelope", "diagnostic", "period", "pipeline"],
    ),
];

/// Libraries that only one module may know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("calamine", &["spreadsheet"]),
    ("cfb", &["spreadsheet"]),
    ("polars", &["ingest", "indicators"]),
    ("typst", &["report"]),
    ("lettre", &["delivery"]),
    ("rustls", &["delivery"]),
    ("rusqlite", &["ledger"]),
    ("clap", &["cli", "commands", "main"]),
    ("codespan_reporting", &["terminal", "report"]),
    ("indicatif", &["terminal", "inbox", "commands"]),
    ("rust_xlsxwriter", &["workbook"]),
    ("minijinja", &["delivery"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

fn module(path: &Path) -> String {
    let first = path
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code without comments and without the tests at its end.
fn code(text: &str) -> String {
    let body = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    body.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn imports_flow_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = module(&path);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == own) else {
            assert!(
                ["lib", "main", "commands", "cli"].contains(&own.as_str()),
                "{own} is new: say in tests/it/tidy.rs what it may import"
            );
            continue;
        };
        for part in code(&text).split("crate::").skip(1) {
            let other: String = part
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            let known = MAY_IMPORT.iter().any(|(name, _)| *name == other) || other == "commands";
            if known && other != own && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{} imports {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_library_has_one_home() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let own = module(&path);
        for (library, homes) in ONLY_IN {
            let code = code(&text);
            let used = code.contains(&format!("use {library}::"))
                || code.contains(&format!(" {library}::"))
                || code.contains(&format!("({library}::"));
            if used && !homes.contains(&own.as_str()) {
                wrong.push(format!("{} uses {library}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_have_one_subject() {
    let long: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| code(text).lines().count() > 450)
        .map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "split these: {}", long.join(", "));
}

#[test]
fn architecture_is_short() {
    let text = include_str!("../../ARCHITECTURE.md");
    assert!(
        text.lines().count() <= 150,
        "ARCHITECTURE.md has over 150 lines"
    );
}
