//! What the plans of one run share: the time for mail, and what a server has shown of itself.

#![allow(clippy::disallowed_methods, reason = "the shell measures time")]

use std::time::{Duration, Instant};

use super::smtp::{Failure, Server};
use crate::plan::Tls;

/// Why a server is not asked again in this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendFault {
    /// Nobody can be sent to.
    Down(Failure),
    /// It took the message of this delivery to its end and gave no answer: the next answer would be
    /// doubtful too, and each doubt is a person's work.
    Doubt(i64),
}

/// One run's dealings with mail servers.
#[derive(Debug, Default)]
pub struct Round {
    spent: Duration,
    begun: Option<(Instant, Duration)>,
    faults: Vec<(ServerLogin, SendFault)>,
}

/// A server and the user on it: another user's login may be sound.
type ServerLogin = (String, u16, Tls, Option<String>);

fn server_login(server: &Server) -> ServerLogin {
    let user = server.login.as_ref().map(|login| login.user().to_owned());
    (server.host.clone(), server.port, server.tls, user)
}

impl Round {
    /// A plan's deliveries begin; all plans so far and this one may take `time`.
    pub(super) fn begin(&mut self, time: Duration) {
        self.begun = Some((Instant::now(), time.saturating_sub(self.spent)));
    }

    /// A plan's deliveries are over.
    pub(super) fn end(&mut self) {
        if let Some((at, _)) = self.begun.take() {
            self.spent += at.elapsed();
        }
    }

    /// When the plan's time is over.
    pub(super) fn until(&self) -> Option<Instant> {
        self.begun.map(|(at, time)| at + time)
    }

    /// Whether the time is over.
    pub(super) fn is_over(&self) -> bool {
        self.until().is_some_and(|until| Instant::now() >= until)
    }

    /// What was noted of a server.
    pub(super) fn fault(&self, server: &Server) -> Option<&SendFault> {
        let server_login = server_login(server);
        let mut noted = self.faults.iter();
        noted
            .find(|(of, _)| *of == server_login)
            .map(|(_, fault)| fault)
    }

    /// Notes what a server has shown.
    pub(super) fn note(&mut self, server: &Server, fault: SendFault) {
        if self.fault(server).is_none() {
            self.faults.push((server_login(server), fault));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_plan_took_is_gone_for_the_next() {
        let mut round = Round::default();
        let time = Duration::from_millis(200);
        round.begin(time);
        assert!(!round.is_over());
        std::thread::sleep(time);
        assert!(round.is_over());
        round.end();
        assert!(!round.is_over(), "no plan is at work");
        round.begin(time);
        assert!(round.is_over());
    }
}
