//! An edition that a person must release: made and held, asked for, made anew where anything that it
//! was made from has changed, asked for again where nobody answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tracing::info;

use super::approval_messages::{Asking, requests};
use super::archive;
use super::compose::EditionFiles;
use super::gathered::Gathered;
use super::held;
use super::held::{HeldEdition, HeldRequest};
use super::input_folder::InputFolder;
use super::made_from::MadeFrom;
use super::mailing;
use super::manifest::{MANIFEST_FILE, Manifest};
use super::photos;
use super::photos::NoPhoto;
use super::publish;
use super::publish::Publishing;
use super::request::IssueRequest;
use super::restatement;
use super::sources;
use super::sources::Mode;
use super::template_files;
use crate::console::Console;
use crate::correspondence::ApprovalRequest;
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::indicators::ReportingPeriod;
use crate::ledger::{Ledger, PendingApproval};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::{RESULTS_FILE, Results};

/// Days after which approvers are asked, counted from the day on which the PDF was made.
const LADDER: [i64; 3] = [0, 3, 7];
/// Letters of a hash that tell one PDF from all others of a plan.
const PREFIX: usize = 12;

/// An edition that waits.
pub(crate) struct WaitingEdition {
    /// What the ledger keeps of it.
    pub pending: PendingApproval,
    /// Where it lies.
    pub folder: PathBuf,
    /// Whether this run has made it.
    pub is_new: bool,
    /// Whether this run has asked for it again.
    pub is_asked_again: bool,
}

impl WaitingEdition {
    /// The command that releases it.
    pub(crate) fn command(&self) -> String {
        command(&self.pending)
    }

    /// What is told of it in full, once.
    pub(crate) fn diagnostic(&self, home: &Home, plan: &Plan) -> Diagnostic {
        let key = &self.pending.key;
        let by = mailing::approvers(plan).join(", ");
        let message = format!(
            "edition {} of {} {} is made and waits for approval by {by}; nothing is sent before",
            key.edition, key.plan, key.period
        );
        let shown = self.folder.strip_prefix(&home.root).unwrap_or(&self.folder);
        Diagnostic::error("awaiting-approval", message).hint(format!(
            "look at {}; release exactly it: {}",
            shown.join("report.pdf").display(),
            self.command()
        ))
    }
}

/// The command that releases exactly this PDF.
pub(crate) fn command(pending: &PendingApproval) -> String {
    let (key, pdf) = (&pending.key, &pending.pdf_sha256);
    format!(
        "metas approve {} {} --by NAME --sha256 {}",
        key.plan,
        key.period,
        pdf.get(..PREFIX).unwrap_or(pdf)
    )
}

