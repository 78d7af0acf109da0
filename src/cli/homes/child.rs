//! One home at work: a process of this very program, with a limit on its time, whose output is kept
//! in files without a name, so that nothing is left of it whatever ends this process.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::worker;

/// Names the process that goes over many homes to each that it starts.
const POOL: &str = "METAS_POOL";

/// How often a process at work is looked at, at least.
const LOOK: Duration = Duration::from_millis(100);

/// How long a process that was killed is waited for.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// How a process ended, and what it printed.
pub(super) struct ChildEnd {
    /// Its exit status, or what its end comes to.
    pub status: ExitStatus,
    /// What was not told by itself.
    pub findings: Vec<Diagnostic>,
    /// What it printed: standard output and standard error.
    pub printed: Option<(File, File)>,
}

impl ChildEnd {
    /// Nothing was begun.
    pub(super) fn not_begun(error: CommandError) -> Self {
        Self {
            status: error.status,
            findings: error.diagnostics,
            printed: None,
        }
    }
}

/// Runs this program with `arguments` and waits for its end, at most as long as `limit`. Up to
/// `shares` of them run at a time.
pub(super) fn run(arguments: &[OsString], limit: Duration, shares: usize) -> ChildEnd {
    started(arguments, shares).map_or_else(
        |error| ChildEnd::not_begun(not_started(&error)),
        |(child, printed)| {
            let (status, findings) = wait(child, limit);
            ChildEnd {
                status,
                findings: findings.into_iter().collect(),
                printed: Some(printed),
            }
        },
    )
}

fn started(arguments: &[OsString], shares: usize) -> io::Result<(Child, (File, File))> {
    let program = worker::Program::this("")?;
    let (out, err) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let child = Command::new(&program.path)
        .args(arguments)
        .env_remove("METAS_HOME")
        .env(POOL, std::process::id().to_string())
        .env(worker::SHARES, shares.to_string())
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(err.try_clone()?)
        .spawn()?;
    Ok((child, (out, err)))
}

fn not_started(error: &io::Error) -> CommandError {
    let message = format!("this home's process cannot be started: {error}");
    let hint = "nothing was begun; the next run does it. If it comes back, raise this user's limits on processes and open files (ulimit -u, ulimit -n), free memory, or make room in the folder for temporary files";
    CommandError::new(
        ExitStatus::Later,
        Diagnostic::error("home-not-begun", message).hint(hint),
    )
}

/// Waits for the end of a process, or ends it when its time is over.
fn wait(mut child: Child, limit: Duration) -> (ExitStatus, Option<Diagnostic>) {
    let mut waited = Duration::ZERO;
    let mut pause = Duration::from_millis(5);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return ended(status),
            Ok(None) if waited < limit => {}
            Ok(None) => return (ExitStatus::Environment, Some(end(&mut child, limit))),
            Err(error) => {
                let _ = child.kill();
                return (ExitStatus::Later, Some(broken_off(&format!("{error}"))));
            }
        }
        let begun = Instant::now();
        thread::sleep(pause);
        // A process that was stopped itself has not waited meanwhile.
        waited += begun.elapsed().min(pause * 3);
        pause = (pause * 2).min(LOOK);
    }
}

/// Ends a process. One that hangs in the kernel, as on a share whose server is away, is left.
fn end(child: &mut Child, limit: Duration) -> Diagnostic {
    let _ = child.kill();
    let begun = Instant::now();
    while begun.elapsed() < LAST_WAIT && matches!(child.try_wait(), Ok(None)) {
        thread::sleep(LOOK);
    }
    let message = format!(
        "this home did not end within {} seconds and was ended",
        limit.as_secs()
    );
    Diagnostic::error("home-overdue", message).hint(
        "nothing was left half done. Run it alone with -v to see where it hangs (metas run --home DIR -v): a share, a mail server, a command for a token; or give it more time with --home-seconds",
    )
}

/// What the end of a process comes to. Whoever kills one, such as a system short of memory, is the
/// machine; what it brings upon itself is a fault of this program.
fn ended(status: std::process::ExitStatus) -> (ExitStatus, Option<Diagnostic>) {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    if let Some(status) = code.and_then(ExitStatus::of_code) {
        return (status, None);
    }
    let kind = worker::Kind::of(status, true);
    if matches!(kind, worker::Kind::Killed(_)) {
        return (ExitStatus::Later, Some(broken_off(&kind.to_string())));
    }
    let message = match kind {
        worker::Kind::Crashed(_) => format!("this home's process broke off: {kind}"),
        _ => format!("this home's process broke off: {status}"),
    };
    let hint = "nothing was left half done; run it alone, and if it comes back report these words";
    let error = Diagnostic::error("home-broke-down", message).hint(hint);
    (ExitStatus::Internal, Some(error))
}

fn broken_off(why: &str) -> Diagnostic {
    let message = format!("this home's process was ended: {why}");
    Diagnostic::error("home-ended", message).hint(
        "nothing was left half done; the next run goes on. If nobody ended it, the system was short of memory (see its log): free some, or lower --jobs",
    )
}

/// Makes a process of the pool end with the process that started it, whatever ends that.
#[cfg(target_os = "linux")]
pub(in crate::cli) fn end_with_parent() {
    use rustix::process::{Pid, Signal, set_parent_process_death_signal, test_kill_process};
    let Some(pool) = std::env::var(POOL).ok().and_then(|pid| pid.parse().ok()) else {
        return;
    };
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // It may have gone before the signal was asked for.
    if Pid::from_raw(pool).is_some_and(|pool| test_kill_process(pool).is_err()) {
        std::process::exit(ExitStatus::Later.code().into());
    }
}

/// Where the system has no such signal, a process of the pool goes on to its end.
#[cfg(not(target_os = "linux"))]
pub(in crate::cli) fn end_with_parent() {}
