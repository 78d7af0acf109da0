//! Files that have arrived and can't be taken in, because they are too large or because several lie
//! where one is expected: no version of them is in the ledger, and their department hears of it all
//! the same, once.

use chrono::DateTime;
use chrono_tz::Tz;

use super::concerns::Concern;
use crate::correspondence::{FileOutcome, ReceivedFile, ReturnedWorkbook};
use crate::dropbox::Refused;
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::ledger::{Ledger, RefusedVersion};
use crate::period::Period;
use crate::plan::Plan;

/// Those of which no receipt has told yet.
///
/// # Errors
/// The ledger cannot be read.
pub(super) fn untold(
    ledger: &Ledger,
    plan: &Plan,
    period: Period,
    refused: &[Refused],
) -> Result<Vec<Refused>, CommandError> {
    let mut untold = Vec::new();
    for one in refused {
        let told = ledger.is_refusal_told(&version(plan, period, one));
        if !told? {
            untold.push(one.clone());
        }
    }
    Ok(untold)
}

/// As the operator hears of it.
pub(super) fn concern(plan: &Plan, period: Period, refused: &Refused) -> Concern {
    let whose = (refused.source.as_str(), refused.department.as_str());
    Concern::of_blocked_source(&plan.plan.id, period, whose, &refused.files.join(", "))
}

/// By what the ledger knows it.
pub(super) fn version(plan: &Plan, period: Period, refused: &Refused) -> RefusedVersion {
    RefusedVersion {
        plan: plan.plan.id.clone(),
        period,
        source: refused.source.clone(),
        department: refused.department.clone(),
        version: name(refused),
    }
}

/// As a receipt tells it. It was not opened, so that it has no hash and no rows.
pub(super) fn received(refused: &Refused, now: DateTime<Tz>) -> ReceivedFile {
    ReceivedFile {
        file: refused.files.first().cloned().unwrap_or_default(),
        received: now.naive_local(),
        bytes: refused.size,
        sha256: None,
        rows: None,
        outcome: FileOutcome::Unusable,
        findings: vec![refused.why.clone()],
        returned: ReturnedWorkbook::Nothing,
    }
}

/// A name for exactly these files, as far as that can be told without reading them.
pub(super) fn name(refused: &Refused) -> String {
    let files = refused.files.join("\n");
    let all = format!("{}\n{files}\n{}", refused.why.code, refused.size);
    sha256_hex(all.as_bytes())[..16].to_owned()
}
