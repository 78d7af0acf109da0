//! Where a home's ledger is kept: in its own file, or on a server that many homes and hosts share.

use std::path::Path;

use super::error::LedgerError;
use crate::diagnostic::Diagnostic;
use crate::home_name;
use crate::secret::{Secret, SecretPlace, secret};

/// The variable that holds the address of the server.
const PLACE: SecretPlace = SecretPlace {
    variable: "METAS_LEDGER",
    credential: "ledger",
    what: "the address of the ledger",
};

/// A server and one home's name on it. The password in it is neither printed nor logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerAddress {
    url: Secret,
    home: String,
}

impl LedgerAddress {
    /// The server that the environment names for the home in a folder; none where its ledger is in
    /// its own file. The home is called as `METAS_LEDGER_HOME` says, else as its folder is.
    ///
    /// # Errors
    /// `ledger-address` where what is named is no server, `ledger-home` where the home has no name.
    pub fn of_environment(root: &Path) -> Result<Option<Self>, LedgerError> {
        let Some(url) = secret(PLACE)? else {
            return Ok(None);
        };
        Self::new(url, &home_name::of(root))
    }

    /// A server by its URL; none where that is empty.
    ///
    /// # Errors
    /// As [`LedgerAddress::of_environment`].
    pub fn new(url: Secret, home: &str) -> Result<Option<Self>, LedgerError> {
        let text = url.reveal();
        if text.trim().is_empty() {
            return Ok(None);
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(wrong_address("it does not begin with postgres://").into());
        }
        home_name::check(home)?;
        Ok(Some(Self {
            url,
            home: home.to_owned(),
        }))
    }

    /// The URL, with its password.
    #[cfg(feature = "postgres")]
    pub(super) fn url(&self) -> &str {
        self.url.reveal()
    }

    /// The home's name.
    #[cfg(feature = "postgres")]
    pub(super) fn home(&self) -> &str {
        &self.home
    }
}

/// An address that leads nowhere. It may hold a password, so that it is not repeated.
pub(super) fn wrong_address(why: &str) -> Diagnostic {
    Diagnostic::error(
        "ledger-address",
        format!("METAS_LEDGER is no address of a PostgreSQL database: {why}"),
    )
    .hint("Write postgres://USER:PASSWORD@HOST:PORT/DATABASE, with %40 for @ and %2F for / in the password; without it the ledger is state/ledger.db.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_servers_and_never_repeated() {
        let of = |url: &str, home: &str| LedgerAddress::new(Secret::new(url.to_owned()), home);
        assert!(of("", "leon").unwrap().is_none());
        let address = of("postgres://metas:s3cret@db/metas", "leon").unwrap();
        assert!(!format!("{address:?}").contains("s3cret"));
        for (url, home, code) in [
            ("mysql://metas:s3cret@db/metas", "leon", "ledger-address"),
            ("state/ledger.db", "leon", "ledger-address"),
            ("postgres://db/metas", "", "ledger-home"),
            ("postgres://db/metas", "a\nb", "ledger-home"),
        ] {
            let told = of(url, home).unwrap_err().diagnostic();
            assert_eq!(told.code, code, "{url}");
            assert!(!told.message.contains("s3cret"), "{}", told.message);
        }
    }
}
