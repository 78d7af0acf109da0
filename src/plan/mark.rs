//! The mark that a blank workbook carries, so that a file made from an older template, or from
//! another department's, is known when it comes back.

use super::source::Source;
use crate::hash::sha256_hex;
use crate::period::Period;

/// Name of the hidden sheet that holds the mark: one key and value a row, and lists for
/// drop-downs beside them. A sheet survives what spreadsheet programs do to a file, and a
/// conversion to another format; a document property does not.
pub const MARK_SHEET: &str = "_metas";

/// First cell of that sheet.
pub const MARK_TITLE: &str = "metas-template-1";

/// Beside it stands the period that a file reports.
pub const PERIOD_LABEL: &str = "Periodo que se informa:";

/// What the mark says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateStamp {
    /// The plan's id.
    pub plan: String,
    /// The source's id.
    pub source: String,
    /// The department's id.
    pub department: String,
    /// [`Source::template_hash`] when the template was made.
    pub definition: String,
    /// The period that it was made for; none in a template of an older metas.
    pub period: Option<Period>,
}

impl TemplateStamp {
    /// The mark's rows: key and value.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("plan", self.plan.clone()),
            ("source", self.source.clone()),
            ("department", self.department.clone()),
            ("definition", self.definition.clone()),
        ];
        rows.extend(self.period.map(|period| ("period", period.to_string())));
        rows
    }

    /// Whether all is there that every mark has.
    pub fn is_whole(&self) -> bool {
        self.rows().iter().all(|(_, value)| !value.is_empty())
    }

    /// Takes one row of the mark.
    pub fn set(&mut self, key: &str, value: &str) {
        let field = match key {
            "plan" => &mut self.plan,
            "source" => &mut self.source,
            "department" => &mut self.department,
            "definition" => &mut self.definition,
            "period" => {
                self.period = value.parse().ok();
                return;
            }
            _ => return,
        };
        value.clone_into(field);
    }
}

impl Source {
    /// A hash of all that a template depends on: sheet and columns.
    pub fn template_hash(&self) -> String {
        let text = serde_json::to_vec(&(&self.sheet, &self.columns)).unwrap_or_default();
        let mut hash = sha256_hex(text.as_ref());
        hash.truncate(16);
        hash
    }
}
