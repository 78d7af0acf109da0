//! AUTH: who we are, once the line is protected.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::reply::{Reply, clean};
use super::{Failure, Phase, Session};
use crate::delivery::Secret;

/// Logs in by the first way that the server offers and that we know.
pub(super) fn log_in(
    session: &mut Session,
    offered: &[String],
    user: &str,
    password: &Secret,
) -> Result<(), Failure> {
    let offers = |way: &str| offered.iter().any(|o| o.eq_ignore_ascii_case(way));
    let encoded = |text: &str| STANDARD.encode(text);
    let (first, answers) = if offers("PLAIN") {
        let both = encoded(&format!("\0{user}\0{}", password.reveal()));
        (format!("AUTH PLAIN {both}"), vec![both])
    } else if offers("LOGIN") {
        let each = vec![encoded(user), encoded(password.reveal())];
        ("AUTH LOGIN".to_owned(), each)
    } else {
        return Err(Phase::Auth.failed(no_way(offered)));
    };
    let mut reply = say(session, &first)?;
    for answer in answers {
        // A server that asks again, though PLAIN had said it all, is told again.
        if reply.code == 334 {
            reply = say(session, &answer)?;
        }
    }
    if reply.code == 235 {
        return Ok(());
    }
    Err(Phase::Auth.failed(format!("the server answered AUTH with {}", reply.text())))
}

fn no_way(offered: &[String]) -> String {
    match offered {
        [] => "the server offers no login here: check port and tls, or leave user out".to_owned(),
        ways => format!(
            "the server offers no login that metas knows (PLAIN, LOGIN), only {}",
            clean(&ways.join(" "))
        ),
    }
}

fn say(session: &mut Session, line: &str) -> Result<Reply, Failure> {
    session
        .command(Phase::Auth, line)
        .map_err(|(failure, _)| failure)
}
