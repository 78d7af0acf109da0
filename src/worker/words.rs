//! What a child says on its standard error, and its parent understands.

use super::failure::Passing;

/// The environment variable that holds the child's address space, in MiB.
pub(crate) const MEMORY: &str = "METAS_CHILD_MEMORY_MIB";
pub(crate) const LAST_WORDS: &str = "about to: ";
pub(crate) const LONGEST_WORDS: usize = 300;
/// Said once the bounds are taken on: what ends a child before was not what it was given.
pub(crate) const READY: &str = "ready";
pub(crate) const CANNOT: &str = "cannot: ";

/// What a child said that it was kept from by the machine.
pub(crate) fn cannot(line: &str) -> Option<(Passing, &str)> {
    let (how, what) = line.strip_prefix(CANNOT)?.split_once(": ")?;
    let passing = match how {
        "passing" => Passing::Yes,
        _ => Passing::No,
    };
    Some((passing, what))
}
