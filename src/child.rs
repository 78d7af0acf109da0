//! SHELL: the same binary as a bounded child process.
//!
//! A bad spreadsheet or a runaway template can abort or hang a library where nothing can catch
//! it. So the work is done in a child that has limits on memory and time, dies with its parent,
//! and says on stderr what it is about to do: its last words, should it die.
//!
//! Parent and child speak in frames: eight bytes of length, little-endian, then that many bytes.
//! One request frame, one response frame, as often as the parent likes.

#![allow(clippy::disallowed_methods, reason = "the shell: starts processes")]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// What a child may use.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Address space, in MiB.
    pub memory_mib: u64,
    /// Wall time for one request, in seconds.
    pub seconds: u64,
    /// Largest response, in MiB.
    pub output_mib: u64,
}

/// How a child failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It took longer than it may.
    TimedOut,
    /// It asked for more memory than it may.
    OutOfMemory,
    /// A signal killed it.
    Killed(i32),
    /// It ended without an answer.
    Exited(i32),
    /// Its answer is larger than it may be.
    TooMuchOutput,
    /// It could not be started.
    NotStarted(String),
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimedOut => write!(f, "it took longer than it may"),
            Self::OutOfMemory => write!(f, "it asked for more memory than it may"),
            Self::Killed(signal) => write!(f, "signal {signal} killed it"),
            Self::Exited(code) => write!(f, "it ended without an answer, exit code {code}"),
            Self::TooMuchOutput => write!(f, "its answer is larger than it may be"),
            Self::NotStarted(why) => write!(f, "it could not be started: {why}"),
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
        let path = std::env::current_exe()?;
        Ok(Self {
            path,
            args: vec![subcommand.into()],
        })
    }
}

const MEMORY: &str = "METAS_CHILD_MEMORY_MIB";
const LAST_WORDS: &str = "about to: ";
const LONGEST_WORDS: usize = 300;

/// Asks `subcommand` of this binary one thing.
pub fn run(subcommand: &str, request: &[u8], bounds: Bounds) -> Result<Vec<u8>, ChildFailure> {
    let program = Program::this(subcommand).map_err(|e| not_started(&e))?;
    let limit = Duration::from_secs(bounds.seconds);
    Worker::start(&program, bounds)?.ask(request.to_vec(), limit)
}

