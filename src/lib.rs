//! `metas`: spreadsheets of a municipality's departments in, a progress report out.
//!
//! The flow is one-way. [`plan`] turns a definition into a checked plan. [`dropbox`] lists and archives
//! what departments dropped; in a bounded [`worker`] process [`spreadsheet`] makes cells of it and
//! [`ingest`] typed columns and findings. [`indicators`] turns columns into figures and statuses.
//! [`results`] puts figures into `results.json` and open data; [`report`] typesets that document.
//! [`workbook`] makes the files that go back to departments. [`correspondence`] says what a message
//! says, [`delivery`] carries it; [`ledger`] remembers what was done, [`store`] keeps files.
//! [`edition`] is the cycle of a period over all of them, [`cli`] the command line above it.
//!
//! The import rule: a stage imports [`diagnostic`], [`period`], [`plan`] and the output type of the
//! stage before it. What is pure reads no file, clock or environment. `tests/it/tidy.rs` and
//! `clippy.toml` hold both.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )
)]

pub mod cli;
pub mod codes;
pub mod console;
pub mod correspondence;
pub mod delivery;
pub mod diagnostic;
pub mod dropbox;
mod edition;
mod embedded;
mod envelope;
mod exit;
mod failpoint;
pub mod hash;
mod home;
mod home_name;
pub mod indicators;
pub mod ingest;
pub mod ledger;
mod percent;
pub mod period;
pub mod plan;
mod printable;
pub mod report;
pub mod results;
pub mod secret;
mod spanish;
mod spreadsheet;
mod store;
pub mod workbook;
pub mod worker;
