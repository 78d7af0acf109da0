//! AUTH: who we are, once the line is protected.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::reply::{Reply, clean};
use super::{Failure, Phase, Session};
use crate::delivery::oauth::{NoToken, Tokens};
use crate::delivery::secret::{Secret, without};
use crate::plan::Tls;

/// Why there is no login.
pub(super) enum NoLogin {
    /// The server does not take this token; another may do.
    TokenRefused(Failure),
    /// Any other reason.
    Failed(Failure),
}

impl From<Failure> for NoLogin {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Logs in with a password, by the first way that the server offers and that we know.
pub(super) fn by_password(
    session: &mut Session,
    offered: &[String],
    user: &str,
    password: &Secret,
) -> Result<(), Failure> {
    let encoded = |text: &str| STANDARD.encode(text);
    let both = encoded(&format!("\0{user}\0{}", password.reveal()));
    let alone = encoded(password.reveal());
    let (first, answers) = if offers(offered, "PLAIN") {
        (format!("AUTH PLAIN {both}"), vec![both.clone()])
    } else if offers(offered, "LOGIN") {
        ("AUTH LOGIN".to_owned(), vec![encoded(user), alone.clone()])
    } else {
        return Err(Phase::Auth.failed(no_way(offered, "metas knows (PLAIN, LOGIN)")));
    };
    let secrets = [password.reveal(), &both, &alone];
    let mut reply = say(session, &first, &secrets).map_err(|(failure, _)| failure)?;
    for answer in answers {
        // A server that asks again, though PLAIN had said it all, is told again.
        if reply.code == 334 {
            reply = say(session, &answer, &secrets).map_err(|(failure, _)| failure)?;
        }
    }
    welcomed(&reply, &secrets)
}

/// Logs in with an access token, as Google and Microsoft have it: XOAUTH2.
pub(super) fn by_token(
    session: &mut Session,
    offered: &[String],
    user: &str,
    tokens: &Tokens,
) -> Result<(), NoLogin> {
    if session.tls == Tls::None {
        return Err(Phase::Tls.failed("a token is only sent over TLS").into());
    }
    if !offers(offered, "XOAUTH2") {
        return Err(Phase::Auth
            .failed(no_way(offered, "takes a token (XOAUTH2)"))
            .into());
    }
    let token = tokens.get(session.step).map_err(no_token)?;
    let whole = STANDARD.encode(format!(
        "user={user}\x01auth=Bearer {}\x01\x01",
        token.reveal()
    ));
    let secrets = [token.reveal(), &whole];
    let refused = |(failure, code)| match code {
        Some(535) => NoLogin::TokenRefused(failure),
        _ => NoLogin::Failed(failure),
    };
    let first = format!("AUTH XOAUTH2 {whole}");
    let mut reply = say(session, &first, &secrets).map_err(refused)?;
    let mut question = challenge(&reply);
    if reply.code == 334 && question.is_empty() {
        // It did not look at what came with the command, and asks for it.
        reply = say(session, &whole, &secrets).map_err(refused)?;
        question = challenge(&reply);
    }
    if reply.code == 334 && !question.is_empty() {
        // The question says what is wrong; only when it is answered does the server say no.
        let said = without(&question, &secrets);
        reply = say(session, "", &secrets).map_err(|(mut failure, code)| {
            failure.reply = clean(&format!("{} {said}", failure.reply));
            match code {
                Some(500..=599) => NoLogin::TokenRefused(failure),
                _ => NoLogin::Failed(failure),
            }
        })?;
    }
    Ok(welcomed(&reply, &secrets)?)
}

fn offers(offered: &[String], way: &str) -> bool {
    offered.iter().any(|o| o.eq_ignore_ascii_case(way))
}

/// What a 334 asks, decoded; the reply itself where it is no base64.
fn challenge(reply: &Reply) -> String {
    let text = reply.lines.join("");
    match STANDARD.decode(text.trim()) {
        Ok(bytes) => clean(&String::from_utf8_lossy(&bytes)),
        Err(_) => clean(&text),
    }
}

fn welcomed(reply: &Reply, secrets: &[&str]) -> Result<(), Failure> {
    if reply.code == 235 {
        return Ok(());
    }
    let shown = clean(&without(&reply.raw(), secrets));
    Err(Phase::Auth.failed(format!("the server answered AUTH with {shown}")))
}

/// What it costs that a token can't be had: a service that is away is away for now.
fn no_token(no: NoToken) -> NoLogin {
    let phase = match no.passing {
        true => Phase::Connect,
        false => Phase::Auth,
    };
    phase.failed(no.why).into()
}

fn no_way(offered: &[String], needed: &str) -> String {
    match offered {
        [] => "the server offers no login here: check port and tls, or leave user out".to_owned(),
        ways => format!(
            "the server offers no login that {needed}, only {}",
            clean(&ways.join(" "))
        ),
    }
}

/// Says a line. What the server says against it is told without the secrets that it may repeat.
fn say(
    session: &mut Session,
    line: &str,
    secrets: &[&str],
) -> Result<Reply, (Failure, Option<u16>)> {
    session.command_of(Phase::Auth, line, |reply| {
        clean(&without(&reply.raw(), secrets))
    })
}
