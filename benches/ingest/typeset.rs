//! What typesetting takes, report and slides, beside a bare Typst compile of the same templates with
//! the same results: León's plan, and plans of 80 and of 1,000 goals.

use std::path::Path;
use std::process::{Command, Stdio};

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
        if bare {
            for (all, one) in theirs.iter_mut().zip(compiled(home, &edition)) {
                all.push(one);
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

/// Milliseconds of a bare compile of each document, side by side as `metas` does it; the script
/// tells them without its own start.
fn compiled(home: &Path, edition: &Path) -> [f64; 2] {
    let begun = DOCUMENTS.map(|document| {
        let mut script = Command::new(python());
        script
            .arg(SCRIPT)
            .arg(home.join("report-templates/informe"));
        script.arg(edition).arg(home.join("inputs/2026-T1"));
        script.args([document, FONTS]);
        script.stdout(Stdio::piped()).stderr(Stdio::piped());
        script.spawn().unwrap()
    });
    begun.map(|script| {
        let out = script.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&out.stdout);
        let errors = String::from_utf8_lossy(&out.stderr);
        let told = told.trim().parse();
        assert!(told.is_ok(), "{errors}");
        told.unwrap()
    })
}

fn middle(all: &mut [f64]) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
