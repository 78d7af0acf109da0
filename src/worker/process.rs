//! Parent's side of one child.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::clock::processor_time;
use super::failure::{ChildFailure, Kind, Passing};
use super::frames::{read_frame, write_frame};
use super::program::{Bounds, Program};
use super::words::{LAST_WORDS, LONGEST_WORDS, MEMORY, READY, cannot};

/// How often a child at work is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// A child that uses no processor time for so long has been stopped, or waits for what never comes.
const STALLED: Duration = Duration::from_secs(30);
/// A child that is given a tenth of a processor is waited for; one that is given less is not.
const SLOWEST: u32 = 10;

/// What a child takes over from the environment of its parent, which may hold passwords. Where
/// the system's libraries lie is all that it needs.
const INHERITED: [&str; 2] = ["LD_LIBRARY_PATH", "SystemRoot"];

/// Memory that a child keeps for its next request, in bytes.
const KEPT: &str = "33554432";

/// A child that answers one request after another.
pub(crate) struct Worker {
    child: Child,
    bounds: Bounds,
    requests: Option<Sender<Vec<u8>>>,
    responses: Receiver<io::Result<Vec<u8>>>,
    words: Arc<Mutex<Words>>,
    said: Option<thread::JoinHandle<()>>,
    taken: Duration,
}

#[derive(Default)]
struct Words {
    last: String,
    is_ready: bool,
    out_of_memory: bool,
    cannot: Option<(String, Passing)>,
}

impl Worker {
    /// Starts the child.
    pub(crate) fn start(program: &Program, bounds: Bounds) -> Result<Self, ChildFailure> {
        let prevented = |doing: &str, error: &io::Error| {
            let what = format!("{doing} {}", program.path.display());
            ChildFailure::of(Kind::prevented(&what, error))
        };
        let mut child = command(program, bounds)
            .spawn()
            .map_err(|e| prevented("cannot start", &e))?;
        let (requests, to_write) = channel::<Vec<u8>>();
        let (answer, responses) = channel();
        let words = Arc::new(Mutex::new(Words::default()));
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        // From here on whoever returns early ends the child.
        let mut worker = Self {
            child,
            bounds,
            requests: Some(requests),
            responses,
            words: Arc::clone(&words),
            said: None,
            taken: Duration::ZERO,
        };
        let threads = || -> io::Result<Option<thread::JoinHandle<()>>> {
            if let Some(mut stdin) = stdin {
                spawn(move || {
                    for request in to_write {
                        if write_frame(&mut stdin, &request).is_err() {
                            return;
                        }
                    }
                })?;
            }
            if let Some(stdout) = stdout {
                let most = bounds.output_mib.saturating_mul(1 << 20);
                spawn(move || pass_on(stdout, most, &answer))?;
            }
            stderr
                .map(|stderr| spawn(move || listen(stderr, &words)))
                .transpose()
        };
        worker.said = threads().map_err(|e| prevented("cannot start a thread for", &e))?;
        Ok(worker)
    }

    /// Processor time that the last request took.
    pub(crate) fn taken(&self) -> Duration {
        self.taken
    }

