//! Why each message of a rehearsal would go out, in a sentence for the operator.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use chrono_tz::Tz;

use super::reminders;
use super::reminders::PlanNow;
use super::run_summary::PlanEnd;
use crate::diagnostic::visible;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{Delivery, Ledger, Occasion, OpenAlert, SeenSubmission, Topic};
use crate::period::Period;
use crate::plan::Plan;

/// What is known before and after a rehearsal.
pub(super) struct Reasons<'a> {
    /// The home, rehearsing.
    pub home: &'a Home,
    /// The plan.
    pub plan: &'a Plan,
    /// The moment.
    pub now: DateTime<Tz>,
    /// The home's ledger, where there is one.
    pub before: Option<&'a Ledger>,
    /// The copy on which was run.
    pub after: &'a Ledger,
    /// How the run ended.
    pub end: PlanEnd,
    /// Deliveries that have waited since an earlier run.
    pub waited: BTreeSet<i64>,
}

impl Reasons<'_> {
    /// The reason of each message.
    ///
    /// # Errors
    /// A drop folder or a ledger cannot be read.
    pub(super) fn all(&self, rows: &[Delivery]) -> Result<Vec<String>, CommandError> {
        let at = PlanNow {
            plan: self.plan,
            now: self.now,
        };
        let reminders = match rows.iter().any(|r| r.topic.occasion == Occasion::Reminder) {
            true => reminders::reasons(self.home, &[at], self.after)?,
            false => BTreeMap::new(),
        };
        rows.iter().map(|row| self.of(row, &reminders)).collect()
    }

    fn of(
        &self,
        row: &Delivery,
        reminders: &BTreeMap<String, String>,
    ) -> Result<String, CommandError> {
        if self.waited.contains(&row.id) {
            return Ok(format!("delivery {} waits since an earlier run", row.id));
        }
        let topic = &row.topic;
        let period = topic.period.map(|p| p.to_string()).unwrap_or_default();
        Ok(match topic.occasion {
            Occasion::Report => self.report(topic),
            Occasion::Slice => format!("the report of {period} goes out; these are their goals"),
            Occasion::Approval => format!("the report of {period} waits to be released"),
            Occasion::Receipt => self.receipt(topic)?,
            Occasion::Reminder => {
                let known = reminders.get(&row.recipient.to_ascii_lowercase());
                known
                    .cloned()
                    .unwrap_or_else(|| "files are missing".to_owned())
            }
            Occasion::Alert => self.alert(topic)?,
        })
    }

    fn report(&self, topic: &Topic) -> String {
        let Some(period) = topic.period else {
            return "a report is due".to_owned();
        };
        let due = self.plan.schedule.due_on(period);
        let number = topic.edition.unwrap_or(1);
        format!("the report of {period} is due since {due}: it would be issued as v{number}")
    }

    fn receipt(&self, topic: &Topic) -> Result<String, CommandError> {
        let department = topic.about.split('/').nth(1).unwrap_or_default();
        let Some(period) = topic.period else {
            return Ok("files have arrived".to_owned());
        };
        let id = &self.plan.plan.id;
        let (mut known, mut owed) = (Vec::new(), Vec::new());
        if let Some(ledger) = self.before {
            known = ledger.submissions(id, period)?;
            owed = ledger.receipts_owed(id, period)?;
        }
        let mut new = self.after.submissions(id, period)?;
        let same = |a: &SeenSubmission, b: &SeenSubmission| {
            let (a, b) = (&a.submission, &b.submission);
            (&a.source, &a.sha256, &a.file) == (&b.source, &b.sha256, &b.file)
        };
        new.retain(|seen| !known.iter().any(|earlier| same(seen, earlier)));
        let mut parts = Vec::new();
        for (files, what) in [
            (new, "seen since the last run"),
            (owed, "seen by an earlier run, with no receipt yet"),
        ] {
            let names: BTreeSet<String> = files
                .iter()
                .filter(|seen| seen.submission.department == department)
                .map(|seen| visible(&seen.submission.file).into_owned())
                .collect();
            if !names.is_empty() {
                let (n, plural) = (names.len(), if names.len() == 1 { "" } else { "s" });
                let names: Vec<String> = names.into_iter().take(5).collect();
                let more = if n > names.len() { ", …" } else { "" };
                parts.push(format!(
                    "{n} file{plural} {what}: {}{more}",
                    names.join(", ")
                ));
            }
        }
        Ok(parts.join("; "))
    }

    fn alert(&self, topic: &Topic) -> Result<String, CommandError> {
        let id = &self.plan.plan.id;
        let open = self.after.open_alerts(id)?;
        if let Some(alert) = of_cause(&open, &topic.about)
            && !alert.content.is_empty()
        {
            return Ok(first_line(&alert.content));
        }
        if topic.about.ends_with("/over") {
            let before = match self.before {
                Some(ledger) => ledger.open_alerts(id)?,
                None => Vec::new(),
            };
            let told = of_cause(&before, &topic.about).map(|alert| first_line(&alert.content));
            return Ok(format!("it is over: {}", told.unwrap_or_default()));
        }
        let mut concerns = self.end.concerns.iter();
        let once = concerns.find(|c| topic.about == format!("once/{}", c.cause));
        let told = once.and_then(|concern| concern.diagnostics.first());
        Ok(match told {
            Some(diagnostic) => first_line(&diagnostic.message),
            None => format!(
                "a run would end with exit status {}",
                self.end.status.code()
            ),
        })
    }

    /// Why periods are held.
    pub(super) fn held(&self) -> Vec<(Period, String)> {
        let concerns = self.end.concerns.iter().filter_map(|concern| {
            let told = concern.diagnostics.last()?;
            Some((concern.period?, first_line(&told.message)))
        });
        concerns.collect()
    }
}

fn of_cause<'o>(open: &'o [OpenAlert], about: &str) -> Option<&'o OpenAlert> {
    open.iter()
        .filter(|alert| about.starts_with(&format!("{}/", alert.cause)))
        .max_by_key(|alert| alert.cause.len())
}

fn first_line(text: &str) -> String {
    visible(text.lines().next().unwrap_or_default()).into_owned()
}
