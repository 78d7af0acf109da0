//! Issues one period's edition: gather, compose, publish.

use super::approval;
use super::approval::WaitingEdition;
use super::compose;
use super::compose::EditionFiles;
use super::coverage;
use super::gathered::Gathered;
use super::held;
use super::input_folder::InputFolder;
use super::inputs::EditionInputs;
use super::issued;
use super::issued::{IssueSummary, Issued};
use super::past_submissions;
use super::photos;
use super::publish;
use super::publish::Publishing;
use super::published;
use super::reading::PeriodReading;
use super::request::IssueRequest;
use super::restatement;
use super::returned_workbooks::{KeepRequest, Keeping};
use super::sources;
use super::sources::{Mode, SourcesRequest};
use super::submissions;
use super::typeset::Typesetters;
use crate::console::Console;
use crate::diagnostic::{Diagnostic, visible};
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::indicators::ReportingPeriod;
use crate::ledger::{Edition, EditionKey, Ledger};
use crate::period::Period;
use crate::plan::{Incomplete, Plan};
use crate::results::Replaced;
use crate::store::presence;

/// Why a final edition replaces a preliminary one.
pub(crate) const FINAL_EDITION: &str =
    "Edición definitiva: el periodo ya cerró y sustituye a la preliminar.";

/// Issues a period's edition, unless it has one; where a person must release it, makes it and asks.
///
/// # Errors
/// The definition, the template or the disk; nothing is half issued.
pub(crate) fn issue(
    console: &Console,
    home: &Home,
    pipeline: &Plan,
    mut ledger: Option<&mut Ledger>,
    request: &IssueRequest,
) -> Result<Issued, CommandError> {
    let pipeline = &pipeline.at(request.period);
    let reporting = ReportingPeriod::of(request.period, request.now.date_naive());
    let editions = issued_so_far(ledger.as_deref(), pipeline, request.period)?;
    if let Some(existing) = existing(&editions, request, &reporting)? {
        return Ok(Issued::Exists(Box::new(existing)));
    }
    let first = ledger.as_deref().filter(|_| editions.is_empty());
    if let Some(held) = held_since_restore(console, first, pipeline, request)? {
        return Ok(held);
    }
    let replaces = replaced(&editions, request.correction.as_deref(), pipeline);
    let case = Case {
        what: Publishing {
            home,
            pipeline,
            request,
            key: &key(pipeline, request.period, next_number(&editions)),
            preliminary: !reporting.closed,
            reason: replaces.last().and_then(|r| r.reason.as_deref()),
        },
        inputs: inputs(home, ledger.as_deref(), &pipeline.plan.id, request)?,
        reporting,
        editions: &editions,
        replaces: &replaces,
    };
    if let Some(ledger) = ledger.as_deref_mut()
        && let Some(waiting) = approval::still_waits(console, &case.what, ledger, &case.inputs)?
    {
        return Ok(issued::unchanged(&case.what, &waiting));
    }
    case.make(console, ledger)
}

/// An edition that is to be made.
struct Case<'a> {
    what: Publishing<'a>,
    inputs: InputFolder,
    reporting: ReportingPeriod,
    editions: &'a [Edition],
    replaces: &'a [Replaced],
}

