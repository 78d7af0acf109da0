//! What is looked at again before a page goes out: every goal's statement, value and status stands
//! in its text, and it loads nothing from anywhere.

use super::super::proof::{goal_texts, untold};
use super::PageRequest;
use crate::diagnostic::Diagnostic;

/// Elements that would run or load something.
const REFUSED: [&str; 7] = [
    "<script", "<iframe", "<object", "<embed", "<link", "<base", "<form",
];
/// What would be fetched or run, inside a tag or a style.
const LOADS: [&str; 5] = [
    "src=\"http",
    "src='http",
    "url(http",
    "@import",
    "javascript:",
];

/// # Errors
/// What the page does not tell, or what it would load.
pub(super) fn check(html: &str, request: &PageRequest<'_>) -> Result<(), Vec<Diagnostic>> {
    let mut found = untold(&text(html), &goal_texts(request.results), "the page");
    let code = markup(html).to_ascii_lowercase();
    let refused = REFUSED
        .iter()
        .chain(&LOADS)
        .filter(|one| code.contains(*one));
    found.extend(refused.map(|one| {
        Diagnostic::error(
            "page-not-self-contained",
            format!("{}/index.html gives a page with {one}", request.folder),
        )
        .hint("a page has no scripts and loads nothing: put styles and pictures into it")
    }));
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// What is read on the page: no tags, no style, entities as their characters.
fn text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = body(html);
    while let Some(at) = rest.find('<') {
        let (words, tag) = rest.split_at(at);
        push_decoded(&mut out, words);
        rest = after(tag);
        // A word is whole over inline elements: only what breaks a line ends it.
        if !is_inline(tag) {
            out.push(' ');
        }
    }
    push_decoded(&mut out, rest);
    out
}

fn is_inline(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    [
        "bdi", "strong", "em", "span", "a ", "a>", "abbr", "b>", "i>", "small",
    ]
    .iter()
    .any(|inline| name.starts_with(inline))
}

/// What follows a tag, and for an element that is not read, what follows that.
fn after(tag: &str) -> &str {
    for (begin, end) in [("<style", "</style>"), ("<svg", "</svg>"), ("<!--", "-->")] {
        if tag.starts_with(begin) {
            return tag.split_once(end).map_or("", |(_, rest)| rest);
        }
    }
    tag.split_once('>').map_or("", |(_, rest)| rest)
}

fn body(html: &str) -> &str {
    html.find("<body")
        .map_or(html, |at| html.get(at..).unwrap_or(html))
}

/// The tags and styles alone, where texts of the data can't be taken for code.
fn markup(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let tag = rest.get(at..).unwrap_or_default();
        let end = if tag.starts_with("<style") {
            tag.find("</style>")
        } else {
            tag.find('>')
        };
        let (code, next) = tag.split_at(end.map_or(tag.len(), |end| end + 1));
        out.push_str(code);
        rest = next;
    }
    out
}

/// Adds words with their entities decoded.
fn push_decoded(out: &mut String, words: &str) {
    let mut rest = words;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        out.push_str(before);
        let end = entity.find(';').filter(|end| *end < 10);
        let name = end.and_then(|end| entity.get(1..end));
        let decoded = name.and_then(character);
        match (decoded, end) {
            (Some(c), Some(end)) => {
                out.push(c);
                rest = entity.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push('&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
}

fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_what_a_person_reads() {
        for (html, expected) in [
            ("<body><p>a<strong>b</strong></p><p>c</p>", " ab  c"),
            ("<head><title>x</title></head><body>y", "y"),
            ("<body>5 &lt; 6 &amp;&#x27;&nbsp;&x", "5 < 6 &'\u{a0}&x"),
            ("<body><style>p{}</style><svg>t</svg>z", " z"),
        ] {
            let read = text(html);
            assert_eq!(
                read.split(' ')
                    .filter(|w| !w.is_empty())
                    .collect::<Vec<_>>(),
                expected
                    .split(' ')
                    .filter(|w| !w.is_empty())
                    .collect::<Vec<_>>(),
                "{html}"
            );
        }
    }

    #[test]
    fn a_text_that_speaks_of_code_is_no_code() {
        assert!(!markup("<p>&lt;script&gt; javascript: </p>").contains("script"));
        assert!(markup("<a href=\"javascript:x\">").contains("javascript:"));
    }
}
