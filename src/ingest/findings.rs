//! Findings about one sheet: grouped, capped without hiding the total, in the order of the sheet,
//! and without a word of a personal column.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{CellLocation, Diagnostic, Severity, is_unseen, written_out};
use crate::spreadsheet::cell::column_letters;
use crate::spreadsheet::read_error::ReadError;

/// Groups told one by one for each column and code; the rest is told as one.
const MOST_GROUPS: usize = 8;
const MOST_RAW: usize = 80;

/// What is wrong with a cell. `{raw}` in the message stands for what the cell shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Issue {
    /// Blocks or not.
    pub severity: Severity,
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write. Not shown for personal columns when it repeats the cell.
    pub hint: String,
}

impl Issue {
    /// An issue that blocks the source.
    pub(super) fn error(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// An issue that is only told.
    pub(super) fn warning(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message, hint)
        }
    }

    /// What is only kept in the file's record.
    pub(super) fn note(
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Note,
            ..Self::error(code, message, hint)
        }
    }
}

/// A column as findings name it.
#[derive(Debug, Clone)]
pub(super) struct ColumnPlace {
    /// Zero-based column of the sheet.
    pub column: u32,
    /// Header as the file writes it.
    pub header: String,
    /// Whether its content must not be told.
    pub personal: bool,
}

struct Group {
    issue: Issue,
    raw: Option<String>,
    concealed: bool,
    first: u32,
    last: u32,
    ordinal: usize,
    count: usize,
}

#[derive(Default)]
struct Bucket {
    groups: Vec<Group>,
    rest: Option<Group>,
}

impl Bucket {
    /// A column that is wrong throughout is told once, with its first cell as the example.
    fn collapse(&mut self, place: &ColumnPlace) {
        let Some(rest) = self.rest.as_ref().filter(|rest| rest.count >= MOST_GROUPS) else {
            return;
        };
        let last = rest.last;
        let count = rest.count + self.groups.iter().map(|g| g.count).sum::<usize>();
        self.rest = None;
        self.groups.truncate(1);
        if let Some(all) = self.groups.first_mut() {
            let shown = shown(all.raw.as_deref(), place.personal || all.concealed);
            let first = cells(place.column, all.first, all.first);
            all.issue.message = format!(
                "{count} celdas de esta columna, entre estas, tienen un problema de este tipo; la primera es {first}: {}",
                all.issue.message.replace("{raw}", &shown)
            );
            all.raw = None;
            all.last = last;
            all.count = 1;
        }
    }
}

/// Collects the findings of one sheet.
pub(super) struct Findings {
    file: String,
    sheet: Option<String>,
    columns: Vec<ColumnPlace>,
    buckets: BTreeMap<(usize, &'static str), Bucket>,
    plain: Vec<(u32, u32, Diagnostic)>,
    concealed: BTreeSet<u32>,
}

impl Findings {
    /// An empty collection.
    pub(super) fn new(file: &str, sheet: Option<&str>) -> Self {
        Self {
            file: file.to_owned(),
            sheet: sheet.map(str::to_owned),
            columns: Vec::new(),
            buckets: BTreeMap::new(),
            plain: Vec::new(),
            concealed: BTreeSet::new(),
        }
    }

    /// Rows of which no cell is quoted from now on.
    pub(super) fn conceal(&mut self, rows: BTreeSet<u32>) {
        self.concealed = rows;
    }

    /// Tells which columns later cells refer to, by their index.
    pub(super) fn set_columns(&mut self, columns: Vec<ColumnPlace>) {
        self.columns = columns;
    }

    /// Notes an issue of a cell. Its place is which data row it is in, so that neighbours are known, and the sheet's row.
    pub(super) fn cell(
        &mut self,
        column: usize,
        (ordinal, row): (usize, u32),
        issue: Issue,
        raw: Option<&str>,
    ) {
        let personal = self.columns.get(column).is_none_or(|c| c.personal);
        let concealed = self.concealed.contains(&row);
        let raw = raw.filter(|_| !personal && !concealed).map(shorten);
        let bucket = self.buckets.entry((column, issue.code)).or_default();
        if let Some(last) = bucket.groups.last_mut()
            && bucket.rest.is_none()
            && last.ordinal + 1 == ordinal
            && last.raw == raw
            && last.concealed == concealed
            && last.issue == issue
        {
            last.last = row;
            last.ordinal = ordinal;
            last.count += 1;
            return;
        }
        if let Some(rest) = &mut bucket.rest {
            rest.last = row;
            rest.count += 1;
            return;
        }
        let group = Group {
            issue,
            raw,
            concealed,
            first: row,
            last: row,
            ordinal,
            count: 1,
        };
        if bucket.groups.len() >= MOST_GROUPS {
            bucket.rest = Some(group);
        } else {
            bucket.groups.push(group);
        }
    }

    /// A finding about the whole sheet, or about the cells `cell` that begin at `row`, `column`.
    pub(super) fn plain(
        &mut self,
        at: (u32, u32),
        cell: Option<String>,
        header: Option<String>,
        issue: Issue,
    ) {
        let place = CellLocation {
            file: self.file.clone(),
            sheet: self.sheet.clone(),
            cell,
            header,
            raw: None,
        };
        self.plain.push((at.0, at.1, diagnostic(issue, place)));
    }

    /// A finding that already is a diagnostic.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.plain.push((u32::MAX, 0, diagnostic));
    }

    /// Whether something blocks.
    pub(super) fn blocks(&self) -> bool {
        self.plain.iter().any(|(_, _, d)| d.is_error())
            || self
                .buckets
                .values()
                .flat_map(|b| &b.groups)
                .any(|g| g.issue.severity == Severity::Error)
    }

