//! `metas status`: who has submitted, what is late, which editions exist, how deliveries stand,
//! and the plan over time.

use std::path::Path;

use serde_json::{Value, json};

use super::homes::HomesArguments;
use super::overview;
use super::status_approvals;
use super::status_goals::{goals, over_time};
use super::submissions::matrix_text;
use crate::console::{Console, finding_json};
use crate::diagnostic::visible;
use crate::dropbox;
use crate::edition::compose;
use crate::edition::delivery_lines;
use crate::edition::last_run;
use crate::edition::late_files;
use crate::edition::published;
use crate::edition::store_place;
use crate::edition::submission_matrix;
use crate::edition::unsettled;
use crate::edition::unsettled::Unreached;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::AsOf;
use crate::home::Home;
use crate::ledger::{Approved, Delivery, DeliveryFilter, Edition, Ledger, SeenSubmission};
use crate::period::Period;
use crate::plan::Plan;
use crate::store::files::all_below;
use crate::store::presence;
use clap::Args;

/// `metas status`.
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// The plan; default: all of the home
    #[arg(conflicts_with = "homes")]
    pub plan: Option<String>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Many homes.
    #[command(flatten)]
    pub homes: HomesArguments,
}

/// Prints how each plan stands.
///
/// # Errors
/// Not one definition is sound, or the ledger cannot be read.
pub(crate) fn status(
    console: &Console,
    home: &Home,
    arguments: &StatusArguments,
) -> Result<ExitStatus, CommandError> {
    let told = of_home(console, home, arguments.plan.as_deref(), arguments.as_of)?;
    console.data(&told.document, &told.text);
    Ok(told.status)
}

/// How the plans of a home stand, for programs and for people.
pub(super) struct HomeTold {
    /// For programs.
    pub document: Value,
    /// For people.
    pub text: String,
    /// Worse than done where one of several definitions is wrong.
    pub status: ExitStatus,
}

/// How each plan stands, or the one that is named. A definition that is wrong is told, and keeps no
/// other plan from being told of.
///
/// # Errors
/// Not one definition is sound, or the ledger cannot be read.
pub(super) fn of_home(
    console: &Console,
    home: &Home,
    plan: Option<&str>,
    as_of: Option<AsOf>,
) -> Result<HomeTold, CommandError> {
    let ids = match plan {
        Some(id) => vec![id.to_owned()],
        None => home.plan_ids()?,
    };
    let ledger = work::open_if_there(home)?;
    let mut text = String::new();
    let mut plans = Vec::new();
    let mut broken: Vec<(String, CommandError)> = Vec::new();
    for id in ids {
        let pipeline = match home.plan(&id) {
            Ok(pipeline) => pipeline,
            Err(error) => {
                broken.push((id, error));
                continue;
            }
        };
        let now = home::now(as_of, pipeline.plan.timezone)?;
        let (document, told) = whole_plan(console, home, &pipeline, ledger.as_ref(), &now)?;
        plans.push(document);
        text.push_str(&told);
    }
    if plans.is_empty() {
        return Err(of_all(broken));
    }
    let server = ledger.filter(|ledger| ledger.is_on_a_server());
    let server = server.map(|ledger| ledger.place());
    if let Some(place) = &server {
        text.push_str(&format!("ledger: {place}\n"));
    }
    let store = store_place::of(home)?.map(|store| store.place().to_owned());
    if let Some(place) = &store {
        text.push_str(&format!("store: {place}\n"));
    }
    let mut status = ExitStatus::Done;
    for (id, error) in &broken {
        console.diagnostics(&error.diagnostics);
        text.push_str(&format!("{id}: its definition is wrong\n"));
        status = status.and(error.status);
    }
    let mut document = json!({
        "plans": plans,
        "failures": broken.iter().map(failure).collect::<Vec<_>>(),
        "last_run": last_run::of(home),
        "archive": archive_size(home)?,
    });
    if let Some(place) = server {
        document["ledger"] = json!(place);
    }
    if let Some(place) = store {
        document["store"] = json!(place);
    }
    Ok(HomeTold {
        document,
        text,
        status,
    })
}

/// Everything that is wrong with the definitions of a home, where not one is sound.
fn of_all(broken: Vec<(String, CommandError)>) -> CommandError {
    let status = broken.first().map(|(_, error)| error.status);
    CommandError {
        status: status.unwrap_or(ExitStatus::Environment),
        diagnostics: broken
            .into_iter()
            .flat_map(|(_, error)| error.diagnostics)
            .collect(),
    }
}

fn failure((plan, error): &(String, CommandError)) -> Value {
    let findings: Vec<Value> = error.diagnostics.iter().map(finding_json).collect();
    json!({ "plan": plan, "exit_code": error.status.code(), "findings": findings })
}

