//! What the departments have sent for a period that has no report yet, as the ledger and the drop
//! folder tell it.

use std::path::Path;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;

use super::lateness;
use crate::dropbox;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Ledger, SeenSubmission, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::DepartmentStatus;
use crate::store::error::Doing;

/// The files of a period, by what is known of them.
struct Known {
    seen: Vec<SeenSubmission>,
    absences: Vec<(String, String)>,
}

/// What each department has sent by `now`. A file that lies there and that no run has seen yet
/// counts as received; whether it can be used is not known before it is read.
///
/// # Errors
/// The drop folder or the ledger cannot be read.
pub(crate) fn departments(
    home: &Home,
    ledger: Option<&Ledger>,
    plan: &Plan,
    period: Period,
    now: DateTime<Utc>,
) -> Result<Vec<DepartmentStatus>, CommandError> {
    let known = known(ledger, plan, period)?;
    let folder = home.inputs(period);
    let present = dropbox::present(Path::new(&folder), &plan.sources).doing("read", &folder)?;
    let mut all: IndexMap<&str, DepartmentStatus> = IndexMap::new();
    for (id, department) in &plan.departments {
        let status = DepartmentStatus {
            id: id.clone(),
            name: department.name.clone(),
            ..DepartmentStatus::default()
        };
        all.insert(id, status);
    }
    for (source, department, files) in &present {
        let Some(status) = all.get_mut(department.as_str()) else {
            continue;
        };
        let of = (source.as_str(), department.as_str());
        let first = lateness::first_seen(&known.seen, of).unwrap_or(now);
        let days = lateness::days(plan, period, first);
        count(status, of, known.state(of, !files.is_empty()), days);
    }
    Ok(all.into_values().collect())
}

fn known(ledger: Option<&Ledger>, plan: &Plan, period: Period) -> Result<Known, CommandError> {
    let id = &plan.plan.id;
    let Some(ledger) = ledger else {
        return Ok(Known {
            seen: Vec::new(),
            absences: Vec::new(),
        });
    };
    Ok(Known {
        seen: ledger.submissions(id, period)?,
        absences: ledger.absences(id, period)?,
    })
}

impl Known {
    /// What became of the newest version of a department's file for a source; nothing where there
    /// is none.
    fn state(&self, of: (&str, &str), present: bool) -> Option<SubmissionState> {
        let same = |source: &str, department: &str| (source, department) == of;
        let versions = self.seen.iter().map(|s| (&s.submission, s.last_seen_at));
        let newest = versions
            .filter(|(s, _)| same(&s.source, &s.department))
            .max_by_key(|(_, last_seen)| *last_seen);
        let absent = self.absences.iter().any(|(s, d)| same(s, d));
        match newest.map(|(s, _)| s.state) {
            Some(SubmissionState::Rejected) => Some(SubmissionState::Rejected),
            None if !present => None,
            None | Some(SubmissionState::Received | SubmissionState::Late) if absent => {
                Some(SubmissionState::Late)
            }
            None | Some(SubmissionState::Received | SubmissionState::Late) => {
                Some(SubmissionState::Received)
            }
        }
    }
}

fn count(
    status: &mut DepartmentStatus,
    (source, _): (&str, &str),
    state: Option<SubmissionState>,
    days: u32,
) {
    status.expected += 1;
    match state {
        Some(SubmissionState::Received) => status.received += 1,
        Some(SubmissionState::Late) => {
            status.received += 1;
            status.late += 1;
            status.late_days = status.late_days.max(Some(days));
        }
        Some(SubmissionState::Rejected) => status.rejected += 1,
        None => {
            status.missing += 1;
            status.missing_sources.push(source.to_owned());
        }
    }
}
