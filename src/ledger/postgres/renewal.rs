//! The lease is renewed while its run works, also where that is typesetting for minutes: by a thread
//! with a connection of its own, which short runs never open.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;

use tracing::warn;

use super::address::LedgerServer;
use super::connection::{Connection, text};
use super::lease;
use super::statement::set_home;
use crate::ledger::error::LedgerError;

/// Renews a lease until it goes away.
#[derive(Debug)]
pub(super) struct Renewal {
    /// Whose end ends the thread.
    _until: Sender<()>,
}

impl Renewal {
    /// Begins to renew the lease of a number.
    pub(super) fn begin(server: Arc<LedgerServer>, fence: i64) -> Self {
        let (until, over) = channel::<()>();
        let pace = server.lease / 3;
        let renewing = move || {
            let mut connection = None;
            while over.recv_timeout(pace) == Err(RecvTimeoutError::Timeout) {
                match renewed(&mut connection, &server, fence) {
                    Ok(true) => {}
                    // Another run has it: the next write of this one learns of it.
                    Ok(false) => return,
                    Err(error) => {
                        connection = None;
                        warn!(home = server.home, %error, "the lease could not be renewed");
                    }
                }
            }
        };
        // Without the thread the lease is renewed by each write alone.
        let begun = thread::Builder::new()
            .name("lease".to_owned())
            .spawn(renewing);
        if let Err(error) = begun {
            warn!(%error, "no thread renews the lease");
        }
        Self { _until: until }
    }
}

fn renewed(
    connection: &mut Option<Connection>,
    server: &LedgerServer,
    fence: i64,
) -> Result<bool, LedgerError> {
    let connection = match connection {
        Some(connection) => connection,
        None => connection.insert(Connection::open(server)?),
    };
    let home = set_home(&server.home, false);
    let renewed = connection.batch(&format!("{home}; {}", lease::renew(fence, server.lease)))?;
    Ok(text(&renewed, 0).is_some())
}
