//! One file a fault under `tests/definitions/invalid/`: what is said of it stands beside it.
//! `METAS_BLESS=1 cargo test definitions` writes what is said now.

use std::fs;
use std::path::Path;

#[test]
fn every_fault_is_told_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions/invalid");
    let bless = std::env::var_os("METAS_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut cases = 0;
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let said = match metas::pipeline::parse(name, &text) {
            Err(found) => found,
            Ok(pipeline) => {
                let mut found = metas::indicators::validate(&pipeline);
                found.extend(metas::ingest::validate(&pipeline));
                found
            }
        };
        let told = metas::terminal::plain_text(&said);
        if !said.iter().any(metas::diagnostic::Diagnostic::is_error) {
            wrong.push(format!("{name}: nothing is said to be wrong"));
        }
        let golden = path.with_extension("txt");
        if bless {
            fs::write(&golden, &told).unwrap();
        } else if fs::read_to_string(&golden).unwrap_or_default() != told {
            wrong.push(format!("{name} now says:\n{told}"));
        }
        cases += 1;
    }
    assert!(cases >= 40, "only {cases} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn no_text_makes_the_parser_panic() {
    let leon = include_str!("../../pipelines/pamga-2025-2027.toml");
    proptest::proptest!(|(at in 0..leon.len(), cut in 0usize..40, put in "[\\[\\]{}=\"'.,a0\\n#-]{0,6}")| {
        let start = (0..=at).rev().find(|i| leon.is_char_boundary(*i)).unwrap();
        let end = (start + cut..=leon.len()).find(|i| leon.is_char_boundary(*i)).unwrap_or(leon.len());
        let text = format!("{}{put}{}", &leon[..start], &leon[end.max(start)..]);
        if let Err(found) = metas::pipeline::parse("pamga-2025-2027.toml", &text) {
            proptest::prop_assert!(!found.is_empty());
            metas::terminal::plain_text(&found);
        }
    });
}
