//! Where things lie on a blank workbook, and all that it says.

use crate::plan::{Source, TemplateStamp};

/// Row of the headers.
pub(super) const HEADER_ROW: u32 = 5;
/// The last row that a format or rule covers.
pub(super) const LAST_ROW: u32 = 1_048_575;

/// All that a template says.
pub(super) struct BlankWorkbook<'a> {
    /// The plan's title.
    pub plan: &'a str,
    /// The department's name.
    pub department: &'a str,
    /// The name under which the file is to be saved in another format.
    pub save_as: Option<&'a str>,
    /// The source.
    pub source: &'a Source,
    /// Its mark.
    pub mark: TemplateStamp,
}
