//! What a plan's template lacks, told before anything is typeset.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::embedded;
use crate::exit::CommandError;
use crate::home::Home;
use crate::plan::Plan;
use crate::report::{PAGE_FILE, page_template_fault};
use crate::store::files::read_tree;
use crate::store::presence;

/// A template that is not there, or has no report.typ; a logo that is not in its folder: each points
/// at the key of the definition that names it. And what can't be read of the page's template.
pub(crate) fn faults(home: &Home, pipeline: &Plan) -> Vec<Diagnostic> {
    let report = &pipeline.report;
    let files = match template(home, &report.template) {
        Ok(files) => files,
        Err(error) => {
            let placed = |d: Diagnostic| d.at(&pipeline.text, report.template_place.clone());
            return error.diagnostics.into_iter().map(placed).collect();
        }
    };
    let page = files.get(PAGE_FILE).and_then(|source| {
        page_template_fault(&format!("report-templates/{}", report.template), source)
    });
    page.into_iter()
        .chain(missing_logo(pipeline, &files))
        .collect()
}

fn missing_logo(pipeline: &Plan, files: &BTreeMap<String, Vec<u8>>) -> Option<Diagnostic> {
    let report = &pipeline.report;
    let logo = report.brand.logo.as_ref()?;
    if files.contains_key(logo) {
        return None;
    }
    let message = format!("template \"{}\" has no file \"{logo}\"", report.template);
    let hint = format!(
        "put the logo into report-templates/{}/, or remove the key",
        report.template
    );
    let fault = Diagnostic::error("no-logo", message).hint(hint);
    Some(fault.at(&pipeline.text, report.logo_place.clone()))
}

/// The files of a template's folder; the binary's own where the home has none of that name.
///
/// # Errors
/// There is no such template, or it cannot be read.
pub(crate) fn template(home: &Home, name: &str) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
    let folder = home.root.join("report-templates").join(name);
    let files = if presence::is_folder(&folder)? {
        read_tree(&folder)?
    } else {
        embedded::below(&format!("report-templates/{name}"))
            .map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))
            .collect()
    };
    if files.contains_key("report.typ") {
        return Ok(files);
    }
    let message = format!(
        "template \"{name}\" has no report.typ: {}",
        folder.display()
    );
    let hint = "give [report] template the name of a folder below report-templates/";
    Err(CommandError::environment(
        Diagnostic::error("no-template", message).hint(hint),
    ))
}
