//! How many days late a department's file was.

use chrono::{DateTime, Utc};

use crate::ledger::{SeenSubmission, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;

/// Days from the last day for files to that on which a late one was first seen, in the plan's zone.
pub(crate) fn days(plan: &Plan, period: Period, first_seen: DateTime<Utc>) -> u32 {
    let day = first_seen.with_timezone(&plan.plan.timezone).date_naive();
    let after = day - plan.schedule.last_day_for_files(period);
    u32::try_from(after.num_days().max(1)).unwrap_or(u32::MAX)
}

/// When the first version of a department's file for a source was seen that could be used. What is
/// put right afterwards is as late as that one was.
pub(crate) fn first_seen(
    seen: &[SeenSubmission],
    (source, department): (&str, &str),
) -> Option<DateTime<Utc>> {
    seen.iter()
        .filter(|s| s.submission.source == source && s.submission.department == department)
        .filter(|s| s.submission.state != SubmissionState::Rejected)
        .map(|s| s.first_seen_at)
        .min()
}
