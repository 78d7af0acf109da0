//! `metas`: spreadsheets of a municipality's departments in, a progress report out.
//!
//! The flow is one-way. [`pipeline`] turns a definition into a checked plan. [`inbox`] lists and
//! archives what departments dropped; in a bounded [`child`] process [`spreadsheet`] makes cells of
//! it and [`ingest`] typed columns and findings. [`indicators`] turns columns into figures and statuses.
//! [`results`] puts figures into `results.json` and open data; [`report`] typesets that document.
//! [`workbook`] makes the files that go back to departments: blank ones, and their own with
//! comments. [`delivery`] turns an edition into a message and carries it; [`ledger`] remembers what was
//! done. Only [`commands`] sees all of them.
//!
//! The import rule: a stage imports [`diagnostic`], [`period`], [`pipeline`] and the output type
//! of the stage before it. What is pure reads no file, clock or environment. `tests/it/tidy.rs`
//! and `clippy.toml` hold both.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "tests fail by panicking"
    )
)]

pub mod child;
pub mod cli;
pub mod commands;
pub mod delivery;
pub mod diagnostic;
pub mod disk;
pub mod embedded;
pub mod envelope;
pub mod failpoint;
pub mod hash;
pub mod inbox;
pub mod indicators;
pub mod ingest;
pub mod ledger;
pub mod period;
pub mod pipeline;
pub mod printable;
pub mod regular;
pub mod report;
pub mod results;
pub mod spanish;
pub mod spreadsheet;
pub mod store_error;
pub mod terminal;
pub mod workbook;
