//! How long a whole process takes: on the wall and of the processors, its children included.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::memory::Peaks;

/// What one run of a process took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// Time on the wall.
    pub(crate) wall: Duration,
    /// Processor time, of its children too.
    pub(crate) cpu: Duration,
}

/// Runs a command to its good end. The kernel tells processor time in hundredths of a second.
pub(crate) fn run(command: &mut Command) -> Taken {
    let (before, begun) = (children_so_far(), Instant::now());
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let wall = begun.elapsed();
    assert!(ended.unwrap().success(), "{command:?}");
    Taken {
        wall,
        cpu: children_so_far().saturating_sub(before),
    }
}

/// Peaks of memory of a command and of its largest child, in MB: a run of its own, because watching
/// takes time.
pub(crate) fn peaks(command: &mut Command) -> (usize, usize) {
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.unwrap();
    let peaks = Peaks::watch(child.id());
    assert!(child.wait().unwrap().success(), "{command:?}");
    peaks.end()
}

/// Processor time of all children that this process has waited for, and of theirs.
fn children_so_far() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = fields.split_ascii_whitespace().skip(13).take(2);
    let ticks: u32 = ticks.filter_map(|t| t.parse::<u32>().ok()).sum();
    Duration::from_millis(10) * ticks
}

/// The middle one of several runs, each figure for itself.
pub(crate) fn median(runs: &[Taken]) -> Taken {
    let middle = |of: fn(&Taken) -> Duration| {
        let mut all: Vec<Duration> = runs.iter().map(of).collect();
        all.sort();
        all.get(all.len() / 2).copied().unwrap_or_default()
    };
    Taken {
        wall: middle(|taken| taken.wall),
        cpu: middle(|taken| taken.cpu),
    }
}
