//! SHELL: the drop folder. Lists what departments have put there, waits until it lies still,
//! says whose it is, archives it under its hash, and has it read in bounded children. Originals
//! are only ever opened for reading.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell: reads the drop folder"
)]

mod blocked;
mod bounded_readings;
mod collect;
mod findings;
mod infer;
mod list;
mod matching;
mod read;
mod submission;
mod take;

pub use collect::{CollectError, collect, present};
pub(crate) use infer::{INFER_SUBCOMMAND, InferenceError, infer, inference_main};
pub use matching::expected;
pub use read::{Job, NotRead, READ_SUBCOMMAND, read_all, reader_main};
pub use submission::{Collected, DropFolder, Missing, Refused, Submission};
