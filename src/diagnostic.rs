//! The one diagnostic type. A definition error, a finding about a cell and a
//! template error are all a [`Diagnostic`]; only the console prints them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a diagnostic weighs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Blocks: a definition is refused, a source is taken out of the computation.
    Error,
    /// Reported, and the work goes on.
    Warning,
    /// Kept in the file's record: nobody need do anything.
    Note,
}

/// A text that a span points into: a definition, a query or a template file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceText {
    /// The name shown to people, relative to the home folder where possible.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// Where in the world a diagnostic points.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Location {
    /// Nowhere in particular.
    #[default]
    Nowhere,
    /// Bytes `span` of a text file.
    Text {
        /// The text.
        source: Arc<SourceText>,
        /// Byte range in it; never past its end.
        span: Range<usize>,
    },
    /// A file, sheet, or cells of a workbook.
    Cells(Box<CellLocation>),
}

/// A place in a department's file. Absent parts are not known or not meant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct CellLocation {
    /// The file's path below `inputs/<period>/`, with `/` between folders.
    pub file: String,
    /// The sheet's name; absent for CSV.
    pub sheet: Option<String>,
    /// One cell (`D14`) or a range (`D14:D97`) in A1 notation.
    pub cell: Option<String>,
    /// The header of the column as the file writes it.
    pub header: Option<String>,
    /// What stands in the cell; always absent for a personal column.
    pub raw: Option<String>,
}

/// One thing that is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// Blocks or not.
    pub severity: Severity,
    /// A stable kebab-case code, such as `unknown-category`.
    pub code: String,
    /// Where.
    pub location: Location,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to write or do instead.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A warning without a place.
    pub fn warning(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// A note without a place.
    pub fn note(code: &str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    fn new(severity: Severity, code: &str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            location: Location::Nowhere,
            message: message.into(),
            hint: None,
        }
    }

    /// The same, pointing at `span` of `source`.
    pub fn at(mut self, source: &Arc<SourceText>, span: Range<usize>) -> Self {
        self.location = Location::Text {
            source: Arc::clone(source),
            span,
        };
        self
    }

    /// The same, pointing at a place in a department's file.
    pub fn in_cells(mut self, place: CellLocation) -> Self {
        self.location = Location::Cells(Box::new(place));
        self
    }

    /// The same, with the way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The department's file that it speaks of.
    pub fn file(&self) -> Option<&str> {
        match &self.location {
            Location::Cells(place) => Some(&place.file),
            _ => None,
        }
    }

    /// Whether nobody need do anything.
    pub fn is_note(&self) -> bool {
        self.severity == Severity::Note
    }

    /// Whether it blocks.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether a character commands a terminal, turns the order of a line around, or is not seen at
/// all; spaces are none of these, line breaks and tabs are.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Such a character as people can read it: `\n`, `\u{202e}`.
pub fn written_out(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c => c.escape_unicode().to_string(),
    }
}

/// A name or a quoted text on one line, with every unseen character written out. What others have
/// named (files, sheets, headers, cells, a server's reply) stands so in a message, where a line
/// break could pass for a line of ours.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_unseen(c) {
            out.push_str(&written_out(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The nearest of `candidates` to `word`, when near enough to be a slip.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| {
            (
                strsim::jaro_winkler(&word.to_lowercase(), &c.to_lowercase()),
                c,
            )
        })
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}
