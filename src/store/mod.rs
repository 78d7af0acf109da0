//! SHELL: files that outlast a crash and a power cut: the archive by hash, whole files by rename,
//! private folders, and opening regular files only.

#![allow(clippy::disallowed_methods, reason = "the shell: effects live here")]

pub(crate) mod archive;
pub(crate) mod disk;
pub(crate) mod error;
pub(crate) mod files;
pub(crate) mod regular;
pub(crate) mod stamp;
