//! How complete and how punctual each department's files were, period by period: a matrix that
//! the report's annex, the open data and `metas status` share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::received::DepartmentStatus;
use crate::period::Period;

/// As many periods as the matrix tells at most, the last ones.
pub const MATRIX_PERIODS: usize = 8;

/// Who has sent what in each period: a row a department, a column a period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionMatrix {
    /// The columns, oldest first, at most eight.
    pub periods: Vec<Period>,
    /// The rows, in the order of the plan; departments that no period asks for files are left out.
    pub departments: Vec<DepartmentSubmissions>,
}

/// The row of a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DepartmentSubmissions {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it has sent, a cell a period.
    pub cells: Vec<SubmissionCell>,
}

/// What a department has sent for a period, counted in files. The counts are null where nothing
/// is published of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubmissionCell {
    /// The period.
    pub period: Period,
    /// Files expected.
    pub expected: Option<usize>,
    /// Files received and used.
    pub received: Option<usize>,
    /// Of those, received after the deadline.
    pub late: Option<usize>,
    /// How many days after the last day for files the last of them came; null where none was late
    /// or it is not known.
    pub late_days: Option<u32>,
    /// Files received and not used, because of their findings.
    pub rejected: Option<usize>,
    /// Files not received.
    pub missing: Option<usize>,
    /// What that comes to.
    pub state: Completeness,
    /// The symbol of the state.
    pub symbol: String,
    /// The state in Spanish.
    pub shown: String,
}

/// What a department's files for a period come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Completeness {
    /// All files, before the deadline.
    OnTime,
    /// All files, some of them after the deadline.
    Late,
    /// Some of the files.
    Partial,
    /// Files came, and none of them can be used.
    Unusable,
    /// No file came.
    Missing,
    /// No file came, and the deadline has not passed.
    Awaited,
    /// No file was asked for.
    NotAsked,
    /// Nothing is published of the period.
    NotReported,
}

impl Completeness {
    /// Its id, as `results.json` writes it.
    pub fn id(self) -> &'static str {
        match self {
            Self::OnTime => "on-time",
            Self::Late => "late",
            Self::Partial => "partial",
            Self::Unusable => "unusable",
            Self::Missing => "missing",
            Self::Awaited => "awaited",
            Self::NotAsked => "not-asked",
            Self::NotReported => "not-reported",
        }
    }

    /// The symbol, which tells the states apart without colour.
    fn symbol(self) -> &'static str {
        match self {
            Self::OnTime => "✓",
            Self::Late => "▲",
            Self::Partial => "●",
            Self::Unusable => "✗",
            Self::Missing => "■",
            Self::Awaited => "○",
            Self::NotAsked | Self::NotReported => "–",
        }
    }

    fn of(department: &DepartmentStatus, open: bool) -> Self {
        let DepartmentStatus {
            expected,
            received,
            late,
            rejected,
            ..
        } = *department;
        match (received, rejected) {
            _ if expected == 0 => Self::NotAsked,
            (received, _) if received >= expected && late == 0 => Self::OnTime,
            (received, _) if received >= expected => Self::Late,
            (1.., _) => Self::Partial,
            (_, 1..) => Self::Unusable,
            _ if open => Self::Awaited,
            _ => Self::Missing,
        }
    }

    fn shown(self, department: &DepartmentStatus) -> String {
        match (self, department.late_days) {
            (Self::OnTime, _) => "A tiempo".to_owned(),
            (Self::Late, Some(1)) => "1 día tarde".to_owned(),
            (Self::Late, Some(days)) => format!("{days} días tarde"),
            (Self::Late, None) => "Con retraso".to_owned(),
            (Self::Partial, _) => format!("{} de {}", department.received, department.expected),
            (Self::Unusable, _) => "No utilizable".to_owned(),
            (Self::Missing, _) => "No entregó".to_owned(),
            (Self::Awaited, _) => "En plazo".to_owned(),
            (Self::NotAsked, _) => "No se pidió".to_owned(),
            (Self::NotReported, _) => "Sin informe".to_owned(),
        }
    }
}

