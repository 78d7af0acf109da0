//! One plan's part of a run: what each of its periods needs, and the mail.

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::json;
use tracing::{debug, field, info, info_span};

use super::arrivals;
use super::clock_check;
use super::earlier_results;
use super::issue;
use super::issue::Issued;
use super::late_files;
use super::mailing;
use super::notices::Hold;
use super::publish;
use super::published;
use super::request::{IssueRequest, RunRequest};
use super::run_summary::RunSummary;
use crate::console::Console;
use crate::diagnostic::{Diagnostic, visible};
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

    /// What an earlier run has issued is sent even where this one can issue nothing; nothing at all
    /// is done where the ledger does not know what is published.
    pub(crate) fn issue_and_deliver(
        &self,
        ledger: &mut Ledger,
        post: &mut mailing::Mailer<'_>,
        summary: &mut RunSummary,
    ) {
        match self.is_held(Some(&mut *ledger), summary) {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => return summary.failed(self.console, self.id(), &error),
        }
        let issued = self.plan(Some(&mut *ledger), summary);
        let sent = self.deliver(post, ledger, summary);
        for error in [issued, sent].into_iter().filter_map(Result::err) {
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
            return self.issue(ledger, period, summary);
        }
        if let Some(ledger) = ledger.as_deref()
            && self.request.as_of.is_none()
            && let Some(clock) = clock_check::went_back(ledger, Some(self.id()), &self.now)?
        {
            info!(code = clock.code, "plan held");
            self.console.diagnostics(&[clock]);
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
        if let Some(ledger) = ledger.as_deref_mut() {
            let skips = ledger.skips(self.id()).map_err(CommandError::environment)?;
            if skips.iter().any(|skip| skip.period == period) {
                return Ok(());
            }
            let last = ledger.latest_final_edition(self.id(), period);
            if let Some(edition) = last.map_err(CommandError::environment)? {
                return self.published(ledger, &edition);
            }
            self.observe(ledger, period, summary)?;
        }
        let today = self.now.date_naive();
        let due = self.pipeline.schedule.due_on(period);
        if today < due {
            debug!(%period, %due, "not due yet");
            return Ok(());
        }
        if today > self.pipeline.schedule.held_after(period) {
            let why = [too_late(self.pipeline, period)];
            summary.report(json!({ "plan": self.id(), "period": period, "outcome": "held" }));
            summary.ended(ExitStatus::Held);
            return self
                .hold(Some(period))
                .tell(self.console, ledger, &why, self.now.to_utc());
        }
        self.issue(ledger, period, summary)
    }

    /// Files that came after the report.
    fn published(&self, ledger: &mut Ledger, edition: &Edition) -> Result<(), CommandError> {
        if self.request.dry_run {
            return Ok(());
        }
        let late = late_files::record_late_files(
            self.home,
            self.pipeline,
            ledger,
            edition,
            self.now.to_utc(),
        )?;
        self.console.first_time(&late);
        Ok(())
    }

    /// Files that have arrived in an open period.
    fn observe(
        &self,
        ledger: &mut Ledger,
        period: Period,
        summary: &mut RunSummary,
    ) -> Result<(), CommandError> {
        if self.request.dry_run {
            return Ok(());
        }
        let at = self.now.to_utc();
        let arrived = arrivals::open_period(self.home, self.pipeline, ledger, period, at)?;
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
        Ok(())
    }

    fn issue(
        &self,
        mut ledger: Option<&mut Ledger>,
        period: Period,
        summary: &mut RunSummary,
    ) -> Result<(), CommandError> {
        let span = info_span!("period", %period, outcome = field::Empty);
        let _period = span.enter();
        let request = IssueRequest {
            period,
            now: self.now,
            attended: self.request.period.is_some(),
            inputs: self.request.inputs.clone(),
            out: self.request.out.clone(),
            dry_run: self.request.dry_run,
            correction: self.request.correction.clone(),
        };
        let issued = issue::issue(
            self.console,
            self.home,
            self.pipeline,
            ledger.as_deref_mut(),
            &request,
        )?;
        let id = self.id();
        match issued {
            Issued::New {
                report,
                text,
                status,
            } => {
                span.record("outcome", "issued");
                summary.say(&text);
                summary.report(report);
                summary.ended(status);
                if let Some(ledger) = ledger.filter(|_| !self.request.dry_run) {
                    self.hold(Some(period)).over(ledger)?;
                }
            }
            Issued::Exists(edition) => {
                span.record("outcome", "exists");
                self.exists(ledger, &edition, summary)?;
            }
            Issued::Waits(why) => {
                span.record("outcome", "waits");
                info!(why, "files are still being written");
                summary.say(&format!("{id} {period}: {why}\n"));
                summary.report(
                    json!({ "plan": id, "period": period, "outcome": "waits", "why": why }),
                );
                summary.ended(ExitStatus::Later);
            }
            Issued::Held(status, why) => {
                span.record("outcome", "held");
                summary.report(json!({ "plan": id, "period": period, "outcome": "held" }));
                summary.ended(status);
                let ledger = ledger.filter(|_| !request.dry_run && !request.attended);
                self.hold(Some(period))
                    .tell(self.console, ledger, &why, self.now.to_utc())?;
            }
        }
        Ok(())
    }

    fn exists(
        &self,
        ledger: Option<&mut Ledger>,
        edition: &Edition,
        summary: &mut RunSummary,
    ) -> Result<(), CommandError> {
        let period = edition.key.period;
        let mut since = Vec::new();
        if let Some(ledger) =
            ledger.filter(|_| !self.request.dry_run && self.request.inputs.is_none())
        {
            late_files::record_late_files(
                self.home,
                self.pipeline,
                ledger,
                edition,
                self.now.to_utc(),
            )?;
            let seen = ledger
                .submissions(self.id(), period)
                .map_err(CommandError::environment)?;
            since = late_files::since(&seen, edition)
                .map(|s| s.submission.file.clone())
                .collect();
        }
        let out = self.request.out.as_deref();
        let directory = publish::folder(self.home, out, self.id(), period)
            .join(format!("v{}", edition.key.edition))
            .display()
            .to_string();
        summary.say(&exists_text(self.pipeline, edition, &directory, &since));
        summary.report(json!({
            "plan": self.id(),
            "period": period,
            "outcome": "exists",
            "edition": edition.key.edition,
            "directory": directory,
            "results": earlier_results::of(edition)?,
            "late_files": since,
        }));
        Ok(())
    }
}

fn exists_text(pipeline: &Plan, edition: &Edition, directory: &str, since: &[String]) -> String {
    let key = &edition.key;
    let correction = late_files::correction(pipeline, key.period);
    let late = match since {
        [] => String::new(),
        files => format!("  Came or changed since: {}.\n", visible(&files.join(", "))),
    };
    format!(
        "{} {}: edition {} exists, issued on {}: {directory}\n{late}  Nothing was done. A correction is a new edition: {correction}\n",
        pipeline.plan.id,
        key.period,
        key.edition,
        edition
            .issued_at
            .with_timezone(&pipeline.plan.timezone)
            .format("%Y-%m-%d %H:%M"),
    )
}

fn too_late(pipeline: &Plan, period: Period) -> Diagnostic {
    let id = &pipeline.plan.id;
    let message = format!(
        "{id} {period} was due on {} and has no edition; it is too late to issue it unasked",
        pipeline.schedule.due_on(period)
    );
    Diagnostic::error("too-late", message).hint(format!(
        "issue it now: metas run {id} --period {period}; or close it: metas skip {id} {period} --reason \"…\""
    ))
}
