//! `metas`: spreadsheets of a municipality's departments in, a progress report out.

pub mod cli;
pub mod commands;
pub mod delivery;
pub mod diagnostic;
pub mod embedded;
pub mod failpoint;
pub mod indicators;
pub mod ingest;
pub mod ledger;
pub mod period;
pub mod pipeline;
pub mod spanish;
pub mod terminal;
