//! Results and template files in, `results.json`, PDF and open data out.

mod proof;
mod render;
mod world;

pub use render::{RenderRequest, Rendered, render};
