//! Whole processes beside one another on the same files, in turn: calamine's own cell reader, which
//! is the floor; `metas check` and `metas run`; and a script of the usual libraries. How to run it
//! and what it prints: `benches/README.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod floor;
mod measure;
mod memory;
mod stages;
mod typeset;
mod workload;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use measure::Taken;
use workload::Texts;

const METAS: &str = env!("CARGO_BIN_EXE_metas");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peer.py");

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, floor, folder] = args.as_slice()
        && floor == floor::ARGUMENT
    {
        return floor::main(Path::new(folder));
    }
    let rounds = number("METAS_BENCH_ROUNDS", 5);
    // `cargo bench --bench ingest typeset` runs that part alone.
    if args.iter().any(|arg| arg == typeset::ARGUMENT) {
        return typeset::main(rounds);
    }
    let (files, rows) = (
        number("METAS_BENCH_FILES", 60),
        number("METAS_BENCH_ROWS", 5_000),
    );
    let scale = number("METAS_BENCH_SCALE", 20);
    println!("{files} workbooks x {rows} rows x 12 columns; medians of {rounds} in turn");
    println!(
        "{:<34}{:>9}{:>9}{:>12}{:>12}",
        "", "wall ms", "cpu ms", "wall/floor", "cpu/floor"
    );
    for texts in [Texts::Inline, Texts::Shared] {
        let home = workload::home(texts, files, rows);
        let once = workload(&home, &format!("{texts:?}").to_lowercase(), rounds);
        if scale > 1 && texts == Texts::Shared {
            let large = workload::home(texts, files * scale, rows);
            let many = workload(&large, &format!("shared, {scale} times the files"), 1);
            let ratio = many.wall.as_secs_f64() / once.wall.as_secs_f64() / scale as f64;
            println!("  {scale} times the files take {ratio:.2} times as long each");
        }
    }
    leon(rounds);
    typeset::main(rounds);
}

/// A size from the environment, so that the benchmark itself can be tried quickly.
fn number(name: &str, usual: usize) -> usize {
    let set = std::env::var(name).ok();
    set.and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Measures the floor, `check`, `run` and the script on one home; gives what `run` took.
fn workload(home: &Path, name: &str, rounds: usize) -> Taken {
    println!("{name}");
    let peer = has_peer();
    let mut taken: [Vec<Taken>; 4] = Default::default();
    for _ in 0..rounds {
        let [floor, check, run, script] = &mut taken;
        floor.push(measure::run(&mut floor::command(home)));
        check.push(measure::run(&mut metas("check", "banco", home)));
        run.push(measure::run(&mut metas("run", "banco", fresh(home))));
        if peer {
            script.push(measure::run(&mut script_of("banco", home)));
        }
    }
    let [floor, check, run, script] = taken.map(|runs| measure::median(&runs));
    told("  calamine's cell reader", floor, floor);
    told("  metas check", check, floor);
    told("  metas run, PDFs, message", run, floor);
    if peer {
        told("  polars + fastexcel + typst", script, floor);
        beside("  metas run", run, script);
    }
    stages::of(&mut metas("run", "banco", fresh(home))).print();
    let (own, child) = measure::peaks(&mut metas("run", "banco", fresh(home)));
    println!("  peaks of memory: metas {own} MB, its largest child {child} MB");
    run
}

/// The repository's own home, small workbooks and a report of many pages, beside the script.
fn leon(rounds: usize) {
    let home = workload::leon();
    let plan = "pamga-2025-2027";
    let peer = has_peer();
    println!("leon, two documents with photos");
    let (mut run, mut script) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        run.push(measure::run(&mut metas("run", plan, fresh(&home))));
        if peer {
            script.push(measure::run(&mut script_of("leon", &home)));
        }
    }
    let (run, script) = (measure::median(&run), measure::median(&script));
    let by = if peer { script } else { run };
    told("  metas run", run, by);
    if peer {
        told("  polars + fastexcel + typst", script, by);
        beside("  metas run", run, script);
    }
    stages::of(&mut metas("run", plan, fresh(&home))).print();
    let (own, child) = measure::peaks(&mut metas("run", plan, fresh(&home)));
    println!("  peaks of memory: metas {own} MB, its largest child {child} MB");
}

fn told(what: &str, taken: Taken, by: Taken) {
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    let (wall, cpu) = (ms(taken.wall), ms(taken.cpu));
    println!(
        "{what:<34}{wall:>9.0}{cpu:>9.0}{:>12.2}{:>12.2}",
        wall / ms(by.wall),
        cpu / ms(by.cpu)
    );
}

fn beside(what: &str, ours: Taken, theirs: Taken) {
    let wall = ours.wall.as_secs_f64() / theirs.wall.as_secs_f64();
    let cpu = ours.cpu.as_secs_f64() / theirs.cpu.as_secs_f64();
    println!("{what} is {wall:.2} of the script's wall time, {cpu:.2} of its CPU time");
}

fn metas(command: &str, plan: &str, home: &Path) -> Command {
    let mut metas = Command::new(METAS);
    metas
        .args([
            command,
            plan,
            "--period",
            "2026-T1",
            "--as-of",
            "2026-04-06",
            "--home",
        ])
        .arg(home);
    metas
}

/// The home as before its first run.
fn fresh(home: &Path) -> &Path {
    for made in ["reports", "state"] {
        let _ = fs::remove_dir_all(home.join(made));
    }
    home
}

fn python() -> PathBuf {
    std::env::var_os("METAS_BENCH_PYTHON").map_or_else(|| "python3".into(), Into::into)
}

fn script_of(what: &str, home: &Path) -> Command {
    let mut script = Command::new(python());
    script.arg(SCRIPT).arg(what).arg(home);
    script
}

/// Whether Python has these modules.
fn has_python(modules: &str) -> bool {
    let mut tried = Command::new(python());
    let tried = tried.args(["-c", &format!("import {modules}")]);
    let ended = tried.stdout(Stdio::null()).stderr(Stdio::null()).status();
    ended.is_ok_and(|status| status.success())
}

/// Whether the script's libraries are here.
fn has_peer() -> bool {
    has_python("polars, fastexcel, typst")
}
