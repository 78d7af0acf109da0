//! A clock that went back: the one check of it, for runs and for `metas doctor`.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::ledger::Ledger;

/// How far behind the ledger a clock may be: machines that share a home differ a little.
const TOLERANCE: TimeDelta = TimeDelta::hours(1);

/// What is wrong with a clock that is behind what the ledger has recorded for a plan, or for any
/// where none is given: it would send things twice or never.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn went_back(
    ledger: &Ledger,
    plan: Option<&str>,
    now: &DateTime<Tz>,
) -> Result<Option<Diagnostic>, CommandError> {
    let editions = ledger.editions(plan, None)?;
    let latest = editions.iter().map(|e| e.issued_at).max();
    let what = plan.map_or("an edition".to_owned(), |plan| {
        format!("an edition of {plan}")
    });
    Ok(latest.and_then(|latest| behind(&what, latest, now)))
}

/// The diagnostic where `now` is behind the moment at which `what` was issued.
fn behind(what: &str, issued: DateTime<Utc>, now: &DateTime<Tz>) -> Option<Diagnostic> {
    if issued <= now.to_utc() + TOLERANCE {
        return None;
    }
    let format = "%Y-%m-%d %H:%M";
    let message = format!(
        "the clock says {}, but {what} was issued on {}",
        now.format(format),
        issued.with_timezone(&now.timezone()).format(format)
    );
    let hint = "set the clock, or say which period: metas run PLAN --period PERIOD";
    Some(Diagnostic::error("clock", message).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_an_hour_behind_is_borne_and_no_more() {
        let issued: DateTime<Utc> = "2026-04-06T18:30:00Z".parse().unwrap();
        let wrong = |seconds: i64| {
            let now = (issued + TimeDelta::seconds(seconds))
                .with_timezone(&chrono_tz::America::Mexico_City);
            behind("an edition of p", issued, &now)
        };
        for fine in [3_600, 0, -3_599, -3_600] {
            assert_eq!(wrong(fine), None, "{fine}");
        }
        let told = wrong(-3_601).unwrap();
        assert_eq!(told.code, "clock");
        assert_eq!(
            told.message,
            "the clock says 2026-04-06 11:29, but an edition of p was issued on 2026-04-06 12:30"
        );
        assert!(told.hint.unwrap().contains("--period"));
    }
}
