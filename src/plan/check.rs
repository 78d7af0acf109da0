//! What the checks of the tables share: where errors are collected, and what a reference may be to.
//! No error stops the others from being found.

use std::ops::Range;
use std::sync::Arc;

use super::field::Field;
use crate::diagnostic::{Diagnostic, Location, SourceText, did_you_mean};
use crate::period::{Frequency, Period};

pub(crate) struct Checker<'a> {
    pub text: &'a Arc<SourceText>,
    pub found: Vec<Diagnostic>,
    pub departments: Vec<String>,
    pub axes: Vec<String>,
    /// Length of the plan's periods, once the schedule is read.
    pub frequency: Option<Frequency>,
}

/// The place of a text's first line.
pub(crate) fn first_line(text: &str) -> Range<usize> {
    0..text.find('\n').unwrap_or(text.len())
}

/// Where an error stands in the text, so that errors can be told in its order.
pub(crate) fn position(diagnostic: &Diagnostic) -> (usize, usize) {
    match &diagnostic.location {
        Location::Text { span, .. } => (span.start, span.end),
        Location::Nowhere | Location::Cells(_) => (0, 0),
    }
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        text: &'a Arc<SourceText>,
        departments: Vec<String>,
        axes: Vec<String>,
        structural: Vec<Diagnostic>,
    ) -> Self {
        Self {
            text,
            found: structural,
            departments,
            axes,
            frequency: None,
        }
    }

    /// The definition's first line: the place of what it leaves out.
    pub(crate) fn top(&self) -> Range<usize> {
        first_line(&self.text.text)
    }

    pub(crate) fn error(&mut self, code: &str, span: Range<usize>, message: impl Into<String>) {
        self.found
            .push(Diagnostic::error(code, message).at(self.text, span));
    }

    pub(crate) fn warning(
        &mut self,
        code: &str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let warning = Diagnostic::warning(code, message);
        self.found.push(warning.at(self.text, span).hint(hint));
    }

    pub(crate) fn error_hint(
        &mut self,
        code: &str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let error = Diagnostic::error(code, message);
        self.found.push(error.at(self.text, span).hint(hint));
    }

    /// Reports an id that is not a slug of lower-case letters, digits and hyphens.
    pub(crate) fn slug(&mut self, what: &str, id: &str, span: Range<usize>) {
        let sound = id.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c));
        if !sound || id.len() > 64 {
            self.error_hint(
                "invalid-id",
                span,
                format!("\"{id}\" cannot be {what}"),
                "use up to 64 lower-case letters a-z, digits and hyphens",
            );
        }
    }

    /// Reports a name that SQL could not write without quotes.
    pub(crate) fn sql_name(&mut self, what: &str, name: &str, span: Range<usize>) {
        let sound = name.starts_with(|c: char| c.is_alphabetic())
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if !sound || name.chars().count() > 64 {
            self.error_hint(
                "invalid-id",
                span,
                format!("\"{name}\" cannot be {what}"),
                "it is a name in SQL: begin with a letter, then letters, digits and _",
            );
        }
    }

    /// Reports a path that leaves its folder.
    pub(crate) fn inside(&mut self, path: &str, span: Range<usize>) {
        let leaves = path.starts_with(['/', '\\'])
            || path.split(['/', '\\']).any(|part| part == "..")
            || path.contains(':');
        if leaves {
            self.error_hint(
                "path-outside",
                span,
                format!("\"{path}\" leaves its folder"),
                "write a path below the folder, without .. and without a leading /",
            );
        }
    }

    /// Reports a reference to something that the definition does not hold.
    pub(crate) fn refers(&mut self, what: &str, id: &str, span: Range<usize>, known: &[String]) {
        if id.is_empty() || known.iter().any(|k| k == id) {
            return;
        }
        let hint = match did_you_mean(id, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("defined: {}", known.join(", ")),
        };
        self.error_hint(
            &format!("unknown-{what}"),
            span,
            format!("there is no {what} \"{id}\""),
            hint,
        );
    }

    pub(crate) fn department<T: AsRef<str>>(&mut self, field: &Field<T>) -> Option<String> {
        let id = field.text()?;
        let known = self.departments.clone();
        self.refers("department", &id, field.span(), &known);
        Some(id)
    }

    /// Reports a period of another length than the plan's.
    pub(crate) fn same_frequency(&mut self, period: Period, span: Range<usize>) {
        if let Some(every) = self.frequency
            && period.frequency() != every
        {
            let example = Period::containing(period.start(), every);
            self.error_hint(
                "invalid-period",
                span,
                format!("{period} is not a period of this plan's schedule"),
                format!("write it like {example}"),
            );
        }
    }
}
