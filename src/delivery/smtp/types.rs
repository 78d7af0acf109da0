//! The server, the steps of the dialogue and its ends.

use std::time::Duration;

use crate::delivery::oauth::Tokens;
use crate::delivery::secret::Secret;
use crate::plan::Tls;

/// A server and how to speak to it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Host name, which its certificate must bear.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// Who logs in, and with what; none: no AUTH.
    pub login: Option<Credentials>,
    /// PEM certificates trusted beside the system's.
    pub extra_roots: Option<Vec<u8>>,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// Who logs in, and with what.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// With a password.
    Password {
        /// User name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// With an OAuth 2.0 access token, over TLS only.
    Token {
        /// User name; as a rule the mailbox.
        user: String,
        /// Where the token comes from.
        tokens: Tokens,
    },
}

impl Credentials {
    /// Who logs in.
    pub fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } | Self::Token { user, .. } => user,
        }
    }
}

/// How long to wait for the server. Each bounds the whole of what it names, not the silence between
/// two bytes of it: a server that sends a byte a second is as slow as one that sends none.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For a command's reply, and for each part of the text to be taken.
    pub command: Duration,
    /// For all of the opening, from the host's address to the login; and for all of the envelope,
    /// from MAIL to the answer to DATA.
    pub step: Duration,
    /// For the reply to the message, which RFC 5321 lets take ten minutes.
    pub message: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            command: Duration::from_secs(60),
            step: Duration::from_secs(90),
            message: Duration::from_secs(600),
        }
    }
}

/// A step of the dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Finding the host's address, the trusted certificates and the password.
    Prepare,
    /// Connection, greeting, EHLO.
    Connect,
    /// STARTTLS and the handshake.
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

    /// What went wrong in this step.
    pub(crate) fn failed(self, reply: impl Into<String>) -> Failure {
        Failure {
            phase: self,
            reply: reply.into(),
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
pub enum TransactionOutcome {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that says nothing costs a minute at most before it has a message, and ten when it
    /// has: RFC 5321 asks for that patience after the final dot.
    #[test]
    fn patience_has_its_bounds() {
        let Timeouts {
            command,
            step,
            message,
        } = Timeouts::default();
        let seconds = [command, step, message].map(|time| time.as_secs());
        assert_eq!(seconds, [60, 90, 600]);
    }
}
