//! The template's text, and its errors with their line.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};

use super::PAGE_FILE;
use crate::diagnostic::{Diagnostic, SourceText};

/// Steps that a template may take: some fifty times those of a plan of a thousand goals.
const FUEL: u64 = 20_000_000;

/// The template's text.
pub(super) struct TemplateSource {
    text: Arc<SourceText>,
}

impl TemplateSource {
    /// The file's text, called by its path below `folder` in errors.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub(super) fn new(folder: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let name = format!("{folder}/{PAGE_FILE}");
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                text: Arc::new(SourceText {
                    name,
                    text: text.to_owned(),
                }),
            }),
            Err(why) => Err(
                Diagnostic::error("template", format!("{name} is not UTF-8: {why}"))
                    .hint("save it as UTF-8"),
            ),
        }
    }

    /// Looks whether it can be read at all.
    ///
    /// # Errors
    /// What is wrong with its syntax, with its line.
    pub(super) fn parse(&self) -> Result<(), Diagnostic> {
        let environment = environment().map_err(|error| self.describe(&error))?;
        let parsed = environment.template_from_named_str(PAGE_FILE, &self.text.text);
        parsed.map(|_| ()).map_err(|error| self.describe(&error))
    }

    /// The page that it makes of `context`.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub(super) fn render(&self, context: &Value) -> Result<String, Diagnostic> {
        let rendered = environment().and_then(|environment| {
            environment.render_named_str(PAGE_FILE, &self.text.text, context)
        });
        rendered.map_err(|error| self.describe(&error))
    }

    fn describe(&self, error: &Error) -> Diagnostic {
        let what = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        let told = Diagnostic::error("template", what)
            .hint("report-templates/README.md lists what a page's template can use");
        let end = self.text.text.len();
        match (error.range(), error.line()) {
            (Some(range), _) => told.at(&self.text, range.start.min(end)..range.end.min(end)),
            (None, Some(line)) => told.at(&self.text, self.line(line)),
            (None, None) => told.at(&self.text, 0..0),
        }
    }

    /// The bytes of a line, counted from 1.
    fn line(&self, number: usize) -> std::ops::Range<usize> {
        let mut start = 0;
        for (index, line) in self.text.text.split_inclusive('\n').enumerate() {
            if index + 1 == number {
                return start..start + line.trim_end().len();
            }
            start += line.len();
        }
        start..start
    }
}

/// A name that the data does not have is an error; every value is escaped.
fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_fuel(Some(FUEL));
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    Ok(environment)
}