/// How many files the archive holds, and their bytes; none where there is no archive.
fn archive_size(home: &Home) -> Result<Option<Value>, CommandError> {
    let folder = home.state().join("archive");
    if !presence::is_folder(&folder)? {
        return Ok(None);
    }
    let files = all_below(&folder)?;
    // A file that has gone meanwhile takes no room.
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
    let sum: u64 = files.iter().map(|(_, path)| bytes(path)).sum();
    Ok(Some(json!({ "files": files.len(), "bytes": sum })))
}

/// A plan with its matrix and what does not agree with the ledger.
fn whole_plan(
    console: &Console,
    home: &Home,
    pipeline: &Plan,
    ledger: Option<&Ledger>,
    now: &chrono::DateTime<chrono_tz::Tz>,
) -> Result<(Value, String), CommandError> {
    let id = &pipeline.plan.id;
    let (mut document, mut text) = plan(home, pipeline, ledger, now)?;
    let matrix = submission_matrix::today(home, ledger, pipeline, now)?;
    text.push_str(&matrix_text(&matrix));
    let mut wrong = published::unknown(home, ledger, id, None)?;
    if let Some(ledger) = ledger {
        wrong.extend(published::damaged(home, ledger, Some(id))?);
    }
    console.diagnostics(&wrong);
    let mut overview = overview::of_plan(pipeline, ledger, &matrix, now)?;
    overview.problems = wrong.len();
    document["overview"] = json!(overview);
    document["submissions"] = json!(matrix);
    document["problems"] = wrong.iter().map(finding_json).collect();
    Ok((document, text))
}

/// The plan's deliveries so far.
fn deliveries(ledger: Option<&Ledger>, plan: &str) -> Result<Vec<Delivery>, CommandError> {
    let filter = DeliveryFilter {
        plan: Some(plan.to_owned()),
        ..DeliveryFilter::default()
    };
    let rows = ledger.map(|ledger| ledger.deliveries(&filter));
    Ok(rows.transpose()?.unwrap_or_default())
}

fn plan(
    home: &Home,
    pipeline: &Plan,
    ledger: Option<&Ledger>,
    now: &chrono::DateTime<chrono_tz::Tz>,
) -> Result<(Value, String), CommandError> {
    let today = now.date_naive();
    let id = &pipeline.plan.id;
    let editions = match ledger {
        Some(ledger) => ledger.editions(Some(id), None)?,
        None => Vec::new(),
    };
    let skips = match ledger {
        Some(ledger) => ledger.skips(id)?,
        None => Vec::new(),
    };
    let mut text = format!("{id}: {}\n", pipeline.plan.title);
    let mut periods = Vec::new();
    let next = pipeline.schedule.next_after(today);
    for period in pipeline.schedule.due_by(today).into_iter().chain([next]) {
        let skipped = skips
            .iter()
            .find(|s| s.period == period)
            .map(|s| s.reason.as_str());
        let place = PlanStatus {
            home,
            pipeline,
            ledger,
        };
        let (document, told) = place.period(period, today, &editions, skipped)?;
        text.push_str(&told);
        periods.push(document);
    }
    let rows = deliveries(ledger, id)?;
    if !rows.is_empty() {
        text.push_str("  Deliveries\n");
        text.push_str(&delivery_lines::lines(&rows));
    }
    let unreached = match ledger {
        Some(ledger) => unsettled::unreached(ledger, pipeline)?,
        None => None,
    };
    if let Some(unreached) = &unreached {
        text.push_str(&unreached_text(unreached));
    }
    let history = compose::history(ledger, pipeline, next.next(), now.to_utc())?;
    text.push_str(&over_time(pipeline, &history));
    let document = json!({
        "plan": id,
        "periods": periods,
        "next": { "period": next, "due": pipeline.schedule.due_on(next) },
        "deliveries": rows.iter().map(delivery_lines::document).collect::<Vec<_>>(),
        "not_delivered": unreached.map(|u| u.recipients).unwrap_or_default(),
        "goals": goals(pipeline, &history),
    });
    Ok((document, text))
}

/// A plan and what is known of it.
struct PlanStatus<'a> {
    home: &'a Home,
    pipeline: &'a Plan,
    ledger: Option<&'a Ledger>,
}

impl PlanStatus<'_> {
    /// How a period stands, for programs and for people.
    fn period(
        &self,
        period: Period,
        today: chrono::NaiveDate,
        editions: &[Edition],
        skipped: Option<&str>,
    ) -> Result<(Value, String), CommandError> {
        let Self {
            home,
            pipeline,
            ledger,
        } = *self;
        let of: Vec<&Edition> = editions
            .iter()
            .filter(|e| e.published && e.key.period == period)
            .collect();
        let received = received(home, pipeline, period)?;
        let approved = status_approvals::approved(ledger, &of)?;
        let of = PeriodEditions {
            editions: &of,
            approved: &approved,
        };
        let mut text = period_text(pipeline, (period, today), &of, skipped, &received);
        let mut document = period_document(pipeline, period, &of, skipped, &received);
        let (waits, waiting) = status_approvals::waiting(home, pipeline, ledger, period)?;
        text.push_str(&waits);
        document["awaiting_approval"] = waiting;
        let of = of.editions;
        if let (Some(ledger), Some(edition)) = (ledger, of.last().filter(|e| !e.preliminary)) {
            let seen = ledger.submissions(&pipeline.plan.id, period)?;
            text.push_str(&late_text(pipeline, edition, &seen));
            document["late_files"] = late_files::since(&seen, edition)
                .map(|s| json!({ "file": s.submission.file, "sha256": s.submission.sha256, "first_seen_at": s.first_seen_at }))
                .collect();
        }
        Ok((document, text))
    }
}

