//! `metas run`: what cron calls. Issues each report that is due and not issued, delivers it,
//! tries again what was deferred.

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::edition::{self, Issued, Order};
use super::home::{self, Home};
use super::late;
use super::ledger;
use super::mail;
use super::publish;
use super::published;
use super::stop::{End, Stop};
use crate::cli::Run;
use crate::diagnostic::{Diagnostic, visible};
use crate::ledger::{Edition, Ledger};
use crate::period::Period;
use crate::pipeline::Pipeline;
use crate::terminal::Terminal;

/// What the whole run says at its end.
struct Account {
    text: String,
    reports: Vec<Value>,
    deliveries: Vec<Value>,
    next: Vec<Value>,
    end: End,
}

impl Account {
    /// Tells what is wrong with the plan's published editions; whether nothing is done for the plan
    /// until a person has decided.
    fn is_held(
        &mut self,
        terminal: &Terminal,
        home: &Home,
        ledger: Option<&Ledger>,
        (pipeline, wanted): (&Pipeline, &Run),
    ) -> Result<bool, Stop> {
        let damaged = published::tell_damaged(terminal, home, ledger, pipeline)?;
        self.end = self.end.and(damaged);
        let held = published::holds(terminal, home, ledger, pipeline, wanted.out.as_deref())?;
        if held {
            self.reports
                .push(json!({ "plan": pipeline.plan.id, "outcome": "held" }));
            self.end = self.end.and(End::Held);
        }
        Ok(held)
    }
}

/// Runs the plans named, or all.
///
/// # Errors
/// A wrong definition or environment: then no plan is begun.
pub fn run(terminal: &Terminal, home: &Home, wanted: &Run) -> Result<End, Stop> {
    let plans = plans(home, wanted)?;
    let mut account = Account {
        text: String::new(),
        reports: Vec::new(),
        deliveries: Vec::new(),
        next: Vec::new(),
        end: End::Done,
    };
    if wanted.dry_run {
        let mut ledger = ledger::open_if_there(home)?;
        for pipeline in &plans {
            let now = home::now(wanted.as_of, pipeline.plan.timezone)?;
            if account.is_held(terminal, home, ledger.as_ref(), (pipeline, wanted))? {
                continue;
            }
            plan(
                terminal,
                home,
                pipeline,
                wanted,
                ledger.as_mut(),
                now,
                &mut account,
            )?;
        }
    } else {
        let started = home::now(wanted.as_of, Tz::UTC)?.to_utc();
        let mut work = ledger::begin(home, started)?;
        let ledger = &mut work.ledger;
        let mut post = mail::Post::new(terminal, home);
        for pipeline in &plans {
            let now = home::now(wanted.as_of, pipeline.plan.timezone)?;
            if account.is_held(terminal, home, Some(&*ledger), (pipeline, wanted))? {
                continue;
            }
            plan(
                terminal,
                home,
                pipeline,
                wanted,
                Some(&mut *ledger),
                now,
                &mut account,
            )?;
            let sent = if wanted.no_deliver {
                post.send_nothing(pipeline, ledger, now.to_utc())?
            } else {
                post.send_due(pipeline, ledger, now.to_utc())?
            };
            account.text.push_str(&sent.text);
            account.deliveries.extend(sent.documents);
            account.end = account.end.and(sent.end);
        }
    }
    let document = json!({
        "reports": account.reports,
        "deliveries": account.deliveries,
        "next": account.next,
        "exit_code": account.end.code(),
    });
    terminal.data(&document, &account.text);
    Ok(account.end)
}