impl Case<'_> {
    /// Gathers, composes and publishes it, or holds it until a person has released it.
    fn make(
        &self,
        console: &Console,
        mut ledger: Option<&mut Ledger>,
    ) -> Result<Issued, CommandError> {
        let Publishing {
            home,
            pipeline,
            request,
            key,
            ..
        } = self.what;
        let which = (request.period, key.edition);
        let before = request.now.to_utc();
        let (history, last) = compose::earlier(ledger.as_deref(), pipeline, which, before)?;
        let past = past_submissions::before(ledger.as_deref(), pipeline, request.period, before)?;
        let (template, typesetters) = Typesetters::of(home, &pipeline.report.template)?;
        let sources_request = SourcesRequest::new(pipeline, last.as_ref());
        let (gathered, keeping) = gathered(
            console,
            home,
            sources_request,
            ledger.as_deref_mut(),
            (request, &self.inputs),
        )?;
        if let Some(not_now) = waits_or_held(pipeline, request, &gathered, &self.inputs.path) {
            return keeping.end().map(|_| not_now);
        }
        console.diagnostics(&[doubtful(pipeline), gathered.findings.clone()].concat());
        let corrects = compose::corrected(self.editions)?;
        let edition_inputs = EditionInputs {
            pipeline,
            reporting: &self.reporting,
            edition: key.edition,
            replaces: self.replaces,
            corrects: corrects.as_ref(),
            last: last.as_ref(),
            past_submissions: &past,
            now: request.now,
            draft: request.draft,
            template: &template,
            photos: &|name| photos::from_folder(&self.inputs.path, name),
        };
        let composed = compose::compose(console, edition_inputs, &gathered, &history, typesetters)?;
        let returned = keeping.end()?;
        let already_told = gathered.findings.len();
        console.diagnostics(composed.findings.get(already_told..).unwrap_or_default());
        let goals = composed.results.goals.clone();
        let (mut issued, waiting) = self.finish(console, ledger, composed, &gathered)?;
        issued.reading = Some(PeriodReading::new(gathered, goals, returned));
        Ok(match waiting {
            None => issued.issued(pipeline, request, key.edition),
            Some(waiting) => issued.held(&self.what, &waiting),
        })
    }

    /// Publishes what was composed, or holds it until a person has released it.
    fn finish(
        &self,
        console: &Console,
        ledger: Option<&mut Ledger>,
        composed: EditionFiles,
        gathered: &Gathered,
    ) -> Result<(IssueSummary, Option<WaitingEdition>), CommandError> {
        let Publishing {
            home,
            pipeline,
            request,
            key,
            ..
        } = self.what;
        let uncovered = coverage::mostly_without_data(pipeline, request.period, &composed.goals);
        let mut issued = IssueSummary::of(&composed);
        let mut waiting = None;
        if let Some(ledger) = ledger.filter(|_| !request.dry_run) {
            let what = &self.what;
            if pipeline.approval.is_some() {
                waiting = Some(approval::hold(what, ledger, composed, gathered)?);
            } else {
                let place = publish::publish(what, ledger, composed, gathered)?;
                issued.directory = Some(place.display().to_string());
                held::forget(home, (&key.plan, key.period), &ledger.run())?;
            }
        }
        if let Some(error) = uncovered {
            console.diagnostics(std::slice::from_ref(&error));
            issued.uncovered = Some(error);
            // Who asks for a period reads what is printed; a scheduler looks at the exit status.
            if !request.attended {
                issued.status = ExitStatus::Findings;
            }
        }
        if let Some(waiting) = &waiting {
            console.diagnostics(&[waiting.diagnostic(home, pipeline)]);
        }
        Ok((issued, waiting))
    }
}

fn key(pipeline: &Plan, period: Period, edition: u32) -> EditionKey {
    EditionKey {
        plan: pipeline.plan.id.clone(),
        period,
        edition,
    }
}

/// The first edition of a period that may have been issued since the backup that the ledger comes
/// from: an unattended run holds it, a person who asks for it is told.
fn held_since_restore(
    console: &Console,
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    request: &IssueRequest,
) -> Result<Option<Issued>, CommandError> {
    let doubt = match ledger {
        Some(ledger) => {
            published::since_restore(ledger, pipeline, request.period, request.attended)?
        }
        None => None,
    };
    if request.attended {
        console.diagnostics(doubt.as_slice());
        return Ok(None);
    }
    Ok(doubt.map(|doubt| Issued::Held(ExitStatus::Held, vec![doubt])))
}

/// Which files are still being written.
fn unsettled(gathered: &Gathered) -> Option<String> {
    let files = gathered.unsettled.join(", ");
    (!files.is_empty()).then(|| format!("still being written: {}", visible(&files)))
}

fn next_number(editions: &[Edition]) -> u32 {
    editions.last().map_or(1, |last| last.key.edition + 1)
}

/// What is doubtful about the plan's queries, and so about the figures. What its indicator sheets
/// lack, and who can't be told anything, is told by `metas check` alone.
fn doubtful(pipeline: &Plan) -> Vec<Diagnostic> {
    let mut told = pipeline.warnings.clone();
    told.retain(|w| !["indicator-sheet", "no-liaison", "no-sender"].contains(&w.code.as_str()));
    told
}

/// Reads the drop folder, records what was there, and tells what is wrong. What goes back to the
/// departments is made meanwhile.
fn gathered(
    console: &Console,
    home: &Home,
    sources_request: SourcesRequest<'_>,
    ledger: Option<&mut Ledger>,
    (request, inputs): (&IssueRequest, &InputFolder),
) -> Result<(Gathered, Keeping), CommandError> {
    let pipeline = sources_request.pipeline;
    let mode = Mode {
        archive: !request.dry_run,
        attended: request.attended,
    };
    let mut gathered = sources::gather(console, home, sources_request, inputs, mode)?;
    let mut keeping = Keeping::nothing();
    if let Some(ledger) = ledger {
        if !request.dry_run {
            submissions::record(home, ledger, pipeline, request, &mut gathered)?;
            let keep = KeepRequest {
                home,
                plan: pipeline,
                period: request.period,
            };
            keeping = Keeping::begin(&keep, &gathered)?;
        }
        let told = restatement::restatements(console, home, pipeline, ledger, request.period)?;
        let after = gathered.folder_findings.len();
        gathered.folder_findings.extend(told.iter().cloned());
        gathered.findings.splice(after..after, told);
    }
    Ok((gathered, keeping))
}

