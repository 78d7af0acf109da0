//! Which program a bounded process runs, and what it may use.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use super::failure::{ChildFailure, Kind};

/// What a child may use.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Address space, in MiB.
    pub memory_mib: u64,
    /// Processor time for one request, in seconds.
    pub seconds: u64,
    /// Largest response, in MiB.
    pub output_mib: u64,
}

/// Which program to start, and how.
#[derive(Debug, Clone)]
pub struct Program {
    /// The binary.
    pub path: PathBuf,
    /// Its arguments: the hidden subcommand.
    pub args: Vec<OsString>,
}

impl Program {
    /// This very binary with a hidden subcommand.
    pub fn this(subcommand: &str) -> io::Result<Self> {
        let mut path = std::env::current_exe()?;
        // Where a newer version has taken the file's place, the one that runs is still here.
        let itself = PathBuf::from("/proc/self/exe");
        if !path.exists() && itself.exists() {
            path = itself;
        }
        Ok(Self {
            path,
            args: vec![subcommand.into()],
        })
    }
}

/// This very binary with a hidden subcommand.
///
/// # Errors
/// Where it lies cannot be told.
pub fn this(subcommand: &str) -> Result<Program, ChildFailure> {
    Program::this(subcommand)
        .map_err(|e| ChildFailure::of(Kind::prevented("cannot find this program", &e)))
}
