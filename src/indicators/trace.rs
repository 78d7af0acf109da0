//! Which rows of a source a goal's query looks at: the way from a figure back to cells.

use indexmap::IndexMap;
use polars::prelude::DataFrame;
use serde::Serialize;
use sqlparser::ast::{SetExpr, Statement};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use super::sql::{self, Dates};
use super::table::{ReportingPeriod, SourceTable};
use super::value::Value;
use crate::ingest::ROW_COLUMN;
use crate::plan::{Goal, Placed, Plan};

/// The rows of one department's file that a query looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowUse {
    /// The source's id.
    pub source: String,
    /// The department whose file it is.
    pub department: Option<String>,
    /// How many rows meet the query's conditions; none where the query joins or groups so that
    /// rows cannot be told apart.
    pub used: Option<usize>,
    /// Sheet rows that do not meet them, as ranges: `12, 40:43`.
    pub left_out: Option<String>,
    /// The conditions, as SQL; none where every row counts.
    pub condition: Option<String>,
}

/// What `goal`'s query takes from each table.
pub fn rows_used(
    pipeline: &Plan,
    goal: &Goal,
    tables: &IndexMap<String, SourceTable>,
    reporting: &ReportingPeriod,
) -> Vec<RowUse> {
    let Some(query) = &goal.query else {
        return Vec::new();
    };
    let names = sql::tables_of(pipeline, query).unwrap_or_default();
    let plain = simple_filter(&query.value).filter(|_| names.len() == 1);
    let mut uses = Vec::new();
    for name in &names {
        let Some(table) = tables.get(name) else {
            continue;
        };
        let dates = || reporting.dates(Some(goal));
        let of = (name.as_str(), &table.frame);
        let all = rows(pipeline, of, None, dates());
        let chosen = plain
            .as_ref()
            .and_then(|f| rows(pipeline, of, f.as_deref(), dates()));
        for (department, every) in all.unwrap_or_default() {
            let kept = chosen
                .as_ref()
                .map(|c| c.get(&department).cloned().unwrap_or_default());
            let left = kept.as_ref().map(|kept| {
                let out: Vec<i64> = every
                    .iter()
                    .copied()
                    .filter(|r| !kept.contains(r))
                    .collect();
                ranges(&out)
            });
            uses.push(RowUse {
                source: name.clone(),
                department: (!department.is_empty()).then_some(department),
                used: kept.map(|k| k.len()),
                left_out: left.filter(|text| !text.is_empty()),
                condition: plain.clone().flatten(),
            });
        }
    }
    uses
}

/// The WHERE of a query that is one SELECT over one table; None where it is not.
fn simple_filter(sql: &str) -> Option<Option<String>> {
    let mut statements = Parser::parse_sql(&GenericDialect {}, sql).ok()?;
    let Some(Statement::Query(query)) = statements.pop() else {
        return None;
    };
    let SetExpr::Select(select) = *query.body else {
        return None;
    };
    let [from] = select.from.as_slice() else {
        return None;
    };
    let simple = query.with.is_none() && from.joins.is_empty();
    simple.then(|| select.selection.map(|condition| condition.to_string()))
}

type ByDepartment = IndexMap<String, Vec<i64>>;

fn rows(
    pipeline: &Plan,
    (table, frame): (&str, &DataFrame),
    filter: Option<&str>,
    dates: Dates,
) -> Option<ByDepartment> {
    let filter = filter.map(|f| format!(" WHERE {f}")).unwrap_or_default();
    let query = Placed {
        value: format!("SELECT department, {ROW_COLUMN} FROM {table}{filter}"),
        span: 0..0,
    };
    let answer = sql::run(pipeline, &query, &[(table, frame)], dates).ok()?;
    let mut found = ByDepartment::new();
    for row in answer.rows {
        if let [department, Value::Integer(number)] = row.as_slice() {
            let name = match department {
                Value::Text(text) => text.clone(),
                _ => String::new(),
            };
            found.entry(name).or_default().push(*number);
        }
    }
    Some(found)
}

/// `3, 7:9` for 3, 7, 8, 9.
fn ranges(rows: &[i64]) -> String {
    let mut sorted = rows.to_vec();
    sorted.sort_unstable();
    let mut parts: Vec<(i64, i64)> = Vec::new();
    for row in sorted {
        match parts.last_mut() {
            Some((_, end)) if *end + 1 == row => *end = row,
            _ => parts.push((row, row)),
        }
    }
    let text: Vec<String> = parts
        .iter()
        .map(|(a, b)| {
            if a == b {
                a.to_string()
            } else {
                format!("{a}:{b}")
            }
        })
        .collect();
    text.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_follow_each_other_are_told_as_one() {
        for (rows, told) in [
            (&[][..], ""),
            (&[3], "3"),
            (&[3, 7, 8, 9], "3, 7:9"),
            (&[9, 7, 8, 3], "3, 7:9"),
            (&[2, 3, 5, 6, 8], "2:3, 5:6, 8"),
        ] {
            assert_eq!(ranges(rows), told);
        }
    }
}
