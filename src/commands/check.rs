//! `metas check`: validates the definition and the files; writes nothing but, where asked, the
//! departments' workbooks with what was found in them.

use serde_json::json;

use super::compose;
use super::earlier;
use super::gather::{self, Mode, ReadRequest};
use super::home::{self, Home};
use super::ledger;
use super::returned;
use super::stop::{End, Stop};
use super::template_files;
use crate::cli::Check;
use crate::diagnostic::{Diagnostic, Severity};
use crate::indicators::{self, Given, Moment};
use crate::terminal::{self, Terminal};

/// Prints every finding of a period's files.
///
/// # Errors
/// The definition or environment is wrong.
pub fn check(terminal: &Terminal, home: &Home, wanted: &Check) -> Result<End, Stop> {
    let return_to = wanted.return_to.as_deref();
    let wanted = &wanted.target;
    let pipeline = home.one_plan(wanted.plan.as_deref())?;
    let now = home::now(wanted.as_of, pipeline.plan.timezone)?;
    let period = home::period(&pipeline, wanted.period, &now)?;
    let pipeline = pipeline.at(period);
    let moment = Moment::of(period, now.date_naive());
    let inputs = wanted.inputs.clone().unwrap_or_else(|| home.inputs(period));
    let mode = Mode {
        archive: false,
        attended: true,
    };
    // Another folder than the period's own is looked at for the first time.
    let earlier = match &wanted.inputs {
        None => earlier::seen_if_any(home, &pipeline.plan.id, period)?,
        Some(_) => Vec::new(),
    };
    let ledger = ledger::open_if_there(home)?;
    let which = (period, u32::MAX);
    let (history, last) = compose::earlier(ledger.as_ref(), &pipeline, which, now.to_utc())?;
    let request = ReadRequest::new(&pipeline, last.as_ref());
    let gathered = gather::gather_since(terminal, home, request, (&inputs, &earlier), mode)?;
    let given = Given {
        moment: &moment,
        tables: &gathered.tables,
        history: &history,
    };
    let computed = indicators::compute_since(&pipeline, given, last.as_ref());
    let mut findings = gathered.findings.clone();
    findings.extend(computed.findings);
    findings.splice(0..0, pipeline.warnings.iter().cloned());
    let faults = template_files::faults(home, &pipeline);
    findings.splice(0..0, faults.iter().cloned());
    terminal.diagnostics(&findings);
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let returned = match return_to {
        Some(folder) => returned::write_all(folder, &gathered, &pipeline.limits)?,
        None => Vec::new(),
    };
    let document = json!({
        "plan": pipeline.plan.id,
        "period": period,
        "findings": findings.iter().map(terminal::finding_json).collect::<Vec<_>>(),
        "sources": gathered.sources,
        "errors": errors,
        "warnings": warnings,
        "returned": returned
            .iter()
            .map(|(path, edited)| json!({ "file": path, "edited": edited }))
            .collect::<Vec<_>>(),
    });
    let mut text = gathered.summary(&pipeline);
    text.push_str(&format!("{errors} errores, {warnings} avisos.\n"));
    for (path, edited) in &returned {
        let what = if *edited {
            "devuelto con observaciones"
        } else {
            "observaciones"
        };
        text.push_str(&format!("{what}: {}\n", path.display()));
    }
    terminal.data(&document, &text);
    let blocked = findings.iter().any(Diagnostic::is_error);
    Ok(match (faults.is_empty(), blocked) {
        (false, _) => End::Environment,
        (true, true) => End::Findings,
        (true, false) => End::Done,
    })
}
