//! `results.json` and template files in, PDF and page out.
//!
//! `clean` makes the document's texts fit for the page; `render` typesets it in a sealed `world`,
//! and `proof` looks at the pages again. `page` makes the one for browsers.

mod clean;
mod codec;
mod page;
mod photo;
mod proof;
mod render;
mod world;

pub use clean::clean;
pub use codec::{answer, decode_answer, encode_request};
pub use page::{PAGE_FILE, PageRequest, page, page_template_fault};
pub use photo::{answer_photo, decode_photo, prepare_photo};
pub use proof::{GoalText, goal_texts, page_texts};
pub use render::{RenderRequest, Rendered, render};
pub use world::{font_families, warm_up};
