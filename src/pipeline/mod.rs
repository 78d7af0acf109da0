//! The plan's definition: TOML text in, a checked [`Pipeline`] or every error of it out.

mod model;

pub use model::*;
