//! Which run has a home: a row with the run's token, until when it has it by the database's clock,
//! and a number that rises with each run that takes it. Whoever writes under a lower number has lost
//! the home, and is refused.

use std::time::Duration;

use tokio_postgres::SimpleQueryMessage;

use super::address::LedgerServer;
use super::connection::{Connection, text};
use super::statement::quoted;
use super::{PostgresDatabase, faults};
use crate::diagnostic::Diagnostic;
use crate::ledger::database_error::DatabaseError;
use crate::ledger::driver::{Lease, LedgerDatabase};
use crate::ledger::error::LedgerError;
use crate::ledger::token::{RunToken, host_name, process_of};

/// How often a row that another transaction holds is looked at again, and how long between.
const LOOKS: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(200);

/// Lets no other transaction of this home write before this one has ended.
pub(super) const LOCK: &str =
    "SELECT fence FROM metas.homes WHERE home = metas.this_home() FOR UPDATE";

/// Who has the home now. A row that a transaction holds just now is passed over.
const HOLDER: &str = "SELECT COALESCE(token, ''), COALESCE(holder, ''), \
    COALESCE(to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ''), \
    COALESCE(to_char(until AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ''), \
    COALESCE(until > clock_timestamp(), false) \
    FROM metas.homes WHERE home = metas.this_home() FOR UPDATE SKIP LOCKED";

/// Has the home for longer, and lets no other transaction write; no row where it is lost.
pub(super) fn renew(fence: i64, lease: Duration) -> String {
    format!(
        "UPDATE metas.homes SET until = {} \
         WHERE home = metas.this_home() AND fence = {fence} AND token IS NOT NULL RETURNING fence",
        from_now(lease)
    )
}

/// Gives the home back. Who had it last stays, for whoever has lost it meanwhile.
pub(super) fn give_back(fence: i64) -> String {
    format!(
        "UPDATE metas.homes SET token = NULL, until = clock_timestamp() \
         WHERE home = metas.this_home() AND fence = {fence}"
    )
}

fn from_now(lease: Duration) -> String {
    format!(
        "clock_timestamp() + interval '{} milliseconds'",
        lease.as_millis()
    )
}

/// Takes the home for the run of a token; gives its number.
///
/// # Errors
/// `lock-held` where another run has it, with who and until when.
pub(super) fn take(database: &PostgresDatabase, token: &str) -> Result<(i64, Lease), LedgerError> {
    for look in 0..LOOKS {
        if look > 0 {
            std::thread::sleep(BETWEEN);
        }
        let found = database.start("BEGIN", HOLDER)?;
        if text(&found, 0).is_none() {
            // Another run is writing this very moment, or has just gone.
            database.rollback();
            continue;
        }
        let taken = take_from(database, token, &found);
        if taken.is_err() {
            database.rollback();
        }
        return taken;
    }
    let waited = (BETWEEN * LOOKS).as_secs();
    let place = database.server.place();
    Err(LedgerError::Busy(faults::kept(&place, waited)))
}

fn take_from(
    database: &PostgresDatabase,
    token: &str,
    found: &[SimpleQueryMessage],
) -> Result<(i64, Lease), LedgerError> {
    let column = |place| text(found, place).unwrap_or_default();
    let before = column(0);
    // Its lease has run out by the database's clock; or it was a process of this machine, and that
    // is seen to be gone. What a host's own clock says is not asked.
    let over = before.is_empty()
        || column(4) != "t"
        || RunToken::parse(token).is_some_and(|me| me.knows_to_be_gone(&before));
    if !over {
        let (holder, since, until) = (column(1), column(2), column(3));
        let home = &database.server.home;
        return Err(LedgerError::Busy(
            Diagnostic::error(
                "lock-held",
                format!("another run is at work in the home {home} ({holder} since {since}); it has it until {until} and renews that while it works"),
            )
            .hint("Nothing was done; the next run will do it."),
        ));
    }
    let holder = format!("process {} on {}", process_of(token), host_name());
    let taken = database.connection.batch(&format!(
        "UPDATE metas.homes SET fence = fence + 1, token = {}, holder = {}, \
         since = clock_timestamp(), until = {} WHERE home = metas.this_home() RETURNING fence",
        quoted(token),
        quoted(&holder),
        from_now(database.server.lease)
    ))?;
    let fence = text(&taken, 0).and_then(|fence| fence.parse().ok());
    let fence = fence.ok_or_else(|| DatabaseError::failed("the home's row is gone"))?;
    database.commit()?;
    let lease = Lease {
        taken_over: Some(before).filter(|before| !before.is_empty()),
    };
    Ok((fence, lease))
}

/// What a run hears that has lost its home.
pub(super) fn lost(connection: &Connection, server: &LedgerServer) -> LedgerError {
    let home = quoted(&server.home);
    let ask = format!("SELECT COALESCE(holder, '') FROM metas.homes WHERE home = {home}");
    let holder = connection
        .batch(&ask)
        .ok()
        .and_then(|found| text(&found, 0));
    let by = match holder.as_deref() {
        None | Some("") => String::new(),
        Some(holder) => format!(" ({holder})"),
    };
    LedgerError::Busy(
        Diagnostic::error(
            "ledger-lease-lost",
            format!(
                "another run{by} has taken the home {} over: this one had not renewed its lease for {} s",
                server.home,
                server.lease.as_secs()
            ),
        )
        .hint("Nothing more was recorded or sent by this one; the other run or the next one goes on. Standing still for so long is for a machine that sleeps or has no memory left; lease=SECONDS in METAS_LEDGER gives longer."),
    )
}
