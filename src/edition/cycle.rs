//! One plan's part of a run: what each of its periods needs, and the mail.

mod outcome;

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::json;
use tracing::{debug, info, info_span};

use super::arrivals;
use super::clock_check;
use super::concerns::Concern;
use super::cycle_words::{damaged_edition, too_late};
use super::late_files;
use super::mailing;
use super::notices::Hold;
use super::periods::{Standing, standing};
use super::published;
use super::reading::PeriodReading;
use super::receipts::Receipts;
use super::refused_files;
use super::reminders::PlanNow;
use super::request::RunRequest;
use super::run_summary::RunSummary;
use crate::console::Console;
use crate::correspondence::AlertCause;
use crate::diagnostic::visible;
use crate::dropbox::Refused;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::ledger::{Edition, Ledger, SubmissionState};
use crate::period::Period;
use crate::plan::Plan;

/// One plan and the moment at which it is run.
pub(crate) struct PlanRun<'a> {
    console: &'a Console,
    home: &'a Home,
    request: &'a RunRequest,
    pipeline: &'a Plan,
    now: DateTime<Tz>,
}

impl<'a> PlanRun<'a> {
    /// The plan as read.
    ///
    /// # Errors
    /// What is wrong with the plan, or a moment that its zone does not have.
    pub(crate) fn new(
        console: &'a Console,
        home: &'a Home,
        request: &'a RunRequest,
        pipeline: &'a Result<Plan, CommandError>,
    ) -> Result<Self, CommandError> {
        let pipeline = pipeline.as_ref().map_err(CommandError::clone)?;
        Ok(Self {
            console,
            home,
            request,
            pipeline,
            now: home::now(request.as_of, pipeline.plan.timezone)?,
        })
    }

    fn id(&self) -> &str {
        &self.pipeline.plan.id
    }

