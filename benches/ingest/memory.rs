//! The most memory that a process and its children have used, as the system tells it (Linux).

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

/// Watches a process until it is told to end.
pub(crate) struct Peaks {
    over: Arc<AtomicBool>,
    watch: JoinHandle<(usize, usize)>,
}

impl Peaks {
    /// Begins to watch process `pid`.
    pub(crate) fn watch(pid: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let watch = spawn(move || {
            let (mut own, mut children) = (0, 0);
            while !ends.load(Ordering::Relaxed) {
                own = own.max(high_water(pid));
                children = children_of(pid)
                    .into_iter()
                    .map(high_water)
                    .fold(children, usize::max);
                sleep(Duration::from_millis(2));
            }
            (own / 1024, children / 1024)
        });
        Self { over, watch }
    }

    /// Peaks of the process and of its largest child, in MB.
    pub(crate) fn end(self) -> (usize, usize) {
        self.over.store(true, Ordering::Relaxed);
        self.watch.join().unwrap()
    }
}

fn high_water(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0)
}

fn children_of(pid: u32) -> Vec<u32> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    tasks
        .flatten()
        .flat_map(|task| {
            let text = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let pids: Vec<u32> = text
                .split(' ')
                .filter_map(|p| p.trim().parse().ok())
                .collect();
            pids
        })
        .collect()
}
