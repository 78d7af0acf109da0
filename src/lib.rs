//! `metas`: spreadsheets of a municipality's departments in, a progress report out.

pub mod cli;
pub mod diagnostic;
pub mod indicators;
pub mod ingest;
pub mod period;
pub mod pipeline;
pub mod spanish;
pub mod terminal;
