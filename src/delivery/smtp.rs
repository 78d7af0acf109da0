//! One SMTP connection, driven step by step, so that every failure is known by its step.
//!
//! A client of our own: lettre's has a time limit for each read only, takes a reply that is not
//! UTF-8 for none, and hides the moment before the final dot.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell measures time and asks for the machine's name"
)]

mod channel;
mod login;
mod prepare;
mod reply;
mod types;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lettre::address::Address;
use rustls::ClientConfig;

use self::channel::{Channel, Unasked};
use self::login::NoLogin;
use self::prepare::{own_name, resolve, trust};
use self::reply::{LATE, NoReply, Reply, described};
pub use self::types::{Credentials, Failure, Phase, Server, Timeouts, TransactionOutcome};
use crate::delivery::error::DeliveryError;
use crate::plan::Tls;

/// Bytes of the message handed over at a time.
const CHUNK: usize = 16 * 1024;

/// How long goodbye may take: whatever the server says, nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(3);

/// An open connection, ready for MAIL.
pub struct Session {
    channel: Channel,
    tls: Tls,
    timeouts: Timeouts,
    /// When the mail of this run must end.
    until: Option<Instant>,
    /// When the present step must end.
    step: Instant,
    /// SIZE of EHLO: none where not offered, 0 where without limit.
    size: Option<u64>,
    transactions: u32,
    usable: bool,
}

impl Session {
    /// Connects, protects, logs in. Nothing before a message's end takes longer than `until`.
    ///
    /// # Errors
    /// The step that failed; no recipient is to blame for it.
    pub fn open(server: &Server, until: Option<Instant>) -> Result<Self, Failure> {
        match Self::try_to_open(server, until) {
            Ok(session) => Ok(session),
            Err(NoLogin::Failed(failure)) => Err(failure),
            Err(NoLogin::TokenRefused(failure)) => {
                // It may have been withdrawn before its time: one more try, with a new one.
                let Some(Credentials::Token { tokens, .. }) = &server.login else {
                    return Err(failure);
                };
                tokens.forget();
                Self::try_to_open(server, until).map_err(|no| match no {
                    NoLogin::Failed(failure) => failure,
                    NoLogin::TokenRefused(failure) => {
                        tokens.forget();
                        failure
                    }
                })
            }
        }
    }

    fn try_to_open(server: &Server, until: Option<Instant>) -> Result<Self, NoLogin> {
        let addresses = resolve(server)?;
        let trusted = trust(server)?;
        let step = by(server.timeouts.step, until);
        let socket = connect(&addresses, server.timeouts.command, step)
            .map_err(|e| Phase::Connect.failed(described(&e)))?;
        let mut session = Self {
            channel: Channel::new(socket),
            tls: server.tls,
            timeouts: server.timeouts,
            until,
            step,
            size: None,
            transactions: 0,
            usable: true,
        };
        if let (Tls::Implicit, Some(trusted)) = (server.tls, &trusted) {
            session = session.protect(trusted, &server.host)?;
        }
        let greeting = session.reply().map_err(|no| no_greeting(&no))?;
        if greeting.code != 220 {
            return Err(Phase::Connect.failed(greeting.text()).into());
        }
        let mut offers = session.hello()?;
        if let (Tls::Starttls, Some(trusted)) = (server.tls, &trusted) {
            session = session.start_tls(&offers, trusted, &server.host)?;
            offers = session.hello()?;
        }
        session.size = offers.announced_size();
        session.log_in(server, &offers)?;
        Ok(session)
    }

    fn log_in(&mut self, server: &Server, offers: &Reply) -> Result<(), NoLogin> {
        let ways = offers.offers("AUTH").unwrap_or_default();
        match &server.login {
            None => Ok(()),
            Some(Credentials::Password { user, password }) => {
                Ok(login::by_password(self, &ways, user, password)?)
            }
            Some(Credentials::Token { user, tokens }) => login::by_token(self, &ways, user, tokens),
        }
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
        before_dot: &mut dyn FnMut() -> Result<(), DeliveryError>,
    ) -> Result<TransactionOutcome, DeliveryError> {
        self.transactions += 1;
        self.step = by(self.timeouts.step, self.until);
        let outcome = match self.envelope(from, to, message.len()) {
            Err(refused) => refused,
            Ok(()) => self.text(message, before_dot)?,
        };
        if self.usable && !matches!(outcome, TransactionOutcome::Accepted(_)) {
            self.step = by(self.timeouts.command, self.until);
            self.usable = self.command(Phase::Mail, "RSET").is_ok();
        }
        Ok(outcome)
    }

    /// Says goodbye. Whatever the server answers, what it accepted stays accepted.
    pub fn quit(mut self) {
        if self.usable {
            let deadline = Instant::now() + GOODBYE;
            if self.channel.write(b"QUIT\r\n", deadline).is_ok() {
                let _ = self.channel.reply(deadline);
            }
        }
    }

