//! Who watches over the runs: the operator by mail, and whoever is pinged. Only an unattended run
//! tells them; a person who types a command sees what it says.

use chrono_tz::Tz;

use super::alerts::{PlanFaults, Watched};
use super::concerns::{BLOCKED, Concern, lines};
use super::mailing::Mailer;
use super::periods::Periods;
use super::run_summary::{PlanEnd, RunSummary};
use super::submissions;
use crate::console::Console;
use crate::delivery::{RunSignal, ping};
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::{AsOf, Home};
use crate::ledger::{Ledger, SeenSubmission, SubmissionState};
use crate::period::Period;
use crate::plan;
use crate::plan::Plan;

/// The plans of a run that somebody watches over.
pub(crate) struct Watch<'a> {
    console: &'a Console,
    home: &'a Home,
    watched: Vec<Watched>,
}

impl<'a> Watch<'a> {
    /// Nobody watches: the run is attended, or changes nothing.
    pub(crate) fn nobody(console: &'a Console, home: &'a Home) -> Self {
        Self {
            console,
            home,
            watched: Vec::new(),
        }
    }

    /// Those whom the plans name; of one that cannot be read, whom as much of it as is sound names.
    pub(crate) fn of(
        console: &'a Console,
        home: &'a Home,
        plans: &[(String, Result<Plan, CommandError>)],
        as_of: Option<AsOf>,
    ) -> Self {
        let mut watch = Self::nobody(console, home);
        for (id, read) in plans {
            let watched = match read {
                Ok(plan) => of_plan(plan, as_of),
                Err(_) => of_broken(home, id, as_of),
            };
            watch.watched.extend(watched);
        }
        watch
    }

    /// Whether anybody is told anything.
    pub(crate) fn reaches_anybody(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Tells those who are pinged that a run begins. One that does not answer is a warning.
    pub(crate) fn begin(&self) {
        for url in self.urls() {
            self.ping(url, RunSignal::Start);
        }
    }

    /// Tells them how it ended, each by the worst end of the plans that name it.
    pub(crate) fn end(&self, summary: &RunSummary) {
        for url in self.urls() {
            let mut status = ExitStatus::Done;
            let mut told = Vec::new();
            for watched in self.watched.iter().filter(|w| names(w, url)) {
                let end = summary.end_of(&watched.plan);
                status = status.and(end.status);
                told.extend(end.concerns);
            }
            self.ping_end(url, status, &lines(&told));
        }
    }

    /// Tells them that the run could not begin.
    pub(crate) fn failed(&self, error: &CommandError) {
        let told = lines(&[Concern::failed(error)]);
        for url in self.urls() {
            self.ping_end(url, error.status, &told);
        }
    }

    fn ping_end(&self, url: &str, status: ExitStatus, lines: &str) {
        let signal = match status {
            ExitStatus::Done => RunSignal::Success,
            _ => RunSignal::Failure {
                status: status.code(),
                lines,
            },
        };
        self.ping(url, signal);
    }

    fn ping(&self, url: &str, signal: RunSignal<'_>) {
        if let Some(unheard) = ping(url, signal) {
            self.console.diagnostics(&[unheard]);
        }
    }

    fn urls(&self) -> Vec<&str> {
        let mut urls: Vec<&str> = Vec::new();
        for url in self
            .watched
            .iter()
            .filter_map(|w| w.operator.ping.as_deref())
        {
            if !urls.contains(&url) {
                urls.push(url);
            }
        }
        urls
    }

    /// Queues each operator's alerts from what the run found, and sends them unless `hold`.
    ///
    /// # Errors
    /// The archive or the ledger cannot be used.
    pub(crate) fn alert(
        &self,
        plans: &[(String, Result<Plan, CommandError>)],
        ledger: &mut Ledger,
        post: &mut Mailer<'_>,
        (summary, hold): (&mut RunSummary, bool),
    ) -> Result<(), CommandError> {
        for watched in &self.watched {
            let plan = plans.iter().find(|(id, _)| *id == watched.plan);
            let plan = plan.and_then(|(_, read)| read.as_ref().ok());
            let end = summary.end_of(&watched.plan);
            let mut concerns = end.concerns.clone();
            let mut issued = Vec::new();
            if let Some(plan) = plan {
                let periods = Periods::of(ledger, plan, watched.now.date_naive())?;
                concerns.extend(blocked(ledger, plan, &periods.open)?);
                issued = periods.issued;
            }
            concerns.extend(unexplained(&end));
            let found = PlanFaults {
                concerns: &concerns,
                complete: end.complete,
                issued: &issued,
            };
            watched.queue(self.home, &found, ledger)?;
            if let Some(delivery) = watched.delivery.as_ref().filter(|_| !hold) {
                let at = watched.now.to_utc();
                let sent = post.send_alerts(&watched.plan, delivery, ledger, at)?;
                summary.sent(sent);
            }
        }
        Ok(())
    }
}

/// A run that ended otherwise than well always has its alert. A file that can't be used explains no
/// such end.
fn unexplained(end: &PlanEnd) -> Option<Concern> {
    let mut blocked = end.concerns.iter().map(|concern| &concern.cause);
    match blocked.all(|cause| cause.starts_with(BLOCKED)) {
        true => Concern::ended(end.status),
        false => None,
    }
}

fn names(watched: &Watched, url: &str) -> bool {
    watched.operator.ping.as_deref() == Some(url)
}

fn of_plan(plan: &Plan, as_of: Option<AsOf>) -> Option<Watched> {
    Some(Watched {
        plan: plan.plan.id.clone(),
        delivery: plan.delivery.clone(),
        operator: plan.operator.clone()?,
        brand: plan.report.brand.clone(),
        message_mib: plan.limits.message_mib,
        now: home::now(as_of, plan.plan.timezone).ok()?,
    })
}

fn of_broken(home: &Home, id: &str, as_of: Option<AsOf>) -> Option<Watched> {
    let text = home.plan_text(id)?;
    let contacts = plan::contacts(&format!("{id}.toml"), &text);
    Some(Watched {
        plan: id.to_owned(),
        delivery: contacts.delivery,
        operator: contacts.operator?,
        brand: plan::Brand::default(),
        message_mib: plan::Limits::default().message_mib,
        now: home::now(as_of, Tz::UTC).ok()?,
    })
}

/// Sources of open periods whose last file can't be used.
fn blocked(ledger: &Ledger, plan: &Plan, open: &[Period]) -> Result<Vec<Concern>, CommandError> {
    let mut blocked = Vec::new();
    for period in open {
        let seen = ledger.submissions(&plan.plan.id, *period)?;
        for source in plan.sources.values() {
            for department in source.providers.departments() {
                let last = submissions::last_version(&seen, &source.id, department);
                blocked.extend(last.and_then(|seen| concern(plan, *period, seen)));
            }
        }
    }
    Ok(blocked)
}

fn concern(plan: &Plan, period: Period, seen: &SeenSubmission) -> Option<Concern> {
    let file = &seen.submission;
    if file.state != SubmissionState::Rejected {
        return None;
    }
    let whose = (file.source.as_str(), file.department.as_str());
    Some(Concern::blocked(&plan.plan.id, period, whose, &file.file))
}