/// Parent's side of a child that answers one request after another.
pub struct Worker {
    child: Child,
    requests: Option<Sender<Vec<u8>>>,
    responses: Receiver<io::Result<Vec<u8>>>,
    words: Arc<Mutex<Words>>,
    said: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Words {
    last: String,
    out_of_memory: bool,
}

impl Worker {
    /// Starts the child.
    pub fn start(program: &Program, bounds: Bounds) -> Result<Self, ChildFailure> {
        let mut child = Command::new(&program.path)
            .args(&program.args)
            .env(MEMORY, bounds.memory_mib.to_string())
            .env("POLARS_MAX_THREADS", "1")
            .env("RAYON_NUM_THREADS", "1")
            .env("MALLOC_ARENA_MAX", "1")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| not_started(&e))?;
        let (requests, to_write) = channel::<Vec<u8>>();
        let (answer, responses) = channel();
        if let Some(mut stdin) = child.stdin.take() {
            thread::spawn(move || {
                for request in to_write {
                    if write_frame(&mut stdin, &request).is_err() {
                        return;
                    }
                }
            });
        }
        let most = bounds.output_mib.saturating_mul(1 << 20);
        if let Some(mut stdout) = child.stdout.take() {
            thread::spawn(move || {
                loop {
                    let frame = read_frame(&mut stdout, most);
                    let ended = !matches!(frame, Ok(Some(_)));
                    let frame =
                        frame.and_then(|f| f.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()));
                    if answer.send(frame).is_err() || ended {
                        return;
                    }
                }
            });
        }
        let words = Arc::new(Mutex::new(Words::default()));
        let said = child.stderr.take().map(|stderr| {
            let words = Arc::clone(&words);
            thread::spawn(move || listen(stderr, &words))
        });
        Ok(Self {
            child,
            requests: Some(requests),
            responses,
            words,
            said,
        })
    }

    /// Sends a request and waits for its answer, `limit` at most. After a failure the child is
    /// dead.
    pub fn ask(&mut self, request: Vec<u8>, limit: Duration) -> Result<Vec<u8>, ChildFailure> {
        if let Some(requests) = &self.requests {
            // A child that is gone is noticed where its answer is missing.
            let _ = requests.send(request);
        }
        match self.responses.recv_timeout(limit) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(self.end(Some(Kind::TooMuchOutput)))
            }
            Err(RecvTimeoutError::Timeout) => Err(self.end(Some(Kind::TimedOut))),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(self.end(None)),
        }
    }

    /// Ends the child and tells how it failed; where `kind` is given, the parent has decided.
    fn end(&mut self, kind: Option<Kind>) -> ChildFailure {
        self.requests = None;
        if kind.is_some() {
            let _ = self.child.kill();
        }
        let status = self.wait_a_little();
        if let Some(said) = self.said.take() {
            let _ = said.join();
        }
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kind.unwrap_or_else(|| match status {
            _ if words.out_of_memory => Kind::OutOfMemory,
            Some(status) => explain(status),
            None => Kind::TimedOut,
        });
        ChildFailure {
            kind,
            last_words: words.last.clone(),
        }
    }

    /// A child that has closed its output ends at once, or is killed.
    fn wait_a_little(&mut self) -> Option<ExitStatus> {
        for _ in 0..200 {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        None
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.requests = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn not_started(error: &io::Error) -> ChildFailure {
    ChildFailure {
        kind: Kind::NotStarted(error.to_string()),
        last_words: String::new(),
    }
}

#[cfg(unix)]
fn explain(status: ExitStatus) -> Kind {
    use std::os::unix::process::ExitStatusExt;
    match (status.signal(), status.code()) {
        (Some(signal), _) => Kind::Killed(signal),
        (None, code) => Kind::Exited(code.unwrap_or(-1)),
    }
}

#[cfg(not(unix))]
fn explain(status: ExitStatus) -> Kind {
    Kind::Exited(status.code().unwrap_or(-1))
}

/// Keeps the last words. Everything else on stderr, such as a panic's text, can quote a cell and
/// is thrown away.
fn listen(stderr: impl Read, words: &Mutex<Words>) {
    let mut stderr = io::BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = io::BufRead::read_until(&mut (&mut stderr).take(64 << 10), b'\n', &mut line);
        if !matches!(read, Ok(n) if n > 0) {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = text.strip_prefix(LAST_WORDS) {
            words.last = last.trim_end().chars().take(LONGEST_WORDS).collect();
        } else if text.contains("memory allocation of") {
            words.out_of_memory = true;
        }
    }
}

/// Child's side: takes on the bounds that the parent set, and answers until there are no more
/// requests.
pub fn serve(
    input: &mut dyn Read,
    output: &mut dyn Write,
    answer: &mut dyn FnMut(&[u8]) -> Vec<u8>,
) -> io::Result<()> {
    enter();
    while let Some(request) = read_frame(input, u64::MAX)? {
        write_frame(output, &answer(&request))?;
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
    let _ = io::stderr().write_all(format!("{LAST_WORDS}{line}\n").as_bytes());
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
        match input.read(rest)? {
            0 if read == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => read += n,
        }
    }
    let length = u64::from_le_bytes(head);
    if length > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
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

    #[test]
    fn only_last_words_are_kept() {
        let words = Mutex::new(Words::default());
        listen(
            &b"about to: uno\npanicked at CANARIO\nabout to: dos\n"[..],
            &words,
        );
        assert_eq!(words.into_inner().unwrap().last, "dos");
    }
}
