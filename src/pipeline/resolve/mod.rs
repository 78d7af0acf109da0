//! From a structurally sound document to a [`Pipeline`]: references, ranges, and what each kind
//! of goal needs. Errors are collected; none stops the others from being found.

mod delivery;
mod effect;
mod goal;
mod plan;
mod sheet;
mod source;

use std::ops::Range;
use std::sync::Arc;

use super::model::Pipeline;
use super::node::Table;
use super::section::Section;
use crate::diagnostic::{Diagnostic, SourceText, did_you_mean};

/// What the parts of the resolution share.
pub(super) struct Resolver<'a> {
    text: &'a Arc<SourceText>,
    found: Vec<Diagnostic>,
    departments: Vec<String>,
    axes: Vec<String>,
    frequency: Option<crate::period::Frequency>,
}

pub(super) fn resolve(
    text: Arc<SourceText>,
    sha256: String,
    root: &Table,
    top: Range<usize>,
    structural: Vec<Diagnostic>,
) -> Result<Pipeline, Vec<Diagnostic>> {
    let root = Section {
        table: root,
        place: top,
    };
    let ids = |key: &str| {
        root.sections(key)
            .into_iter()
            .map(|(id, _)| id.to_owned())
            .collect()
    };
    let mut resolver = Resolver {
        text: &text,
        found: structural,
        departments: ids("department"),
        axes: ids("axis"),
        frequency: None,
    };
    let plan = resolver.plan(&root);
    let schedule = resolver.schedule(&root);
    let departments = resolver.departments(&root);
    let sources = resolver.sources(&root);
    let axes = resolver.axes(&root);
    let goals = resolver.goals(&root);
    resolver.sheets(&goals);
    let mut report = resolver.report(&root);
    let delivery = resolver.delivery(&root);
    let limits = resolver.limits(&root);
    let mut found = resolver.found;
    found.sort_by_key(position);
    if found.iter().any(Diagnostic::is_error) {
        found.retain(Diagnostic::is_error);
        return Err(found);
    }
    let (Some(plan), Some(schedule)) = (plan, schedule) else {
        return Err(found);
    };
    if report.brand.name.is_empty() {
        report.brand.name.clone_from(&plan.title);
    }
    Ok(Pipeline {
        text,
        sha256,
        plan,
        schedule,
        departments,
        sources,
        axes,
        goals,
        report,
        delivery,
        limits,
        warnings: found,
    })
}

fn position(diagnostic: &Diagnostic) -> (usize, usize) {
    match &diagnostic.location {
        crate::diagnostic::Location::Text { span, .. } => (span.start, span.end),
        _ => (0, 0),
    }
}

impl Resolver<'_> {
    fn error(&mut self, code: &str, span: Range<usize>, message: impl Into<String>) {
        self.found
            .push(Diagnostic::error(code, message).at(self.text, span));
    }

    fn warning(
        &mut self,
        code: &str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found.push(
            Diagnostic::warning(code, message)
                .at(self.text, span)
                .hint(hint),
        );
    }

    fn error_hint(
        &mut self,
        code: &str,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found.push(
            Diagnostic::error(code, message)
                .at(self.text, span)
                .hint(hint),
        );
    }

    /// Reports an id that is not a slug of lower-case letters, digits and hyphens.
    fn slug(&mut self, what: &str, id: &str, span: Range<usize>) {
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

    /// Reports a reference to something that the definition does not hold.
    fn refers(&mut self, what: &str, id: &str, span: Range<usize>, known: &[String]) {
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

    fn department(&mut self, section: &Section<'_>, key: &str) -> Option<String> {
        let id = section.text(key)?;
        let known = self.departments.clone();
        self.refers("department", &id, section.span(key), &known);
        Some(id)
    }
}
