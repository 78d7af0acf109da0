//! The one integration-test binary: polars and typst are linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests fail by panicking, and set up files"
)]
#![allow(missing_docs, reason = "tests are read, not linked to")]

mod alerts;
mod approval;
mod backup;
mod bad_input;
mod busy;
mod changed;
mod codes;
mod corpus;
mod cron;
mod definitions;
mod delivery;
mod documents;
mod flags;
mod formats;
mod home;
mod homes;
mod ingest;
mod init;
mod keys;
mod late;
mod leon;
mod letters;
mod log;
mod machine;
mod metrics;
mod packages;
mod page;
mod personal;
mod plans;
mod preview;
mod published;
mod quarter;
mod queries;
mod readme;
mod receipts;
mod report;
mod results;
mod rules;
mod said;
mod slices;
mod status;
mod store;
mod terminal;
mod tidy;
mod upgrade;
mod workbook;
mod year;
