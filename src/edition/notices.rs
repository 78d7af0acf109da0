//! What a run says in full once, and in one line from then on: a period that is held stays held
//! for weeks, and an hourly run must neither hide it nor repeat it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use tracing::info;

use crate::console;
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::ledger::Ledger;
use crate::period::Period;

/// A plan, or one period of it, that a person must decide about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hold<'a> {
    /// The plan's id.
    pub plan: &'a str,
    /// The period; none where the whole plan is held.
    pub period: Option<Period>,
    /// The plan's zone, in which moments are told.
    pub zone: Tz,
}

impl Hold<'_> {
    fn cause(&self) -> String {
        format!("held/{}", self.name().replace(' ', "/"))
    }

    fn name(&self) -> String {
        match self.period {
            Some(period) => format!("{} {period}", self.plan),
            None => self.plan.to_owned(),
        }
    }

    /// Tells why it is held: everything where that is news, else one line. Without a
    /// ledger to remember it in, everything.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub(crate) fn tell(
        &self,
        console: &Console,
        ledger: Option<&mut Ledger>,
        why: &[Diagnostic],
        at: DateTime<Utc>,
    ) -> Result<(), CommandError> {
        let before = match ledger {
            Some(ledger) => {
                let content = sha256_hex(console::plain_text(why).as_bytes());
                let told = ledger.told_before(&self.cause(), &content, at);
                told?
            }
            None => None,
        };
        info!(
            plan = self.plan,
            period = self.period.map(|period| period.to_string()),
            code = why.last().map(|d| d.code.as_str()),
            findings = why.len(),
            since = before.map(|first| first.to_rfc3339()),
            "{} held",
            if self.period.is_some() {
                "edition"
            } else {
                "plan"
            }
        );
        match before {
            None => console.diagnostics(why),
            Some(first) => console.diagnostics(&[self.still(why, first)]),
        }
        Ok(())
    }

    /// It is not held any more: a later hold is news.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub(crate) fn over(&self, ledger: &mut Ledger) -> Result<(), CommandError> {
        Ok(ledger.forget_notice(&self.cause())?)
    }

    fn still(&self, why: &[Diagnostic], first: DateTime<Utc>) -> Diagnostic {
        // The reason for the hold is told last, after what was found in the files.
        let code = why.last().map_or("held", |d| d.code.as_str());
        let since = first.with_timezone(&self.zone).format("%Y-%m-%d %H:%M");
        let message = format!(
            "{} is still held, for the reasons told on {since}: metas status {}",
            self.name(),
            self.plan
        );
        Diagnostic::error(code, message)
    }
}
