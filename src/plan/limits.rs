//! `[limits]`: bounds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bounds for what a department's file may ask for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Limits {
    /// Largest file, in MiB.
    #[schemars(range(min = 1, max = 4096))]
    pub file_mib: u64,
    /// Largest file once inflated, in MiB.
    #[schemars(range(min = 1, max = 65536))]
    pub inflated_mib: u64,
    /// Most cells with content in a sheet.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub cells: u64,
    /// Most columns in a sheet.
    #[schemars(range(min = 1, max = 16_384))]
    pub columns: u32,
    /// Memory of the reading process, in MiB.
    #[schemars(range(min = 128, max = 65536))]
    pub memory_mib: u64,
    /// Processor time for one file, in seconds.
    #[schemars(range(min = 1, max = 3600))]
    pub seconds: u64,
    /// Data that all files of a run may give, in MiB.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub run_mib: u64,
    /// Processor time for reading all files of a run, in seconds.
    #[schemars(range(min = 1, max = 86_400))]
    pub run_seconds: u64,
    /// How long a file must lie unchanged before it is read, in seconds.
    #[schemars(range(min = 0, max = 86_400))]
    pub quiet_seconds: u64,
    /// Time for the mail of a run, in seconds; only the answer to a message's end, up to 600
    /// seconds, may come later.
    #[schemars(range(min = 1, max = 86_400))]
    pub mail_seconds: u64,
    /// Largest message, in MiB.
    #[schemars(range(min = 1, max = 100))]
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the documentation of the keys promises; whoever sizes a machine relies on it.
    #[test]
    fn what_no_definition_sets_is_as_the_keys_say() {
        let Limits {
            file_mib,
            inflated_mib,
            cells,
            columns,
            memory_mib,
            seconds,
            run_mib,
            run_seconds,
            quiet_seconds,
            mail_seconds,
            message_mib,
        } = Limits::default();
        assert_eq!((file_mib, inflated_mib, run_mib), (50, 512, 512));
        assert_eq!((cells, columns), (20_000_000, 2_000));
        assert_eq!((memory_mib, message_mib), (768, 20));
        assert_eq!((seconds, run_seconds, mail_seconds), (15, 900, 900));
        assert_eq!(quiet_seconds, 3);
    }
}
