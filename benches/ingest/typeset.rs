//! What typesetting takes, report and slides, beside a bare Typst compile of the same templates with
//! the same results: León's plan, and plans of 80 and of 1,000 goals.

use std::path::Path;
use std::process::Command;

use crate::{fresh, has_python, metas, number, python, stages, workload};

/// Runs this part alone.
pub(crate) const ARGUMENT: &str = "typeset";

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/typeset.py");
const FONTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/report-templates/fonts");
const DOCUMENTS: [&str; 2] = ["report", "slides"];

/// Measures them and prints a table.
pub(crate) fn main(rounds: usize) {
    println!(
        "{:<34}{:>9}{:>9}{:>9}",
        "typesetting, medians", "metas ms", "bare ms", "ratio"
    );
    plan(&workload::leon(), "pamga-2025-2027", "leon", rounds);
    let largest = number("METAS_BENCH_GOALS", 1_000);
    let mut sizes = vec![largest.min(80), largest];
    sizes.dedup();
    for goals in sizes {
        let name = format!("{goals} goals");
        plan(&workload::goals(goals), "banco", &name, rounds.min(3));
    }
}

/// Both documents of one plan, by `metas` and bare, in turn.
fn plan(home: &Path, id: &str, name: &str, rounds: usize) {
    let bare = has_python("typst, PIL");
    let mut ours = [Vec::new(), Vec::new()];
    let mut theirs = [Vec::new(), Vec::new()];
    for _ in 0..rounds.max(1) {
        let taken = stages::of(&mut metas("run", id, fresh(home))).documents();
        for (all, one) in ours.iter_mut().zip(taken) {
            all.push(one);
        }
        let edition = home.join("reports").join(id).join("2026-T1/v1");
        for (all, document) in theirs.iter_mut().zip(DOCUMENTS) {
            if bare {
                all.push(compiled(home, &edition, document));
            }
        }
    }
    for ((ours, theirs), document) in ours.iter_mut().zip(&mut theirs).zip(DOCUMENTS) {
        let ours = middle(ours);
        print!("{:<34}{ours:>9.0}", format!("  {name}, {document}"));
        match bare.then(|| middle(theirs)) {
            Some(theirs) => println!("{theirs:>9.0}{:>9.2}", ours / theirs),
            None => println!(),
        }
    }
}

/// Milliseconds of a bare compile; the script tells them without its own start.
fn compiled(home: &Path, edition: &Path, document: &str) -> f64 {
    let mut script = Command::new(python());
    script
        .arg(SCRIPT)
        .arg(home.join("report-templates/informe"));
    script.arg(edition).arg(home.join("inputs/2026-T1"));
    let out = script.args([document, FONTS]).output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout);
    let errors = String::from_utf8_lossy(&out.stderr);
    let told = told.trim().parse();
    assert!(told.is_ok(), "{errors}");
    told.unwrap()
}

fn middle(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
