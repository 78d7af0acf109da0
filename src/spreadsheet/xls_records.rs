//! The records of an xls stream: a kind, a length, and bytes; long texts go on in the next one.

use super::bytes::Bytes;
use super::read_error::ReadError;

/// The begin of a part of the workbook: of its own records, of a sheet, of a chart.
pub(super) const BEGIN: u16 = 0x0809;
/// The end of a part.
pub(super) const END: u16 = 0x000A;
/// A sheet of the workbook, and where it begins.
pub(super) const SHEET: u16 = 0x0085;
const CONTINUE: u16 = 0x003C;

/// The records from one place on.
pub(super) struct Records<'b> {
    pub(super) stream: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Records<'b> {
    pub(super) fn next(&mut self) -> Result<Option<(u16, Bytes<'b>)>, ReadError> {
        let head = Bytes(self.stream.get(self.at..).unwrap_or_default());
        let Some((kind, length)) = head.u16(0).zip(head.u16(2)) else {
            return Ok(None);
        };
        let end = 4 + usize::from(length);
        let bytes = head.0.get(4..end).ok_or_else(ReadError::cut_off)?;
        self.at += end;
        Ok(Some((kind, Bytes(bytes))))
    }

    /// The next record, if it goes on with the one before.
    pub(super) fn continued(&mut self) -> Option<Bytes<'b>> {
        let before = self.at;
        if let Ok(Some((CONTINUE, bytes))) = self.next() {
            return Some(bytes);
        }
        self.at = before;
        None
    }

    /// A text with two bytes of length before it, which may go on in the records that follow, as
    /// one record's text of two bytes a letter.
    pub(super) fn text(&mut self, bytes: Bytes<'b>) -> Option<Vec<u8>> {
        let length = bytes.u16(0)?;
        let mut out = length.to_le_bytes().to_vec();
        out.push(1);
        let mut left = usize::from(length);
        let mut rest = if left > 0 { bytes.from(2)? } else { Bytes(&[]) };
        while left > 0 {
            let is_wide = rest.u8(0)? & 1 != 0;
            let letters = rest.from(1)?.0;
            let taken = left.min(letters.len() >> usize::from(is_wide));
            if is_wide {
                out.extend_from_slice(letters.get(..taken * 2)?);
            } else {
                out.extend(letters.iter().take(taken).flat_map(|letter| [*letter, 0]));
            }
            left -= taken;
            if left > 0 {
                rest = self.continued()?;
            }
        }
        Some(out)
    }
}

/// Writes a record.
pub(super) fn write(kind: u16, content: &[u8], out: &mut Vec<u8>) {
    out.extend(kind.to_le_bytes());
    out.extend(
        u16::try_from(content.len())
            .unwrap_or(u16::MAX)
            .to_le_bytes(),
    );
    out.extend_from_slice(content);
}

/// A record that ends before what it should hold.
pub(super) fn short() -> ReadError {
    ReadError::damaged("uno de sus registros está incompleto")
}
