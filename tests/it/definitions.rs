//! One file a fault under `tests/definitions/invalid/`: a comment, a patch on
//! `tests/definitions/base.toml`, a blank line, and what is said of the patched plan.
//! `METAS_BLESS=1 cargo test definitions` writes what is said now.
//!
//! A patch is what `diff -u` writes, without numbers: `-` lines go, `+` lines come, lines that
//! begin with a space are there for context, `@@` parts one place from the next. In what is said,
//! line numbers are left out (the line itself is there), so that the base can grow by a key.

use std::fs;
use std::path::Path;

use metas::diagnostic::Diagnostic;

const BASE: &str = include_str!("../definitions/base.toml");

#[test]
fn every_fault_is_told_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions/invalid");
    let bless = std::env::var_os("METAS_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 100, "only {} cases", paths.len());
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let case = fs::read_to_string(&path).unwrap();
        let (head, expected) = case.split_once("\n\n").expect(name);
        let text = match patched(head) {
            Ok(text) => text,
            Err(why) => {
                wrong.push(format!("{name}: {why}"));
                continue;
            }
        };
        let said = said_of(&text);
        if !said.iter().any(Diagnostic::is_error) {
            wrong.push(format!("{name}: nothing is said to be wrong"));
        }
        let told = without_line_numbers(&metas::console::plain_text(&said), &text);
        if bless {
            fs::write(&path, format!("{head}\n\n{told}")).unwrap();
        } else if expected != told {
            wrong.push(format!("{name} now says:\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_base_of_the_faults_has_none() {
    let said = said_of(BASE);
    assert!(!said.iter().any(Diagnostic::is_error), "{said:?}");
}

/// Everything that is said of a definition before any file is read.
fn said_of(text: &str) -> Vec<Diagnostic> {
    match metas::plan::parse("base.toml", text) {
        Err(found) => found,
        Ok(pipeline) => {
            let mut found = metas::indicators::validate(&pipeline);
            found.extend(metas::ingest::validate(&pipeline));
            found
        }
    }
}

/// The base with a case's patch applied.
fn patched(head: &str) -> Result<String, String> {
    let patch: Vec<&str> = head.lines().filter(|line| !line.starts_with('#')).collect();
    let mut text = BASE.to_owned();
    for place in patch.split(|line| *line == "@@") {
        let side = |mark: char| -> String {
            let lines = place.iter().filter_map(|line| {
                let rest = line.strip_prefix([' ', mark])?;
                Some(format!("{rest}\n"))
            });
            lines.collect()
        };
        // The line break before it keeps a line's end from being taken for a line.
        let (old, new) = (format!("\n{}", side('-')), format!("\n{}", side('+')));
        match text.matches(&old).count() {
            1 => text = text.replacen(&old, &new, 1),
            times => return Err(format!("its patch fits {times} times:{old}")),
        }
    }
    Ok(text)
}

/// What is said, with each line number compared with the line that is shown and then left out.
fn without_line_numbers(told: &str, text: &str) -> String {
    let mut out = String::new();
    for line in told.lines() {
        let inner = line.trim_start();
        let (number, shown) =
            inner.split_at(inner.find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
        if let Some(place) = inner.strip_prefix("┌─ base.toml:") {
            let column = place.split_once(':').unwrap().1;
            out.push_str(&format!("  ┌─ base.toml, column {column}\n"));
        } else if let (Ok(number), Some(shown)) =
            (number.parse::<usize>(), shown.strip_prefix(" │"))
        {
            let line = text.lines().nth(number - 1).unwrap();
            let shown = shown.strip_prefix(' ').unwrap_or(shown);
            let unprintable = |c: char| c.is_control() || ('\u{200b}'..='\u{2069}').contains(&c);
            assert!(
                shown == line || line.contains(unprintable),
                "{number}: {shown}"
            );
            out.push_str(&format!("  │ {shown}\n"));
        } else if inner.starts_with(['│', '=']) {
            out.push_str(&format!("  {inner}\n"));
        } else {
            out.push_str(&format!("{line}\n"));
        }
    }
    out
}

#[test]
fn no_text_makes_the_parser_panic() {
    let leon = include_str!("../../pipelines/pamga-2025-2027.toml");
    proptest::proptest!(|(at in 0..leon.len(), cut in 0usize..40, put in "[\\[\\]{}=\"'.,a0\\n#-]{0,6}")| {
        let start = (0..=at).rev().find(|i| leon.is_char_boundary(*i)).unwrap();
        let end = (start + cut..=leon.len()).find(|i| leon.is_char_boundary(*i)).unwrap_or(leon.len());
        let text = format!("{}{put}{}", &leon[..start], &leon[end.max(start)..]);
        if let Err(found) = metas::plan::parse("pamga-2025-2027.toml", &text) {
            proptest::prop_assert!(!found.is_empty());
            metas::console::plain_text(&found);
        }
    });
}