/// The edition that waits, where it is what would be made now: nothing is typeset for that. Asks for
/// it again where it is time.
///
/// # Errors
/// The drop folder, the template or the ledger cannot be used.
pub(crate) fn still_waits(
    console: &Console,
    what: &Publishing<'_>,
    ledger: &mut Ledger,
    inputs: &InputFolder,
) -> Result<Option<WaitingEdition>, CommandError> {
    if what.pipeline.approval.is_none() || what.request.dry_run {
        return Ok(None);
    }
    let key = what.key;
    let pending = ledger.pending_approval(&key.plan, key.period)?;
    let Some(pending) = pending.filter(|pending| pending.key == *key) else {
        return Ok(None);
    };
    let held = match held::read(what.home, &pending) {
        Ok(held) => held,
        Err(changed) if changed.status == ExitStatus::Held => {
            console.diagnostics(&changed.diagnostics);
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    if !is_current(console, what, ledger, (&pending, &held), inputs)? {
        return Ok(None);
    }
    let mut waiting = WaitingEdition {
        folder: held.folder.clone(),
        pending,
        is_new: false,
        is_asked_again: false,
    };
    waiting.is_asked_again = ask_again(what, ledger, &mut waiting.pending, &held)?;
    Ok(Some(waiting))
}

/// Whether the edition that waits is what would be made now.
///
/// # Errors
/// As [`still_waits`].
pub(crate) fn is_current(
    console: &Console,
    what: &Publishing<'_>,
    ledger: &Ledger,
    (pending, held): (&PendingApproval, &HeldEdition),
    inputs: &InputFolder,
) -> Result<bool, CommandError> {
    let (home, plan, request) = (what.home, what.pipeline, what.request);
    let mode = Mode {
        archive: false,
        attended: request.attended,
    };
    let collected = sources::collect_since(home, plan, &inputs.path, mode, &inputs.earlier)?;
    if !collected.unsettled.is_empty() {
        return Ok(false);
    }
    let mut findings = collected.findings;
    findings.extend(restatement::restatements(
        console,
        home,
        plan,
        ledger,
        request.period,
    )?);
    let (files, refused_photos) = files_now(what, &held.manifest, &inputs.path)?;
    let now = MadeFrom {
        key: what.key,
        request: &HeldRequest::of(request, what.preliminary),
        files,
        refused_photos: &refused_photos,
        submissions: &collected.submissions,
        missing: &collected.missing,
        findings: &findings,
        editions: &editions(ledger, plan)?,
    };
    Ok(now.sha256() == pending.made_from)
}

fn editions(ledger: &Ledger, plan: &Plan) -> Result<Vec<crate::ledger::Edition>, CommandError> {
    Ok(ledger.editions(Some(&plan.plan.id), None)?)
}

/// Photos that can't be used, and why.
type RefusedPhotos = BTreeMap<String, String>;

/// Definition, template and photos as they are now, by path in the home.
fn files_now(
    what: &Publishing<'_>,
    then: &Manifest,
    inputs: &Path,
) -> Result<(BTreeMap<String, String>, RefusedPhotos), CommandError> {
    let plan = what.pipeline;
    let name = &plan.report.template;
    let mut files = BTreeMap::new();
    files.insert(
        plan.text.name.clone(),
        sha256_hex(plan.text.text.as_bytes()),
    );
    for (file, bytes) in template_files::template(what.home, name)? {
        files.insert(
            format!("report-templates/{name}/{file}"),
            sha256_hex(&bytes),
        );
    }
    // Which photos the report shows follows from what departments sent.
    let taken = then.made_from.iter();
    let taken = taken.filter_map(|file| file.path.strip_prefix("inputs/"));
    let refused = then.refused_photos.keys().map(String::as_str);
    let mut why_not = RefusedPhotos::new();
    for photo in taken.chain(refused) {
        match photos::from_folder(inputs, photo) {
            Ok(bytes) => {
                files.insert(format!("inputs/{photo}"), sha256_hex(&bytes));
            }
            Err(NoPhoto::Refused(why)) => {
                why_not.insert(photo.to_owned(), why);
            }
            Err(NoPhoto::Failed(error)) => return Err(error),
        }
    }
    Ok((files, why_not))
}

/// Puts a new edition where it waits, whole, and asks for it: what waited for the period before is
/// void.
///
/// # Errors
/// The disk or the ledger refuses, or a message would be larger than the plan allows; then nobody
/// was asked.
pub(crate) fn hold(
    what: &Publishing<'_>,
    ledger: &mut Ledger,
    mut composed: EditionFiles,
    gathered: &Gathered,
) -> Result<WaitingEdition, CommandError> {
    let (home, key, request) = (what.home, what.key, what.request);
    // What could not be sent in the end need not be looked at by anybody.
    publish::mail(what, ledger, &composed.results, &composed.files)?;
    for bytes in composed.archived.values() {
        archive::put(home, bytes)?;
    }
    let manifest = Manifest::of(
        (what.pipeline, key),
        request.now.fixed_offset(),
        request.correction.as_deref(),
        &composed,
        gathered,
    );
    let manifest = manifest.to_bytes();
    let asked_for = HeldRequest::of(request, what.preliminary);
    let pdf = composed.files.get("report.pdf").cloned();
    let pdf = pdf.unwrap_or_default();
    let pending = PendingApproval {
        key: key.clone(),
        pdf_sha256: sha256_hex(&pdf),
        manifest_sha256: sha256_hex(&manifest),
        made_from: made_from(what, ledger, &asked_for, &composed, gathered)?,
        rendered_at: request.now.to_utc(),
        asked: 1,
    };
    let earlier = replaced(ledger, &pending)?;
    let asking = Asking {
        what,
        results: &composed.results,
        pdf: &pdf,
        pending: &pending,
        request: match &earlier {
            None => ApprovalRequest::First,
            Some(earlier) => ApprovalRequest::Replaced {
                earlier,
                was_approved: false,
            },
        },
    };
    let messages = requests(&asking, ledger)?;
    composed.files.insert(MANIFEST_FILE.to_owned(), manifest);
    let place = (key.plan.as_str(), key.period, ledger.run());
    let place = (place.0, place.1, place.2.as_str());
    let folder = held::write(home, place, &asked_for, &composed.files)?;
    held::keep_for_good(home, &pending, &asked_for, &composed.files)?;
    ledger.keep_approval(&pending, &messages, request.now.to_utc())?;
    info!(
        plan = key.plan,
        period = %key.period,
        edition = key.edition,
        directory = %folder.display(),
        pdf_sha256 = pending.pdf_sha256,
        replaces = earlier,
        messages = messages.len(),
        "edition held for approval"
    );
    Ok(WaitingEdition {
        pending,
        folder,
        is_new: true,
        is_asked_again: false,
    })
}

fn made_from(
    what: &Publishing<'_>,
    ledger: &Ledger,
    request: &HeldRequest,
    composed: &EditionFiles,
    gathered: &Gathered,
) -> Result<String, CommandError> {
    let archived = composed.archived.iter();
    let all = MadeFrom {
        key: what.key,
        request,
        files: archived
            .map(|(path, bytes)| (path.clone(), sha256_hex(bytes)))
            .collect(),
        refused_photos: &composed.refused_photos,
        submissions: &gathered.submissions,
        missing: &gathered.missing,
        findings: &gathered.folder_findings,
        editions: &editions(ledger, what.pipeline)?,
    };
    Ok(all.sha256())
}

/// The PDF that was asked for before this one, where there is one.
fn replaced(ledger: &Ledger, new: &PendingApproval) -> Result<Option<String>, CommandError> {
    let key = &new.key;
    let before = ledger
        .pending_approval(&key.plan, key.period)?
        .map(|before| before.pdf_sha256);
    let before = match before {
        Some(before) => Some(before),
        None => ledger.last_void(key)?,
    };
    Ok(before.filter(|pdf| *pdf != new.pdf_sha256))
}

/// Asks once more where a step of the ladder was reached since it was last asked; after a jump over
/// several of them once.
fn ask_again(
    what: &Publishing<'_>,
    ledger: &mut Ledger,
    pending: &mut PendingApproval,
    held: &HeldEdition,
) -> Result<bool, CommandError> {
    let now = what.request.now;
    let since = pending.rendered_at.with_timezone(&now.timezone());
    let steps = steps_by((now.date_naive() - since.date_naive()).num_days());
    if steps <= pending.asked {
        return Ok(false);
    }
    pending.asked = steps;
    let file = |name: &str| held.files.get(name).map_or(&[][..], Vec::as_slice);
    let results = results(held)?;
    let asking = Asking {
        what,
        results: &results,
        pdf: file("report.pdf"),
        pending,
        request: ApprovalRequest::Again {
            since: since.date_naive(),
            today: now.date_naive(),
        },
    };
    let messages = requests(&asking, ledger)?;
    ledger.keep_approval(pending, &messages, now.to_utc())?;
    Ok(true)
}

fn steps_by(days: i64) -> u32 {
    let reached = LADDER.iter().filter(|day| **day <= days).count();
    u32::try_from(reached).unwrap_or(u32::MAX)
}

/// What the edition that waits says.
///
/// # Errors
/// Its results can't be read.
pub(crate) fn results(held: &HeldEdition) -> Result<Results, CommandError> {
    let text = held.files.get(RESULTS_FILE).cloned().unwrap_or_default();
    let parsed = Results::parse(&String::from_utf8_lossy(&text));
    parsed.map_err(|why| {
        let path = held.folder.join(RESULTS_FILE);
        let message = format!("{} can't be read: {why}", path.display());
        CommandError::environment(Diagnostic::error("results-unreadable", message))
    })
}

/// What an unattended run is to go on with, where an edition of the period waits: what was asked for
/// when it was made. What can't be gone on with is void.
///
/// # Errors
/// The ledger or the disk refuses.
pub(crate) fn resumed(
    home: &Home,
    plan: &Plan,
    ledger: &mut Ledger,
    period: Period,
    now: DateTime<Tz>,
) -> Result<Option<IssueRequest>, CommandError> {
    let id = &plan.plan.id;
    let pending = ledger.pending_approval(id, period)?;
    if pending.is_none() {
        return Ok(None);
    }
    let closed = ReportingPeriod::of(period, now.date_naive()).closed;
    // A preliminary report that nobody released while it was one is not made final before its time;
    // and without what was asked for only the period's own report can be made.
    let asked_for = held::request_of(home, id, period);
    match asked_for.filter(|asked_for| !(asked_for.preliminary && closed)) {
        Some(asked_for) => Ok(Some(IssueRequest {
            period,
            now,
            attended: false,
            inputs: asked_for.inputs,
            out: asked_for.out,
            dry_run: false,
            correction: asked_for.reason,
            draft: false,
        })),
        None => {
            withdraw(home, ledger, (id, period), now.to_utc())?;
            Ok(None)
        }
    }
}

/// Voids what waits for a period, if anything does; nobody is asked for it any more.
///
/// # Errors
/// The ledger or the disk refuses.
pub(crate) fn withdraw(
    home: &Home,
    ledger: &mut Ledger,
    (plan, period): (&str, Period),
    at: DateTime<Utc>,
) -> Result<(), CommandError> {
    let pending = ledger.pending_approval(plan, period)?;
    if pending.is_some() {
        ledger.void_approval(plan, period, at)?;
        info!(plan, %period, "the edition that waited for approval is void");
        crate::failpoint::hit("approval-void");
    }
    held::forget(home, (plan, period), &ledger.run())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approvers_are_asked_at_once_and_after_three_and_seven_days() {
        let asked: Vec<u32> = (0..=8).map(steps_by).collect();
        assert_eq!(asked, [1, 1, 1, 2, 2, 2, 2, 3, 3]);
        assert_eq!(steps_by(-1), 0, "a clock that went back asks for nothing");
    }
}
