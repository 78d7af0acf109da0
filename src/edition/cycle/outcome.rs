//! What becomes of one period in a run: issued, there already, waiting or held.

use super::PlanRun;
use serde_json::json;
use tracing::{field, info, info_span};

use super::super::approval;
use super::super::concerns::Concern;
use super::super::cycle_words::{exists_text, no_information};
use super::super::earlier_results;
use super::super::issue;
use super::super::issued::Issued;
use super::super::late_files;
use super::super::publish;
use super::super::reading::PeriodReading;
use super::super::request::IssueRequest;
use super::super::run_summary::RunSummary;
use crate::exit::{CommandError, ExitStatus};
use crate::ledger::{Edition, Ledger};
use crate::period::Period;

impl PlanRun<'_> {
    /// A period that is never reported has nothing to be approved: whoever closed it may have died
    /// before this was settled.
    pub(super) fn nothing_waits(
        &self,
        ledger: &mut Ledger,
        period: Period,
    ) -> Result<(), CommandError> {
        if self.request.dry_run {
            return Ok(());
        }
        let at = self.now.to_utc();
        approval::withdraw(self.home, ledger, (self.id(), period), at)
    }

    /// What an edition of the period that waits for approval was asked for with: this run goes on
    /// with that.
    pub(super) fn resumed(
        &self,
        ledger: &mut Ledger,
        period: Period,
    ) -> Result<Option<IssueRequest>, CommandError> {
        if self.request.dry_run {
            return Ok(None);
        }
        approval::resumed(self.home, self.pipeline, ledger, period, self.now)
    }

    /// Issues what the run was asked for, or the period's own report.
    pub(super) fn issue(
        &self,
        ledger: Option<&mut Ledger>,
        period: Period,
        summary: &mut RunSummary,
    ) -> Result<Option<PeriodReading>, CommandError> {
        let request = IssueRequest {
            period,
            now: self.now,
            attended: self.request.period.is_some(),
            inputs: self.request.inputs.clone(),
            out: self.request.out.clone(),
            dry_run: self.request.dry_run,
            correction: self.request.correction.clone(),
            draft: self.request.draft,
        };
        self.issue_as(ledger, &request, summary)
    }

    /// Issues what is asked for, and says what became of it.
    pub(super) fn issue_as(
        &self,
        mut ledger: Option<&mut Ledger>,
        request: &IssueRequest,
        summary: &mut RunSummary,
    ) -> Result<Option<PeriodReading>, CommandError> {
        let period = request.period;
        let span = info_span!("period", %period, outcome = field::Empty);
        let _period = span.enter();
        let issued = issue::issue(
            self.console,
            self.home,
            self.pipeline,
            ledger.as_deref_mut(),
            request,
        )?;
        let id = self.id();
        span.record("outcome", issued.outcome());
        if let Issued::Awaits { why, .. } = &issued {
            summary.concern(Concern::held(Some(period), std::slice::from_ref(why)));
        }
        match issued {
            Issued::New {
                report,
                text,
                status,
                reading,
                uncovered,
            }
            | Issued::Awaits {
                report,
                text,
                status,
                reading,
                uncovered,
                ..
            } => {
                if let Some(told) = uncovered {
                    summary.concern(no_information(period, &told));
                }
                summary.say(&text);
                summary.report(report);
                summary.ended(status);
                if let Some(ledger) = ledger.filter(|_| !self.request.dry_run) {
                    self.hold(Some(period)).over(ledger)?;
                }
                return Ok(reading.map(|reading| *reading));
            }
            Issued::Exists(edition) => {
                if let Some(ledger) = ledger.as_deref_mut().filter(|_| !request.attended) {
                    // What waited to become that edition has nothing to wait for any more.
                    let at = self.now.to_utc();
                    approval::withdraw(self.home, ledger, (id, period), at)?;
                }
                self.exists(ledger, &edition, summary)?;
            }
            Issued::Waits(why) => {
                info!(why, "files are still being written");
                summary.say(&format!("{id} {period}: {why}\n"));
                summary.report(
                    json!({ "plan": id, "period": period, "outcome": "waits", "why": why }),
                );
                summary.ended(ExitStatus::Later);
            }
            Issued::Held(status, why) => {
                summary.report(json!({ "plan": id, "period": period, "outcome": "held" }));
                summary.ended(status);
                // The reason is told last, after what was found in the files.
                let reason = why.last().map(std::slice::from_ref).unwrap_or_default();
                summary.concern(Concern::held(Some(period), reason));
                let ledger = ledger.filter(|_| !request.dry_run && !request.attended);
                self.hold(Some(period))
                    .tell(self.console, ledger, &why, self.now.to_utc())?;
            }
        }
        Ok(None)
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
            let seen = ledger.submissions(self.id(), period)?;
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
