//! A template tried out with results that this metas carries: whether it still can typeset what
//! this version hands to it, before a report is due.

use std::collections::BTreeMap;

use super::template_files;
use super::typeset::Typesetters;
use crate::console::counted;
use crate::diagnostic::Diagnostic;
use crate::embedded;
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::report::{self, PageRequest};
use crate::results::{RESULTS_FILE, Results};

/// The template that the binary carries, whose folder holds the results.
const CARRIED: &str = "report-templates/informe";

/// What a template makes of the results that this metas carries: `report.pdf: 20 pages`.
///
/// # Errors
/// The template's, with file, line and caret; or the machine kept a process from its end.
pub(crate) fn trial(home: &Home, template: &str) -> Result<String, CommandError> {
    let mut files = template_files::template(home, template)?;
    let (results, bytes) = carried()?;
    files.insert(RESULTS_FILE.to_owned(), bytes);
    let made = Typesetters::begin(&files)?.try_out(template, &results, &files)?;
    let named = made.keys().map(|name| (name.clone(), Vec::new()));
    let documents: BTreeMap<String, Vec<u8>> = named.collect();
    let folder = format!("report-templates/{template}");
    let request = PageRequest {
        results: &results,
        folder: &folder,
        given: &files,
        documents: &documents,
    };
    report::page(&request).map_err(|diagnostics| CommandError {
        status: ExitStatus::Environment,
        diagnostics,
    })?;
    let pages = made.iter();
    let pages = pages.map(|(name, pages)| format!("{name} of {}", counted(*pages, "page")));
    Ok(pages.collect::<Vec<_>>().join(", "))
}

fn carried() -> Result<(Results, Vec<u8>), CommandError> {
    let unreadable = |why: String| {
        let fault = Diagnostic::error("internal", format!("the carried results: {why}"));
        CommandError::new(ExitStatus::Internal, fault)
    };
    let mut files = embedded::below(CARRIED);
    let (_, bytes) = files
        .find(|(name, _)| *name == RESULTS_FILE)
        .ok_or_else(|| unreadable("are not there".to_owned()))?;
    let text = std::str::from_utf8(bytes).map_err(|e| unreadable(e.to_string()))?;
    let results = Results::parse(text).map_err(unreadable)?;
    Ok((results, bytes.to_vec()))
}
