//! A child that is asked one thing after another, and replaced where it fails.

use std::thread;
use std::time::Duration;

use tracing::warn;

use super::failure::ChildFailure;
use super::process::Worker;
use super::program::{Bounds, Program};

/// How often a failure must come back in a child of its own before it is believed.
const BELIEVED: u32 = 2;
/// What is short when a child can't be started may be there again after this.
const BREATH: Duration = Duration::from_millis(300);

/// Asks a program, in one child as long as all goes well.
pub struct Helper {
    program: Program,
    bounds: Bounds,
    worker: Option<Worker>,
    /// Whether the child has answered anything yet.
    has_answered: bool,
    used: Duration,
}

impl Helper {
    /// Nothing is started before the first question, or before [`Helper::begin`].
    pub fn new(program: &Program, bounds: Bounds) -> Self {
        Self {
            program: program.clone(),
            bounds,
            worker: None,
            has_answered: false,
            used: Duration::ZERO,
        }
    }

    /// Starts the child, so that it is ready when it is asked. Why it can't be started is told
    /// then. A child ends with the thread that began it.
    pub fn begin(&mut self) {
        if self.worker.is_none() {
            self.worker = Worker::start(&self.program, self.bounds).ok();
            self.has_answered = false;
        }
    }

    /// Processor time that answers have taken so far.
    pub fn used(&self) -> Duration {
        self.used
    }

    /// The answer to `request`. A failure in a child that has answered others before proves
    /// nothing and is tried again in a new one. There, what breaks the child must break it twice
    /// to be the request's own fault, and a fault of the machine gets one more try, too.
    ///
    /// # Errors
    /// The failure that came back, or one that a new child could not change.
    pub fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildFailure> {
        let (mut own, mut of_the_machine) = (0, 0);
        loop {
            let fresh = self.worker.is_none() || !self.has_answered;
            let failure = match self.ask_once(request) {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            warn!(
                child = self.program.args.first().and_then(|name| name.to_str()),
                why = %failure.kind,
                last_words = failure.last_words,
                used_ms = self.used.as_millis() as u64,
                "child {}",
                if failure.kind.is_a_killing() { "killed" } else { "failed" }
            );
            if failure.kind.is_certain() {
                return Err(failure);
            }
            let count = match failure.kind.is_of_the_machine() {
                true => &mut of_the_machine,
                false => &mut own,
            };
            *count += u32::from(fresh);
            if *count >= BELIEVED {
                return Err(failure);
            }
            if failure.kind.is_of_the_machine() {
                thread::sleep(BREATH);
            }
        }
    }

    fn ask_once(&mut self, request: &[u8]) -> Result<Vec<u8>, ChildFailure> {
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => {
                self.has_answered = false;
                Worker::start(&self.program, self.bounds)?
            }
        };
        let answer = worker.ask(request);
        self.used += worker.taken();
        let answer = answer?;
        self.worker = Some(worker);
        self.has_answered = true;
        Ok(answer)
    }
}
