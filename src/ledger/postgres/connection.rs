//! One connection, of which every wait has an end: the client that is used knows no time limit for a
//! reply, and a network may swallow one.

use std::cell::Cell;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Row, SimpleQueryMessage};

use super::address::{LedgerServer, Security};
use super::faults::{self, ConnectionPhase};
use super::{statement, tls};
use crate::ledger::database_error::DatabaseError;
use crate::ledger::error::LedgerError;

/// How long the server is waited for at the end, when it is told good-bye.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a reply may take beyond what the server gives a statement.
const JOURNEY: Duration = Duration::from_secs(10);

/// An open connection.
pub(super) struct Connection {
    runtime: Runtime,
    client: Option<Client>,
    /// What carries the messages to and fro whenever something is waited for.
    carrier: Option<JoinHandle<()>>,
    patience: Duration,
    /// A reply did not come: what comes next would wait as long.
    is_broken: Cell<bool>,
    /// Which server, for people.
    place: String,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection to {}", self.place)
    }
}

impl Connection {
    /// Connects, and tells the server what holds for the session.
    ///
    /// # Errors
    /// The server can't be reached, refuses, or its certificate is not trusted.
    pub(super) fn open(server: &LedgerServer) -> Result<Self, LedgerError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(DatabaseError::failed)?;
        let (client, carrier) = match &server.security {
            Security::Tls { ca_file } => {
                let tls = tls::connector(ca_file.as_deref())?;
                reached(&runtime, server, tls)?
            }
            Security::Plain => reached(&runtime, server, NoTls)?,
        };
        let connection = Self {
            runtime,
            client: Some(client),
            carrier: Some(carrier),
            patience: server.statement_timeout + JOURNEY,
            is_broken: Cell::new(false),
            place: server.place(),
        };
        connection.batch(&session(server))?;
        Ok(connection)
    }

    /// Sends statements without parameters, one after the other; gives what came back.
    ///
    /// # Errors
    /// The server refuses one, or is not heard from.
    pub(super) fn batch(&self, sql: &str) -> Result<Vec<SimpleQueryMessage>, DatabaseError> {
        self.wait_for(async |client| client.simple_query(sql).await)
    }

    /// The rows of a statement.
    ///
    /// # Errors
    /// As [`Connection::batch`].
    pub(super) fn query(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, DatabaseError> {
        self.wait_for(async |client| client.query_typed(sql, values).await)
    }

    /// How many rows a statement changed.
    ///
    /// # Errors
    /// As [`Connection::batch`].
    pub(super) fn execute(
        &self,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<u64, DatabaseError> {
        self.wait_for(async |client| client.execute_typed(sql, values).await)
    }

    fn wait_for<T>(
        &self,
        work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, DatabaseError> {
        let client = self.client.as_ref().filter(|_| !self.is_broken.get());
        let Some(client) = client else {
            return Err(faults::lost(&self.place));
        };
        let done = self
            .runtime
            .block_on(async { tokio::time::timeout(self.patience, work(client)).await });
        match done {
            Ok(done) => {
                done.map_err(|error| faults::of(&self.place, ConnectionPhase::Working, &error))
            }
            Err(_) => {
                self.is_broken.set(true);
                Err(faults::slow(&self.place, self.patience))
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        drop(self.client.take());
        if let Some(carrier) = self.carrier.take() {
            let gone = async { tokio::time::timeout(FAREWELL, carrier).await };
            let _ = self.runtime.block_on(gone);
        }
    }
}

fn reached<T>(
    runtime: &Runtime,
    server: &LedgerServer,
    tls: T,
) -> Result<(Client, JoinHandle<()>), DatabaseError>
where
    T: tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>,
    T::Stream: Send + 'static,
{
    let patience = server.connect_timeout + JOURNEY;
    let connecting = server.config.connect(tls);
    let connected = runtime.block_on(async { tokio::time::timeout(patience, connecting).await });
    match connected {
        Ok(Ok((client, connection))) => {
            // How it ends is told to whoever waits for a reply.
            let carrier = runtime.spawn(async {
                let _ = connection.await;
            });
            Ok((client, carrier))
        }
        Ok(Err(error)) => Err(faults::of(
            &server.place(),
            ConnectionPhase::Connecting,
            &error,
        )),
        Err(_) => Err(faults::unreachable(&server.place(), "it does not answer")),
    }
}

/// What holds for a session. A run that stands still in the midst of a transaction does not keep
/// others from the home for longer than a lease.
fn session(server: &LedgerServer) -> String {
    let statement = server.statement_timeout.as_millis();
    let idle = server.lease.as_millis();
    let home = statement::set_home(&server.home, false);
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {statement}; \
         SET idle_in_transaction_session_timeout = {idle}; \
         SET search_path = metas_home, metas; SET client_min_messages = warning; \
         SELECT set_config('synchronous_commit', 'on', false) \
         WHERE current_setting('synchronous_commit') IN ('off', 'local'); {home}"
    )
}

/// A column of the first row that the last statement with rows gave.
pub(super) fn text(messages: &[SimpleQueryMessage], column: usize) -> Option<String> {
    messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(column).unwrap_or_default().to_owned()),
        _ => None,
    })
}
