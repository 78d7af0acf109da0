//! The child's side: takes on the bounds that its parent set, and answers.

use std::io::{self, Read, Write};

use super::failure::Passing;
use super::frames::{read_frame, write_frame};
use super::words::{CANNOT, LAST_WORDS, LONGEST_WORDS, MEMORY, READY};

/// Child's side: takes on the bounds that the parent set, and answers until there are no more
/// requests. What the child is kept from by the machine it says on stderr, and ends.
///
/// # Errors
/// It was kept from its work, or its parent has gone.
pub fn serve(
    input: &mut dyn Read,
    output: &mut dyn Write,
    answer: &mut dyn FnMut(&[u8]) -> io::Result<Vec<u8>>,
) -> io::Result<()> {
    enter();
    say(READY);
    while let Some(request) = read_frame(input, u64::MAX)? {
        let answered = answer(&request).inspect_err(|error| {
            let passing = match Passing::from(error) {
                Passing::Yes => "passing",
                Passing::No => "lasting",
            };
            say(&format!("{CANNOT}{passing}: {error}"));
        })?;
        write_frame(output, &answered)?;
    }
    Ok(())
}

/// Says on stderr what the child is about to do.
pub fn about_to(what: &str) {
    let line: String = what
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_WORDS)
        .collect();
    say(&format!("{LAST_WORDS}{line}"));
}

fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// Sets this process's limits. Where the platform lacks them, the parent's clock is left.
fn enter() {
    let memory: Option<u64> = std::env::var(MEMORY).ok().and_then(|v| v.parse().ok());
    limit(memory.map(|mib| mib.saturating_mul(1 << 20)));
}

#[cfg(target_os = "linux")]
fn limit(memory: Option<u64>) {
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let both = |n| Rlimit {
        current: Some(n),
        maximum: Some(n),
    };
    let _ = setrlimit(Resource::Core, both(0));
    if let Some(bytes) = memory {
        let _ = setrlimit(Resource::As, both(bytes));
    }
}

#[cfg(not(target_os = "linux"))]
fn limit(_memory: Option<u64>) {}