/// Who was added or corrected after the last edition, and how it reaches them.
fn unreached_text(unreached: &Unreached) -> String {
    let key = &unreached.key;
    let mut text = format!(
        "  Not delivered: {} v{} has no message for {}\n",
        key.period,
        key.edition,
        unreached.recipients.join(", ")
    );
    for command in unreached.commands() {
        text.push_str(&format!("    {command}\n"));
    }
    text
}

/// The published editions of a period, and who released each.
struct PeriodEditions<'a> {
    editions: &'a [&'a Edition],
    approved: &'a [Option<Approved>],
}

/// Whether a file of a source lies in the drop folder now.
struct Received {
    source: String,
    department: String,
    files: Vec<String>,
}

fn received(home: &Home, pipeline: &Plan, period: Period) -> Result<Vec<Received>, CommandError> {
    let folder = home.inputs(period);
    dropbox::present(Path::new(&folder), &pipeline.sources)
        .map(|present| {
            present
                .into_iter()
                .map(|(source, department, files)| Received {
                    source,
                    department,
                    files,
                })
                .collect()
        })
        .map_err(|e| CommandError::io("read", &folder, &e))
}

fn period_text(
    pipeline: &Plan,
    (period, today): (Period, chrono::NaiveDate),
    of: &PeriodEditions<'_>,
    skipped: Option<&str>,
    received: &[Received],
) -> String {
    let due = pipeline.schedule.due_on(period);
    let state = match (skipped, of.editions.last()) {
        (Some(reason), _) => format!("skipped: {}", visible(reason)),
        (None, Some(edition)) => {
            let kind = if edition.preliminary {
                "preliminary"
            } else {
                "final"
            };
            let day = edition
                .issued_at
                .with_timezone(&pipeline.plan.timezone)
                .date_naive();
            let adopted = if edition.adopted { ", adopted" } else { "" };
            let last = of.approved.last().and_then(Option::as_ref);
            let approved = status_approvals::approved_text(last, pipeline.plan.timezone);
            format!(
                "v{} ({kind}{adopted}), issued on {day}{approved}",
                edition.key.edition
            )
        }
        (None, None) if today > pipeline.schedule.held_after(period) => "too late, held".to_owned(),
        (None, None) if today >= due => "due, not issued".to_owned(),
        (None, None) => "not due yet".to_owned(),
    };
    let mut text = format!("  {period}  due {due}  {state}\n");
    if skipped.is_none() {
        let widest = received.iter().map(|one| one.source.chars().count()).max();
        let widest = widest.unwrap_or_default();
        for one in received {
            let name = pipeline
                .departments
                .get(&one.department)
                .map_or("", |d| d.name.as_str());
            let what = match one.files.as_slice() {
                [] => "missing".to_owned(),
                files => visible(&files.join(", ")).into_owned(),
            };
            text.push_str(&format!("    {:widest$}  {what}  ({name})\n", one.source));
        }
    }
    text
}

/// Files that came after the edition, and how they can count.
fn late_text(pipeline: &Plan, edition: &Edition, seen: &[SeenSubmission]) -> String {
    let line = |s: &SeenSubmission| {
        let day = s.first_seen_at.with_timezone(&pipeline.plan.timezone);
        format!(
            "    after v{}: {}, seen on {}\n",
            edition.key.edition,
            visible(&s.submission.file),
            day.date_naive()
        )
    };
    let mut text: String = late_files::since(seen, edition).map(line).collect();
    if !text.is_empty() {
        let correction = late_files::correction(pipeline, edition.key.period);
        text.push_str(&format!("    a correction: {correction}\n"));
    }
    text
}

fn period_document(
    pipeline: &Plan,
    period: Period,
    of: &PeriodEditions<'_>,
    skipped: Option<&str>,
    received: &[Received],
) -> Value {
    json!({
        "period": period,
        "due": pipeline.schedule.due_on(period),
        "skipped": skipped,
        "editions": of.editions.iter().zip(of.approved).map(|(e, approved)| json!({
            "edition": e.key.edition,
            "preliminary": e.preliminary,
            "issued_at": e.issued_at,
            "reason": e.reason,
            "adopted": e.adopted,
            "approved": approved,
        })).collect::<Vec<_>>(),
        "sources": received.iter().map(|r| json!({
            "source": r.source,
            "department": r.department,
            "files": r.files,
        })).collect::<Vec<_>>(),
    })
}