/// What is known of a period's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodSubmissions {
    /// The period.
    pub period: Period,
    /// Whether its deadline had not passed when this was so.
    pub open: bool,
    /// What each department has sent; nothing where the period has no report.
    pub departments: Option<Vec<DepartmentStatus>>,
}

/// The matrix of the last periods, for the departments of `plan` (id and name) and those that
/// earlier periods asked for files and the plan has no more.
pub fn submission_matrix<'a>(
    plan: impl IntoIterator<Item = (&'a str, &'a str)>,
    periods: &[PeriodSubmissions],
) -> SubmissionMatrix {
    let first = periods.len().saturating_sub(MATRIX_PERIODS);
    let periods = periods.get(first..).unwrap_or_default();
    let mut rows: Vec<(&str, &str)> = plan.into_iter().collect();
    for department in periods
        .iter()
        .rev()
        .flat_map(|p| p.departments.iter().flatten())
    {
        if !rows.iter().any(|(id, _)| *id == department.id) {
            rows.push((&department.id, &department.name));
        }
    }
    let row = |(id, name): (&str, &str)| DepartmentSubmissions {
        id: id.to_owned(),
        name: name.to_owned(),
        cells: periods.iter().map(|period| cell(period, id)).collect(),
    };
    let asked = |row: &DepartmentSubmissions| row.cells.iter().any(|c| c.expected > Some(0));
    SubmissionMatrix {
        periods: periods.iter().map(|p| p.period).collect(),
        departments: rows.into_iter().map(row).filter(asked).collect(),
    }
}

