//! When a delivery that has failed is tried again.

use chrono::{DateTime, TimeDelta, Utc};

/// First wait after a failure; doubled each time.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(15);

/// Longest wait.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(24);

/// Whether a delivery is to be tried now. A time further off than the longest wait was noted by a clock that ran ahead.
pub(super) fn is_due(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    at <= now || at > now + LONGEST_WAIT
}

/// The wait after `attempts` failures.
pub(super) fn wait_after(attempts: u32) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST_WAIT * (1 << doublings)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_day() {
        for (attempts, minutes) in [
            (0, 15),
            (1, 15),
            (2, 30),
            (3, 60),
            (7, 960),
            (8, 1440),
            (99, 1440),
        ] {
            assert_eq!(
                wait_after(attempts),
                TimeDelta::minutes(minutes),
                "{attempts}"
            );
        }
    }
}
