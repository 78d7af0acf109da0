//! SQL over the sources, run by polars. Dates of the period are columns of every table, values
//! and never text pasted into the query.

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IntoLazy, LazyFrame, PolarsError, TimeUnit, lit,
};
use polars::sql::{SQLContext, extract_table_identifiers};

use super::query_errors::{self, explain, unknown_table};
use super::query_places::place_of_word;
use super::value::Value;
use crate::diagnostic::Diagnostic;
use crate::ingest::in_days;
use crate::plan::DEPARTMENT;
use crate::plan::{ColumnUse, Placed, Plan};

/// The literal date columns that each table carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dates {
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// First day of the period's year.
    pub year_start: NaiveDate,
    /// Last day whose facts count.
    pub cutoff: NaiveDate,
    /// First and last day that a goal's value covers.
    pub target: Option<(NaiveDate, NaiveDate)>,
}

/// A query's answer: rows of named values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// Column names, as the query gives them.
    pub columns: Vec<String>,
    /// What each column holds.
    pub types: Vec<QueryColumnType>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

impl Answer {
    /// No columns and no rows.
    pub(super) fn empty() -> Self {
        Self {
            columns: Vec::new(),
            types: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Row `row` by column name.
    pub(super) fn row(&self, row: usize) -> IndexMap<String, Value> {
        let values = self.rows.get(row).cloned().unwrap_or_default();
        self.columns.iter().cloned().zip(values).collect()
    }
}

/// Sources that a query reads, in the order in which it names them.
///
/// # Errors
/// The query is no SQL, is no single SELECT, or names a table that is no source.
pub(super) fn tables_of(
    pipeline: &Plan,
    query: &Placed<String>,
) -> Result<Vec<String>, Diagnostic> {
    if let Some(error) = query_errors::before_it_is_run(pipeline, query) {
        return Err(error);
    }
    let named = extract_table_identifiers(&query.value, false, true)
        .map_err(|error| explain(pipeline, query, &error))?;
    let aliases = query_errors::common_tables(&query.value);
    let mut tables = Vec::new();
    for name in named {
        if aliases.contains(&name) {
            continue;
        }
        if !pipeline.sources.contains_key(&name) {
            return Err(unknown_table(pipeline, query, &name));
        }
        tables.push(name);
    }
    Ok(tables)
}

/// Runs a query over `frames` (by source id).
///
/// # Errors
/// What polars says of it, at the query's place in the definition.
pub(super) fn run(
    pipeline: &Plan,
    query: &Placed<String>,
    frames: &[(&str, &DataFrame)],
    dates: Dates,
) -> Result<Answer, Diagnostic> {
    if let Some(error) = not_carried(pipeline, query, frames) {
        return Err(error);
    }
    let mut context = SQLContext::new();
    for (name, frame) in frames {
        context.register(name, with_dates((*frame).clone().lazy(), dates));
    }
    let days = in_days(&context, &query.value).map_err(|why| {
        Diagnostic::error("query-type", format!("in the query, {why}"))
            .at(
                &pipeline.text,
                query_errors::place_of_subject(pipeline, query, &why),
            )
            .hint("compare a difference of dates with a number of days, and a date with a date")
    })?;
    let mut lazy = context
        .execute(&days)
        .map_err(|error| explain(pipeline, query, &error))?;
    let schema = lazy
        .collect_schema()
        .map_err(|error| explain(pipeline, query, &error))?;
    let mut types = Vec::with_capacity(schema.len());
    for (name, kind) in schema.iter() {
        types.push(
            QueryColumnType::of(kind).ok_or_else(|| wrong_type(pipeline, query, name, kind))?,
        );
    }
    let frame = lazy
        .collect()
        .map_err(|error| explain(pipeline, query, &error))?;
    answer(&frame, types).map_err(|error| explain(pipeline, query, &error))
}

/// Code of the error that a query reads a column which its tables were not given.
pub(super) const NOT_CARRIED: &str = "column-not-carried";

/// An error where the query may read a column of a source that stayed in the reader: it would be
/// another query without it. Which columns stay is decided from all queries, so this is a fault of
/// the program.
fn not_carried(
    pipeline: &Plan,
    query: &Placed<String>,
    frames: &[(&str, &DataFrame)],
) -> Option<Diagnostic> {
    let used = ColumnUse::of(&query.value);
    let lacks = |(name, frame): &(&str, &DataFrame)| {
        let source = pipeline.sources.get(*name)?;
        let declared = source.columns.iter().filter(|(_, c)| !c.personal);
        let mut columns = declared.map(|(name, _)| name.as_str()).chain([DEPARTMENT]);
        let column = columns.find(|name| used.reads(name) && frame.schema().get(name).is_none())?;
        Some(format!("{name}.{column}"))
    };
    let column = frames.iter().find_map(lacks)?;
    let message = format!("the query may read {column}, which was not brought along");
    Some(
        Diagnostic::error(NOT_CARRIED, message)
            .at(&pipeline.text, query.span.clone())
            .hint("this is a fault of metas: please report it with the query"),
    )
}

/// What a query may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueryColumnType {
    /// Nothing but NULL.
    Null,
    /// Numbers; a duration is a number of days.
    Number,
    /// Days.
    Date,
    /// Texts.
    Text,
    /// Truth values.
    Bool,
}

impl QueryColumnType {
    /// As an error names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Number => "a number",
            Self::Date => "a date",
            Self::Text => "a text",
            Self::Bool => "a truth value",
        }
    }

    fn of(kind: &DataType) -> Option<Self> {
        Some(match kind {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool,
            DataType::String => Self::Text,
            DataType::Date | DataType::Datetime(..) => Self::Date,
            DataType::Duration(_) => Self::Number,
            kind if kind.is_primitive_numeric() => Self::Number,
            _ => return None,
        })
    }
}

