//! Where the words of a query stand in the definition, for carets.

use std::ops::Range;

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::plan::{Placed, Plan};

/// Words of a query outside strings and comments, each with its byte range.
pub(super) fn words(sql: &str) -> impl Iterator<Item = (String, Range<usize>)> {
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

/// The place of a word of the query, whatever its case; the first, where it stands there more than
/// once, and the whole query, where it does not.
pub(super) fn place_of_word(pipeline: &Plan, query: &Placed<String>, name: &str) -> Range<usize> {
    let exact = words(&query.value).find(|(word, _)| word == name);
    let found =
        exact.or_else(|| words(&query.value).find(|(word, _)| word.eq_ignore_ascii_case(name)));
    match found {
        Some((_, range)) => within(pipeline, query, range),
        None => query.span.clone(),
    }
}

/// The place of what stands at a line and column of the query: the whole word there, else one
/// character; the query's end where it ends before.
pub(super) fn place_of_position(
    pipeline: &Plan,
    query: &Placed<String>,
    line: usize,
    column: usize,
) -> Range<usize> {
    let text = query.value.as_str();
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    let at = text[start..]
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(offset, _)| start + offset);
    let at = at.min(text.trim_end().len());
    let letters: usize = text[at..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .map(char::len_utf8)
        .sum();
    let one = text[at..].chars().next().map_or(0, char::len_utf8);
    within(pipeline, query, at..at + letters.max(one))
}

/// A range of a query (or note) as a range of the definition; the whole value where TOML escapes
/// make the two differ.
pub(super) fn within(
    pipeline: &Plan,
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
