//! At which hour people are reminded. Cron calls at every hour of the night, too, and nobody wants to
//! be written to then; yet where it calls only at night, nothing may be lost.
//!
//! The rule: from eight in the morning on, in the plan's zone; earlier only where the last run that
//! could have reminded lies more than twelve hours back, so that none is to be expected in the day.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use crate::exit::CommandError;
use crate::ledger::Ledger;

/// The first hour of the day at which people are written to.
const FIRST_HOUR: u32 = 8;
/// Runs further apart than this do not come by in the day.
const APART: TimeDelta = TimeDelta::hours(12);

/// The id of a plan, and the moment in its zone.
pub(super) type PlanMoment<'a> = (&'a str, DateTime<Tz>);

/// Ids of the plans that may remind now.
///
/// # Errors
/// The ledger cannot be read.
pub(super) fn open(
    ledger: &Ledger,
    plans: &[PlanMoment<'_>],
) -> Result<BTreeSet<String>, CommandError> {
    let mut open = BTreeSet::new();
    for (plan, now) in plans {
        let before = ledger.last_reminder_round(plan)?;
        if may_remind(now.hour(), now.to_utc(), before) {
            open.insert((*plan).to_owned());
        }
    }
    Ok(open)
}

/// Notes that a run has queued whatever was to be queued.
///
/// # Errors
/// The ledger cannot be written.
pub(super) fn note(ledger: &mut Ledger, plans: &[PlanMoment<'_>]) -> Result<(), CommandError> {
    for (plan, now) in plans {
        ledger.note_reminder_round(plan, now.to_utc())?;
    }
    Ok(())
}

fn may_remind(hour: u32, now: DateTime<Utc>, before: Option<DateTime<Utc>>) -> bool {
    hour >= FIRST_HOUR || before.is_none_or(|before| now - before > APART)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours at which cron calls on each of three days, and those at which people are written to.
    #[test]
    fn people_are_reminded_from_eight_on_and_at_night_only_where_no_run_comes_by_day() {
        for (calls, written) in [
            ((0..24).collect::<Vec<u32>>(), "8"),
            (vec![6], "6"),
            (vec![2], "2"),
            (vec![2, 3], "2"),
            (vec![0, 1, 2, 3, 4, 5, 6], "0"),
            (vec![0, 6, 12, 18], "12"),
            (vec![4, 16], "16"),
            (vec![22], "22"),
            (vec![7, 20], "20"),
            (vec![0, 7, 8, 16], "8"),
        ] {
            let mut before = None;
            let mut first = Vec::new();
            for day in 1..=3 {
                let mut today = None;
                for hour in &calls {
                    let now: DateTime<Utc> =
                        format!("2026-03-0{day}T{hour:02}:17:00Z").parse().unwrap();
                    // The very first run knows nothing of those that come.
                    if may_remind(*hour, now, before) && before.is_some() && today.is_none() {
                        today = Some(hour.to_string());
                    }
                    before = Some(now);
                }
                first.extend(today);
            }
            let expected = vec![written; first.len()];
            assert!(first.len() >= 2, "{calls:?}: {first:?}");
            assert_eq!(first, expected, "{calls:?}");
        }
    }
}
