//! How much of the machine this process may take for its own children.

use std::num::NonZeroUsize;
use std::thread;

/// The environment variable that says how many runs share the machine.
pub(crate) const SHARES: &str = "METAS_SHARES";

/// As many children as this process may have at work at a time: a processor each, fewer where other
/// runs are at work beside this one, and one at least.
pub(crate) fn parallelism() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let shares = std::env::var(SHARES).ok();
    let shares: Option<NonZeroUsize> = shares.and_then(|shares| shares.parse().ok());
    (processors / shares.map_or(1, NonZeroUsize::get)).max(1)
}
