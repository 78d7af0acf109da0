//! The matrix of departments and periods as `metas status` prints it, within 80 columns.

use super::clip::clip;
use crate::results::{Completeness, SubmissionCell, SubmissionMatrix};

/// As many periods as a line has room for, the last ones; `--json` has them all.
const SHOWN: usize = 5;

/// Rows of departments, columns of periods; nothing where no department is asked for a file.
pub(super) fn matrix_text(matrix: &SubmissionMatrix) -> String {
    if matrix.departments.is_empty() {
        return String::new();
    }
    let first = matrix.periods.len().saturating_sub(SHOWN);
    let mut text = format!("  {:<26}", "Submissions");
    for period in matrix.periods.iter().skip(first) {
        text.push_str(&format!("{:<10}", period.to_string()));
    }
    ended(&mut text);
    for row in &matrix.departments {
        text.push_str(&format!("    {:<24}", clip(&row.id, 23)));
        for cell in row.cells.iter().skip(first) {
            text.push_str(&format!("{:<10}", words(cell)));
        }
        ended(&mut text);
    }
    text
}

fn ended(text: &mut String) {
    text.truncate(text.trim_end().len());
    text.push('\n');
}

fn words(cell: &SubmissionCell) -> String {
    let count = |n: Option<usize>| n.unwrap_or_default();
    match (cell.state, cell.late_days) {
        (Completeness::OnTime, _) => "on time".to_owned(),
        (Completeness::Late, Some(days)) => format!("late {days}d"),
        (Completeness::Late, None) => "late".to_owned(),
        (Completeness::Partial, _) => {
            format!("{} of {}", count(cell.received), count(cell.expected))
        }
        (Completeness::Unusable, _) => "unusable".to_owned(),
        (Completeness::Missing, _) => "missing".to_owned(),
        (Completeness::Awaited, _) => "awaited".to_owned(),
        (Completeness::NotAsked, _) => "not asked".to_owned(),
        (Completeness::NotReported, _) => "skipped".to_owned(),
    }
}
