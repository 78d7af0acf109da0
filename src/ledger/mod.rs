//! What has happened, in `state/ledger.db`: editions, deliveries, submissions. The only place that
//! knows SQLite. Every write is one transaction; the caller passes the time.

#![allow(clippy::disallowed_methods, reason = "the shell opens the ledger")]

mod adoption;
mod alerts;
mod approvals;
mod database;
mod deliveries;
mod edition_key;
mod editions;
mod error;
mod faults;
mod lock;
mod makings;
mod notices;
mod receipts;
#[cfg(test)]
mod record_tests;
mod records;
mod reminders;
mod rows;
mod runs;
mod snapshot;
#[cfg(test)]
mod takeover_tests;
#[cfg(test)]
mod tests;
mod token;
mod topic;
mod types;

pub use adoption::Adoption;
pub use alerts::OpenAlert;
pub use approvals::{Approved, PendingApproval};
pub use database::Ledger;
pub use edition_key::EditionKey;
pub use error::LedgerError;
pub use lock::RunLock;
pub use makings::Making;
pub use reminders::ReminderStep;
pub use runs::Claim;
pub use token::{Liveness, nonce_of};
pub use topic::{Occasion, Topic};
pub use types::*;
