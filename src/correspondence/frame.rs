//! The head and the foot that all messages share, and how their templates are rendered.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter,
};
use serde::Serialize;

use super::error::CorrespondenceError;
use super::wrap;
use crate::diagnostic::{is_unseen, written_out};
use crate::plan::{Brand, ink_on};

/// A message as it is read, without its addresses and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// One line, at most 250 letters.
    pub subject: String,
    /// The text form; lines of at most 76 columns where words allow it.
    pub text: String,
    /// The HTML form.
    pub html: String,
}

/// Who writes: what every message says at its head and its foot.
#[derive(Debug, Clone, Serialize)]
pub struct Sender {
    /// The municipality's identity.
    pub brand: Brand,
    /// Name and address as the message's From; none where nothing is delivered by mail.
    pub from: Option<String>,
}

/// What the templates see.
#[derive(Serialize)]
struct LetterContext<'a, M> {
    subject: &'a str,
    sender: &'a Sender,
    colour: String,
    ink: &'static str,
    message: &'a M,
}

/// The templates of one occasion: its text form and its HTML form.
pub(super) struct Templates {
    /// Plain text.
    pub text: &'static str,
    /// HTML.
    pub html: &'static str,
}

/// Renders both forms of a message.
///
/// # Errors
/// `body-failed` where a template can't be rendered, which is an error of this program.
pub(super) fn letter<M: Serialize>(
    sender: &Sender,
    subject: String,
    templates: &Templates,
    message: &M,
) -> Result<Letter, CorrespondenceError> {
    let colour = sender.brand.colour();
    let context = LetterContext {
        subject: &subject,
        sender,
        ink: ink_on(&colour),
        colour,
        message,
    };
    let (text, html) = both(templates, &Value::from(Serde(&context)))?;
    Ok(Letter {
        subject,
        text: wrap::wrapped(&text),
        html,
    })
}

fn both(templates: &Templates, context: &Value) -> Result<(String, String), Error> {
    let environment = environment()?;
    let text = environment.render_named_str("message.txt", templates.text, context)?;
    let html = environment.render_named_str("message.html", templates.html, context)?;
    Ok((text, html))
}

/// A name that a message does not have is an error; HTML is escaped.
fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    // What a template saw is no part of an error: it may quote cells.
    environment.set_debug(false);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".html") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment.set_formatter(in_one_line);
    for (name, source) in [
        ("head.html", include_str!("templates/head.html")),
        ("foot.html", include_str!("templates/foot.html")),
        ("parts.html", include_str!("templates/parts.html")),
        ("foot.txt", include_str!("templates/foot.txt")),
        ("goal.txt", include_str!("templates/goal.txt")),
    ] {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// Line breaks and other characters that are not seen would break the plain form's lines, or turn
/// them around.
fn in_one_line(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.kind() == ValueKind::String && !value.is_safe() => {
            escape_formatter(out, state, &Value::from(one_line(text)))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// The text on one line: spaces for what breaks or indents it, characters that turn a line around
/// written out, others that are not seen left out. What joins letters of a script or an emoji, and
/// spaces that do not break, stay.
fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        let keeps = matches!(c, '\u{a0}' | '\u{202f}' | '\u{200c}' | '\u{200d}');
        if !keeps && (c.is_whitespace() || c.is_control()) {
            space = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        match c {
            '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => out.push_str(&written_out(c)),
            c if !keeps && is_unseen(c) => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_can_neither_break_nor_turn_its_line() {
        for (value, shown) in [
            (" uno\r\n\r\ndos\t\u{0}tres ", "uno dos tres"),
            ("a\u{202e}b\u{200f}", "a\\u{202e}b\\u{200f}"),
            ("so\u{ad}bre\u{feff}\u{200b}", "sobre"),
            ("12\u{a0}km", "12\u{a0}km"),
            ("שלום", "שלום"),
            ("👩\u{200d}🌾", "👩\u{200d}🌾"),
            ("\u{2028}\u{85}", ""),
        ] {
            assert_eq!(one_line(value), shown);
        }
    }
}
