//! What the rest of the reader knows of a workbook, whatever its format.

use super::cell::{Sink, Texts};
use super::read_error::ReadError;

/// One sheet that holds cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetInfo {
    /// Its name; empty for CSV.
    pub name: String,
    /// Whether Excel or LibreOffice hides it.
    pub hidden: bool,
}

/// An opened workbook.
pub(crate) trait Workbook {
    /// Its sheets of cells, in order.
    fn sheets(&self) -> &[SheetInfo];
    /// Sends the cells of sheet number `sheet` to `sink`, in order of rows.
    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), ReadError>;
    /// Texts met so far.
    fn texts(&self) -> &Texts;
    /// Whether day 0 is 1904-01-01.
    fn date1904(&self) -> bool {
        false
    }
    /// Whether it is a text file, which keeps what was shown and no types.
    fn is_text(&self) -> bool {
        false
    }
}
