//! Reads 60 workbooks of 5,000 rows and 12 columns, all declared, in bounded children, and beside
//! it lets calamine's own cell reader go over the same cells in the same run, which is the floor;
//! then the whole `metas run` over them, to PDF and message.
//! `cargo bench --bench ingest [-- FILES ROWS]`; 1200 files are twenty times the workload.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod memory;
mod workload;

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use calamine::{Reader, Xlsx};
use memory::Peaks;
use metas::child::Program;
use metas::inbox::{Job, READ_SUBCOMMAND, read_all, reader_main};
use metas::pipeline::Limits;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == READ_SUBCOMMAND) {
        reader_main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()).unwrap();
        return;
    }
    let numbers: Vec<usize> = args.iter().filter_map(|a| a.parse().ok()).collect();
    let (files, rows) = (
        numbers.first().copied().unwrap_or(60),
        numbers.get(1).copied().unwrap_or(5_000),
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ingest-{rows}"));
    fs::create_dir_all(&folder).unwrap();
    let paths: Vec<PathBuf> = (0..files)
        .map(|n| workload::workbook(&folder, n, rows))
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{files} workbooks x {rows} rows x 12 columns, {threads} at a time, best of three");

    let (floor, cells) = best(|| floor(&paths, threads));
    told("calamine's cell reader", floor, floor);
    println!("  {cells} cells");
    let source = workload::source(files);
    let jobs: Vec<Job> = paths
        .iter()
        .map(|path| Job {
            source: source.clone(),
            file: "banco.xlsx".to_owned(),
            path: path.clone(),
        })
        .collect();
    // The peak of one run, before others have left their mark on this process.
    let peaks = Peaks::watch(std::process::id());
    let kept = ingest(&jobs, threads);
    let (own, children) = peaks.end();
    let (ours, _) = best(|| ingest(&jobs, threads));
    told("whole ingest", ours, floor);
    println!("  {kept} rows; peak: this process {own} MB, a child {children} MB");
    let home = folder.join(format!("home-{files}"));
    workload::home(&home, &paths);
    let mut peak = (0, 0);
    let (run, ()) = best(|| peak = whole_run(&home));
    told("metas run, PDF, message", run, floor);
    println!("  peak: metas {} MB, a child {} MB", peak.0, peak.1);
}

fn told(what: &str, time: Duration, floor: Duration) {
    let ratio = time.as_secs_f64() / floor.as_secs_f64();
    let millis = time.as_secs_f64() * 1000.0;
    println!("{what:<24}{millis:>8.0} ms {ratio:>6.2}");
}

fn best<T>(mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut best = None;
    for _ in 0..3 {
        let start = Instant::now();
        let made = run();
        let took = start.elapsed();
        if best.as_ref().is_none_or(|(before, _)| took < *before) {
            best = Some((took, made));
        }
    }
    best.unwrap()
}

fn floor(paths: &[PathBuf], threads: usize) -> usize {
    let next = AtomicUsize::new(0);
    let cells = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut book: Xlsx<_> =
                        Xlsx::new(Cursor::new(fs::read(path).unwrap())).unwrap();
                    let mut reader = book.worksheet_cells_reader("Datos").unwrap();
                    let mut count = 0;
                    while reader.next_cell().unwrap().is_some() {
                        count += 1;
                    }
                    cells.fetch_add(count, Ordering::Relaxed);
                }
            });
        }
    });
    cells.into_inner()
}

fn ingest(jobs: &[Job], threads: usize) -> usize {
    let program = Program {
        path: std::env::current_exe().unwrap(),
        args: vec![READ_SUBCOMMAND.into()],
    };
    let limits = Limits {
        run_mib: 65_536,
        ..Limits::default()
    };
    let readings = read_all(&program, jobs, &limits, threads, &|_| {}).expect("read");
    for reading in &readings {
        assert!(reading.frame.is_some(), "{:?}", reading.findings);
    }
    readings.iter().map(|r| r.rows).sum()
}

/// Peaks of `metas run` and of its children, in MB.
fn whole_run(home: &Path) -> (usize, usize) {
    for made in ["reports", "state"] {
        let _ = fs::remove_dir_all(home.join(made));
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_metas"))
        .args(["run", "banco", "--period", "2026-T1", "--quiet", "--home"])
        .arg(home)
        .spawn()
        .unwrap();
    let peaks = Peaks::watch(child.id());
    assert!(child.wait().unwrap().success());
    peaks.end()
}