fn issued_so_far(
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    period: Period,
) -> Result<Vec<Edition>, CommandError> {
    let Some(ledger) = ledger else {
        return Ok(Vec::new());
    };
    let mut editions = ledger.editions(Some(&pipeline.plan.id), Some(period))?;
    editions.retain(|edition| edition.published);
    editions.sort_by_key(|edition| edition.key.edition);
    Ok(editions)
}

/// The edition that makes another one needless: a final one, or a preliminary one while the
/// period is still open.
fn existing(
    editions: &[Edition],
    request: &IssueRequest,
    reporting: &ReportingPeriod,
) -> Result<Option<Edition>, CommandError> {
    let last = editions.last();
    if request.correction.is_some() {
        return match last {
            Some(_) => Ok(None),
            None => Err(CommandError::usage(
                "nothing-to-correct",
                format!("{} has no edition to correct", request.period),
                "leave --new-edition out: the first edition is issued without it",
            )),
        };
    }
    Ok(last
        .filter(|edition| !edition.preliminary || !reporting.closed)
        .cloned())
}

/// The drop folder. A person who waits is told where there is none.
fn inputs(
    home: &Home,
    ledger: Option<&Ledger>,
    plan: &str,
    request: &IssueRequest,
) -> Result<InputFolder, CommandError> {
    let of = (plan, request.period);
    let folder = InputFolder::of(home, ledger, of, request.inputs.as_ref())?;
    if presence::is_folder(&folder.path)? || !request.attended {
        return Ok(folder);
    }
    let message = format!("there is no folder {}", folder.path.display());
    let hint = format!(
        "make it and put the departments' files for {} there, or name another: --inputs DIR",
        request.period
    );
    Err(CommandError::environment(
        Diagnostic::error("no-inputs", message).hint(hint),
    ))
}

/// What keeps the edition from being issued now, where anything does.
fn waits_or_held(
    pipeline: &Plan,
    request: &IssueRequest,
    gathered: &Gathered,
    inputs: &std::path::Path,
) -> Option<Issued> {
    if let Some(why) = unsettled(gathered) {
        return Some(Issued::Waits(why));
    }
    let (status, why) = held(pipeline, request, gathered, inputs)?;
    let mut told = gathered.findings.clone();
    told.push(why);
    Some(Issued::Held(status, told))
}

/// Why the edition is not issued, where it is not.
fn held(
    pipeline: &Plan,
    request: &IssueRequest,
    gathered: &Gathered,
    inputs: &std::path::Path,
) -> Option<(ExitStatus, Diagnostic)> {
    if gathered.is_empty() && !request.attended && !pipeline.sources.is_empty() {
        return Some((ExitStatus::Held, sources::nothing_arrived(inputs)));
    }
    if pipeline.schedule.incomplete == Incomplete::Hold && gathered.is_incomplete(pipeline) {
        let message = format!(
            "{} {} is held: a source is missing or blocked, and the plan says incomplete = \"hold\"",
            pipeline.plan.id, request.period
        );
        let hint =
            "put the files right; or set incomplete = \"issue\" to report them as Sin información";
        let why = Diagnostic::error("incomplete", message).hint(hint);
        return Some((ExitStatus::Findings, why));
    }
    None
}

/// The editions that the new one replaces, each with the reason for its successor.
pub(crate) fn replaced(
    editions: &[Edition],
    correction: Option<&str>,
    pipeline: &Plan,
) -> Vec<Replaced> {
    let successor = |index: usize| match editions.get(index + 1) {
        Some(next) => next.reason.clone(),
        None => correction
            .map(str::to_owned)
            .or_else(|| Some(FINAL_EDITION.to_owned())),
    };
    let one = |(index, edition): (usize, &Edition)| Replaced {
        edition: edition.key.edition,
        issued_at: edition
            .issued_at
            .with_timezone(&pipeline.plan.timezone)
            .date_naive(),
        preliminary: edition.preliminary,
        reason: successor(index),
    };
    editions.iter().enumerate().map(one).collect()
}
