//! What `metas status` tells of editions that wait for approval, and of who released others.

use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::edition::approval;
use crate::edition::held;
use crate::edition::mailing;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Approved, Edition, Ledger, PendingApproval};
use crate::period::Period;
use crate::plan::Plan;

/// The edition of a period that waits, for people and for programs; nothing where none does.
///
/// # Errors
/// The ledger cannot be read.
pub(super) fn waiting(
    home: &Home,
    plan: &Plan,
    ledger: Option<&Ledger>,
    period: Period,
) -> Result<(String, Value), CommandError> {
    let id = &plan.plan.id;
    let pending = ledger.map(|ledger| ledger.pending_approval(id, period));
    let pending = pending.transpose()?;
    Ok(pending
        .flatten()
        .map_or((String::new(), Value::Null), |pending| {
            (text(plan, &pending), document(home, plan, &pending))
        }))
}

fn text(plan: &Plan, pending: &PendingApproval) -> String {
    let since = pending.rendered_at.with_timezone(&plan.plan.timezone);
    let times = match pending.asked {
        1 => "asked once".to_owned(),
        times => format!("asked {times} times"),
    };
    format!(
        "    v{} waits for approval by {} since {} ({times})\n    {}\n",
        pending.key.edition,
        mailing::approvers(plan).join(", "),
        since.format("%Y-%m-%d %H:%M"),
        approval::command(pending)
    )
}

fn document(home: &Home, plan: &Plan, pending: &PendingApproval) -> Value {
    let key = &pending.key;
    json!({
        "edition": key.edition,
        "pdf_sha256": pending.pdf_sha256,
        "since": pending.rendered_at,
        "asked": pending.asked,
        "by": mailing::approvers(plan),
        "directory": held::folder(home, &key.plan, key.period),
    })
}

/// Who released each of a period's editions, in their order; none of those that waited for nobody.
///
/// # Errors
/// The ledger cannot be read.
pub(super) fn approved(
    ledger: Option<&Ledger>,
    editions: &[&Edition],
) -> Result<Vec<Option<Approved>>, CommandError> {
    let one = |edition: &&Edition| {
        let approved = ledger.map(|ledger| ledger.approved(&edition.key));
        let approved = approved.transpose()?;
        Ok(approved.flatten())
    };
    editions.iter().map(one).collect()
}

/// `, approved by NAME on DAY`, behind an edition.
pub(super) fn approved_text(approved: Option<&Approved>, zone: Tz) -> String {
    let Some(approved) = approved else {
        return String::new();
    };
    let by = approved.by.as_deref().unwrap_or("somebody");
    let day = approved.at.map(|at| at.with_timezone(&zone).date_naive());
    let day = day.map_or_else(String::new, |day| format!(" on {day}"));
    format!(", approved by {by}{day}")
}
