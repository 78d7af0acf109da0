//! Little-endian fields of binary formats, never read past their end.

/// A record's bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'b>(pub &'b [u8]);

impl<'b> Bytes<'b> {
    /// The byte at `at`.
    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    /// Two bytes at `at`.
    pub(super) fn u16(self, at: usize) -> Option<u16> {
        self.fixed(at).map(u16::from_le_bytes)
    }

    /// Four bytes at `at`.
    pub(super) fn u32(self, at: usize) -> Option<u32> {
        self.fixed(at).map(u32::from_le_bytes)
    }

    /// A double at `at`.
    pub(super) fn f64(self, at: usize) -> Option<f64> {
        self.fixed(at).map(f64::from_le_bytes)
    }

    /// What follows `at`.
    pub(super) fn from(self, at: usize) -> Option<Self> {
        self.0.get(at..).map(Bytes)
    }

    /// A text of UTF-16 units with its length in four bytes before it.
    pub(super) fn wide(self, at: usize) -> Option<(String, usize)> {
        let units = self.u32(at)? as usize;
        let end = at.checked_add(4)?.checked_add(units.checked_mul(2)?)?;
        Some((utf16(self.0.get(at + 4..end)?), end))
    }

    fn fixed<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }
}

/// A text of UTF-16 units.
pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields() {
        let bytes = Bytes(&[1, 0, 0, 0, 65, 0]);
        assert_eq!(bytes.wide(0), Some(("A".to_owned(), 6)));
        assert_eq!(bytes.u32(4), None);
        assert_eq!(bytes.f64(usize::MAX), None);
        assert_eq!(Bytes(&[0xFF, 0xFF, 0xFF, 0xFF]).wide(0), None);
    }
}
