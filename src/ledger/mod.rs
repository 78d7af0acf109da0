//! What has happened: editions, deliveries, submissions; in `state/ledger.db`, or on a server. The only
//! place that knows databases. Every write is one transaction; the caller passes the time.

#![allow(clippy::disallowed_methods, reason = "the shell opens the ledger")]

mod address;
mod adoption;
mod alerts;
mod approvals;
#[cfg(feature = "postgres")]
mod copy;
mod database;
mod database_error;
mod deliveries;
mod driver;
mod edition_key;
mod editions;
mod error;
mod faults;
mod format;
mod lock;
mod makings;
mod notices;
#[cfg(test)]
mod on_both;
#[cfg(feature = "postgres")]
mod postgres;
mod receipts;
#[cfg(test)]
mod record_tests;
mod records;
mod reminders;
mod rows;
mod runs;
mod server;
mod snapshot;
mod sqlite;
#[cfg(test)]
mod sqlite_tests;
#[cfg(test)]
mod takeover_tests;
#[cfg(test)]
mod tests;
mod token;
mod topic;
#[cfg(feature = "postgres")]
mod transfer;
mod types;
mod value;

pub use address::LedgerAddress;
pub use adoption::Adoption;
pub use alerts::OpenAlert;
pub use approvals::{Approved, PendingApproval};
#[cfg(feature = "postgres")]
pub use copy::RowCounts;
pub use database::Ledger;
pub use edition_key::EditionKey;
pub use error::LedgerError;
pub use lock::RunLock;
pub use makings::{Making, TOKEN_FILE};
pub use reminders::ReminderStep;
pub use runs::Claim;
pub(crate) use sqlite::FILE as LEDGER_FILE;
pub use token::{Liveness, nonce_of};
pub use topic::{Occasion, Topic};
#[cfg(feature = "postgres")]
pub use transfer::CopiedLedger;
pub use types::*;