    fn hold(&self, period: Option<Period>) -> Hold<'_> {
        Hold {
            plan: self.id(),
            period,
            zone: self.pipeline.plan.timezone,
        }
    }

    /// Looks at the plan's periods and issues what is due. Gives the plan and its time where its
    /// mail is to go on, also where nothing could be issued; none where the ledger does not know
    /// what is published, because then nothing at all is done for it.
    pub(crate) fn issue_due(
        &self,
        ledger: &mut Ledger,
        summary: &mut RunSummary,
    ) -> Option<PlanNow<'a>> {
        match self.is_held(Some(&mut *ledger), summary) {
            Ok(true) => return None,
            Ok(false) => {}
            Err(error) => {
                summary.failed(self.console, self.id(), &error);
                return None;
            }
        }
        if let Err(error) = self.plan(Some(&mut *ledger), summary) {
            summary.failed(self.console, self.id(), &error);
        }
        Some(PlanNow {
            plan: self.pipeline,
            now: self.now,
        })
    }

    /// Sends what is queued or due again, from this run or an earlier one.
    pub(crate) fn send_due(
        &self,
        ledger: &mut Ledger,
        post: &mut mailing::Mailer<'_>,
        summary: &mut RunSummary,
    ) {
        if let Err(error) = self.deliver(post, ledger, summary) {
            summary.failed(self.console, self.id(), &error);
        }
    }

    /// Tells what is wrong with the plan's published editions; whether nothing is done for the plan
    /// until a person has decided.
    ///
    /// # Errors
    /// A folder or the ledger cannot be read.
    pub(crate) fn is_held(
        &self,
        ledger: Option<&mut Ledger>,
        summary: &mut RunSummary,
    ) -> Result<bool, CommandError> {
        let known = ledger.as_deref();
        let damaged = published::tell_damaged(self.console, self.home, known, self.pipeline)?;
        summary.ended(damaged);
        if damaged != ExitStatus::Done {
            summary.concern(damaged_edition(self.id()));
        }
        let out = self.request.out.as_deref();
        let unknown = published::unknown(self.home, known, self.id(), out)?;
        let remembers = ledger.filter(|_| !self.request.dry_run && self.request.period.is_none());
        if unknown.is_empty() {
            if let Some(ledger) = remembers {
                self.hold(None).over(ledger)?;
            }
            return Ok(false);
        }
        summary.report(json!({ "plan": self.id(), "outcome": "held" }));
        summary.ended(ExitStatus::Held);
        let at = self.now.to_utc();
        summary.concern(Concern::held(None, &unknown));
        self.hold(None)
            .tell(self.console, remembers, &unknown, at)?;
        Ok(true)
    }

    fn deliver(
        &self,
        post: &mut mailing::Mailer<'_>,
        ledger: &mut Ledger,
        summary: &mut RunSummary,
    ) -> Result<(), CommandError> {
        let at = self.now.to_utc();
        let sent = if self.request.no_deliver {
            post.send_nothing(self.pipeline, ledger, at)?
        } else {
            post.send_due(self.pipeline, ledger, at)?
        };
        summary.sent(sent);
        Ok(())
    }

    /// Issues what is asked for or due.
    ///
    /// # Errors
    /// A period that is not the plan's, or what keeps the asked one from being issued.
    pub(crate) fn plan(
        &self,
        mut ledger: Option<&mut Ledger>,
        summary: &mut RunSummary,
    ) -> Result<(), CommandError> {
        let _plan = info_span!("plan", plan = self.id()).entered();
        if let Some(period) = self.request.period {
            let period = home::period(self.pipeline, Some(period), &self.now)?;
            let reading = self.issue(ledger.as_deref_mut(), period, summary)?;
            let refused = reading.as_ref().map(|read| read.gathered.refused.clone());
            return match self.request.inputs {
                None => self.receipts(ledger, period, reading, &refused.unwrap_or_default()),
                // The files did not come by way of the drop folder.
                Some(_) => Ok(()),
            };
        }
        if let Some(ledger) = ledger.as_deref()
            && self.request.as_of.is_none()
            && let Some(clock) = clock_check::went_back(ledger, Some(self.id()), &self.now)?
        {
            info!(code = clock.code, "plan held");
            let told = [clock];
            summary.concern(Concern::new("clock", AlertCause::Clock, &told));
            self.console.diagnostics(&told);
            summary.ended(ExitStatus::Held);
            return Ok(());
        }
        let today = self.now.date_naive();
        for period in self.pipeline.schedule.begun_by(today) {
            let done = self.period(ledger.as_deref_mut(), period, summary);
            // A period whose report cannot be made keeps no other period from its own.
            if let Err(error) = done {
                summary.failed(self.console, self.id(), &error);
            }
        }
        let next = self.pipeline.schedule.next_after(today);
        let due = self.pipeline.schedule.due_on(next);
        info!(period = %next, %due, "next report");
        summary.next(json!({ "plan": self.id(), "period": next, "due": due }));
        summary.say(&format!("{}: next is {next}, due {due}.\n", self.id()));
        Ok(())
    }

    /// What an unattended run does for a period that has begun.
    fn period(
        &self,
        mut ledger: Option<&mut Ledger>,
        period: Period,
        summary: &mut RunSummary,
    ) -> Result<(), CommandError> {
        let mut refused = Vec::new();
        if let Some(ledger) = ledger.as_deref_mut() {
            let standing = standing(ledger, self.id(), period)?;
            refused = match &standing {
                Standing::Closed => return self.nothing_waits(ledger, period),
                Standing::Issued(edition) => self.published(ledger, edition)?,
                Standing::Open => self.observe(ledger, period, summary)?,
            };
            if let Some(request) = self.resumed(ledger, period)? {
                let issued = self.issue_as(Some(&mut *ledger), &request, summary);
                return self.heard(Some(ledger), period, issued, &refused);
            }
            if matches!(standing, Standing::Issued(_)) {
                return self.receipts(Some(ledger), period, None, &refused);
            }
        }
        let issued = self.issue_if_due(ledger.as_deref_mut(), period, summary);
        self.heard(ledger, period, issued, &refused)
    }

    /// Departments hear what became of their files also where the report can't be made.
    fn heard(
        &self,
        ledger: Option<&mut Ledger>,
        period: Period,
        issued: Result<Option<PeriodReading>, CommandError>,
        refused: &[Refused],
    ) -> Result<(), CommandError> {
        let (reading, failed) = match issued {
            Ok(reading) => (reading, Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.receipts(ledger, period, reading, refused)?;
        failed
    }

    /// Queues what departments are to hear of their files.
    fn receipts(
        &self,
        ledger: Option<&mut Ledger>,
        period: Period,
        reading: Option<PeriodReading>,
        refused: &[Refused],
    ) -> Result<(), CommandError> {
        let Some(ledger) = ledger.filter(|_| !self.request.dry_run) else {
            return Ok(());
        };
        let receipts = Receipts {
            console: self.console,
            home: self.home,
            plan: self.pipeline,
            period,
            now: self.now,
        };
        receipts.queue(ledger, reading, refused)
    }

    /// Issues a period's report where it is due. Gives what its files came to.
    fn issue_if_due(
        &self,
        ledger: Option<&mut Ledger>,
        period: Period,
        summary: &mut RunSummary,
    ) -> Result<Option<PeriodReading>, CommandError> {
        let today = self.now.date_naive();
        let due = self.pipeline.schedule.due_on(period);
        if today < due {
            debug!(%period, %due, "not due yet");
            return Ok(None);
        }
        if today > self.pipeline.schedule.held_after(period) {
            let why = [too_late(self.pipeline, period)];
            summary.report(json!({ "plan": self.id(), "period": period, "outcome": "held" }));
            summary.ended(ExitStatus::Held);
            summary.concern(Concern::held(Some(period), &why));
            self.hold(Some(period))
                .tell(self.console, ledger, &why, self.now.to_utc())?;
            return Ok(None);
        }
        self.issue(ledger, period, summary)
    }

    /// Files that came after the report; gives what can't be taken in.
    fn published(
        &self,
        ledger: &mut Ledger,
        edition: &Edition,
    ) -> Result<Vec<Refused>, CommandError> {
        if self.request.dry_run {
            return Ok(Vec::new());
        }
        let (late, refused) = late_files::record_late_files(
            self.home,
            self.pipeline,
            ledger,
            edition,
            self.now.to_utc(),
        )?;
        self.console.first_time(&late);
        Ok(refused)
    }

    /// Files that have arrived in an open period; gives what can't be taken in.
    fn observe(
        &self,
        ledger: &mut Ledger,
        period: Period,
        summary: &mut RunSummary,
    ) -> Result<Vec<Refused>, CommandError> {
        if self.request.dry_run {
            return Ok(Vec::new());
        }
        let at = self.now.to_utc();
        let (arrived, refused) =
            arrivals::open_period(self.home, self.pipeline, ledger, period, at)?;
        for file in &arrived {
            let late = match file.state {
                SubmissionState::Late => ", after its deadline",
                SubmissionState::Received | SubmissionState::Rejected => "",
            };
            summary.say(&format!(
                "{} {period}: received {} for {}{late}\n",
                self.id(),
                visible(&file.file),
                file.source
            ));
        }
        for one in &refused {
            summary.concern(refused_files::concern(self.pipeline, period, one));
        }
        Ok(refused)
    }
}
