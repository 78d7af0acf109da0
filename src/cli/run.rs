//! `metas run`: what cron calls. Looks at the folder of every open period, issues each report that
//! is due and not issued, delivers it, tries again what was deferred.

use chrono_tz::Tz;
use tracing::{Span, field, info_span};

use super::homes::HomesArguments;
use crate::console::Console;
use crate::edition::cycle::PlanRun;
use crate::edition::last_run;
use crate::edition::request::RunRequest;
use crate::edition::round;
use crate::edition::round::ReadPlan;
use crate::edition::run_summary::RunSummary;
use crate::edition::watch::Watch;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::AsOf;
use crate::home::Home;
use crate::period::Period;
use clap::Args;
use std::path::PathBuf;

/// `metas run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Plans; default: all of the home
    #[arg(conflicts_with = "homes")]
    pub plans: Vec<String>,
    /// This period now, whatever is due
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment: 2026-04-06 or 2026-04-06T09:00, local to the plan, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Read this folder instead of inputs/PERIOD
    #[arg(
        long,
        value_name = "DIR",
        requires = "period",
        conflicts_with = "homes"
    )]
    pub inputs: Option<PathBuf>,
    /// Write reports below this folder instead of reports/
    #[arg(long, value_name = "DIR", conflicts_with = "homes")]
    pub out: Option<PathBuf>,
    /// Compute everything, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Issue, but send nothing yet
    #[arg(long)]
    pub no_deliver: bool,
    /// Issue a correction of an edition that exists
    #[arg(
        long,
        requires = "period",
        requires = "reason",
        conflicts_with = "homes"
    )]
    pub new_edition: bool,
    /// Why the correction is issued; printed in it
    #[arg(long, value_name = "TEXT", requires = "new_edition")]
    pub reason: Option<String>,
    /// Many homes.
    #[command(flatten)]
    pub homes: HomesArguments,
}

/// Runs the plans named, or all, and notes how that ended.
///
/// # Errors
/// As [`of_plans`].
pub(crate) fn run(
    console: &Console,
    home: &Home,
    arguments: &RunArguments,
) -> Result<ExitStatus, CommandError> {
    let ended = of_plans(console, home, arguments);
    let status = ended.as_ref().map_or_else(|error| error.status, |s| *s);
    // A run that another one kept from beginning was none.
    let was_kept = |e: &CommandError| e.diagnostics.iter().any(|d| d.code == "lock-held");
    let at = home::now(arguments.as_of, Tz::UTC);
    if let (false, Ok(at)) = (arguments.dry_run || ended.as_ref().is_err_and(was_kept), at) {
        last_run::note(home, status, at.to_utc());
    }
    ended
}

/// A plan that cannot go on is told and keeps no other from running.
///
/// # Errors
/// The command line asks for what is not there, or the lock or the ledger cannot be had: then no
/// plan is begun.
fn of_plans(
    console: &Console,
    home: &Home,
    arguments: &RunArguments,
) -> Result<ExitStatus, CommandError> {
    let request = &arguments.request();
    let span = info_span!(
        "run",
        home = %home.root.display(),
        dry_run = request.dry_run,
        exit_status = field::Empty
    );
    let _run = span.enter();
    let plans = plans(home, request)?;
    if request.dry_run {
        return dry_run(console, home, request, &plans).map(|done| ended(&span, done, console));
    }
    let watch = match request.period {
        None => Watch::of(console, home, &plans, request.as_of),
        // Whoever asks for a period sees what becomes of it.
        Some(_) => Watch::nobody(console, home),
    };
    watch.begin();
    match run_plans(console, home, request, (&plans, &watch)) {
        Ok(done) => {
            watch.end(&done);
            Ok(ended(&span, done, console))
        }
        Err(error) => {
            watch.failed(&error);
            Err(error)
        }
    }
}

/// Computes everything and changes nothing.
fn dry_run(
    console: &Console,
    home: &Home,
    request: &RunRequest,
    plans: &[ReadPlan],
) -> Result<RunSummary, CommandError> {
    if let Some(error) = all_broken(plans) {
        return Err(error);
    }
    let mut summary = RunSummary::default();
    let mut ledger = work::open_if_there(home)?;
    for (id, pipeline) in plans {
        summary.of_plan(id);
        let done = PlanRun::new(console, home, request, pipeline).and_then(|run| {
            if run.is_held(ledger.as_mut(), &mut summary)? {
                return Ok(());
            }
            run.plan(ledger.as_mut(), &mut summary)
        });
        if let Err(error) = done {
            summary.failed(console, id, &error);
        }
    }
    Ok(summary)
}

/// Issues, reminds and sends, and tells the operators what is wrong.
fn run_plans(
    console: &Console,
    home: &Home,
    request: &RunRequest,
    (plans, watch): (&[ReadPlan], &Watch<'_>),
) -> Result<RunSummary, CommandError> {
    let broken = all_broken(plans);
    if let Some(error) = broken.as_ref().filter(|_| !watch.reaches_anybody()) {
        return Err(error.clone());
    }
    let started = home::now(request.as_of, Tz::UTC)?.to_utc();
    let mut work = work::begin(console, home, started).map_err(|error| {
        // What is wrong with the definitions matters more than what keeps it from being told.
        broken.clone().unwrap_or(error)
    })?;
    let summary = round::of_plans(console, home, request, (plans, watch), &mut work.ledger)?;
    match broken {
        Some(error) => Err(error),
        None => Ok(summary),
    }
}

fn ended(span: &Span, summary: RunSummary, console: &Console) -> ExitStatus {
    let status = summary.print(console);
    span.record("exit_status", status.code());
    status
}

/// The plans to run, each read and checked or with what is wrong with it.
///
/// # Errors
/// A plan is named that does not exist, or `--period` with several.
fn plans(home: &Home, request: &RunRequest) -> Result<Vec<ReadPlan>, CommandError> {
    let all = home.plan_ids()?;
    let ids = if request.plans.is_empty() {
        all
    } else {
        for id in &request.plans {
            home.known(id)?;
        }
        request.plans.clone()
    };
    if request.period.is_some() && ids.len() > 1 {
        let hint = format!("name one: {}", ids.join(", "));
        return Err(CommandError::usage(
            "which-plan",
            "--period goes with one plan",
            hint,
        ));
    }
    let read = |id: String| {
        let plan = home.plan(&id);
        (id, plan)
    };
    Ok(ids.into_iter().map(read).collect())
}

/// Everything that is wrong with the plans, where not one of them can be run.
fn all_broken(plans: &[ReadPlan]) -> Option<CommandError> {
    if plans.iter().any(|(_, plan)| plan.is_ok()) {
        return None;
    }
    let mut stops = plans.iter().filter_map(|(_, plan)| plan.as_ref().err());
    let mut all = stops.next()?.clone();
    stops.for_each(|error| all.diagnostics.extend(error.diagnostics.iter().cloned()));
    Some(all)
}

impl RunArguments {
    fn request(&self) -> RunRequest {
        RunRequest {
            plans: self.plans.clone(),
            period: self.period,
            as_of: self.as_of,
            inputs: self.inputs.clone(),
            out: self.out.clone(),
            dry_run: self.dry_run,
            no_deliver: self.no_deliver,
            draft: false,
            correction: self
                .new_edition
                .then(|| self.reason.clone().unwrap_or_default()),
        }
    }
}
