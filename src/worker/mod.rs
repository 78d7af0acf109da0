//! SHELL: the same binary as a bounded child process.
//!
//! A bad spreadsheet or a runaway template can abort or hang a library where nothing can catch
//! it. So the work is done in a child that has limits on memory and time, dies with its parent,
//! and says on stderr what it is about to do: its last words, should it die.
//!
//! Parent and child speak in frames: eight bytes of length, little-endian, then that many bytes.
//! One request frame, one response frame, as often as the parent likes.

#![allow(clippy::disallowed_methods, reason = "the shell: starts processes")]

mod clock;
mod failure;
mod frames;
mod helper;
mod process;
mod program;
mod served;
mod share;
mod side_by_side;
mod words;

pub use failure::{ChildFailure, Kind, Passing};
pub use helper::Helper;
pub use program::{Bounds, Program, this};
pub use served::{about_to, serve};
pub(crate) use share::{SHARES, parallelism};
pub(crate) use side_by_side::side_by_side;
