//! Some homes at a time, told in the order of the list.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tracing::info;

use super::child;
use super::child::ChildEnd;
use super::list::{FoundHome, ListedHome};
use super::spool;
use super::spool::{Kept, Spool};
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};

/// A pool of processes.
pub(super) struct Pool {
    /// The command and its options; the home is added.
    pub command: Vec<OsString>,
    /// How many at a time.
    pub jobs: usize,
    /// How long each may take.
    pub limit: Duration,
}

/// How a home's process ended.
pub(in crate::cli) struct HomeEnd {
    /// How.
    pub status: ExitStatus,
    /// What the process itself did not tell.
    pub findings: Vec<Diagnostic>,
    /// What it printed on standard output.
    pub stdout: Vec<u8>,
    /// What it printed on standard error.
    pub stderr: Vec<u8>,
    /// How long it took.
    pub took: Duration,
}

/// A home that ended before its turn to be told came.
struct Waiting {
    end: ChildEnd,
    printed: Option<io::Result<(Kept, Kept)>>,
    took: Duration,
}

impl Pool {
    /// Goes over the homes and gives `each` how they ended, in their order, each as soon as those
    /// before it have been given.
    ///
    /// # Errors
    /// Not one thread can be had.
    pub(super) fn go_over(
        &self,
        homes: &[ListedHome],
        each: &mut dyn FnMut(&ListedHome, HomeEnd),
    ) -> Result<(), CommandError> {
        let next = AtomicUsize::new(0);
        // Those who work wait while what they send is not taken: open files stay bounded.
        let (send, receive) = sync_channel(self.jobs);
        thread::scope(|scope| {
            let mut refused = None;
            let mut begun = 0;
            for _ in 0..self.jobs {
                let send = send.clone();
                let work = || self.work(homes, &next, send);
                match thread::Builder::new().spawn_scoped(scope, work) {
                    Ok(_) => begun += 1,
                    Err(error) => refused = Some(error),
                }
            }
            drop(send);
            if let Some(error) = refused.filter(|_| begun == 0) {
                return Err(no_thread(&error));
            }
            let mut turn = Turn {
                homes,
                next: 0,
                spool: Spool::default(),
                waiting: BTreeMap::new(),
            };
            for (index, end, took) in receive {
                turn.came(index, (end, took), each);
            }
            Ok(())
        })
    }

    /// Takes one home after another until there are no more. The thread lives as long as each
    /// process that it starts: the system ends those with it.
    fn work(
        &self,
        homes: &[ListedHome],
        next: &AtomicUsize,
        send: SyncSender<(usize, ChildEnd, Duration)>,
    ) {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(home) = homes.get(index) else {
                return;
            };
            let begun = Instant::now();
            let end = self.one(home);
            let took = begun.elapsed();
            info!(
                home = home.name,
                exit_status = end.status.code(),
                milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                "home ended"
            );
            if send.send((index, end, took)).is_err() {
                return;
            }
        }
    }

    fn one(&self, home: &ListedHome) -> ChildEnd {
        match &home.found {
            FoundHome::Home => {
                let mut words = self.command.clone();
                words.extend(["--home".into(), home.path.clone().into()]);
                child::run(&words, self.limit, self.jobs)
            }
            FoundHome::Twice(earlier) => ChildEnd {
                status: ExitStatus::Done,
                findings: vec![twice(home, earlier)],
                printed: None,
            },
            FoundHome::Nothing(error) => ChildEnd::not_begun(error.clone()),
        }
    }
}

fn twice(home: &ListedHome, earlier: &str) -> Diagnostic {
    let message = format!("{} is the home that is listed as {earlier}", home.name);
    Diagnostic::warning("home-twice", message)
        .hint("it is worked in once; strike one of the two from the list")
}

fn no_thread(error: &io::Error) -> CommandError {
    let message = format!("no home was begun: {error}");
    let hint = "the next run does it. If it comes back, raise this user's limit on processes (ulimit -u), or free memory";
    CommandError::new(
        ExitStatus::Later,
        Diagnostic::error("home-not-begun", message).hint(hint),
    )
}

/// Whose turn it is to be told, and who waits for it.
struct Turn<'a> {
    homes: &'a [ListedHome],
    next: usize,
    spool: Spool,
    waiting: BTreeMap<usize, Waiting>,
}

impl Turn<'_> {
    fn came(
        &mut self,
        index: usize,
        (mut end, took): (ChildEnd, Duration),
        each: &mut dyn FnMut(&ListedHome, HomeEnd),
    ) {
        let printed = end.printed.take();
        if index > self.next {
            let printed = printed.map(|files| self.keep(files));
            let waiting = Waiting { end, printed, took };
            self.waiting.insert(index, waiting);
            return;
        }
        let printed = printed
            .map(|(mut out, mut err)| Ok((spool::whole(&mut out)?, spool::whole(&mut err)?)));
        self.tell((end, took), printed, each);
        while let Some(waiting) = self.waiting.remove(&self.next) {
            let printed = waiting.printed.map(|kept| {
                let (out, err) = kept?;
                Ok((self.spool.give(&out)?, self.spool.give(&err)?))
            });
            self.tell((waiting.end, waiting.took), printed, each);
        }
    }

    fn keep(&mut self, (mut out, mut err): (File, File)) -> io::Result<(Kept, Kept)> {
        Ok((self.spool.keep(&mut out)?, self.spool.keep(&mut err)?))
    }

    fn tell(
        &mut self,
        (end, took): (ChildEnd, Duration),
        printed: Option<io::Result<(Vec<u8>, Vec<u8>)>>,
        each: &mut dyn FnMut(&ListedHome, HomeEnd),
    ) {
        let mut told = HomeEnd {
            status: end.status,
            findings: end.findings,
            stdout: Vec::new(),
            stderr: Vec::new(),
            took,
        };
        match printed {
            None => {}
            Some(Ok((stdout, stderr))) => (told.stdout, told.stderr) = (stdout, stderr),
            Some(Err(error)) => {
                told.status = told.status.and(ExitStatus::Later);
                told.findings.push(lost(&error));
            }
        }
        if let Some(home) = self.homes.get(self.next) {
            each(home, told);
        }
        self.next += 1;
    }
}

fn lost(error: &io::Error) -> Diagnostic {
    let message = format!("what this home printed cannot be read back: {error}");
    Diagnostic::error("home-unheard", message).hint(
        "what it did is done, and its ledger knows it (metas status --home DIR); make room in the folder for temporary files",
    )
}
