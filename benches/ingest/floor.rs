//! The floor: a process that lets calamine go over every cell of a home's workbooks, and does
//! nothing with them.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use calamine::{Reader, Xlsx};

/// Makes this program the floor.
pub(crate) const ARGUMENT: &str = "__floor";

/// This program as the floor of `home`.
pub(crate) fn command(home: &Path) -> Command {
    let mut floor = Command::new(std::env::current_exe().unwrap());
    floor.arg(ARGUMENT).arg(home.join("inputs/2026-T1"));
    floor
}

/// Goes over all cells of the workbooks in `folder`, as many at a time as there are processors.
pub(crate) fn main(folder: &Path) {
    let paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let cells = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    cells.fetch_add(count(path), Ordering::Relaxed);
                }
            });
        }
    });
    println!("{} cells", cells.into_inner());
}

fn count(path: &Path) -> usize {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(fs::read(path).unwrap())).unwrap();
    let mut reader = book.worksheet_cells_reader("Datos").unwrap();
    let mut count = 0;
    while reader.next_cell().unwrap().is_some() {
        count += 1;
    }
    count
}
