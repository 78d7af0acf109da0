//! One SMTP connection, driven step by step, so that every failure is known by its step.
//!
//! lettre's `SmtpConnection` carries the bytes; its `send` is not used, because it hides the step
//! that failed and lets one refused recipient stop the rest.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell measures round trips and asks for the machine's name"
)]

mod prepare;
mod reply;
mod types;

use std::cell::Cell;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use lettre::address::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::MailParameter;
use lettre::transport::smtp::response::Response;

use self::prepare::{client_id, resolve, tls_parameters};
use self::reply::{announced_size, described, failure, io_kind, status, told};
pub use self::types::{Failure, Phase, Server, Timeouts, Verdict};
use crate::diagnostic::Diagnostic;
use crate::pipeline::Tls;

/// Bytes of the message handed over at a time.
const CHUNK: usize = 16 * 1024;

/// An open connection, ready for MAIL.
pub struct Session {
    connection: SmtpConnection,
    timeouts: Timeouts,
    /// SIZE of EHLO: none where not offered, 0 where without limit.
    size: Option<u64>,
    transactions: u32,
    usable: bool,
}

impl Session {
    /// Connects, protects, logs in.
    ///
    /// # Errors
    /// The step that failed; no recipient is to blame for it.
    pub fn open(server: &Server) -> Result<Self, Failure> {
        let addresses = resolve(server)?;
        let tls = tls_parameters(server)?;
        let hello = client_id();
        let begun = Instant::now();
        let mut connection = guarded(Phase::Connect, || {
            let implicit = tls.as_ref().filter(|_| server.tls == Tls::Implicit);
            let timeout = Some(server.timeouts.command);
            SmtpConnection::connect(&addresses[..], timeout, &hello, implicit, None)
        })?;
        let round_trips = begun.elapsed();

        if let (Tls::Starttls, Some(parameters)) = (server.tls, &tls) {
            if !connection.can_starttls() {
                connection.abort();
                return Err(Failure {
                    phase: Phase::Tls,
                    reply: "the server does not offer STARTTLS, and nothing is sent unprotected"
                        .to_owned(),
                });
            }
            guarded(Phase::Tls, || connection.starttls(parameters, &hello))?;
        }
        // lettre keeps no SIZE, so EHLO is said once more.
        let greeting = connection
            .command(Ehlo::new(hello))
            .map_err(|e| failure(Phase::Connect, &e))?;
        let mut session = Self {
            connection,
            timeouts: server.timeouts,
            size: announced_size(&greeting),
            transactions: 0,
            usable: true,
        };
        if server.tls == Tls::Starttls {
            session.nothing_unasked(round_trips)?;
        }
        if let Some((user, password)) = &server.login {
            let login = Credentials::new(user.clone(), password.reveal().to_owned());
            session
                .connection
                .auth(DEFAULT_MECHANISMS, &login)
                .map_err(|e| failure(Phase::Auth, &e))?;
        }
        Ok(session)
    }

    /// Whether another transaction may begin on it.
    pub fn usable(&self) -> bool {
        self.usable
    }

    /// How many transactions were begun on it.
    pub fn transactions(&self) -> u32 {
        self.transactions
    }

    /// One message to one recipient. `before_dot` is called when the whole text has been sent and
    /// only the final dot is missing; where it fails, the dot is not sent and the connection is
    /// unusable.
    ///
    /// # Errors
    /// What `before_dot` said.
    pub fn send(
        &mut self,
        from: &Address,
        to: &Address,
        message: &[u8],
        before_dot: &mut dyn FnMut() -> Result<(), Diagnostic>,
    ) -> Result<Verdict, Diagnostic> {
        self.transactions += 1;
        let verdict = match self.envelope(from, to, message.len()) {
            Err(refused) => refused,
            Ok(()) => self.text(message, before_dot)?,
        };
        if self.usable && !matches!(verdict, Verdict::Accepted(_)) {
            self.usable = self.connection.command(Rset).is_ok();
        }
        Ok(verdict)
    }

    /// Says goodbye. Whatever the server answers, what it accepted stays accepted.
    pub fn quit(mut self) {
        if self.usable {
            let _ = self.connection.quit();
        }
    }

    /// MAIL, RCPT, DATA.
    fn envelope(&mut self, from: &Address, to: &Address, length: usize) -> Result<(), Verdict> {
        if let Some(limit) = self.size.filter(|limit| *limit > 0)
            && length as u64 > limit
        {
            return Err(Verdict::Rejected(Failure {
                phase: Phase::Mail,
                reply: format!(
                    "the message has {length} bytes and the server takes at most {limit}"
                ),
            }));
        }
        let size = self.size.map(|_| MailParameter::Size(length));
        self.command(
            Phase::Mail,
            Mail::new(Some(from.clone()), size.into_iter().collect()),
        )
        .map_err(|(failure, _)| Verdict::Down(failure))?;
        self.command(Phase::Rcpt, Rcpt::new(to.clone(), vec![]))
            .map_err(|(failure, code)| match code {
                // Not this recipient: the server wants a login or protection.
                Some(530 | 535 | 538) => Verdict::Down(failure),
                _ => classed(failure, code),
            })?;
        let go = self
            .command(Phase::Data, Data)
            .map_err(|(failure, code)| classed(failure, code))?;
        if go.has_code(354) {
            return Ok(());
        }
        self.usable = false;
        Err(Verdict::Deferred(Failure {
            phase: Phase::Data,
            reply: format!("the server answered DATA with {}", told(&go)),
        }))
    }