fn wrong_type(
    pipeline: &Plan,
    query: &Placed<String>,
    column: &str,
    kind: &DataType,
) -> Diagnostic {
    let message = format!(
        "the query's column `{column}` is of the type {kind}; a query gives numbers, dates, texts or truth values"
    );
    Diagnostic::error("query-type", message)
        .at(&pipeline.text, place_of_word(pipeline, query, column))
        .hint("make one value of it, such as COUNT(…), SUM(…) or MIN(…), or leave the column out")
}

fn with_dates(frame: LazyFrame, dates: Dates) -> LazyFrame {
    // A literal day is a moment to polars.
    let column = |name: &str, day: NaiveDate| lit(day).cast(DataType::Date).alias(name);
    let (target_start, target_end) = dates.target.unwrap_or((dates.year_start, dates.cutoff));
    frame.with_columns([
        column("period_start", dates.period_start),
        column("period_end", dates.period_end),
        column("year_start", dates.year_start),
        column("cutoff", dates.cutoff),
        column("target_start", target_start),
        column("target_end", target_end),
    ])
}

fn answer(frame: &DataFrame, types: Vec<QueryColumnType>) -> Result<Answer, PolarsError> {
    let columns = frame.columns();
    let mut rows = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let values: Result<Vec<Value>, PolarsError> =
            columns.iter().map(|c| Ok(value(&c.get(row)?))).collect();
        rows.push(values?);
    }
    Ok(Answer {
        columns: columns
            .iter()
            .map(|c: &Column| c.name().to_string())
            .collect(),
        types,
        rows,
    })
}

fn value(cell: &AnyValue<'_>) -> Value {
    match cell {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(yes) => Value::Bool(*yes),
        AnyValue::String(text) => Value::Text((*text).to_owned()),
        AnyValue::StringOwned(text) => Value::Text(text.to_string()),
        AnyValue::Float32(n) => Value::Number(f64::from(*n)),
        AnyValue::Float64(n) => Value::Number(*n),
        AnyValue::Date(days) => date(i64::from(*days) * 86_400),
        AnyValue::Datetime(t, unit, _) => date(seconds(*t, *unit)),
        AnyValue::Duration(t, unit) => Value::Number(days(*t, *unit)),
        AnyValue::DatetimeOwned(t, unit, _) => date(seconds(*t, *unit)),
        other => match other.extract::<i64>() {
            Some(whole) if other.is_integer() => Value::Integer(whole),
            _ => other
                .extract::<f64>()
                .map_or_else(|| Value::Text(other.to_string()), Value::Number),
        },
    }
}

fn seconds(time: i64, unit: TimeUnit) -> i64 {
    time.div_euclid(a_second(unit))
}

fn a_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    }
}

/// A duration in days, whole or not.
fn days(time: i64, unit: TimeUnit) -> f64 {
    time as f64 / (86_400.0 * a_second(unit) as f64)
}

fn date(seconds: i64) -> Value {
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or(Value::Null, |moment| Value::Date(moment.date_naive()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_a_day_in_every_unit_of_time() {
        for (unit, second) in [
            (TimeUnit::Nanoseconds, 1_000_000_000),
            (TimeUnit::Microseconds, 1_000_000),
            (TimeUnit::Milliseconds, 1_000),
        ] {
            assert!((days(86_400 * second, unit) - 1.0).abs() < 1e-12);
            assert_eq!(seconds(86_400 * second, unit), 86_400);
            assert_eq!(seconds(-1, unit), -1, "the second before 1970");
        }
    }
}