/// Every plan is read and checked before the first one is run.
fn plans(home: &Home, wanted: &Run) -> Result<Vec<Pipeline>, Stop> {
    let ids = if wanted.plans.is_empty() {
        home.plan_ids()?
    } else {
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
    let mut plans = Vec::new();
    let mut stop: Option<Stop> = None;
    for id in ids {
        match home.plan(&id) {
            Ok(pipeline) => plans.push(pipeline),
            Err(other) => match &mut stop {
                Some(stop) => stop.diagnostics.extend(other.diagnostics),
                None => stop = Some(other),
            },
        }
    }
    stop.map_or(Ok(plans), Err)
}

fn plan(
    terminal: &Terminal,
    home: &Home,
    pipeline: &Pipeline,
    wanted: &Run,
    mut ledger: Option<&mut Ledger>,
    now: DateTime<Tz>,
    account: &mut Account,
) -> Result<(), Stop> {
    let id = &pipeline.plan.id;
    if let Some(period) = wanted.period {
        let period = home::period(pipeline, Some(period), &now)?;
        return issue(
            terminal, home, pipeline, wanted, ledger, now, period, account,
        );
    }
    if let Some(ledger) = ledger.as_deref()
        && wanted.as_of.is_none()
        && let Some(clock) = clock_went_back(ledger, id, &now)?
    {
        terminal.diagnostics(&[clock]);
        account.end = account.end.and(End::Held);
        return Ok(());
    }
    let today = now.date_naive();
    for period in pipeline.schedule.due_by(today) {
        if let Some(ledger) = ledger.as_deref_mut() {
            let skips = ledger.skips(id).map_err(Stop::environment)?;
            if skips.iter().any(|skip| skip.period == period) {
                continue;
            }
            let last = ledger.latest_final_edition(id, period);
            if let Some(edition) = last.map_err(Stop::environment)? {
                if !wanted.dry_run {
                    let late = late::look(home, pipeline, ledger, &edition, now.to_utc())?;
                    terminal.once(&late);
                }
                continue;
            }
        }
        if today > pipeline.schedule.held_after(period) {
            terminal.diagnostics(&[too_late(pipeline, period)]);
            account
                .reports
                .push(json!({ "plan": id, "period": period, "outcome": "held" }));
            account.end = account.end.and(End::Held);
            continue;
        }
        issue(
            terminal,
            home,
            pipeline,
            wanted,
            ledger.as_deref_mut(),
            now,
            period,
            account,
        )?;
    }
    let next = pipeline.schedule.next_after(today);
    let due = pipeline.schedule.due_on(next);
    account
        .next
        .push(json!({ "plan": id, "period": next, "due": due }));
    account
        .text
        .push_str(&format!("{id}: next is {next}, due {due}.\n"));
    Ok(())
}

#[allow(
    clippy::too_many_arguments,
    reason = "the run's whole context, passed down once"
)]
fn issue(
    terminal: &Terminal,
    home: &Home,
    pipeline: &Pipeline,
    wanted: &Run,
    mut ledger: Option<&mut Ledger>,
    now: DateTime<Tz>,
    period: Period,
    account: &mut Account,
) -> Result<(), Stop> {
    let order = Order {
        period,
        now,
        attended: wanted.period.is_some(),
        inputs: wanted.inputs.clone(),
        out: wanted.out.clone(),
        dry_run: wanted.dry_run,
        correction: wanted
            .new_edition
            .then(|| wanted.reason.clone().unwrap_or_default()),
    };
    let issued = edition::issue(terminal, home, pipeline, ledger.as_deref_mut(), &order)?;
    let id = &pipeline.plan.id;
    match issued {
        Issued::New { report, text, end } => {
            account.text.push_str(&text);
            account.reports.push(report);
            account.end = account.end.and(end);
        }
        Issued::Exists(edition) => {
            let mut since = Vec::new();
            if let Some(ledger) = ledger.filter(|_| !wanted.dry_run && wanted.inputs.is_none()) {
                late::look(home, pipeline, ledger, &edition, now.to_utc())?;
                let seen = ledger.submissions(id, period).map_err(Stop::environment)?;
                since = late::since(&seen, &edition)
                    .map(|s| s.submission.file.clone())
                    .collect();
            }
            account.text.push_str(&exists(
                pipeline,
                &edition,
                account_dir(home, wanted, pipeline, &edition),
                &since,
            ));
            account.reports.push(json!({
                "plan": id,
                "period": period,
                "outcome": "exists",
                "edition": edition.key.edition,
                "directory": account_dir(home, wanted, pipeline, &edition),
                "results": results(&edition),
                "late_files": since,
            }));
        }
        Issued::Waits(why) => {
            account.text.push_str(&format!("{id} {period}: {why}\n"));
            account
                .reports
                .push(json!({ "plan": id, "period": period, "outcome": "waits", "why": why }));
            account.end = account.end.and(End::Later);
        }
        Issued::Held(end) => {
            account
                .reports
                .push(json!({ "plan": id, "period": period, "outcome": "held" }));
            account.end = account.end.and(end);
        }
    }
    Ok(())
}

fn account_dir(home: &Home, wanted: &Run, pipeline: &Pipeline, edition: &Edition) -> String {
    let key = &edition.key;
    publish::folder(home, wanted.out.as_deref(), &pipeline.plan.id, key.period)
        .join(format!("v{}", key.edition))
        .display()
        .to_string()
}

fn results(edition: &Edition) -> Option<Value> {
    serde_json::from_str(edition.results.as_deref()?).ok()
}

fn exists(pipeline: &Pipeline, edition: &Edition, directory: String, since: &[String]) -> String {
    let key = &edition.key;
    let correction = late::correction(pipeline, key.period);
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

fn too_late(pipeline: &Pipeline, period: Period) -> Diagnostic {
    let id = &pipeline.plan.id;
    let message = format!(
        "{id} {period} was due on {} and has no edition; it is too late to issue it unasked",
        pipeline.schedule.due_on(period)
    );
    Diagnostic::error("too-late", message).hint(format!(
        "issue it now: metas run {id} --period {period}; or close it: metas skip {id} {period} --reason \"…\""
    ))
}

/// A clock behind what the ledger has recorded would send things twice or never.
fn clock_went_back(
    ledger: &Ledger,
    plan: &str,
    now: &DateTime<Tz>,
) -> Result<Option<Diagnostic>, Stop> {
    let editions = ledger
        .editions(Some(plan), None)
        .map_err(Stop::environment)?;
    let latest = editions.iter().map(|e| e.issued_at).max();
    let Some(latest) = latest.filter(|at| *at > now.to_utc() + chrono::Duration::hours(1)) else {
        return Ok(None);
    };
    let message = format!(
        "the clock says {}, but an edition of {plan} was issued on {}",
        now.format("%Y-%m-%d %H:%M"),
        latest
            .with_timezone(&now.timezone())
            .format("%Y-%m-%d %H:%M")
    );
    let error = Diagnostic::error("clock", message);
    Ok(Some(error.hint(
        "set the clock, or say which period: metas run PLAN --period PERIOD",
    )))
}