    /// The text, the final dot and the reply to it.
    fn text(
        &mut self,
        message: &[u8],
        before_dot: &mut dyn FnMut() -> Result<(), Diagnostic>,
    ) -> Result<Verdict, Diagnostic> {
        // lettre ends the text with CRLF of its own.
        let mut rest = message.strip_suffix(b"\r\n").unwrap_or(message);
        let asked = Cell::new(false);
        let mut stop = None;
        let parts = std::iter::from_fn(|| {
            if !rest.is_empty() {
                let (part, after) = rest.split_at(rest.len().min(CHUNK));
                rest = after;
                return Some(part);
            }
            match before_dot() {
                Ok(()) => asked.set(true),
                // Between text and dot lettre can only be left by unwinding; were unwinding off,
                // the process would end here, the dot unsent all the same.
                Err(diagnostic) => {
                    stop = Some(diagnostic);
                    resume_unwind(Box::new(()));
                }
            }
            None
        });
        let _ = self.connection.set_timeout(Some(self.timeouts.message));
        let connection = &mut self.connection;
        let sent = catch_unwind(AssertUnwindSafe(|| connection.message_iter(parts)));
        if let Some(diagnostic) = stop {
            self.usable = false;
            return Err(diagnostic);
        }
        let _ = self.connection.set_timeout(Some(self.timeouts.command));
        Ok(match sent {
            Ok(Ok(reply)) if reply.has_code(250) => Verdict::Accepted(told(&reply)),
            Ok(Ok(reply)) => self.lost(asked.get(), format!("unexpected reply {}", told(&reply))),
            Ok(Err(error)) => self.after_text(asked.get(), &error),
            Err(_) => self.lost(asked.get(), "the server's reply can't be read".to_owned()),
        })
    }

    fn after_text(&mut self, dot: bool, error: &SmtpError) -> Verdict {
        let code = status(error);
        let reply = described(error);
        match code {
            Some(_) => {
                self.usable = code != Some(421);
                let phase = if dot { Phase::Dot } else { Phase::Data };
                classed(Failure { phase, reply }, code)
            }
            // Only writing can break a pipe, so the dot did not leave this machine whole.
            None => self.lost(dot && io_kind(error) != Some(ErrorKind::BrokenPipe), reply),
        }
    }

    fn lost(&mut self, dot: bool, reply: String) -> Verdict {
        self.usable = false;
        if dot {
            Verdict::Ambiguous(Failure {
                phase: Phase::Dot,
                reply,
            })
        } else {
            Verdict::Deferred(Failure {
                phase: Phase::Data,
                reply,
            })
        }
    }

    fn command(
        &mut self,
        phase: Phase,
        command: impl std::fmt::Display,
    ) -> Result<Response, (Failure, Option<u16>)> {
        self.connection.command(command).map_err(|error| {
            let code = status(&error);
            if matches!(code, None | Some(421)) {
                self.usable = false;
            }
            (failure(phase, &error), code)
        })
    }

    /// After STARTTLS: no reply may be waiting that was not asked for. One slipped in before the
    /// protection began would otherwise be taken for a protected one, and every later reply for the
    /// one before it.
    fn nothing_unasked(&mut self, round_trips: Duration) -> Result<(), Failure> {
        let wait = round_trips.clamp(Duration::from_millis(50), Duration::from_secs(2));
        let _ = self.connection.set_timeout(Some(wait));
        let quiet = self
            .connection
            .read_response()
            .is_err_and(|e| e.status().is_none() && !e.is_response());
        let _ = self.connection.set_timeout(Some(self.timeouts.command));
        if quiet {
            return Ok(());
        }
        Err(Failure {
            phase: Phase::Tls,
            reply: "the server sent a reply that was not asked for around STARTTLS".to_owned(),
        })
    }
}

/// Deferred or rejected, by the reply's first digit; no reply is no refusal.
fn classed(failure: Failure, code: Option<u16>) -> Verdict {
    match code {
        Some(500..=599) => Verdict::Rejected(failure),
        _ => Verdict::Deferred(failure),
    }
}

/// lettre panics on some malformed greetings; a server must not be able to end a run.
fn guarded<T>(phase: Phase, step: impl FnOnce() -> Result<T, SmtpError>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(done) => done.map_err(|e| failure(phase, &e)),
        Err(_) => Err(Failure {
            phase,
            reply: "the server's greeting can't be read".to_owned(),
        }),
    }
}
