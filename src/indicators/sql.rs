//! SQL over the sources, run by polars. Dates of the period are columns of every table, values
//! and never text pasted into the query.

use std::ops::Range;

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::{
    AnyValue, Column, DataFrame, IntoLazy, LazyFrame, PolarsError, TimeUnit, lit,
};
use polars::sql::{SQLContext, extract_table_identifiers};
use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::results::Value;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::pipeline::{Pipeline, Placed};

/// The literal date columns that each table carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
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
pub struct Answer {
    /// Column names, as the query gives them.
    pub columns: Vec<String>,
    /// Rows, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
}

impl Answer {
    /// No columns and no rows.
    pub fn empty() -> Self {
        Self {
            columns: Vec::new(),
            rows: Vec::new(),
        }
    }

    /// Row `row` by column name.
    pub fn row(&self, row: usize) -> IndexMap<String, Value> {
        let values = self.rows.get(row).cloned().unwrap_or_default();
        self.columns.iter().cloned().zip(values).collect()
    }
}

/// Sources that a query reads, in the order in which it names them.
///
/// # Errors
/// The query is no SQL, is no single SELECT, or names a table that is no source.
pub fn tables_of(pipeline: &Pipeline, query: &Placed<String>) -> Result<Vec<String>, Diagnostic> {
    if !starts_as_query(&query.value) {
        let error = Diagnostic::error("sql", "a query must be one SELECT")
            .at(&pipeline.text, query.span.clone())
            .hint("begin with SELECT or WITH");
        return Err(error);
    }
    let named = extract_table_identifiers(&query.value, false, true)
        .map_err(|error| explain(pipeline, query, &error))?;
    let aliases = common_tables(&query.value);
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
pub fn run(
    pipeline: &Pipeline,
    query: &Placed<String>,
    frames: &[(&str, &DataFrame)],
    dates: Dates,
) -> Result<Answer, Diagnostic> {
    let mut context = SQLContext::new();
    for (name, frame) in frames {
        context.register(name, with_dates((*frame).clone().lazy(), dates));
    }
    let frame = context
        .execute(&query.value)
        .and_then(LazyFrame::collect)
        .map_err(|error| explain(pipeline, query, &error))?;
    answer(&frame).map_err(|error| explain(pipeline, query, &error))
}

fn with_dates(frame: LazyFrame, dates: Dates) -> LazyFrame {
    let column = |name: &str, day: NaiveDate| lit(day).alias(name);
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

fn answer(frame: &DataFrame) -> Result<Answer, PolarsError> {
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
    time.div_euclid(match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    })
}

fn date(seconds: i64) -> Value {
    chrono::DateTime::from_timestamp(seconds, 0)
        .map_or(Value::Null, |moment| Value::Date(moment.date_naive()))
}

fn starts_as_query(sql: &str) -> bool {
    words(sql).next().is_some_and(|(word, _)| {
        word.eq_ignore_ascii_case("select") || word.eq_ignore_ascii_case("with")
    })
}

/// Names that a query gives to its own `WITH` tables: a word, `AS` and a bracket. A column's alias
/// has no bracket behind it, and what it is an alias of may end in one.
fn common_tables(sql: &str) -> Vec<String> {
    let tokens: Vec<Token> = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .unwrap_or_default()
        .into_iter()
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    let name = |three: &[Token]| match three {
        [Token::Word(name), Token::Word(word), Token::LParen]
            if word.value.eq_ignore_ascii_case("as") =>
        {
            Some(name.value.clone())
        }
        _ => None,
    };
    tokens.windows(3).filter_map(name).collect()
}

/// Words of a query outside strings and comments, each with its byte range.
fn words(sql: &str) -> impl Iterator<Item = (String, Range<usize>)> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize_with_location()
        .unwrap_or_default();
    let starts: Vec<usize> = std::iter::once(0)
        .chain(sql.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let text = sql.to_owned();
    tokens.into_iter().filter_map(move |token| {
        let Token::Word(word) = token.token else {
            return None;
        };
        let line = *starts.get(
            usize::try_from(token.span.start.line)
                .ok()?
                .checked_sub(1)?,
        )?;
        let column = usize::try_from(token.span.start.column)
            .ok()?
            .checked_sub(1)?;
        let rest = text.get(line..)?;
        let start = line + rest.char_indices().nth(column)?.0;
        let quotes = if word.quote_style.is_some() { 2 } else { 0 };
        let end = start + word.value.len() + quotes;
        Some((word.value, start..end))
    })
}

fn unknown_table(pipeline: &Pipeline, query: &Placed<String>, name: &str) -> Diagnostic {
    let sources: Vec<&str> = pipeline.sources.keys().map(String::as_str).collect();
    let hint = match did_you_mean(name, sources.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("sources are: {}", sources.join(", ")),
    };
    Diagnostic::error("sql", format!("there is no source `{name}`"))
        .at(&pipeline.text, place_of_word(pipeline, query, name))
        .hint(hint)
}

/// A polars error as a diagnostic that points at the word it is about.
fn explain(pipeline: &Pipeline, query: &Placed<String>, error: &PolarsError) -> Diagnostic {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default().trim();
    let valid = first.split_once("; valid columns: ");
    let quoted = first.split('"').nth(1).unwrap_or_default();
    let message = valid.map_or(first, |(head, _)| head);
    let span = match position_in(first) {
        Some((line, column)) => place_of_position(pipeline, query, line, column),
        None => place_of_word(pipeline, query, quoted),
    };
    let diagnostic = Diagnostic::error("sql", message).at(&pipeline.text, span);
    match valid {
        Some((_, list)) => {
            let names: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
            let near = did_you_mean(quoted, names.iter().copied());
            let known = format!("columns are: {}", names.join(", "));
            diagnostic.hint(near.map_or(known.clone(), |n| format!("did you mean `{n}`? {known}")))
        }
        None => diagnostic,
    }
}

/// `at Line: 1, Column: 8` of a syntax error.
fn position_in(message: &str) -> Option<(usize, usize)> {
    let rest = &message[message.find("Line: ")? + 6..];
    let (line, rest) = rest.split_once(", Column: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((line.parse().ok()?, digits.parse().ok()?))
}

fn place_of_position(
    pipeline: &Pipeline,
    query: &Placed<String>,
    line: usize,
    column: usize,
) -> Range<usize> {
    let start: usize = query
        .value
        .split_inclusive('\n')
        .take(line - 1)
        .map(str::len)
        .sum();
    let at = query.value[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(query.value.len(), |(offset, _)| start + offset);
    within(pipeline, query, at..(at + 1).min(query.value.len()))
}

fn place_of_word(pipeline: &Pipeline, query: &Placed<String>, name: &str) -> Range<usize> {
    let found = words(&query.value).find(|(word, _)| word == name);
    match found {
        Some((_, range)) => within(pipeline, query, range),
        None => query.span.clone(),
    }
}

/// A range of a query (or note) as a range of the definition; the whole value where TOML escapes
/// make the two differ.
pub(super) fn within(
    pipeline: &Pipeline,
    placed: &Placed<String>,
    range: Range<usize>,
) -> Range<usize> {
    let literal = &pipeline.text.text[placed.span.clone()];
    match literal.find(&placed.value) {
        Some(offset) => {
            let base = placed.span.start + offset;
            base + range.start..base + range.end
        }
        None => placed.span.clone(),
    }
}
