//! `metas run`: what cron calls. Looks at the folder of every open period, issues each report that
//! is due and not issued, delivers it, tries again what was deferred.

use chrono_tz::Tz;
use tracing::{Span, field, info_span};

use super::home::{self, Home};
use super::ledger;
use super::mail;
use super::plan_run::PlanRun;
use super::stop::{End, Stop};
use super::summary::RunSummary;
use crate::cli::Run;
use crate::pipeline::Pipeline;
use crate::terminal::Terminal;

/// Runs the plans named, or all. A plan that cannot go on is told and keeps no other from running.
///
/// # Errors
/// The command line asks for what is not there, or the lock or the ledger cannot be had: then no
/// plan is begun.
pub fn run(terminal: &Terminal, home: &Home, wanted: &Run) -> Result<End, Stop> {
    let span = info_span!(
        "run",
        home = %home.root.display(),
        dry_run = wanted.dry_run,
        exit_status = field::Empty
    );
    let _run = span.enter();
    let plans = plans(home, wanted)?;
    if let Some(stop) = all_broken(&plans) {
        return Err(stop);
    }
    let mut summary = RunSummary::default();
    if wanted.dry_run {
        let mut ledger = ledger::open_if_there(home)?;
        for (id, pipeline) in &plans {
            let done = PlanRun::new(terminal, home, wanted, pipeline).and_then(|run| {
                if run.is_held(ledger.as_mut(), &mut summary)? {
                    return Ok(());
                }
                run.plan(ledger.as_mut(), &mut summary)
            });
            if let Err(stop) = done {
                summary.failed(terminal, id, &stop);
            }
        }
        return Ok(ended(&span, summary, terminal));
    }
    let started = home::now(wanted.as_of, Tz::UTC)?.to_utc();
    let mut work = ledger::begin(terminal, home, started)?;
    let mut post = mail::Post::new(terminal, home);
    for (id, pipeline) in &plans {
        let run = match PlanRun::new(terminal, home, wanted, pipeline) {
            Ok(run) => run,
            Err(stop) => {
                summary.failed(terminal, id, &stop);
                continue;
            }
        };
        run.issue_and_deliver(&mut work.ledger, &mut post, &mut summary);
    }
    Ok(ended(&span, summary, terminal))
}

fn ended(span: &Span, summary: RunSummary, terminal: &Terminal) -> End {
    let end = summary.print(terminal);
    span.record("exit_status", end.code());
    end
}

/// A plan's id, and the plan or what is wrong with it.
type ReadPlan = (String, Result<Pipeline, Stop>);

/// The plans to run, each read and checked or with what is wrong with it.
///
/// # Errors
/// A plan is named that does not exist, or `--period` with several.
fn plans(home: &Home, wanted: &Run) -> Result<Vec<ReadPlan>, Stop> {
    let all = home.plan_ids()?;
    let ids = if wanted.plans.is_empty() {
        all
    } else {
        for id in &wanted.plans {
            home.known(id)?;
        }
        wanted.plans.clone()
    };
    if wanted.period.is_some() && ids.len() > 1 {
        let hint = format!("name one: {}", ids.join(", "));
        return Err(Stop::usage(
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
fn all_broken(plans: &[(String, Result<Pipeline, Stop>)]) -> Option<Stop> {
    if plans.iter().any(|(_, plan)| plan.is_ok()) {
        return None;
    }
    let mut stops = plans.iter().filter_map(|(_, plan)| plan.as_ref().err());
    let mut all = stops.next()?.clone();
    stops.for_each(|stop| all.diagnostics.extend(stop.diagnostics.iter().cloned()));
    Some(all)
}
