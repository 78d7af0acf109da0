//! The text of the report's message, in Spanish, from the edition's results.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter,
};
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::results::Results;

/// Used where the definition names no colour.
const PLAIN_COLOUR: &str = "#1f4e79";

/// What the templates see.
#[derive(Serialize)]
struct Context<'a> {
    results: &'a Results,
    /// Of the attached PDF.
    pdf_sha256: &'a str,
    /// Why the edition replaces another, without the full stop that the sentence around it has.
    reason: &'a str,
    colour: &'a str,
    ink: &'static str,
}

/// The message's two forms, plain and HTML, from the results and the SHA-256 of the attached PDF.
///
/// # Errors
/// `body-failed` where a template can't be rendered, which is an error of this program.
pub fn report(results: &Results, pdf_sha256: &str) -> Result<(String, String), Diagnostic> {
    let colour = hex_colour(results.brand.color.as_deref());
    let reason = results.reason.as_deref().unwrap_or_default();
    let context = Context {
        results,
        pdf_sha256,
        reason: reason.trim_end().trim_end_matches('.'),
        colour: &colour,
        ink: ink_on(&colour),
    };
    let render = |name: &str, source: &str| {
        environment()
            .and_then(|environment| {
                environment.render_named_str(name, source, Value::from(Serde(&context)))
            })
            .map_err(|e| {
                Diagnostic::error("body-failed", format!("the message's text failed: {e:#}"))
            })
    };
    Ok((
        render("report.txt", include_str!("report.txt"))?,
        render("report.html", include_str!("report.html"))?,
    ))
}

/// A name that the results do not have is an error; HTML is escaped.
fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
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
    Ok(environment)
}

/// Line breaks and other control characters would break the plain form's lines.
fn in_one_line(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.kind() == ValueKind::String && !value.is_safe() => {
            let words = text.split(|c: char| c.is_whitespace() || c.is_control());
            let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
            escape_formatter(out, state, &Value::from(words.join(" ")))
        }
        _ => escape_formatter(out, state, value),
    }
}

/// `#rrggbb`, or the plain colour: nothing else may stand in a style.
fn hex_colour(text: Option<&str>) -> String {
    text.filter(|text| {
        text.strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    })
    .unwrap_or(PLAIN_COLOUR)
    .to_owned()
}

/// White or near-black, whichever reads better on `colour` (WCAG relative luminance).
fn ink_on(colour: &str) -> &'static str {
    let channel = |at: usize| {
        let byte = colour
            .get(at..at + 2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .unwrap_or(0);
        let share = f64::from(byte) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
    if luminance > 0.179 {
        "#1a1a1a"
    } else {
        "#ffffff"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_colour_may_stand_in_a_style() {
        assert_eq!(hex_colour(Some("#12ab9F")), "#12ab9F");
        for text in ["red;background:url(x)", "#12345", "#12345g", "123456"] {
            assert_eq!(hex_colour(Some(text)), PLAIN_COLOUR);
        }
        assert_eq!(
            (ink_on("#ffffff"), ink_on("#000000"), ink_on(PLAIN_COLOUR)),
            ("#1a1a1a", "#ffffff", "#ffffff")
        );
    }
}