    /// Sends a request and waits for its answer. After a failure the child is dead.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildFailure> {
        let before = processor_time(self.child.id()).unwrap_or_default();
        if let Some(requests) = &self.requests {
            // A child that is gone is noticed where its answer is missing.
            let _ = requests.send(request.to_vec());
        }
        let answer = self.wait(before);
        let now = processor_time(self.child.id()).unwrap_or_default();
        self.taken = now.saturating_sub(before);
        answer.map_err(|kind| self.end(kind))
    }

    /// The answer, or how the child failed; none where it ended by itself.
    fn wait(&mut self, before: Duration) -> Result<Vec<u8>, Option<Kind>> {
        let mut patience = Patience::new(self.bounds.seconds);
        loop {
            let begun = Instant::now();
            match self.responses.recv_timeout(LOOK) {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                    return Err(Some(Kind::TooMuchOutput));
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::OutOfMemory => {
                    return Err(Some(Kind::prevented(
                        "its answer can't be taken in",
                        &error,
                    )));
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let used = processor_time(self.child.id()).map(|now| now.saturating_sub(before));
            if let Some(kind) = patience.look(begun.elapsed(), used) {
                return Err(Some(kind));
            }
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
        let kind = kind.unwrap_or_else(|| match (&words.cannot, status) {
            _ if words.out_of_memory && words.is_ready => Kind::OutOfMemory,
            (Some((what, passing)), _) => Kind::Prevented(what.clone(), *passing),
            (None, Some(status)) => Kind::of(status, words.is_ready),
            (None, None) => Kind::Stalled,
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

/// How long a child at work is waited for. What it may take is processor time: how long that lasts
/// on the wall is the machine's affair.
struct Patience {
    bound: Duration,
    waited: Duration,
    used: Duration,
    idle: Duration,
}

impl Patience {
    fn new(seconds: u64) -> Self {
        Self {
            bound: Duration::from_secs(seconds),
            waited: Duration::ZERO,
            used: Duration::ZERO,
            idle: Duration::ZERO,
        }
    }

    /// After another look that lasted `passed`, what is wrong with a child that has `used` so much
    /// processor time on its request; none while all may still go well.
    fn look(&mut self, passed: Duration, used: Option<Duration>) -> Option<Kind> {
        // A parent that was stopped itself has not waited meanwhile.
        let passed = passed.min(LOOK * 3);
        self.waited += passed;
        let Some(used) = used else {
            // Where the system does not tell, time on the wall must do.
            return (self.waited > self.bound).then_some(Kind::OutOfTime);
        };
        if used > self.bound {
            return Some(Kind::OutOfTime);
        }
        self.idle = if used > self.used {
            Duration::ZERO
        } else {
            self.idle + passed
        };
        self.used = used;
        let longest = self.bound.saturating_mul(SLOWEST) + STALLED;
        (self.idle > STALLED || self.waited > longest).then_some(Kind::Stalled)
    }
}

fn command(program: &Program, bounds: Bounds) -> Command {
    let mut command = Command::new(&program.path);
    command
        .args(&program.args)
        .env_clear()
        .env(MEMORY, bounds.memory_mib.to_string())
        .env("POLARS_MAX_THREADS", "1")
        .env("RAYON_NUM_THREADS", "1")
        .env("MALLOC_ARENA_MAX", "1")
        // A child reads one file after another: what one has used serves the next, and is not
        // given back to the system page by page.
        .env("MALLOC_TRIM_THRESHOLD_", KEPT)
        .env("MALLOC_MMAP_THRESHOLD_", KEPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A thread, or why there is none: the plain way of starting one panics.
fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().spawn(work)
}

fn pass_on(mut stdout: impl Read, most: u64, answer: &Sender<io::Result<Vec<u8>>>) {
    loop {
        let frame = read_frame(&mut stdout, most);
        let ended = !matches!(frame, Ok(Some(_)));
        let frame = frame.and_then(|f| f.ok_or_else(|| io::ErrorKind::UnexpectedEof.into()));
        if answer.send(frame).is_err() || ended {
            return;
        }
    }
}

/// Keeps the last words, and what tells whose fault an end is. Everything else on stderr, such as
/// a panic's text, can quote a cell and is thrown away.
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
        let short = |text: &str| text.trim_end().chars().take(LONGEST_WORDS).collect();
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = text.strip_prefix(LAST_WORDS) {
            words.last = short(last);
        } else if text.trim_end() == READY {
            words.is_ready = true;
        } else if let Some((passing, what)) = cannot(&text) {
            words.cannot = Some((short(what), passing));
        } else if text.contains("memory allocation of") {
            words.out_of_memory = true;
        } else if text.contains("spawn") && text.contains("thread") {
            words.cannot = Some(("it could not start a thread".to_owned(), Passing::Yes));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_last_words_are_kept() {
        let words = Mutex::new(Words::default());
        let said = format!("{READY}\nabout to: uno\npanicked at CANARIO\nabout to: dos\n");
        listen(said.as_bytes(), &words);
        let words = words.into_inner().unwrap();
        assert_eq!((words.last.as_str(), words.is_ready), ("dos", true));
    }

    /// Looks of 100 ms each; the child uses `share` thousandths of a processor.
    fn ends(share: u64, bound: u64, looks: u64) -> Option<(u64, Kind)> {
        let mut patience = Patience::new(bound);
        (1..=looks).find_map(|n| {
            let used = Duration::from_micros(n * share * 100);
            Some((n, patience.look(LOOK, Some(used))?))
        })
    }

    #[test]
    fn a_stopped_or_starved_child_is_not_out_of_time() {
        assert_eq!(ends(1000, 1, 1000), Some((11, Kind::OutOfTime)));
        assert_eq!(ends(500, 1, 1000), Some((21, Kind::OutOfTime)));
        assert_eq!(ends(0, 1, 300), None, "waited for while it may go on");
        assert_eq!(ends(0, 1, 1000).unwrap().1, Kind::Stalled);
        assert_eq!(ends(1, 15, 5000).unwrap().1, Kind::Stalled);
    }

    #[test]
    fn a_parent_that_was_stopped_has_not_waited() {
        let mut patience = Patience::new(1);
        assert_eq!(patience.look(Duration::from_secs(3600), Some(LOOK)), None);
    }
}
