//! What every format's reader gives: cells in the order of the sheet, and the texts they point to.

use super::read_error::{ReadError, too_many_texts};

/// A merged area: first row and column, last row and column, zero-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Area {
    /// Rows, the first and the last.
    pub rows: (u32, u32),
    /// Columns, the first and the last.
    pub columns: (u32, u32),
}

/// Number of a text in [`Texts`].
pub(crate) type TextId = u32;

/// Content of a cell. Small and `Copy`: texts stay in [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) enum CellValue {
    /// Nothing, or only spaces.
    #[default]
    Empty,
    /// A number without percent or date format.
    Number(f64),
    /// A fraction shown as percent: 0.9 for 90 %.
    Percent(f64),
    /// Days since the workbook's epoch, shown as a date or a time.
    Serial(f64),
    /// An elapsed time, in days.
    Duration(f64),
    /// A truth value.
    Bool(bool),
    /// A text.
    Text(TextId),
    /// A date in ISO 8601, as the file's format stores it.
    IsoDate(TextId),
    /// An error such as `#REF!`.
    Error(TextId),
    /// A formula whose result was never stored.
    NoCache,
}

/// Texts of a workbook, end to end in one allocation.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    all: String,
    ends: Vec<u32>,
    plain: Vec<bool>,
}

impl Texts {
    /// Keeps `text`; none when there is no room for it.
    pub(crate) fn push(&mut self, text: &str) -> Option<TextId> {
        let id = u32::try_from(self.ends.len()).ok()?;
        let end = u32::try_from(self.all.len().checked_add(text.len())?).ok()?;
        self.all.push_str(text);
        self.ends.push(end);
        self.plain.push(is_plain(text.as_bytes()));
        Some(id)
    }

    /// Whether the text `id` is of letters and signs of Latin script only, with no space at its
    /// ends: nothing in it is unseen, commands a machine or is missing from fonts. That is looked
    /// at once, and spares most texts every closer look. Of others nothing is said.
    pub(crate) fn is_plain(&self, id: TextId) -> bool {
        self.plain.get(id as usize).copied().unwrap_or_default()
    }

    /// Keeps `text` as a cell's value; nothing is kept of an empty one.
    pub(crate) fn value(&mut self, text: &str) -> Result<CellValue, ReadError> {
        if text.is_empty() {
            return Ok(CellValue::Empty);
        }
        self.push(text)
            .map(CellValue::Text)
            .ok_or_else(too_many_texts)
    }

    /// Forgets the text that was kept last.
    pub(crate) fn forget_last(&mut self) {
        self.ends.pop();
        self.plain.pop();
        self.all
            .truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    /// The text `id`; empty for an unknown one.
    pub(crate) fn get(&self, id: TextId) -> &str {
        let id = id as usize;
        let start = match id.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(0) as usize,
        };
        let end = self.ends.get(id).copied().unwrap_or(0) as usize;
        self.all.get(start..end).unwrap_or_default()
    }
}

/// Of UTF-8 only the bytes of U+0020 to U+007E and of U+00C0 to U+017F.
fn is_plain(text: &[u8]) -> bool {
    let is_inner = |byte: &u8| matches!(byte, b' '..=b'~' | 0x80..=0xBF | 0xC3..=0xC5);
    let ends = (text.first(), text.last());
    ends.0.is_some_and(|byte| *byte != b' ')
        && ends.1 != Some(&b' ')
        && text.iter().fold(true, |all, byte| all & is_inner(byte))
}

/// Rows of the largest sheet that any format allows.
pub(crate) const MAX_ROWS: u32 = 1_048_576;
/// Columns of the largest sheet that any format allows.
pub(crate) const MAX_COLUMNS: u32 = 16_384;

/// Whether the reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// To the next cell.
    Go,
    /// No more cells are wanted.
    Stop,
}

/// Where a reader puts the cells of a sheet.
pub(crate) trait Sink {
    /// Whether the exact value of a cell in `column` matters. Where it does not, the reader may
    /// give any number for a number.
    fn wants(&self, column: u32) -> bool;
    /// One cell with content; rows come in order.
    fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: CellValue,
        texts: &Texts,
    ) -> Result<Flow, ReadError>;
    /// A row of a text file ends, with so many fields.
    fn row_ended(&mut self, _row: u32, _fields: u32) {}
    /// An area of the sheet is merged into one cell. Told before or after its cells.
    fn merged(&mut self, _area: Area) {}
    /// A row begins that is hidden.
    fn hidden_row(&mut self, _row: u32) {}
}

/// Letters of a zero-based column: 0 is `A`, 26 is `AA`.
pub(crate) fn column_letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        let digit = ((rest - 1) % 26) as u8;
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// A1 notation of a zero-based position.
pub(crate) fn a1(row: u32, column: u32) -> String {
    format!("{}{}", column_letters(column), u64::from(row) + 1)
}

/// Zero-based row and column of an A1 reference; none when it is not one inside a sheet.
pub(crate) fn parse_a1(reference: &[u8]) -> Option<(u32, u32)> {
    let mut column = 0u32;
    let mut row = 0u32;
    let mut at = 0;
    while let Some(letter) = reference.get(at).filter(|b| b.is_ascii_alphabetic()) {
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        at += 1;
        if column > MAX_COLUMNS {
            return None;
        }
    }
    let digits = reference.get(at..)?;
    if at == 0 || digits.is_empty() || digits.len() > 7 {
        return None;
    }
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        row = row * 10 + u32::from(digit - b'0');
    }
    (1..=MAX_ROWS).contains(&row).then(|| (row - 1, column - 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn positions() {
        for (text, at) in [
            ("A1", Some((0, 0))),
            ("xfd1048576", Some((1_048_575, 16_383))),
            ("AA10", Some((9, 26))),
            ("A4294967297", None),
            ("A0", None),
            ("XFE1", None),
            ("1A", None),
            ("A", None),
            ("ZZZZZZZZZ1", None),
            ("A1B", None),
        ] {
            assert_eq!(parse_a1(text.as_bytes()), at, "{text}");
            if let Some((row, column)) = at {
                assert_eq!(a1(row, column), text.to_uppercase());
            }
        }
    }

    #[test]
    fn plain_texts_hide_nothing() {
        for (text, plain) in [
            ("Ñandú, Ž-3 (50 %) ~", true),
            ("", false),
            (" a", false),
            ("a ", false),
            ("a\tb", false),
            ("a\u{7f}", false),
            ("a\u{a0}b", false),
            ("a\u{ad}b", false),
            ("a\u{85}b", false),
            ("ª", false),
            ("\u{180}", false),
            ("a\u{301}", false),
            ("a\u{200b}", false),
            ("\u{fffd}", false),
        ] {
            let mut texts = Texts::default();
            let id = texts.push(text).unwrap();
            assert_eq!(texts.is_plain(id), plain, "{text:?}");
            texts.forget_last();
            assert!(!texts.is_plain(id));
        }
    }

    #[test]
    fn texts_come_back() {
        let mut texts = Texts::default();
        let ids: Vec<_> = ["uno", "", "ñandú"].map(|t| texts.push(t)).into();
        assert_eq!(texts.get(ids[0].unwrap()), "uno");
        assert_eq!(texts.get(ids[1].unwrap()), "");
        assert_eq!(texts.get(ids[2].unwrap()), "ñandú");
        assert_eq!(texts.get(9), "");
    }
}
