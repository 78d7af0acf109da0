//! SHELL: the drop folder. Lists what departments have put there, waits until it lies still,
//! says whose it is, archives it under its hash, and has it read in bounded children. Originals
//! are only ever opened for reading.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell: reads the drop folder"
)]

mod archive;
mod collect;
mod list;
mod matching;
mod read;
mod shelf;

pub use archive::{Stored, archive, hash};
pub use collect::{Collected, Inbox, Missing, Present, Submission, collect, present};
pub use list::{Entry, Listing, list};
pub use matching::{Expected, expected};
pub use read::{Job, READ_SUBCOMMAND, read_all, reader_main};
