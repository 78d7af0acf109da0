//! `metas`: spreadsheets of a municipality's departments in, a progress report out.

pub mod child;
pub mod diagnostic;
pub mod inbox;
pub mod indicators;
pub mod ingest;
pub mod period;
pub mod pipeline;
