//! How a child failed, and whose fault that is: of what it was given, or of the machine.

use std::io;
use std::process::ExitStatus;

use crate::store::regular::is_passing;

/// How a child failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It used more processor time than it may.
    OutOfTime,
    /// It asked for more memory than it may.
    OutOfMemory,
    /// Its answer is larger than it may be.
    TooMuchOutput,
    /// It broke down at its work: a signal of its own making.
    Crashed(i32),
    /// It broke down at its work and said so by its exit code.
    Exited(i32),
    /// Somebody killed it.
    Killed(i32),
    /// It was given no processor time.
    Stalled,
    /// It was kept from beginning or from doing its work.
    Prevented(String, Passing),
}

/// Whether the same can go well a little later without anybody doing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passing {
    /// It can.
    Yes,
    /// Somebody must put something right.
    No,
}

impl From<&io::Error> for Passing {
    fn from(error: &io::Error) -> Self {
        if is_passing(error) {
            Self::Yes
        } else {
            Self::No
        }
    }
}

/// The exit code of a program that panicked.
const PANIC: i32 = 101;

impl Kind {
    /// A child that could not be started, or not be spoken to.
    pub(crate) fn prevented(doing: &str, error: &io::Error) -> Self {
        Self::Prevented(format!("{doing}: {error}"), Passing::from(error))
    }

    /// How a child that ended without an answer ended. One that never said that it was ready had
    /// not begun with what it was given.
    pub(crate) fn of(status: ExitStatus, was_ready: bool) -> Self {
        let (signal, code) = parts(status);
        match (signal, code) {
            (Some(signal), _) if is_own(signal) && was_ready => Self::Crashed(signal),
            (Some(signal), _) if is_own(signal) => {
                let what = format!("it broke down before it began, signal {signal}");
                Self::Prevented(what, Passing::No)
            }
            (Some(signal), _) => Self::Killed(signal),
            (None, Some(PANIC)) if was_ready => Self::Exited(PANIC),
            (None, code) => {
                let code = code.unwrap_or(-1);
                let what = format!("it ended without having done its work, exit code {code}");
                Self::Prevented(what, Passing::Yes)
            }
        }
    }

    /// Whether the machine is at fault, and not what the child was given.
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            Self::OutOfTime
            | Self::OutOfMemory
            | Self::TooMuchOutput
            | Self::Crashed(_)
            | Self::Exited(_) => false,
            Self::Killed(_) | Self::Stalled | Self::Prevented(..) => true,
        }
    }

    /// Whether the child was ended at its work, by its bounds, its parent or somebody else.
    pub(crate) fn is_a_killing(&self) -> bool {
        match self {
            Self::OutOfTime
            | Self::OutOfMemory
            | Self::TooMuchOutput
            | Self::Stalled
            | Self::Killed(_) => true,
            Self::Crashed(_) | Self::Exited(_) | Self::Prevented(..) => false,
        }
    }

    /// Whether another child given the same would surely end the same.
    pub(crate) fn is_certain(&self) -> bool {
        matches!(self, Self::OutOfTime | Self::TooMuchOutput)
    }

    /// What to do about a fault of the machine.
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::Killed(_) => {
                "nothing was recorded; the next run tries again. If nobody killed it, the system was short of memory (see its log): free some, or lower memory_mib in [limits]"
            }
            Self::Stalled => {
                "nothing was recorded; the next run tries again. If nobody stopped it, the machine is overloaded"
            }
            Self::Prevented(_, Passing::Yes) => {
                "nothing was recorded; the next run tries again. If it comes back, raise this user's limits on open files and processes (ulimit -n, ulimit -u), or free memory"
            }
            _ => "put it right and run again; nothing was recorded",
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OutOfTime => write!(f, "it used more processor time than it may"),
            Self::OutOfMemory => write!(f, "it asked for more memory than it may"),
            Self::TooMuchOutput => write!(f, "its answer is larger than it may be"),
            Self::Crashed(signal) => write!(f, "it broke down with signal {signal}"),
            Self::Exited(code) => write!(f, "it ended without an answer, exit code {code}"),
            Self::Killed(signal) => write!(f, "signal {signal} killed it from outside"),
            Self::Stalled => write!(f, "it was stopped, or given no processor time"),
            Self::Prevented(why, _) => write!(f, "{why}"),
        }
    }
}

/// A child that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildFailure {
    /// How it failed.
    pub kind: Kind,
    /// What it said last that it was about to do; empty when it said nothing.
    pub last_words: String,
}

impl ChildFailure {
    pub(crate) fn of(kind: Kind) -> Self {
        Self {
            kind,
            last_words: String::new(),
        }
    }
}

/// Signals that a process brings upon itself by what it does. SIGKILL is not among them, although
/// the kernel also uses it where memory runs out: the bound on memory makes that rare, and a
/// wrong guess would blame a department.
#[cfg(unix)]
fn is_own(signal: i32) -> bool {
    use rustix::process::Signal;
    [
        Signal::ILL,
        Signal::TRAP,
        Signal::ABORT,
        Signal::BUS,
        Signal::FPE,
        Signal::SEGV,
        Signal::SYS,
    ]
    .iter()
    .any(|own| own.as_raw() == signal)
}

#[cfg(not(unix))]
fn is_own(_signal: i32) -> bool {
    false
}

#[cfg(unix)]
fn parts(status: ExitStatus) -> (Option<i32>, Option<i32>) {
    use std::os::unix::process::ExitStatusExt;
    (status.signal(), status.code())
}

#[cfg(not(unix))]
fn parts(status: ExitStatus) -> (Option<i32>, Option<i32>) {
    (None, status.code())
}
