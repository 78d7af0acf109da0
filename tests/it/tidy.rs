//! The invariants of ARCHITECTURE.md that a reader of the code relies on.

pub(crate) mod imports;
mod wildcards;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Imports, circles, types};

/// What each room of the house may import of the crate; `cli` and `lib` see all.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("codes", &[]),
    ("console", &["diagnostic"]),
    (
        "correspondence",
        &[
            "diagnostic",
            "indicators",
            "period",
            "plan",
            "results",
            "spanish",
        ],
    ),
    (
        "delivery",
        &[
            "diagnostic",
            "failpoint",
            "hash",
            "ledger",
            "percent",
            "period",
            "plan",
            "secret",
            "store",
        ],
    ),
    ("diagnostic", &[]),
    (
        "dropbox",
        &["diagnostic", "ingest", "plan", "store", "worker"],
    ),
    (
        "edition",
        &[
            "console",
            "correspondence",
            "delivery",
            "diagnostic",
            "dropbox",
            "embedded",
            "exit",
            "failpoint",
            "hash",
            "home",
            "indicators",
            "ingest",
            "ledger",
            "percent",
            "period",
            "plan",
            "report",
            "results",
            "store",
            "workbook",
            "worker",
        ],
    ),
    ("embedded", &[]),
    ("envelope", &[]),
    (
        "exit",
        &[
            "correspondence",
            "delivery",
            "diagnostic",
            "ledger",
            "store",
        ],
    ),
    ("failpoint", &[]),
    ("hash", &[]),
    (
        "home",
        &[
            "diagnostic",
            "exit",
            "indicators",
            "period",
            "plan",
            "store",
        ],
    ),
    ("home_name", &["diagnostic"]),
    (
        "indicators",
        &["diagnostic", "ingest", "period", "plan", "spanish"],
    ),
    (
        "ingest",
        &[
            "diagnostic",
            "envelope",
            "period",
            "plan",
            "printable",
            "spreadsheet",
        ],
    ),
    (
        "ledger",
        &[
            "diagnostic",
            "failpoint",
            "home_name",
            "percent",
            "period",
            "secret",
            "store",
        ],
    ),
    ("percent", &[]),
    ("period", &[]),
    ("plan", &["diagnostic", "hash", "period"]),
    ("printable", &[]),
    (
        "report",
        &[
            "diagnostic",
            "embedded",
            "envelope",
            "hash",
            "plan",
            "printable",
            "results",
            "spanish",
        ],
    ),
    (
        "results",
        &["diagnostic", "indicators", "period", "plan", "spanish"],
    ),
    ("secret", &["diagnostic"]),
    ("spanish", &["period"]),
    ("spreadsheet", &["plan"]),
    (
        "store",
        &["diagnostic", "hash", "home_name", "percent", "secret"],
    ),
    ("workbook", &["diagnostic", "envelope", "plan"]),
    ("worker", &["store"]),
];

/// Rooms that stand above all others.
const ABOVE_ALL: [&str; 1] = ["cli"];

/// Libraries that only some rooms may know.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("calamine", &["spreadsheet"]),
    ("cfb", &["spreadsheet"]),
    ("polars", &["ingest", "indicators"]),
    ("toml", &["plan"]),
    ("typst", &["report"]),
    ("lettre", &["delivery"]),
    ("rustls", &["delivery", "ledger"]),
    ("ureq", &["delivery"]),
    ("mail_parser", &["delivery"]),
    ("rusqlite", &["ledger"]),
    ("tokio_postgres", &["ledger"]),
    ("tokio", &["ledger", "store"]),
    ("object_store", &["store"]),
    ("clap", &["cli"]),
    ("codespan_reporting", &["console", "report"]),
    ("indicatif", &["console", "dropbox", "edition", "cli"]),
    ("rust_xlsxwriter", &["workbook"]),
];

fn name(module: &[String]) -> String {
    module.join("::")
}

