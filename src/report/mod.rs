//! Results and template files in, `results.json`, PDF and open data out.
//!
//! `data` is everything that a report says; `document` puts it into `results.json` with the
//! Spanish text of each figure (`shown`); `render` typesets that document in a sealed `world`,
//! and `proof` looks at the pages again.

mod clean;
mod codec;
mod corrections;
mod data;
mod document;
mod open_data;
mod photo;
mod proof;
mod render;
mod shown;
mod world;

pub use clean::clean;
pub use codec::{answer, decode_answer, encode_request};
pub use data::{DepartmentStatus, FileStatus, Replaced, ReportData, SourceState, SourceStatus};
pub use document::document;
pub use open_data::open_data;
pub use photo::{answer_photo, decode_photo, prepare_photo};
pub use proof::{GoalText, goal_texts};
pub use render::{RenderRequest, Rendered, render};
pub use world::{font_families, warm_up};

/// JSON Schema of `results.json`.
pub fn json_schema() -> serde_json::Value {
    // The text is part of the binary, and a test reads it.
    serde_json::from_str(include_str!("schema.json")).unwrap_or_default()
}
