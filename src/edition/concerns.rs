//! What is wrong at the end of a run, for the operator.

use std::fmt::Write as _;

use chrono::TimeDelta;

use crate::correspondence::AlertCause;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::{CommandError, ExitStatus};
use crate::period::Period;

/// What passes by itself is told once it has lasted for so long.
const PATIENCE: TimeDelta = TimeDelta::days(1);

/// Causes about a period's files: they have no good end once its report is issued without them.
pub(crate) const BLOCKED: &str = "blocked/";

/// Something that is wrong with a plan.
#[derive(Debug, Clone)]
pub(crate) struct Concern {
    /// A name that stays the same while it lasts, such as `held/2026-T1`.
    pub cause: String,
    /// What kind of thing it is.
    pub kind: AlertCause,
    /// The period that it is about.
    pub period: Option<Period>,
    /// What was said of it.
    pub diagnostics: Vec<Diagnostic>,
    /// How the run ended for it.
    pub status: Option<ExitStatus>,
    /// Whether it is told when it happens, and has no end that a later run could see.
    pub once: bool,
    /// How long it must have lasted before the operator is told.
    pub patience: TimeDelta,
}

impl Concern {
    /// Something that is told at once and lasts until a run does not find it any more.
    pub(crate) fn new(cause: impl Into<String>, kind: AlertCause, told: &[Diagnostic]) -> Self {
        Self {
            cause: cause.into(),
            kind,
            period: None,
            diagnostics: told.to_vec(),
            status: None,
            once: false,
            patience: TimeDelta::zero(),
        }
    }

    /// What a department sent last for a source of an open period can't be used.
    pub(crate) fn of_blocked_source(
        plan: &str,
        period: Period,
        (source, department): (&str, &str),
        files: &str,
    ) -> Self {
        let message =
            format!("{plan} {period}: {files} of {department} can't be used for {source}");
        let told = Diagnostic::error("blocked-source", message).hint(format!(
            "see why: metas check {plan} --period {period}; the liaison has it in the receipt"
        ));
        let cause = format!("{BLOCKED}{period}/{source}/{department}");
        Self {
            period: Some(period),
            ..Self::new(cause, AlertCause::SourceBlocked, &[told])
        }
    }

    /// A plan or one of its periods waits for a person.
    pub(crate) fn held(period: Option<Period>, told: &[Diagnostic]) -> Self {
        let cause = period.map_or("held".to_owned(), |period| format!("held/{period}"));
        Self {
            period,
            status: Some(ExitStatus::Held),
            ..Self::new(cause, AlertCause::Held, told)
        }
    }

    /// A part of a run ended with an error.
    pub(crate) fn failed(error: &CommandError) -> Self {
        let code = error.diagnostics.first().map_or("", |d| d.code.as_str());
        let kind = match code {
            _ if code.starts_with("ledger") => AlertCause::Ledger,
            "machine-fault" | "io" | "state-unwritable" | "record-unusable" => AlertCause::Disk,
            _ if code.starts_with("clock") => AlertCause::Clock,
            _ => AlertCause::Run,
        };
        let patience = match error.status {
            ExitStatus::Later => PATIENCE,
            _ => TimeDelta::zero(),
        };
        Self {
            status: Some(error.status),
            patience,
            ..Self::new(format!("failed/{code}"), kind, &error.diagnostics)
        }
    }

    /// A definition cannot be read.
    pub(crate) fn unreadable(error: &CommandError) -> Self {
        Self {
            status: Some(error.status),
            ..Self::new("definition", AlertCause::PlanUnreadable, &error.diagnostics)
        }
    }

    /// A run that ended otherwise than well, for whatever nothing else was said of.
    pub(crate) fn ended(status: ExitStatus) -> Option<Self> {
        if status == ExitStatus::Done {
            return None;
        }
        let patience = match status {
            ExitStatus::Later => PATIENCE,
            _ => TimeDelta::zero(),
        };
        Some(Self {
            status: Some(status),
            patience,
            ..Self::new(format!("ended/{}", status.code()), AlertCause::Run, &[])
        })
    }

    /// The same of a period.
    pub(crate) fn of(self, period: Period) -> Self {
        Self {
            cause: format!("{}/{period}", self.cause),
            period: Some(period),
            ..self
        }
    }

    /// The same as something that happens once.
    pub(crate) fn single_event(self) -> Self {
        Self { once: true, ..self }
    }
}

/// What was said, a line each, for whoever watches over the runs from outside: no address of a
/// person goes there.
pub(crate) fn lines(concerns: &[Concern]) -> String {
    let mut lines = String::new();
    for diagnostic in concerns.iter().flat_map(|concern| &concern.diagnostics) {
        let words = diagnostic.message.split_whitespace();
        let words: Vec<&str> = words
            .map(|word| {
                if word.contains('@') {
                    "(address)"
                } else {
                    word
                }
            })
            .collect();
        let _ = writeln!(
            lines,
            "{}[{}]: {}",
            match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            diagnostic.code,
            words.join(" ")
        );
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_goes_to_those_who_watch_from_outside() {
        let told = Diagnostic::error(
            "rejected-delivery",
            "the server refuses delivery 3 for a@x.mx: 550 no <a@x.mx> here",
        );
        let concern = Concern::new("rejected/3", AlertCause::DeliveryRejected, &[told]);
        assert_eq!(
            lines(&[concern]),
            "error[rejected-delivery]: the server refuses delivery 3 for (address) 550 no (address) here\n"
        );
    }

    #[test]
    fn what_passes_by_itself_is_told_after_a_day() {
        let later = Concern::ended(ExitStatus::Later);
        assert_eq!(later.map(|c| c.patience), Some(TimeDelta::days(1)));
        let held = Concern::ended(ExitStatus::Held);
        assert_eq!(held.map(|c| c.patience), Some(TimeDelta::zero()));
        assert!(Concern::ended(ExitStatus::Done).is_none());
    }
}
