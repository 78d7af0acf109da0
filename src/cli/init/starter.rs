//! A small plan to begin with, whose period is the last one that is due now.

use std::path::Path;

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::{HomeFile, common, make};
use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::period::{Frequency, Period};
use crate::workbook::{DataKind, DataSheet, tables};

/// The plan's id.
pub(super) const PLAN: &str = "mi-plan";
const DEFINITION: &str = include_str!("starter/mi-plan.toml");
const README: &str = include_str!("starter/LEEME.md");
/// Workbooks as text: file, sheet and rows, whose days are those of the period.
const WORKBOOKS: [(&str, &str, &str); 2] = [
    (
        "reportes.xlsx",
        "Reportes",
        include_str!("starter/reportes.csv"),
    ),
    ("cursos.xlsx", "Cursos", include_str!("starter/cursos.csv")),
];
/// Days after a period's end on which the starter's report is due.
const DUE_AFTER: i64 = 5;

/// Makes the home.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn init(console: &Console, dir: &Path) -> Result<ExitStatus, CommandError> {
    let today = home::now(None, chrono_tz::America::Mexico_City)?.date_naive();
    let period = last_due(today);
    make(dir, &files(period)?)?;
    let shown = dir.display();
    let document = json!({ "home": dir, "plans": [PLAN], "period": period });
    let text = format!(
        "{shown} is a home folder now, with a small plan and two workbooks of {period}.\n\
         Try it:       metas run --home {shown}\n\
         Make it yours: {shown}/pipelines/{PLAN}.toml says what each key does; {shown}/LEEME.md what comes next\n\
         León's plan, as a larger example: metas init DIR --example leon\n",
    );
    console.data(&document, &text);
    Ok(ExitStatus::Done)
}

/// The last quarter whose report is due.
fn last_due(today: NaiveDate) -> Period {
    let ended = Period::containing(today, Frequency::Quarter).previous();
    match today - ended.end() >= chrono::Duration::days(DUE_AFTER) {
        true => ended,
        false => ended.previous(),
    }
}

fn files(period: Period) -> Result<Vec<HomeFile>, CommandError> {
    let filled = |text: &str| {
        let year = period.start().year().to_string();
        let text = text.replace("@PERIOD@", &period.to_string());
        text.replace("@YEAR@", &year).into_bytes()
    };
    let mut files = common();
    files.push((format!("pipelines/{PLAN}.toml"), filled(DEFINITION)));
    files.push(("LEEME.md".to_owned(), filled(README)));
    for (name, sheet, text) in WORKBOOKS {
        let bytes = tables(sheet, &[workbook(sheet, text, period)])
            .map_err(|fault| CommandError::new(ExitStatus::Internal, fault))?;
        files.push((format!("inputs/{period}/{name}"), bytes));
    }
    Ok(files)
}

/// A workbook's sheet; what its columns hold is told by their first cells.
fn workbook(sheet: &str, text: &str, period: Period) -> DataSheet {
    let mut lines = text.lines().map(|line| line.split(','));
    let headers = lines.next().into_iter().flatten();
    let headers: Vec<String> = headers.map(str::to_owned).collect();
    let rows: Vec<Vec<String>> = lines
        .map(|cells| cells.map(|text| dated(text, period)).collect())
        .collect();
    let kind = |column: usize| {
        let first = rows.first().and_then(|row| row.get(column));
        let first = first.map_or("", String::as_str);
        match (first.parse::<NaiveDate>(), first.parse::<f64>()) {
            (Ok(_), _) => DataKind::Date,
            (Err(_), Ok(_)) => DataKind::Number,
            _ => DataKind::Text,
        }
    };
    let columns = headers.into_iter().enumerate();
    DataSheet {
        name: sheet.to_owned(),
        columns: columns.map(|(at, name)| (name, kind(at))).collect(),
        rows,
    }
}

/// `2/14` is the fourteenth of the period's second month; other texts are themselves.
fn dated(text: &str, period: Period) -> String {
    let day = text.split_once('/').and_then(|(month, day)| {
        let month: u32 = month.parse().ok()?;
        let first = period.start();
        first
            .with_month(first.month() + month - 1)?
            .with_day(day.parse().ok()?)
    });
    day.map_or_else(|| text.to_owned(), |day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_is_of_a_period_that_is_due_whenever_it_is_made() {
        for (today, period) in [
            ("2026-04-01", "2025-T4"),
            ("2026-04-04", "2025-T4"),
            ("2026-04-05", "2026-T1"),
            ("2026-06-30", "2026-T1"),
            ("2027-01-02", "2026-T3"),
        ] {
            assert_eq!(
                last_due(today.parse().unwrap()).to_string(),
                period,
                "{today}"
            );
        }
    }

    #[test]
    fn its_days_are_those_of_any_quarter() {
        for quarter in ["2026-T1", "2026-T2", "2026-T3", "2027-T4"] {
            let period: Period = quarter.parse().unwrap();
            for (name, _, text) in WORKBOOKS {
                for cells in text.lines().skip(1) {
                    for text in cells.split(',').filter(|text| text.contains('/')) {
                        let day = dated(text, period);
                        let day: NaiveDate = day
                            .parse()
                            .unwrap_or_else(|_| panic!("{name} {quarter}: {text} is no day"));
                        assert!(day >= period.start() && day <= period.end(), "{day}");
                    }
                }
            }
        }
    }
}
