//! What a plan's part of a run says, and what of it the operator hears.

use super::concerns::Concern;
use super::late_files;
use crate::correspondence::AlertCause;
use crate::diagnostic::{Diagnostic, visible};
use crate::ledger::Edition;
use crate::period::Period;
use crate::plan::Plan;

/// That a period has its edition, and what came since.
pub(super) fn exists_text(
    pipeline: &Plan,
    edition: &Edition,
    directory: &str,
    since: &[String],
) -> String {
    let key = &edition.key;
    let correction = late_files::correction(pipeline, key.period);
    let late = match since {
        [] => String::new(),
        files => format!("  Came or changed since: {}.\n", visible(&files.join(", "))),
    };
    format!(
        "{} {}: edition {} exists, issued on {}: {directory}\n{late}  Nothing was done. A correction is a new edition: {correction}\n",
        pipeline.plan.id,
        key.period,
        key.edition,
        edition
            .issued_at
            .with_timezone(&pipeline.plan.timezone)
            .format("%Y-%m-%d %H:%M"),
    )
}

/// Most goals of a report that was issued are without information: told once, because only another
/// edition can change it.
pub(super) fn no_information(period: Period, told: &Diagnostic) -> Concern {
    let told = std::slice::from_ref(told);
    Concern::new("no-information", AlertCause::MostlyWithoutInformation, told)
        .of(period)
        .single_event()
}

/// An edition's folder is gone or changed.
pub(super) fn damaged_edition(plan: &str) -> Concern {
    let message = format!("an issued edition of {plan} is not as it was published, or is gone");
    let told = Diagnostic::error("edition-damaged", message).hint(format!(
        "see which: metas status {plan}; metas restore FILE --missing"
    ));
    Concern::new("damaged", AlertCause::Disk, &[told])
}

/// An unattended run does not issue a report that is so late.
pub(super) fn too_late(pipeline: &Plan, period: Period) -> Diagnostic {
    let id = &pipeline.plan.id;
    let message = format!(
        "{id} {period} was due on {} and has no edition; it is too late to issue it unasked",
        pipeline.schedule.due_on(period)
    );
    Diagnostic::error("too-late", message).hint(format!(
        "issue it now: metas run {id} --period {period}; or close it: metas skip {id} {period} --reason \"…\""
    ))
}
