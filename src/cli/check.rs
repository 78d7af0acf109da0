//! `metas check`: validates the definition and the files; writes nothing but, where asked, the
//! departments' workbooks with what was found in them.

use serde_json::json;

use super::target::Target;
use crate::console;
use crate::console::Console;
use crate::diagnostic::{Diagnostic, Severity};
use crate::edition::period_figures::{FiguresRequest, PeriodFigures, period_figures};
use crate::edition::returned_workbooks;
use crate::edition::template_files;
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use clap::Args;
use std::path::PathBuf;

/// `metas check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Plan and period
    #[command(flatten)]
    pub target: Target,
    /// Write each workbook with findings here, its cells coloured and commented
    #[arg(long = "return", value_name = "DIR")]
    pub return_to: Option<PathBuf>,
}

/// Where the workbooks lie that go back to their departments.
fn returned_text(returned: &[(PathBuf, bool)]) -> String {
    let line = |(path, edited): &(PathBuf, bool)| {
        let what = match edited {
            true => "devuelto con observaciones",
            false => "observaciones",
        };
        format!("{what}: {}\n", path.display())
    };
    returned.iter().map(line).collect()
}

/// Prints every finding of a period's files.
///
/// # Errors
/// The definition or environment is wrong.
pub(crate) fn check(
    console: &Console,
    home: &Home,
    arguments: &CheckArguments,
) -> Result<ExitStatus, CommandError> {
    let return_to = arguments.return_to.as_deref();
    let arguments = &arguments.target;
    let pipeline = home.one_plan(arguments.plan.as_deref())?;
    let request = FiguresRequest {
        period: arguments.period,
        as_of: arguments.as_of,
        inputs: arguments.inputs.as_ref(),
        traced: false,
    };
    let PeriodFigures {
        pipeline,
        reporting,
        gathered,
        computed,
    } = period_figures(console, home, &pipeline, &request)?;
    let mut findings = gathered.findings.clone();
    findings.extend(computed.findings);
    findings.splice(0..0, pipeline.warnings.iter().cloned());
    let faults = template_files::faults(home, &pipeline);
    findings.splice(0..0, faults.iter().cloned());
    console.diagnostics_and_notes(&findings);
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let notes = count(Severity::Note);
    let returned = match return_to {
        Some(folder) => returned_workbooks::write_all(folder, &gathered, &pipeline.limits)?,
        None => Vec::new(),
    };
    let document = json!({
        "plan": pipeline.plan.id,
        "period": reporting.period,
        "findings": findings.iter().map(console::finding_json).collect::<Vec<_>>(),
        "sources": gathered.sources,
        "errors": errors,
        "warnings": warnings,
        "notes": notes,
        "returned": returned
            .iter()
            .map(|(path, edited)| json!({ "file": path, "edited": edited }))
            .collect::<Vec<_>>(),
    });
    let mut text = gathered.summary(&pipeline);
    text.push_str(&format!("{errors} errores, {warnings} avisos"));
    if notes > 0 {
        text.push_str(&format!(", {notes} notas"));
    }
    text.push_str(".\n");
    text.push_str(&returned_text(&returned));
    console.data(&document, &text);
    let blocked = findings.iter().any(Diagnostic::is_error);
    Ok(match (faults.is_empty(), blocked) {
        (false, _) => ExitStatus::Environment,
        (true, true) => ExitStatus::Findings,
        (true, false) => ExitStatus::Done,
    })
}
