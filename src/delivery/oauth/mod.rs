//! OAuth 2.0 access tokens for the login to a mail server: from a command, or from a token service
//! by a client's secret or a refresh token.
//!
//! A token is kept in memory for its lifetime, by whatever asks for it in the same way, and nowhere
//! else: it is not logged, and no error tells it.

#![allow(clippy::disallowed_methods, reason = "the shell measures time")]

mod command;
mod service;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::debug;

pub use self::service::Grant;
use super::secret::Secret;

/// How long fetching a token may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a token is used whose lifetime nobody told.
const UNTOLD: Duration = Duration::from_secs(300);

/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(60);

/// Longest token, in bytes: the line with it must be one that a mail server takes.
const LONGEST: usize = 8 * 1024;

/// How a token is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenRequest {
    /// By this program and its arguments.
    Command(Vec<String>),
    /// From this service.
    Service {
        /// Its address.
        url: String,
        /// The client's id there.
        client_id: String,
        /// The scope to ask for.
        scope: Option<String>,
        /// What shows that the client may have one.
        grant: Grant,
        /// PEM certificates trusted beside the system's.
        extra_roots: Option<Vec<u8>>,
    },
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NoToken {
    /// In English, without a secret.
    pub why: String,
    /// Whether time alone may mend it.
    pub passing: bool,
}

impl NoToken {
    fn lasting(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            passing: false,
        }
    }
}

/// A token as it was given.
struct GivenToken {
    token: Secret,
    lifetime: Option<Duration>,
}

/// A token and when it is to be used no longer.
#[derive(Debug)]
struct HeldToken {
    token: Secret,
    until: Instant,
}

/// Where the tokens of a login come from; clones share the one that is held.
#[derive(Debug, Clone)]
pub struct Tokens {
    request: Arc<TokenRequest>,
    held: Arc<Mutex<Option<HeldToken>>>,
}

/// All that are in use in this process: the plans of a home that log in alike share a token.
static IN_USE: Mutex<Vec<Tokens>> = Mutex::new(Vec::new());

impl Tokens {
    /// The tokens that are asked for in this way.
    pub fn of(request: TokenRequest) -> Self {
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(same) = in_use.iter().find(|tokens| *tokens.request == request) {
            return same.clone();
        }
        let tokens = Self {
            request: Arc::new(request),
            held: Arc::default(),
        };
        in_use.push(tokens.clone());
        tokens
    }

    /// The token that is held, or a new one, which must be there by `until`.
    pub(super) fn get(&self, until: Instant) -> Result<Secret, NoToken> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(held) = held.as_ref().filter(|held| now < held.until) {
            return Ok(held.token.clone());
        }
        let time = PATIENCE.min(until.saturating_duration_since(now));
        let given = match &*self.request {
            TokenRequest::Command(words) => command::run(words, time),
            TokenRequest::Service { .. } => service::ask(&self.request, time),
        }?;
        sound(given.token.reveal())?;
        let lifetime = given.lifetime.unwrap_or(UNTOLD);
        debug!(seconds = lifetime.as_secs(), "a token was fetched");
        *held = lifetime.checked_sub(MARGIN).and_then(|use_for| {
            Some(HeldToken {
                token: given.token.clone(),
                until: now.checked_add(use_for)?,
            })
        });
        Ok(given.token)
    }

    /// Forgets the token that a server has refused.
    pub(super) fn forget(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Whether a text can be a token: RFC 6750 has letters, digits and some marks. Anything else would
/// end the line that it is sent in, or the field.
fn sound(token: &str) -> Result<(), NoToken> {
    if token.is_empty() {
        return Err(NoToken::lasting("the token is empty"));
    }
    if token.len() > LONGEST {
        return Err(NoToken::lasting(format!(
            "the token is longer than {LONGEST} bytes"
        )));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(NoToken::lasting(
            "what was given is not a token: it holds blanks or letters that no token has",
        ));
    }
    Ok(())
}
