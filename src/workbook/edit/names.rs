//! Names that the parts of a workbook share.

/// The namespace of sheets, styles and comments.
pub(super) const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
/// The namespace of relations, and of their ids in other parts.
pub(super) const OFFICE: &str =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
/// The formula of our conditional formats. It is true, and ours can be told by it.
pub(super) const SIGN: &str = "N(\"metas\")=0";
