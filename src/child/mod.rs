//! SHELL: the same binary as a bounded child process.
//!
//! A bad spreadsheet or a runaway template can abort or hang a library where nothing can catch
//! it. So the work is done in a child that has limits on memory and time, dies with its parent,
//! and says on stderr what it is about to do: its last words, should it die.
//!
//! Parent and child speak in frames: eight bytes of length, little-endian, then that many bytes.
//! One request frame, one response frame, as often as the parent likes.

#![allow(clippy::disallowed_methods, reason = "the shell: starts processes")]

mod clock;
mod failure;
mod helper;
mod worker;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;

pub use failure::{ChildFailure, Kind, Passing};
pub use helper::Helper;

/// What a child may use.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Address space, in MiB.
    pub memory_mib: u64,
    /// Processor time for one request, in seconds.
    pub seconds: u64,
    /// Largest response, in MiB.
    pub output_mib: u64,
}

/// Which program to start, and how.
#[derive(Debug, Clone)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// Its arguments: the hidden subcommand.
    pub args: Vec<OsString>,
}

impl Program {
    /// This very binary with a hidden subcommand.
    pub fn this(subcommand: &str) -> io::Result<Self> {
        let mut path = std::env::current_exe()?;
        // Where a newer version has taken the file's place, the one that runs is still here.
        let itself = PathBuf::from("/proc/self/exe");
        if !path.exists() && itself.exists() {
            path = itself;
        }
        Ok(Self {
            path,
            args: vec![subcommand.into()],
        })
    }
}

const MEMORY: &str = "METAS_CHILD_MEMORY_MIB";
const LAST_WORDS: &str = "about to: ";
const LONGEST_WORDS: usize = 300;
/// Said once the bounds are taken on: what ends a child before was not what it was given.
const READY: &str = "ready";
const CANNOT: &str = "cannot: ";

/// Asks `subcommand` of this binary one thing.
///
/// # Errors
/// It failed, and failed again in another child.
pub fn run(subcommand: &str, request: &[u8], bounds: Bounds) -> Result<Vec<u8>, ChildFailure> {
    let program = this(subcommand)?;
    Helper::new(&program, bounds).ask(request)
}

/// This very binary with a hidden subcommand.
///
/// # Errors
/// Where it lies cannot be told.
pub fn this(subcommand: &str) -> Result<Program, ChildFailure> {
    Program::this(subcommand)
        .map_err(|e| ChildFailure::of(Kind::prevented("cannot find this program", &e)))
}

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

/// What a child said that it was kept from by the machine.
fn cannot(line: &str) -> Option<(Passing, &str)> {
    let (how, what) = line.strip_prefix(CANNOT)?.split_once(": ")?;
    let passing = match how {
        "passing" => Passing::Yes,
        _ => Passing::No,
    };
    Some((passing, what))
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

fn write_frame(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)?;
    out.flush()
}

/// The next frame; none at the end.
fn read_frame(input: &mut dyn Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0u8; 8];
    let mut read = 0;
    while let Some(rest) = head.get_mut(read..).filter(|r| !r.is_empty()) {
        match input.read(rest) {
            Ok(0) if read == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u64::from_le_bytes(head);
    if length > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    // Taken at once, so that nothing is moved while the rest comes in.
    let room = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(room)?;
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn frames_come_back() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"uno").unwrap();
        write_frame(&mut pipe, b"").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(
            read_frame(&mut input, 9).unwrap().as_deref(),
            Some(&b"uno"[..])
        );
        assert_eq!(
            read_frame(&mut input, 9).unwrap().as_deref(),
            Some(&b""[..])
        );
        assert_eq!(read_frame(&mut input, 9).unwrap(), None);
        assert!(read_frame(&mut &pipe[..6], 9).is_err());
        assert!(read_frame(&mut pipe.as_slice(), 2).is_err());
    }

    /// Gives one byte at a time, and is interrupted before each.
    struct Interrupted<'b>(&'b [u8], bool);

    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn an_interrupted_frame_comes_whole() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"uno").unwrap();
        let mut input = Interrupted(&pipe, false);
        assert_eq!(
            read_frame(&mut input, 9).unwrap().as_deref(),
            Some(&b"uno"[..])
        );
        assert_eq!(read_frame(&mut input, 9).unwrap(), None);
    }
}
