//! Opening the ledger that a server keeps.

use super::address::LedgerAddress;
use super::database::Ledger;
use super::error::LedgerError;

#[cfg(feature = "postgres")]
impl Ledger {
    /// Opens a home's ledger on a server, making it where it is missing.
    ///
    /// # Errors
    /// `ledger-unreachable` where the server does not answer, `ledger-login` where it lets nobody
    /// in, `ledger-newer` where a later `metas` has written there.
    pub fn connect(address: &LedgerAddress) -> Result<Self, LedgerError> {
        let database = super::postgres::PostgresDatabase::open(address)?;
        Ok(Self::over(Box::new(database)))
    }

    /// Opens a home's ledger on a server where there is one.
    ///
    /// # Errors
    /// As [`Ledger::connect`].
    pub fn connect_if_there(address: &LedgerAddress) -> Result<Option<Self>, LedgerError> {
        let found = super::postgres::PostgresDatabase::open_if_there(address)?;
        Ok(found.map(|database| Self::over(Box::new(database))))
    }
}

#[cfg(not(feature = "postgres"))]
impl Ledger {
    /// This program knows no server.
    ///
    /// # Errors
    /// `ledger-not-built`.
    pub fn connect(_address: &LedgerAddress) -> Result<Self, LedgerError> {
        Err(not_built())
    }

    /// This program knows no server.
    ///
    /// # Errors
    /// `ledger-not-built`.
    pub fn connect_if_there(_address: &LedgerAddress) -> Result<Option<Self>, LedgerError> {
        Err(not_built())
    }
}

#[cfg(not(feature = "postgres"))]
fn not_built() -> LedgerError {
    crate::diagnostic::Diagnostic::error(
        "ledger-not-built",
        "METAS_LEDGER names a PostgreSQL database, and this metas was built without it",
    )
    .hint("Install a metas that was built with `--features postgres`; or unset METAS_LEDGER: then the ledger is state/ledger.db.")
    .into()
}
