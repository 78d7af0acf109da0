//! The same tests on every database that can keep a ledger: SQLite always, PostgreSQL where the
//! feature is on and `METAS_TEST_POSTGRES` names a database in which they may make homes.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::Ledger;

/// A database that can keep a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TestDatabase {
    /// In the file of the home.
    Sqlite,
    /// On a server.
    #[cfg(feature = "postgres")]
    Postgres,
}

impl TestDatabase {
    /// The ledger of a home whose `state/` is that folder: the same one for the same folder.
    pub(super) fn open(self, state: &Path) -> Ledger {
        match self {
            Self::Sqlite => Ledger::open(state).unwrap(),
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                std::fs::create_dir_all(state).unwrap();
                Ledger::connect(&address_of(state)).unwrap()
            }
        }
    }

    /// Whether there is such a database here.
    #[cfg(feature = "postgres")]
    pub(super) fn is_there(self) -> bool {
        match self {
            Self::Sqlite => true,
            #[cfg(feature = "postgres")]
            Self::Postgres => std::env::var_os("METAS_TEST_POSTGRES").is_some(),
        }
    }
}

/// The address of the home on the server whose `state/` is that folder, of which there is no other.
#[cfg(feature = "postgres")]
pub(super) fn address_of(state: &Path) -> super::LedgerAddress {
    let url = std::env::var("METAS_TEST_POSTGRES").unwrap();
    let home = state.to_string_lossy();
    let address = super::LedgerAddress::new(crate::secret::Secret::new(url), &home);
    address.unwrap().unwrap()
}

/// Runs each of these functions on every database.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $name() {
                super::$name($crate::ledger::on_both::TestDatabase::Sqlite);
            })*
        }

        #[cfg(feature = "postgres")]
        mod on_postgres {
            $(#[test]
            fn $name() {
                let kept = $crate::ledger::on_both::TestDatabase::Postgres;
                if kept.is_there() {
                    super::$name(kept);
                }
            })*
        }
    };
}
pub(super) use on_both;
