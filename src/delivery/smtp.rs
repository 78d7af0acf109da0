//! One SMTP connection, driven step by step, so that every failure is known by its step.
//!
//! lettre's `SmtpConnection` carries the bytes; its `send` is not used, because it hides the step
//! that failed and lets one refused recipient stop the rest.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell measures round trips and asks for the machine's name"
)]

use std::cell::Cell;
use std::error::Error as _;
use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use lettre::address::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    Certificate, SmtpConnection, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, MailParameter};
use lettre::transport::smtp::response::Response;

use super::secret::Secret;
use crate::diagnostic::Diagnostic;
use crate::pipeline::Tls;

/// Bytes of the message handed over at a time.
const CHUNK: usize = 16 * 1024;

/// A server and how to speak to it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Host name, which its certificate must bear.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// User and password; none: no AUTH.
    pub login: Option<(String, Secret)>,
    /// PEM certificates trusted beside the system's.
    pub extra_roots: Option<Vec<u8>>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// How long to wait for the server.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a command's reply.
    pub command: Duration,
    /// For the reply to the message, which RFC 5321 lets take ten minutes.
    pub message: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            command: Duration::from_secs(60),
            message: Duration::from_secs(600),
        }
    }
}

/// A step of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Finding the host's address and the trusted certificates.
    Prepare,
    /// Connection, greeting, EHLO; with implicit TLS the handshake too.
    Connect,
    /// STARTTLS.
    Tls,
    /// AUTH.
    Auth,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA and the text up to the final dot.
    Data,
    /// The reply to the final dot.
    Dot,
}

impl Phase {
    /// As the ledger writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Dot => "dot",
        }
    }
}

/// What went wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// In which step.
    pub phase: Phase,
    /// The server's reply or the network's error, in English.
    pub reply: String,
}

/// How one transaction ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Taken, with the server's reply.
    Accepted(String),
    /// Not taken; try this recipient later.
    Deferred(Failure),
    /// Not taken, and nothing to do with this recipient: nobody can be sent to now.
    Down(Failure),
    /// Refused for good.
    Rejected(Failure),
    /// The end was sent and no reply came.
    Ambiguous(Failure),
}

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

fn resolve(server: &Server) -> Result<Vec<SocketAddr>, Failure> {
    let prepare = |reply: String| Failure {
        phase: Phase::Prepare,
        reply,
    };
    let addresses: Vec<SocketAddr> = (server.host.as_str(), server.port)
        .to_socket_addrs()
        .map_err(|e| prepare(format!("the host {} is not found: {e}", server.host)))?
        .collect();
    if addresses.is_empty() {
        return Err(prepare(format!("the host {} has no address", server.host)));
    }
    if server.tls == Tls::None && !addresses.iter().all(|a| a.ip().is_loopback()) {
        return Err(prepare(format!(
            "tls = \"none\" is only for this machine, and {} is another: use starttls or implicit",
            server.host
        )));
    }
    Ok(addresses)
}

fn tls_parameters(server: &Server) -> Result<Option<TlsParameters>, Failure> {
    if server.tls == Tls::None {
        return Ok(None);
    }
    let wrong = |e: SmtpError| Failure {
        phase: Phase::Prepare,
        reply: format!("the trusted certificates can't be used: {e}"),
    };
    let mut builder = TlsParametersBuilder::new(server.host.clone());
    if let Some(pem) = &server.extra_roots {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(wrong)?);
    }
    builder.build().map(Some).map_err(wrong)
}

/// The machine's full name where it has one, else an address literal.
fn client_id() -> ClientId {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if name.contains('.') && name.chars().all(plain) {
        ClientId::Domain(name.to_owned())
    } else {
        ClientId::default()
    }
}

fn announced_size(greeting: &Response) -> Option<u64> {
    greeting.message().find_map(|line| {
        let mut words = line.split_whitespace();
        let size = words.next()?.eq_ignore_ascii_case("SIZE");
        size.then(|| words.next().and_then(|n| n.parse().ok()).unwrap_or(0))
    })
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

fn failure(phase: Phase, error: &SmtpError) -> Failure {
    Failure {
        phase,
        reply: described(error),
    }
}

fn status(error: &SmtpError) -> Option<u16> {
    error.status().map(u16::from)
}

fn io_kind(error: &SmtpError) -> Option<ErrorKind> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = cause.source();
    }
    None
}

/// An error as the operator reads it: the server's own words, or what the network did.
fn described(error: &SmtpError) -> String {
    let cause = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = status(error) {
        return clean(&format!("{code} {cause}"));
    }
    match io_kind(error) {
        Some(ErrorKind::WouldBlock | ErrorKind::TimedOut) => "no answer in time".to_owned(),
        Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => {
            "the connection was closed".to_owned()
        }
        _ if cause == "incomplete response" => "the connection was closed".to_owned(),
        _ if cause.contains("certificate") => clean(&format!(
            "the server's certificate is not trusted ({cause}): set ca_file, or check host"
        )),
        _ => clean(&error.to_string()),
    }
}

/// A reply in one line.
fn told(reply: &Response) -> String {
    let text: Vec<&str> = reply.message().collect();
    clean(&format!("{} {}", reply.code(), text.join(" ")))
}

/// What a server says is text from elsewhere: one line, no control characters, not endless.
fn clean(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect();
    line.trim().to_owned()
}
