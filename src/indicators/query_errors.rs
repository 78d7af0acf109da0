//! What is wrong with a query, in words that say what to write instead, at the word it is about.

use std::ops::Range;

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use polars::prelude::PolarsError;

use super::query_places::{place_of_position, place_of_word, within, words};
use super::query_ways::{way_of_call, way_of_message};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::plan::{Placed, Plan};

/// What can be told without running it: a quote that stays open, a statement that is no SELECT, and
/// `EXISTS`, which is refused because nothing here holds its answers to be right.
pub(super) fn before_it_is_run(pipeline: &Plan, query: &Placed<String>) -> Option<Diagnostic> {
    if let Err(error) = Tokenizer::new(&GenericDialect {}, &query.value).tokenize() {
        let message = format!("{error}");
        let error = Diagnostic::error("sql", without_position(&message).to_lowercase());
        let place = match position_in(&message) {
            Some((line, column)) => place_of_position(pipeline, query, line, column),
            None => query.span.clone(),
        };
        return Some(error.at(&pipeline.text, place).hint(
            "close the quote: a text stands between single quotes, such as 'Concluido'; a single quote in it is doubled",
        ));
    }
    let (first, range) = words(&query.value).next().unwrap_or((String::new(), 0..0));
    if !["select", "with"]
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word))
    {
        let place = within(pipeline, query, range);
        let place = if first.is_empty() {
            query.span.clone()
        } else {
            place
        };
        let error = Diagnostic::error("sql", "a query must be one SELECT");
        return Some(
            error
                .at(&pipeline.text, place)
                .hint("begin with SELECT or WITH"),
        );
    }
    let (_, exists) = words(&query.value).find(|(word, _)| word.eq_ignore_ascii_case("exists"))?;
    let called = query.value[exists.end..].trim_start().starts_with('(');
    called.then(|| {
        Diagnostic::error("sql", "EXISTS is not supported")
            .at(&pipeline.text, within(pipeline, query, exists))
            .hint(way_of_call("exists").unwrap_or_default())
    })
}

/// Names that a query gives to its own `WITH` tables: a word, `AS` and a bracket. A column's alias
/// has no bracket behind it, and what it is an alias of may end in one.
pub(super) fn common_tables(sql: &str) -> Vec<String> {
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

/// A query that reads what is no source.
pub(super) fn unknown_table(pipeline: &Plan, query: &Placed<String>, name: &str) -> Diagnostic {
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
pub(super) fn explain(pipeline: &Plan, query: &Placed<String>, error: &PolarsError) -> Diagnostic {
    let text = error.to_string();
    let first = text.split("\n\n").next().unwrap_or_default().trim();
    let valid = first.split_once("; valid columns: ");
    let quoted = first.split('"').nth(1).unwrap_or_default();
    let about = subject(first);
    let way = way_of_message(first);
    let span = match (position_in(first), &way) {
        (Some((line, column)), _) => place_of_position(pipeline, query, line, column),
        (None, Some(way)) => place_of_word(pipeline, query, way.word),
        (None, None) => place_of_word(pipeline, query, &about),
    };
    let message = match &way {
        Some(way) => way.message.to_owned(),
        None => plain(valid.map_or(first, |(head, _)| head)),
    };
    let diagnostic = Diagnostic::error("sql", message).at(&pipeline.text, span);
    if let (Some((_, list)), None) = (valid, &way) {
        return diagnostic.hint(columns_hint(query, quoted, list));
    }
    let hint = way.map(|way| way.hint).or_else(|| way_of_call(&about));
    match hint {
        Some(hint) => diagnostic.hint(hint),
        None if first.contains("unsupported function") => diagnostic.hint(
            "the functions that can be used are listed in pipelines/README.md, with worked queries",
        ),
        None => diagnostic,
    }
}

/// The columns that there are; a word in double quotes is a column, which people mean as a text.
fn columns_hint(query: &Placed<String>, quoted: &str, list: &str) -> String {
    let names: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| !name.starts_with("__"))
        .collect();
    let known = format!("columns are: {}", names.join(", "));
    match did_you_mean(quoted, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {known}"),
        None if query.value.contains(&format!("\"{quoted}\"")) => {
            format!("a text stands between single quotes: '{quoted}'; {known}")
        }
        None => known,
    }
}

/// The place of what a message is about.
pub(super) fn place_of_subject(
    pipeline: &Plan,
    query: &Placed<String>,
    message: &str,
) -> Range<usize> {
    place_of_word(pipeline, query, &subject(message))
}

/// The word that a message is about: what it quotes, or the function whose call it quotes.
fn subject(message: &str) -> String {
    let quoted = ['"', '\'', '`']
        .iter()
        .find_map(|quote| message.split(*quote).nth(1));
    let word = |c: &char| c.is_alphanumeric() || *c == '_';
    quoted
        .unwrap_or_default()
        .chars()
        .take_while(word)
        .collect()
}

/// A message without the parser's own notation and without places, which the caret shows.
fn plain(message: &str) -> String {
    let message = without_position(message);
    let message = message
        .strip_prefix("sql parser error: ")
        .unwrap_or(message);
    match message.split_once(" { ") {
        Some((head, _)) => format!("{} cannot be used here", head.to_lowercase()),
        None => message.to_owned(),
    }
}

fn without_position(message: &str) -> &str {
    message.split(" at Line: ").next().unwrap_or_default()
}

/// `at Line: 1, Column: 8` of a syntax error.
fn position_in(message: &str) -> Option<(usize, usize)> {
    let rest = &message[message.find("Line: ")? + 6..];
    let (line, rest) = rest.split_once(", Column: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((line.parse().ok()?, digits.parse().ok()?))
}