fn cell(of: &PeriodSubmissions, id: &str) -> SubmissionCell {
    // A department that the period's report does not name was not asked then.
    let none = DepartmentStatus::default();
    let known = of.departments.as_deref();
    let sent = known.map(|all| all.iter().find(|d| d.id == id).unwrap_or(&none));
    let state = sent.map_or(Completeness::NotReported, |d| Completeness::of(d, of.open));
    SubmissionCell {
        period: of.period,
        expected: sent.map(|d| d.expected),
        received: sent.map(|d| d.received),
        late: sent.map(|d| d.late),
        late_days: sent.and_then(|d| d.late_days),
        rejected: sent.map(|d| d.rejected),
        missing: sent.map(|d| d.missing),
        state,
        symbol: state.symbol().to_owned(),
        shown: state.shown(sent.unwrap_or(&none)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// `expected received late rejected missing`, or `-` for a department not named.
    fn department(id: &str, counts: &str, late_days: Option<u32>) -> Option<DepartmentStatus> {
        let counts: Vec<usize> = counts.split(' ').filter_map(|n| n.parse().ok()).collect();
        let [expected, received, late, rejected, missing] = counts[..] else {
            return None;
        };
        Some(DepartmentStatus {
            id: id.to_owned(),
            name: id.to_uppercase(),
            expected,
            received,
            late,
            late_days,
            rejected,
            missing,
            ..DepartmentStatus::default()
        })
    }

    fn period(name: &str, departments: Option<Vec<Option<DepartmentStatus>>>) -> PeriodSubmissions {
        PeriodSubmissions {
            period: name.parse().unwrap(),
            open: false,
            departments: departments.map(|all| all.into_iter().flatten().collect()),
        }
    }

    fn lines(matrix: &SubmissionMatrix) -> Vec<String> {
        let cells = |row: &DepartmentSubmissions| {
            let all = row.cells.iter();
            let all: Vec<String> = all.map(|c| format!("{} {}", c.symbol, c.shown)).collect();
            format!("{}: {}", row.id, all.join(" | "))
        };
        matrix.departments.iter().map(cells).collect()
    }

    const PLAN: [(&str, &str); 4] = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")];

    #[test]
    fn each_count_of_files_has_its_word_and_its_symbol() {
        for (counts, days, open, told) in [
            ("2 2 0 0 0", None, false, "✓ A tiempo"),
            ("2 2 0 0 0", None, true, "✓ A tiempo"),
            ("2 2 1 0 0", Some(3), false, "▲ 3 días tarde"),
            ("2 2 2 0 0", Some(1), false, "▲ 1 día tarde"),
            // An edition of an older metas does not say how late.
            ("2 2 1 0 0", None, false, "▲ Con retraso"),
            ("2 1 0 0 1", None, false, "● 1 de 2"),
            ("2 1 1 1 0", Some(4), false, "● 1 de 2"),
            ("2 0 0 1 1", None, false, "✗ No utilizable"),
            ("1 0 0 1 0", None, true, "✗ No utilizable"),
            ("2 0 0 0 2", None, false, "■ No entregó"),
            ("2 0 0 0 2", None, true, "○ En plazo"),
        ] {
            let mut one = period("2026-T1", Some(vec![department("a", counts, days)]));
            one.open = open;
            let matrix = submission_matrix(PLAN, &[one]);
            assert_eq!(lines(&matrix), [format!("a: {told}")], "{counts}");
        }
    }

    #[test]
    fn a_department_added_later_was_not_asked_and_one_removed_keeps_its_row() {
        let early = vec![
            department("b", "1 1 0 0 0", None),
            department("gone", "1 0 0 0 1", None),
        ];
        let late = vec![
            department("a", "1 1 0 0 0", None),
            department("b", "1 1 1 0 0", Some(9)),
            // Named by the plan, and never asked for a file.
            department("c", "0 0 0 0 0", None),
        ];
        let matrix = submission_matrix(
            PLAN,
            &[
                period("2026-T1", Some(early)),
                period("2026-T2", Some(late)),
            ],
        );
        assert_eq!(
            lines(&matrix),
            [
                "a: – No se pidió | ✓ A tiempo",
                "b: ✓ A tiempo | ▲ 9 días tarde",
                "gone: ■ No entregó | – No se pidió",
            ]
        );
        assert_eq!(matrix.departments[2].name, "GONE");
    }

    #[test]
    fn a_skipped_period_is_neither_missing_nor_on_time() {
        let sent = || Some(vec![department("a", "1 1 0 0 0", None)]);
        let matrix = submission_matrix(
            PLAN,
            &[
                period("2026-T1", sent()),
                period("2026-T2", None),
                period("2026-T3", sent()),
            ],
        );
        assert_eq!(
            lines(&matrix),
            ["a: ✓ A tiempo | – Sin informe | ✓ A tiempo"]
        );
        let skipped = &matrix.departments[0].cells[1];
        assert_eq!((skipped.expected, skipped.missing), (None, None));
        assert_eq!(skipped.state.id(), "not-reported");
    }

    #[test]
    fn of_many_periods_the_last_eight_are_told_and_of_none_nothing() {
        let mut next: Period = "2024-T1".parse().unwrap();
        let mut all = Vec::new();
        for _ in 0..11 {
            all.push(period(
                &next.to_string(),
                Some(vec![department("a", "1 1 0 0 0", None)]),
            ));
            next = next.next();
        }
        let matrix = submission_matrix(PLAN, &all);
        let told: Vec<String> = matrix.periods.iter().map(Period::to_string).collect();
        assert_eq!(told.len(), MATRIX_PERIODS);
        assert_eq!((told[0].as_str(), told[7].as_str()), ("2024-T4", "2026-T3"));
        assert!(matrix.departments.iter().all(|row| row.cells.len() == 8));
        assert_eq!(submission_matrix(PLAN, &[]), SubmissionMatrix::default());
    }

    #[test]
    fn an_id_is_what_is_written() {
        for state in [
            Completeness::OnTime,
            Completeness::Late,
            Completeness::Partial,
            Completeness::Unusable,
            Completeness::Missing,
            Completeness::Awaited,
            Completeness::NotAsked,
            Completeness::NotReported,
        ] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.id());
        }
    }
}