#[test]
fn imports_flow_one_way() {
    let imports = Imports::read();
    let mut wrong = Vec::new();
    for module in imports.files.keys().filter(|module| !module.is_empty()) {
        let own = module[0].as_str();
        if ABOVE_ALL.contains(&own) {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(room, _)| *room == own);
        let Some((_, allowed)) = allowed else {
            panic!("{own} is new: say in tests/it/tidy.rs what it may import");
        };
        for other in imports.of(module) {
            if other[0] != own && !allowed.contains(&other[0].as_str()) {
                wrong.push(format!("{} imports {}", name(module), name(&other)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a list allows and nobody needs is a door left open.
#[test]
fn no_permission_is_stale() {
    let imports = Imports::read();
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for module in imports.files.keys().filter(|module| !module.is_empty()) {
        for other in imports.of(module) {
            used.insert((module[0].clone(), other[0].clone()));
        }
    }
    let mut stale = Vec::new();
    for (room, allowed) in MAY_IMPORT {
        for other in *allowed {
            if !used.contains(&((*room).to_owned(), (*other).to_owned())) {
                stale.push(format!("{room} no longer imports {other}"));
            }
        }
    }
    assert!(stale.is_empty(), "{}", stale.join("\n"));
}

#[test]
fn no_circles_of_rooms_or_of_files() {
    let imports = Imports::read();
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut files: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for module in imports.files.keys().filter(|module| !module.is_empty()) {
        let others = imports.of(module);
        let room = rooms.entry(module[0].clone()).or_default();
        room.extend(
            others
                .iter()
                .map(|other| other[0].clone())
                .filter(|other| *other != module[0]),
        );
        // A file below another is a part of it: it may implement what its parent declares.
        let apart = others
            .into_iter()
            .filter(|other| !module.starts_with(other));
        files.insert(module.clone(), apart.collect());
    }
    let of_rooms = circles(&rooms);
    assert!(of_rooms.is_empty(), "circles of folders: {of_rooms:?}");
    let of_files = circles(&files);
    let told = |circle: &Vec<Vec<String>>| {
        circle
            .iter()
            .map(|m| name(m))
            .collect::<Vec<_>>()
            .join(" ⇄ ")
    };
    let of_files: Vec<String> = of_files.iter().map(told).collect();
    assert!(
        of_files.is_empty(),
        "circles of files:\n{}",
        of_files.join("\n")
    );
}

/// Who reads a name must not have to ask which of several it is.
#[test]
fn no_type_has_the_name_of_another() {
    let imports = Imports::read();
    let mut homes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (module, code) in &imports.code {
        for name in types(code) {
            homes
                .entry(name)
                .or_default()
                .push(imports.files[module].display().to_string());
        }
    }
    let several: Vec<String> = homes
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(homes.len() > 500, "only {} types found", homes.len());
    assert!(
        several.is_empty(),
        "name these apart:\n{}",
        several.join("\n")
    );
}

#[test]
fn each_library_has_one_home() {
    let imports = Imports::read();
    let mut wrong = Vec::new();
    for (module, code) in imports.code.iter().filter(|(module, _)| !module.is_empty()) {
        for (library, homes) in ONLY_IN {
            let used = code.contains(&format!("use {library}::"))
                || code.contains(&format!(" {library}::"))
                || code.contains(&format!("({library}::"));
            if used && !homes.contains(&module[0].as_str()) {
                wrong.push(format!("{} uses {library}", name(module)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a disk that does not answer may count as one on which nothing lies, and why.
const MAY_GUESS: &[(&str, &str)] = &[
    (
        "delivery/settings.rs",
        "the program is started then, and that fails",
    ),
    ("edition/archive.rs", "words an error that is told anyway"),
    ("edition/last_run.rs", "notes when it can"),
    ("edition/leftovers.rs", "a later run clears away"),
    (
        "edition/mailing.rs",
        "the certificate is read then, and that fails",
    ),
    ("edition/photos.rs", "asked after an error, which is told"),
    ("edition/returned_workbooks.rs", "a later run clears away"),
    ("home.rs", "a rehearsal's copy: then the file itself"),
    ("store/archive.rs", "the file is written again"),
    ("store/disk.rs", "the folder is made then, and that fails"),
    ("store/folder.rs", "told as an error"),
    ("worker/program.rs", "either path leads to this program"),
];

/// The standard library's questions say no also where the disk did not answer; what is known already
/// of an entry or of an open file is no question.
#[test]
fn a_disk_that_does_not_answer_is_not_an_empty_one() {
    const KNOWN: &[&str] = &["about", "file", "kind", "m", "meta", "metadata", "there"];
    let asks = |line: &str| {
        let entry = ["is_dir()", "is_file()"].iter().any(|question| {
            line.match_indices(question).any(|(at, _)| {
                let before = line[..at].trim_end_matches('.');
                let begin = before
                    .rfind([' ', '(', '!', '.', '|'])
                    .map_or(0, |at| at + 1);
                !before.ends_with('?') && !KNOWN.contains(&&before[begin..])
            })
        });
        let looked = line.contains("metadata(")
            && [".is_ok()", ".is_err()", ".is_ok_and("]
                .iter()
                .any(|end| line.contains(end));
        entry || looked || line.contains(".exists()")
    };
    for (line, expected) in [
        ("if !path.is_dir() {", true),
        ("if root.join(\"pipelines\").is_dir() {", true),
        (
            "let plain = fs::symlink_metadata(path).is_ok_and(|m| m.is_file());",
            true,
        ),
        ("if path.exists() {", true),
        ("Ok(kind) if kind.is_dir() => folders.push(path),", false),
        ("if !file.metadata()?.is_file() {", false),
        ("if presence::is_folder(&path)? {", false),
    ] {
        assert_eq!(asks(line), expected, "{line}");
    }
    let imports = Imports::read();
    let guessing: BTreeSet<String> = imports
        .files
        .iter()
        .filter(|(module, _)| imports.code[*module].lines().any(asks))
        .map(|(_, path)| path.display().to_string())
        .filter(|path| !path.ends_with("/tests.rs"))
        .collect();
    let allowed: BTreeSet<String> = MAY_GUESS
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(
        guessing, allowed,
        "ask store::presence, or say here why not"
    );
}

#[test]
fn files_have_one_subject() {
    let imports = Imports::read();
    let lines = |module: &Vec<String>| imports.code[module].lines().count();
    let long: Vec<String> = imports
        .files
        .iter()
        .filter(|(module, _)| lines(module) > 450)
        .map(|(module, path)| format!("{}: {} lines", path.display(), lines(module)))
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

/// The list of typical changes names files and folders: those that have gone make it wrong.
#[test]
fn the_files_that_a_change_touches_are_there() {
    let text = include_str!("../../ARCHITECTURE.md");
    let section = text.split("## Ten changes").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut rows = 0;
    let mut gone = Vec::new();
    for row in section
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
    {
        rows += 1;
        for path in row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|p| p.contains('/') || p.contains('.'))
        {
            let there = [root.join(path), root.join("src").join(path)];
            if !there.iter().any(|path| path.exists()) {
                gone.push(format!("{path}: {row}"));
            }
        }
    }
    assert_eq!(rows, 10, "ten changes");
    assert!(gone.is_empty(), "gone:\n{}", gone.join("\n"));
}

/// Every file and folder of a name that the text gives in backquotes with a slash is there.
#[test]
fn architecture_names_what_is_there() {
    let text = include_str!("../../ARCHITECTURE.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut gone: Vec<PathBuf> = Vec::new();
    for path in text.split('`').skip(1).step_by(2) {
        let plain = path.ends_with(".rs") || path.ends_with(".py") || path.ends_with('/');
        if plain
            && !path.contains(['<', '*', ' ', '{'])
            && !path.starts_with("state/")
            && !path.starts_with("inputs/")
            && !path.starts_with("reports/")
        {
            let there = [
                root.join(path),
                root.join("src").join(path),
                root.join("tests/it").join(path),
            ];
            if !there.iter().any(|path| path.exists()) {
                gone.push(path.into());
            }
        }
    }
    assert!(gone.is_empty(), "not there: {gone:?}");
    assert!(fs::metadata(root.join("src/lib.rs")).is_ok());
}
