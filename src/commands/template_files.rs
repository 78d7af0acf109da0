//! What a plan's template lacks, told before anything is typeset.

use super::compose;
use super::home::Home;
use crate::diagnostic::Diagnostic;
use crate::pipeline::Pipeline;

/// A template that is not there, or has no report.typ; a logo that is not in its folder. Each
/// points at the key of the definition that names it.
pub fn faults(home: &Home, pipeline: &Pipeline) -> Vec<Diagnostic> {
    let report = &pipeline.report;
    let files = match compose::template(home, &report.template) {
        Ok(files) => files,
        Err(stop) => {
            let placed = |d: Diagnostic| d.at(&pipeline.text, report.template_place.clone());
            return stop.diagnostics.into_iter().map(placed).collect();
        }
    };
    let Some(logo) = &report.brand.logo else {
        return Vec::new();
    };
    if files.contains_key(logo) {
        return Vec::new();
    }
    let message = format!("template \"{}\" has no file \"{logo}\"", report.template);
    let hint = format!(
        "put the logo into report-templates/{}/, or remove the key",
        report.template
    );
    let fault = Diagnostic::error("no-logo", message).hint(hint);
    vec![fault.at(&pipeline.text, report.logo_place.clone())]
}
