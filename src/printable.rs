//! Which characters the bundled fonts can print. The list is made from the fonts by a test of
//! `report`, so that whoever reads a department's file can warn of the others without any font.

use std::sync::LazyLock;

static RANGES: LazyLock<Vec<(u32, u32)>> = LazyLock::new(|| {
    let code = |hex: &str| u32::from_str_radix(hex, 16).unwrap_or_default();
    let range = |line: &str| match line.split_once('-') {
        Some((first, last)) => (code(first), code(last)),
        None => (code(line), code(line)),
    };
    include_str!("printable.txt").lines().map(range).collect()
});

/// Whether a character has a glyph in each face that templates use.
pub(crate) fn can_be_printed(c: char) -> bool {
    let code = u32::from(c);
    let after = RANGES.partition_point(|(first, _)| *first <= code);
    let range = after.checked_sub(1).and_then(|index| RANGES.get(index));
    range.is_some_and(|(_, last)| code <= *last)
}