    /// All of them, in the order of the sheet.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let Self {
            file,
            sheet,
            columns,
            buckets,
            mut plain,
            concealed: _,
        } = self;
        for ((column, _), mut bucket) in buckets {
            let Some(place) = columns.get(column) else {
                continue;
            };
            bucket.collapse(place);
            let told = bucket.groups.into_iter().map(|g| (g, false));
            for (group, is_rest) in told.chain(bucket.rest.map(|g| (g, true))) {
                let location = CellLocation {
                    file: file.clone(),
                    sheet: sheet.clone(),
                    cell: Some(cells(place.column, group.first, group.last)),
                    header: Some(place.header.clone()),
                    raw: group.raw.clone().filter(|_| !is_rest),
                };
                let at = (group.first, place.column);
                plain.push((
                    at.0,
                    at.1,
                    group_diagnostic(group, is_rest, place.personal, location),
                ));
            }
        }
        plain.sort_by_key(|(row, column, _)| (*row, *column));
        plain.into_iter().map(|(_, _, d)| d).collect()
    }
}

fn group_diagnostic(
    group: Group,
    is_rest: bool,
    personal: bool,
    place: CellLocation,
) -> Diagnostic {
    let mut issue = group.issue;
    let shown = shown(group.raw.as_deref(), personal || group.concealed);
    if is_rest {
        issue.message = match group.count {
            1 => "Otra celda de esta columna tiene un problema del mismo tipo.".to_owned(),
            n => format!(
                "Otras {n} celdas de esta columna, entre estas, tienen un problema del mismo tipo."
            ),
        };
    } else {
        issue.message = issue.message.replace("{raw}", &shown);
        if group.count > 1 {
            issue.message = format!("{} Son {} celdas.", issue.message, group.count);
        }
    }
    diagnostic(issue, place)
}

fn shown(raw: Option<&str>, personal: bool) -> String {
    match (raw, personal) {
        (_, true) => "(dato personal, no se muestra)".to_owned(),
        (Some(raw), _) => format!("«{raw}»"),
        (None, _) => "(vacía)".to_owned(),
    }
}

fn diagnostic(issue: Issue, place: CellLocation) -> Diagnostic {
    let made = match issue.severity {
        Severity::Error => Diagnostic::error(issue.code, issue.message),
        Severity::Warning => Diagnostic::warning(issue.code, issue.message),
        Severity::Note => Diagnostic::note(issue.code, issue.message),
    };
    let made = made.in_cells(place);
    if issue.hint.is_empty() {
        made
    } else {
        made.hint(issue.hint)
    }
}

/// A finding about a file or a sheet that can't be read.
pub(super) fn unreadable(file: &str, sheet: Option<&str>, error: ReadError) -> Diagnostic {
    let place = CellLocation {
        file: file.to_owned(),
        sheet: sheet.filter(|s| !s.is_empty()).map(str::to_owned),
        cell: error
            .near
            .map(|(row, column)| crate::spreadsheet::cell::a1(row, column)),
        header: None,
        raw: None,
    };
    Diagnostic::error(error.code, error.message)
        .in_cells(place)
        .hint(error.hint)
}

/// `D14`, or `D14:D97`.
pub(super) fn cells(column: u32, first: u32, last: u32) -> String {
    let letters = column_letters(column);
    let (from, to) = (u64::from(first) + 1, u64::from(last) + 1);
    if from == to {
        format!("{letters}{from}")
    } else {
        format!("{letters}{from}:{letters}{to}")
    }
}

/// A cell's text as a finding quotes it: one line, unseen characters written out, not too long.
pub(super) fn shorten(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => " ".to_owned(),
            c if is_unseen(c) => written_out(c),
            c => c.to_string(),
        })
        .take(MOST_RAW)
        .collect();
    if text.chars().nth(MOST_RAW).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    fn collect(personal: bool, cells: &[(usize, &str)]) -> Vec<Diagnostic> {
        let mut findings = Findings::new("a.xlsx", Some("Hoja1"));
        findings.set_columns(vec![ColumnPlace {
            column: 3,
            header: "Monto".to_owned(),
            personal,
        }]);
        for (ordinal, raw) in cells {
            let issue = Issue::error("text-in-number", "Hay {raw}.", "Escriba un número.");
            findings.cell(
                0,
                (*ordinal, 13 + u32::try_from(*ordinal).unwrap()),
                issue,
                Some(raw),
            );
        }
        findings.finish()
    }

    #[test]
    fn neighbours_become_one() {
        let found = collect(false, &[(0, "n/d"), (1, "n/d"), (2, "n/d"), (5, "x")]);
        assert_eq!(found.len(), 2);
        let crate::diagnostic::Location::Cells(place) = &found[0].location else {
            panic!()
        };
        assert_eq!(place.cell.as_deref(), Some("D14:D16"));
        assert_eq!(found[0].message, "Hay «n/d». Son 3 celdas.");
    }

    #[test]
    fn many_are_counted() {
        let raws: Vec<String> = (0..50).map(|i| format!("x{i}")).collect();
        let cells: Vec<_> = raws
            .iter()
            .enumerate()
            .map(|(i, r)| (i, r.as_str()))
            .collect();
        let found = collect(false, &cells);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].message.starts_with("50 celdas") && found[0].message.contains("«x0»"),
            "{}",
            found[0].message
        );
        let found = collect(false, cells.get(..10).unwrap());
        assert_eq!(found.len(), MOST_GROUPS + 1);
        assert!(found[MOST_GROUPS].message.contains("Otras 2 celdas"));
    }

    #[test]
    fn personal_values_stay_out() {
        let found = collect(true, &[(0, "CANARIO")]);
        assert!(!format!("{found:?}").contains("CANARIO"));
    }
}
