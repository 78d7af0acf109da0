//! Who a run is, written so that another process can tell whether it still lives.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a run on another machine is taken to be at work after it began: nobody can look.
const LEASE: Duration = Duration::from_hours(1);

/// Whether the run of a token is still at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// Its process is there.
    Alive,
    /// It began less than an hour ago, where this process can't look.
    Unknown,
    /// Its process is gone, or it began longer ago than any run takes.
    Dead,
}

/// A run's token: boot, process namespace, process, its start, the run's begin, a random part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunToken {
    machine: String,
    process: u32,
    started: String,
    begun: u64,
    nonce: String,
}

impl RunToken {
    /// The token of a run that begins now in this process.
    pub(super) fn new() -> Self {
        let process = std::process::id();
        Self {
            machine: machine(),
            process,
            started: start_of(process).unwrap_or_default(),
            begun: seconds_now(),
            nonce: nonce(),
        }
    }

    /// Whether the run of `token` may still be at work. What this process itself has begun before
    /// is over.
    pub(super) fn liveness_of(&self, token: &str) -> Liveness {
        let Some(other) = Self::parse(token) else {
            return Liveness::Dead;
        };
        let own = (&other.machine, other.process, &other.started)
            == (&self.machine, self.process, &self.started);
        if own {
            return Liveness::Dead;
        }
        if other.machine == self.machine && !self.machine.is_empty() {
            let there = start_of(other.process).is_some_and(|start| start == other.started);
            return if there {
                Liveness::Alive
            } else {
                Liveness::Dead
            };
        }
        // A begin far in the future was noted by a clock that ran ahead.
        if other.begun.abs_diff(seconds_now()) < LEASE.as_secs() {
            Liveness::Unknown
        } else {
            Liveness::Dead
        }
    }

    /// Whether the run of `token` was a process of this machine and is gone for certain.
    #[cfg(feature = "postgres")]
    pub(super) fn knows_to_be_gone(&self, token: &str) -> bool {
        let here = |other: &Self| !self.machine.is_empty() && other.machine == self.machine;
        Self::parse(token).is_some_and(|other| here(&other))
            && self.liveness_of(token) == Liveness::Dead
    }

    /// The token of a text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut next = || parts.next();
        Some(Self {
            machine: next()?.to_owned(),
            process: next()?.parse().ok()?,
            started: next()?.to_owned(),
            begun: next()?.parse().ok()?,
            nonce: next()?.to_owned(),
        })
    }
}

#[cfg(test)]
impl RunToken {
    /// A token of a run that began now on a machine that this one can't look into.
    pub(super) fn on_another_machine(&self) -> Self {
        self.on_machine("elsewhere")
    }

    /// A token of a run that began now on a machine of that name.
    pub(super) fn on_machine(&self, name: &str) -> Self {
        Self {
            machine: name.to_owned(),
            nonce: nonce(),
            ..self.clone()
        }
    }

    /// The same run, begun over an hour before.
    pub(super) fn an_hour_earlier(&self) -> Self {
        Self {
            begun: self.begun - 3_700,
            ..self.clone()
        }
    }
}

impl std::fmt::Display for RunToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            machine,
            process,
            started,
            begun,
            nonce,
        } = self;
        write!(f, "{machine} {process} {started} {begun} {nonce}")
    }
}

/// The random part of a token.
pub fn nonce_of(token: &str) -> Option<String> {
    RunToken::parse(token).map(|token| token.nonce)
}

/// The process that a token names, for people.
pub(super) fn process_of(token: &str) -> u32 {
    RunToken::parse(token).map_or(0, |token| token.process)
}

/// What this machine is called, for people.
#[cfg(feature = "postgres")]
pub(super) fn host_name() -> String {
    #[cfg(debug_assertions)]
    if let Ok(pretended) = std::env::var("METAS_PRETEND_MACHINE") {
        return pretended;
    }
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "a machine" } else { name }.to_owned()
}

/// This boot of this machine and its space of process numbers; empty where the system tells none,
/// so that no token is ever taken for one of this machine.
fn machine() -> String {
    #[cfg(debug_assertions)]
    if let Ok(pretended) = std::env::var("METAS_PRETEND_MACHINE") {
        return pretended;
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let space = space.to_string_lossy();
    let digits: String = space.chars().filter(char::is_ascii_digit).collect();
    match (boot.trim(), digits.as_str()) {
        ("", _) | (_, "") => String::new(),
        (boot, digits) => format!("{boot}/{digits}"),
    }
}

/// When a process began, in the kernel's ticks; none where there is no such process, or only what
/// its parent has not yet noticed of it.
fn start_of(process: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold spaces; after it come the state and, as the 20th, the start.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let gone = matches!(fields.first(), Some(&"Z" | &"X" | &"x"));
    fields
        .get(19)
        .filter(|_| !gone)
        .map(|start| (*start).to_owned())
}

fn seconds_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// Sixteen random hexadecimal digits: the standard library seeds its hashers from the system.
fn nonce() -> String {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_alive_as_long_as_its_process() {
        let me = RunToken::new();
        let text = me.to_string();
        assert_eq!(RunToken::parse(&text), Some(me.clone()));
        assert_eq!(me.liveness_of(&text), Liveness::Dead, "own runs are over");
        assert_eq!(me.liveness_of("nonsense"), Liveness::Dead);
        assert_eq!(process_of(&text), std::process::id());
        assert_eq!(process_of("nonsense"), 0, "a number that no process has");

        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let mut other = me.clone();
        other.process = child.id();
        other.started = start_of(child.id()).unwrap();
        assert_eq!(me.liveness_of(&other.to_string()), Liveness::Alive);
        // The number was given to another process since.
        let reused = RunToken {
            started: "1".to_owned(),
            ..other.clone()
        };
        assert_eq!(me.liveness_of(&reused.to_string()), Liveness::Dead);
        child.kill().unwrap();
        // Dead already, though nobody has asked how it ended.
        let unnoticed = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            me.liveness_of(&other.to_string()) == Liveness::Dead
        });
        assert!(unnoticed);
        child.wait().unwrap();
    }

    #[test]
    fn a_run_on_another_machine_is_believed_for_an_hour() {
        let me = RunToken::new();
        let mut other = RunToken {
            machine: "elsewhere".to_owned(),
            ..me.clone()
        };
        assert_eq!(me.liveness_of(&other.to_string()), Liveness::Unknown);
        other.begun -= 3_700;
        assert_eq!(me.liveness_of(&other.to_string()), Liveness::Dead);
        other.begun += 2 * 3_700;
        assert_eq!(me.liveness_of(&other.to_string()), Liveness::Dead);
    }
}
