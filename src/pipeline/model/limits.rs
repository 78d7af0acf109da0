//! Bounds.

use serde::{Deserialize, Serialize};

/// Bounds for what a department's file may ask for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Limits {
    /// Largest file, in MiB.
    pub file_mib: u64,
    /// Largest file once inflated, in MiB.
    pub inflated_mib: u64,
    /// Most cells with content in a sheet.
    pub cells: u64,
    /// Most columns in a sheet.
    pub columns: u32,
    /// Memory of the reading process, in MiB.
    pub memory_mib: u64,
    /// Processor time for one file, in seconds.
    pub seconds: u64,
    /// Data that all files of a run may give, in MiB.
    pub run_mib: u64,
    /// Processor time for reading all files of a run, in seconds.
    pub run_seconds: u64,
    /// How long a file must lie unchanged before it is read, in seconds.
    pub quiet_seconds: u64,
    /// Time for the mail of a run, in seconds; the answer to a message's end may come later.
    pub mail_seconds: u64,
    /// Largest message, in MiB.
    pub message_mib: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_mib: 50,
            inflated_mib: 512,
            cells: 20_000_000,
            columns: 2_000,
            memory_mib: 768,
            seconds: 15,
            run_mib: 512,
            run_seconds: 900,
            quiet_seconds: 3,
            mail_seconds: 900,
            message_mib: 20,
        }
    }
}
