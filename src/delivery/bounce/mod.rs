//! Notices of mail systems that a message did not arrive (RFC 3464): read, and laid on the delivery
//! that they speak of.

mod notice;
mod report;
mod settle;

pub use notice::{Action, BouncedRecipient, read};
pub use settle::{Settled, settle};
