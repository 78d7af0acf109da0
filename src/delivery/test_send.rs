//! Sends tests of messages to one address, beside the ledger: nothing of it is recorded.

use std::path::{Path, PathBuf};
use std::time::Instant;

use lettre::message::Mailbox;

use super::outbox;
use super::settings::Settings;
use super::smtp::{Failure, Phase, Server, Session, TransactionOutcome};
use crate::store::disk;

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestOutcome {
    /// The server has taken it, with its reply.
    Sent(String),
    /// No server is configured: it lies here.
    Written(PathBuf),
    /// It may go another time.
    Later(Failure),
    /// It does not go before something is put right.
    Refused(Failure),
}

/// Sends each of `tests`, a name and its bytes, to `to` and nobody else. Where the plan has no
/// server they are written below `state`, in `outbox/prueba/`.
pub fn send_tests(
    settings: &Settings,
    state: &Path,
    to: &Mailbox,
    tests: &[(String, Vec<u8>)],
) -> Vec<TestOutcome> {
    #[allow(clippy::disallowed_methods, reason = "the shell measures time")]
    let until = Instant::now().checked_add(settings.time);
    let mut sender = TestSender {
        settings,
        to,
        until,
        session: None,
        down: None,
    };
    let one = |(name, bytes): &(String, Vec<u8>)| match &settings.server {
        None => written(state, name, bytes),
        Some(Ok(server)) => sender.send(server, bytes),
        Some(Err(unready)) => TestOutcome::Refused(unready.clone()),
    };
    let outcomes = tests.iter().map(one).collect();
    if let Some(session) = sender.session.take() {
        session.quit();
    }
    outcomes
}

fn written(state: &Path, name: &str, bytes: &[u8]) -> TestOutcome {
    let folder = state.join("outbox").join("prueba");
    let path = folder.join(name);
    let done = disk::make_private_folder(&folder).and_then(|()| outbox::write_whole(&path, bytes));
    match done {
        Ok(()) => TestOutcome::Written(path),
        Err(e) => TestOutcome::Refused(
            Phase::Prepare.failed(format!("{} can't be written: {e}", path.display())),
        ),
    }
}

struct TestSender<'a> {
    settings: &'a Settings,
    to: &'a Mailbox,
    until: Option<Instant>,
    session: Option<Session>,
    /// Why the server is not asked again.
    down: Option<Failure>,
}

impl TestSender<'_> {
    fn send(&mut self, server: &Server, bytes: &[u8]) -> TestOutcome {
        loop {
            if let Some(failure) = &self.down {
                return of_server(failure.clone());
            }
            let mut session = match self.session.take().filter(Session::usable) {
                Some(session) => session,
                None => match Session::open(server, self.until) {
                    Ok(session) => session,
                    Err(failure) => {
                        self.down = Some(failure);
                        continue;
                    }
                },
            };
            let used_before = session.transactions() > 0;
            let (from, to) = (&self.settings.from.email, &self.to.email);
            let sent = session.send(from, to, bytes, &mut || Ok(()));
            let usable = session.usable();
            self.session = Some(session);
            return match sent {
                Ok(TransactionOutcome::Accepted(reply)) => TestOutcome::Sent(reply),
                Ok(TransactionOutcome::Down(_)) if used_before && !usable => continue,
                Ok(TransactionOutcome::Down(failure)) => {
                    self.down = Some(failure.clone());
                    of_server(failure)
                }
                Ok(
                    TransactionOutcome::Deferred(failure) | TransactionOutcome::Ambiguous(failure),
                ) => TestOutcome::Later(failure),
                Ok(TransactionOutcome::Rejected(failure)) => TestOutcome::Refused(failure),
                Err(told) => TestOutcome::Refused(Phase::Dot.failed(told.to_string())),
            };
        }
    }
}

/// Whether a server that takes nothing now may take it later.
fn of_server(failure: Failure) -> TestOutcome {
    match failure.phase {
        Phase::Prepare | Phase::Tls | Phase::Auth => TestOutcome::Refused(failure),
        _ => TestOutcome::Later(failure),
    }
}