    fn protect(mut self, trusted: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let deadline = self.deadline();
        self.channel = self
            .channel
            .protect(trusted, host, deadline)
            .map_err(|e| Phase::Tls.failed(format!("no protection: {}", described(&e))))?;
        Ok(self)
    }

    fn start_tls(
        mut self,
        offers: &Reply,
        trusted: &Arc<ClientConfig>,
        host: &str,
    ) -> Result<Self, Failure> {
        if offers.offers("STARTTLS").is_none() {
            return Err(Phase::Tls
                .failed("the server does not offer STARTTLS, and nothing is sent unprotected"));
        }
        let reply = self
            .command(Phase::Tls, "STARTTLS")
            .map_err(|(failure, _)| failure)?;
        if reply.code != 220 {
            return Err(Phase::Tls.failed(reply.text()));
        }
        // A reply slipped in before the protection began would be taken for a protected one.
        if self.channel.has_more() {
            return Err(
                Phase::Tls.failed("the server sent a reply that was not asked for around STARTTLS")
            );
        }
        self.protect(trusted, host)
    }

    fn hello(&mut self) -> Result<Reply, Failure> {
        self.command(Phase::Connect, &format!("EHLO {}", own_name()))
            .map_err(|(failure, _)| failure)
    }

    /// MAIL, RCPT, DATA.
    fn envelope(
        &mut self,
        from: &Address,
        to: &Address,
        length: usize,
    ) -> Result<(), TransactionOutcome> {
        if let Some(limit) = self.size.filter(|limit| *limit > 0)
            && length as u64 > limit
        {
            return Err(TransactionOutcome::Rejected(Phase::Mail.failed(format!(
                "the message has {length} bytes and the server takes at most {limit}"
            ))));
        }
        let size = self.size.map(|_| format!(" SIZE={length}"));
        let mail = format!("MAIL FROM:<{from}>{}", size.unwrap_or_default());
        self.command(Phase::Mail, &mail)
            .map_err(|(failure, code)| match code {
                Some(530 | 535 | 538) => {
                    TransactionOutcome::Down(Phase::Auth.failed(failure.reply))
                }
                _ => TransactionOutcome::Down(failure),
            })?;
        self.command(Phase::Rcpt, &format!("RCPT TO:<{to}>"))
            .map_err(|(failure, code)| match code {
                // Not this recipient: the server wants a login or protection.
                Some(530 | 535 | 538) => {
                    TransactionOutcome::Down(Phase::Auth.failed(failure.reply))
                }
                _ => refused(failure, code),
            })?;
        let go = self
            .command(Phase::Data, "DATA")
            .map_err(|(failure, code)| refused(failure, code))?;
        if go.code == 354 {
            return Ok(());
        }
        self.usable = false;
        let told = format!("the server answered DATA with {}", go.text());
        Err(TransactionOutcome::Deferred(Phase::Data.failed(told)))
    }

    /// The text, the final dot and the reply to it.
    fn text(
        &mut self,
        message: &[u8],
        before_dot: &mut dyn FnMut() -> Result<(), DeliveryError>,
    ) -> Result<TransactionOutcome, DeliveryError> {
        let mut line_begins = true;
        for part in message.chunks(CHUNK) {
            let deadline = by(self.timeouts.command, self.until);
            let part = stuffed(part, &mut line_begins);
            if let Err(error) = self.channel.write(&part, deadline) {
                return Ok(self.broken_off(&error));
            }
        }
        match self.channel.unasked() {
            Unasked::Nothing => {}
            Unasked::Bytes => return Ok(self.answered_early()),
            Unasked::Closed(error) => return Ok(self.lost(&error)),
        }
        if let Err(diagnostic) = before_dot() {
            self.usable = false;
            return Err(diagnostic);
        }
        let end: &[u8] = if line_begins { b".\r\n" } else { b"\r\n.\r\n" };
        // Where writing the end fails, it did not leave this machine whole.
        if let Err(error) = self.channel.write(end, by(self.timeouts.command, None)) {
            return Ok(self.lost(&error));
        }
        Ok(self.end_answered())
    }

    /// What the server says to the whole message. No reply, and nobody knows.
    fn end_answered(&mut self) -> TransactionOutcome {
        let (code, told) = match self.channel.reply(by(self.timeouts.message, None)) {
            Ok(reply) => (Some(reply.code), reply.text()),
            Err(NoReply { why, code }) => {
                self.usable = false;
                let told = code.map_or(why.clone(), |code| format!("{code} ({why})"));
                (code, told)
            }
        };
        if code == Some(421) {
            self.usable = false;
        }
        match code {
            // 220 and 221 answer something else.
            Some(220 | 221) | None => {}
            Some(200..=299) => return TransactionOutcome::Accepted(told),
            Some(400..=599) => return classed(Phase::Dot.failed(told), code),
            Some(_) => {}
        }
        self.usable = false;
        let told = code.map_or(told.clone(), |_| format!("unexpected reply {told}"));
        TransactionOutcome::Ambiguous(Phase::Dot.failed(told))
    }

