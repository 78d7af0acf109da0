//! What is wrong with a server, in words that lead to a way out: where it is, and never a password.

use std::error::Error as _;
use std::time::Duration;

use tokio_postgres::error::{DbError, SqlState};

use crate::diagnostic::Diagnostic;
use crate::ledger::database_error::DatabaseError;

/// What was done when it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionPhase {
    /// The connection was to come about.
    Connecting,
    /// It was there.
    Working,
}

const PUT_OFF: &str = "Nothing of this step was recorded; the next run goes on.";

/// An error of the client.
pub(super) fn of(
    place: &str,
    doing: ConnectionPhase,
    error: &tokio_postgres::Error,
) -> DatabaseError {
    if let Some(refused) = error.as_db_error() {
        return refusal(place, refused);
    }
    let why = reasons(error);
    let is_tls = error.to_string().contains("TLS") || why.contains("TLS");
    match doing {
        ConnectionPhase::Connecting if is_tls || why.contains("certificate") => tls(place, &why),
        ConnectionPhase::Connecting
            if why.contains("authentication") || why.contains("password") =>
        {
            login(place, &why)
        }
        ConnectionPhase::Connecting => unreachable(place, &why),
        ConnectionPhase::Working if error.is_closed() || of_the_network(error) => lost(place),
        ConnectionPhase::Working => DatabaseError::failed(why),
    }
}

/// An error with what led to it.
fn reasons(error: &tokio_postgres::Error) -> String {
    let mut out = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_told = cause.to_string();
        if !out.contains(&cause_told) {
            out = format!("{out}: {cause_told}");
        }
        source = cause.source();
    }
    out
}

fn of_the_network(error: &tokio_postgres::Error) -> bool {
    let source = error.source();
    source.is_some_and(|cause| cause.downcast_ref::<std::io::Error>().is_some())
}

/// What the server itself said.
fn refusal(place: &str, refused: &DbError) -> DatabaseError {
    let code = refused.code();
    let why = refused.message();
    let class = code.code().get(..2).unwrap_or_default();
    if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        return read_only(place);
    }
    if *code == SqlState::QUERY_CANCELED {
        return slow_statement(place, why);
    }
    if [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ]
    .contains(code)
        || *code == SqlState::T_R_SERIALIZATION_FAILURE
    {
        return busy(place, why);
    }
    let refused_entry = [
        SqlState::UNDEFINED_DATABASE,
        SqlState::INSUFFICIENT_PRIVILEGE,
    ];
    if class == "28" || refused_entry.contains(code) {
        return login(place, why);
    }
    // Shut down, starting up, too many connections, a full disk, or what an operator did.
    if ["08", "53", "57"].contains(&class) || code.code().starts_with("25P03") {
        return unreachable(place, why);
    }
    DatabaseError::lasting(
        Diagnostic::error(
            "ledger-failed",
            format!("the ledger in {place} refused: {why}"),
        )
        .hint("Nothing of this step was recorded. See the server's log for the statement."),
    )
}

/// The server does not answer, or does not let anybody in just now.
pub(super) fn unreachable(place: &str, why: &str) -> DatabaseError {
    let message = format!("the ledger in {place} can't be reached: {why}");
    DatabaseError::passing(Diagnostic::error("ledger-unreachable", message).hint(format!(
        "{PUT_OFF} See whether the server runs, and whether METAS_LEDGER names its host and port."
    )))
}

/// The connection went away in the midst of the work. Where that was the end of a transaction,
/// nobody knows yet whether it was recorded; the next run sees it.
pub(super) fn lost(place: &str) -> DatabaseError {
    let message = format!("the connection to the ledger in {place} was lost");
    DatabaseError::passing(Diagnostic::error("ledger-unreachable", message).hint(
        "The next run looks at what was recorded, and goes on. See whether the server or the network went down.",
    ))
}

/// No reply came for as long as anybody waits.
pub(super) fn slow(place: &str, patience: Duration) -> DatabaseError {
    let message = format!(
        "the ledger in {place} has not answered for {} s",
        patience.as_secs()
    );
    slow_told(&message)
}

fn slow_statement(place: &str, why: &str) -> DatabaseError {
    slow_told(&format!("the ledger in {place} is too slow: {why}"))
}

fn slow_told(message: &str) -> DatabaseError {
    DatabaseError::passing(Diagnostic::error("ledger-slow", message).hint(
        "The next run looks at what was recorded, and goes on. See what keeps the server or the network busy; statement_timeout=SECONDS in METAS_LEDGER gives it longer.",
    ))
}

fn busy(place: &str, why: &str) -> DatabaseError {
    let message = format!("the ledger in {place} is in use: {why}");
    DatabaseError::passing(Diagnostic::error("ledger-busy", message).hint(PUT_OFF))
}

/// Other transactions had the home's row each time that it was looked at.
pub(super) fn kept(place: &str, seconds: u64) -> Diagnostic {
    let message = format!("other writers had the ledger in {place} for {seconds} s");
    Diagnostic::error("ledger-busy", message).hint(PUT_OFF)
}

fn read_only(place: &str) -> DatabaseError {
    let message = format!("the ledger in {place} can be read only");
    DatabaseError::passing(Diagnostic::error("ledger-read-only", message).hint(format!(
        "{PUT_OFF} METAS_LEDGER must name the primary server (of several hosts, target_session_attrs=read-write finds it), and default_transaction_read_only must be off."
    )))
}

fn login(place: &str, why: &str) -> DatabaseError {
    let message = format!("the ledger in {place} refuses this user: {why}");
    DatabaseError::lasting(Diagnostic::error("ledger-login", message).hint(
        "Check user, password and database of METAS_LEDGER, pg_hba.conf, and that the user may create schemas in the database or owns metas and metas_home.",
    ))
}

fn tls(place: &str, why: &str) -> DatabaseError {
    let message = format!("no TLS to the ledger in {place}: {why}");
    DatabaseError::lasting(Diagnostic::error("ledger-tls", message).hint(
        "Turn TLS on at the server, and name whoever signed its certificate with sslrootcert=FILE in METAS_LEDGER. sslmode=disable does without, where nobody else can be on the way.",
    ))
}
