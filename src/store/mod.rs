//! SHELL: files that outlast a crash and a power cut: the archive by hash, whole files by rename,
//! private folders, and opening regular files only.

#![allow(clippy::disallowed_methods, reason = "the shell: effects live here")]

mod address;
pub(crate) mod archive;
pub(crate) mod disk;
pub(crate) mod error;
pub(crate) mod files;
mod folder;
mod object_error;
mod objects;
#[cfg(test)]
mod on_both;
mod open;
pub(crate) mod presence;
pub(crate) mod regular;
#[cfg(feature = "s3")]
mod s3;
pub(crate) mod stamp;
#[cfg(test)]
mod tests;

pub(crate) use address::StoreAddress;
pub(crate) use object_error::ObjectError;
pub(crate) use objects::{Store, damaged_object, fetch, keep};
pub(crate) use open::open;
