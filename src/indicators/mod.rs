//! Tables in, results out: queries, the rules of calculation, statuses, footnotes.

mod results;

pub use results::*;