    /// Writing the text failed: the server may have said why before it closed.
    fn broken_off(&mut self, error: &io::Error) -> TransactionOutcome {
        self.usable = false;
        match self.channel.reply(Instant::now() + GOODBYE) {
            Ok(reply) if !reply.is_positive() => {
                classed(Phase::Data.failed(reply.text()), Some(reply.code))
            }
            _ => self.lost(error),
        }
    }

    /// A reply came before the end: the end is not sent.
    fn answered_early(&mut self) -> TransactionOutcome {
        self.usable = false;
        match self.channel.reply(Instant::now() + GOODBYE) {
            Ok(reply) if !reply.is_positive() => {
                classed(Phase::Data.failed(reply.text()), Some(reply.code))
            }
            _ => TransactionOutcome::Deferred(
                Phase::Data.failed("the server answered before the end of the message"),
            ),
        }
    }

    /// The connection failed before the end of the message.
    fn lost(&mut self, error: &io::Error) -> TransactionOutcome {
        self.usable = false;
        TransactionOutcome::Deferred(Phase::Data.failed(described(error)))
    }

    /// A command and its reply, where the server goes along; else what it said, with its code.
    fn command(&mut self, phase: Phase, line: &str) -> Result<Reply, (Failure, Option<u16>)> {
        self.command_of(phase, line, Reply::text)
    }

    /// The same, where `shown` writes what the server says against it.
    fn command_of(
        &mut self,
        phase: Phase,
        line: &str,
        shown: impl Fn(&Reply) -> String,
    ) -> Result<Reply, (Failure, Option<u16>)> {
        let deadline = self.deadline();
        let written = if self.channel.has_more() {
            Err("the server sent a reply that was not asked for".to_owned())
        } else {
            let written = self
                .channel
                .write(format!("{line}\r\n").as_bytes(), deadline);
            written.map_err(|e| described(&e))
        };
        let reply = match written {
            // A server that hung up may have said why before.
            Err(why) => match self.channel.reply(Instant::now() + GOODBYE) {
                Ok(reply) if !reply.is_positive() => Ok(reply),
                _ => Err(why),
            },
            Ok(()) => self.reply().map_err(|no| no.why),
        };
        match reply {
            Ok(reply) if reply.is_positive() => Ok(reply),
            Ok(reply) => {
                self.usable = self.usable && reply.code != 421;
                Err((phase.failed(shown(&reply)), Some(reply.code)))
            }
            Err(why) => {
                self.usable = false;
                Err((phase.failed(why), None))
            }
        }
    }

    fn reply(&mut self) -> Result<Reply, NoReply> {
        let deadline = self.deadline();
        self.channel.reply(deadline)
    }

    /// When the next reply must be there.
    fn deadline(&self) -> Instant {
        self.step.min(Instant::now() + self.timeouts.command)
    }
}

/// The moment `wait` from now, or `until` where that is earlier.
fn by(wait: Duration, until: Option<Instant>) -> Instant {
    let end = Instant::now() + wait;
    until.map_or(end, |until| end.min(until))
}

/// The first address that answers; each gets its share of the time.
fn connect(addresses: &[SocketAddr], each: Duration, by: Instant) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::TimedOut);
    for (index, address) in addresses.iter().enumerate() {
        let rest = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
        let share = (by.saturating_duration_since(Instant::now()) / rest).min(each);
        if share.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(address, share) {
            Ok(socket) => {
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn no_greeting(no: &NoReply) -> Failure {
    Phase::Connect.failed(no.why.clone())
}

/// As [`classed`]; a server that does not answer in time is not waited for once a recipient.
fn refused(failure: Failure, code: Option<u16>) -> TransactionOutcome {
    if code.is_none() && failure.reply == LATE {
        return TransactionOutcome::Down(failure);
    }
    classed(failure, code)
}

/// Deferred or rejected, by the reply's first digit; no reply is no refusal.
fn classed(failure: Failure, code: Option<u16>) -> TransactionOutcome {
    match code {
        Some(500..=599) => TransactionOutcome::Rejected(failure),
        _ => TransactionOutcome::Deferred(failure),
    }
}

/// Part of the text with a dot more before each line that begins with one.
fn stuffed(part: &[u8], line_begins: &mut bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(part.len() + 16);
    for byte in part {
        if *line_begins && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        *line_begins = *byte == b'\n';
    }
    out
}
