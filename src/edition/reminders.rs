//! Reminders: what is missing, to the liaison, on the days that the plan's ladder names. One
//! message a person and day, over all sources and plans; none to who has delivered.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use chrono_tz::Tz;

use super::arrivals;
use super::notice::{MessageFile, Writer, address, plain_name};
use super::periods::Periods;
use super::reminder_hours;
use super::reminder_hours::PlanMoment;
use super::submissions;
use crate::correspondence;
use crate::correspondence::{MissingFile, MissingState, Reminder};
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{
    DeliveryFilter, DeliveryState, Ledger, Note, Occasion, ReminderStep, SeenSubmission,
    SubmissionState, Topic,
};
use crate::period::Period;
use crate::plan::{Plan, Source};
use crate::store::error::Doing;
use crate::store::presence;
use crate::workbook;

/// Media type of a blank workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A plan of the run, and what time it is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlanNow<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The moment, in its zone.
    pub now: DateTime<Tz>,
}

/// A file that a person is to deliver, and the step on which they are reminded of it.
struct OwedFile<'a> {
    at: PlanNow<'a>,
    step: ReminderStep,
    source: Source,
    department: String,
    /// The name of a file that was received and can't be used.
    unusable: Option<String>,
}

/// Queues the reminders that are due, and withdraws those that wait for somebody who has delivered
/// meanwhile.
///
/// # Errors
/// A drop folder, the archive or the ledger cannot be used. What is due stays due.
pub(crate) fn queue(
    home: &Home,
    plans: &[PlanNow<'_>],
    ledger: &mut Ledger,
) -> Result<(), CommandError> {
    let of_persons = of_persons(home, plans, ledger)?;
    withdraw(ledger, plans, &of_persons)?;
    let reminding = plans.iter().filter(|at| at.plan.schedule.reminds());
    let moments: Vec<PlanMoment<'_>> = reminding
        .map(|at| (at.plan.plan.id.as_str(), at.now))
        .collect();
    let open = reminder_hours::open(ledger, &moments)?;
    for (person, owed) in &of_persons {
        remind(home, ledger, (person, owed), &open)?;
    }
    reminder_hours::note(ledger, &moments)
}

/// Why each person is reminded, in a sentence.
///
/// # Errors
/// A drop folder or the ledger cannot be read.
pub(crate) fn reasons(
    home: &Home,
    plans: &[PlanNow<'_>],
    ledger: &Ledger,
) -> Result<BTreeMap<String, String>, CommandError> {
    let of_persons = of_persons(home, plans, ledger)?;
    let reason = |(person, owed): (String, Vec<OwedFile<'_>>)| (person, reason(&owed));
    Ok(of_persons.into_iter().map(reason).collect())
}

/// By period: when its files are due, and what is not there.
fn reason(owed: &[OwedFile<'_>]) -> String {
    let mut parts: Vec<(String, Vec<String>)> = Vec::new();
    for one in owed {
        let deadline = one.at.plan.schedule.last_day_for_files(one.step.period);
        let left = (deadline - one.at.now.date_naive()).num_days();
        let days = |n: i64| format!("{n} day{}", if n == 1 { "" } else { "s" });
        let when = match left {
            0 => "are due today".to_owned(),
            1.. => format!("are due in {}", days(left)),
            _ => format!("were due {} ago", days(-left)),
        };
        let head = format!("files for {} {when}", one.step.period);
        let what = match &one.unusable {
            Some(file) => format!("{file} can't be used"),
            None => {
                let file = one.source.file.replace("{department}", &one.department);
                format!("{file} is missing")
            }
        };
        match parts.iter_mut().find(|(known, _)| *known == head) {
            Some((_, whats)) => whats.push(what),
            None => parts.push((head, vec![what])),
        }
    }
    let parts: Vec<String> = parts
        .into_iter()
        .map(|(head, whats)| format!("{head} and {}", whats.join(", ")))
        .collect();
    parts.join("; ")
}

/// What each person is to deliver, over all plans.
fn of_persons<'a>(
    home: &Home,
    plans: &[PlanNow<'a>],
    ledger: &Ledger,
) -> Result<BTreeMap<String, Vec<OwedFile<'a>>>, CommandError> {
    let mut of_persons: BTreeMap<String, Vec<OwedFile<'a>>> = BTreeMap::new();
    for at in plans.iter().filter(|at| at.plan.schedule.reminds()) {
        for period in Periods::of(ledger, at.plan, at.now.date_naive())?.open {
            for (person, owed) in owed(home, ledger, *at, period)? {
                of_persons.entry(person).or_default().push(owed);
            }
        }
    }
    Ok(of_persons)
}

/// What is missing of a period whose ladder has a step to take, with who is to deliver it.
fn owed<'a>(
    home: &Home,
    ledger: &Ledger,
    at: PlanNow<'a>,
    period: Period,
) -> Result<Vec<(String, OwedFile<'a>)>, CommandError> {
    let Some(day) = at.plan.schedule.reminder_step(period, at.now.date_naive()) else {
        return Ok(Vec::new());
    };
    let plan = at.plan.at(period);
    let seen = ledger.submissions(&plan.plan.id, period)?;
    let there = presence::is_folder(&home.inputs(period))?;
    if !there && !looks_new(home, ledger, &plan, &seen)? {
        return Ok(Vec::new());
    }
    let sight = arrivals::arrivals(home, &plan, ledger, period)?;
    let absent = |source: &str, department: &str| {
        let mut missing = sight.missing.iter();
        !there || missing.any(|m| m.source == source && m.department == department)
    };
    let refused = |source: &str, department: &str| {
        let mut refused = sight.refused.iter();
        let one = refused.find(|r| r.source == source && r.department == department);
        one.and_then(|refused| refused.files.first())
    };
    let mut owed = Vec::new();
    for source in plan.sources.values().filter(|source| source.required) {
        for department in source.providers.departments() {
            let last = submissions::last_version(&seen, &source.id, department);
            let unusable = last
                .filter(|s| s.submission.state == SubmissionState::Rejected)
                .map(|seen| &seen.submission.file)
                .or_else(|| refused(&source.id, department));
            let never = last.is_none() && absent(&source.id, department);
            let liaison = plan.departments.get(department);
            let liaison = liaison.and_then(|department| department.liaison.as_ref());
            let (true, Some(liaison)) = (never || unusable.is_some(), liaison) else {
                continue;
            };
            let step = ReminderStep {
                plan: plan.plan.id.clone(),
                period,
                day,
            };
            let one = OwedFile {
                at,
                step,
                source: source.clone(),
                department: department.clone(),
                unusable: unusable.cloned(),
            };
            owed.push((address(liaison)?, one));
        }
    }
    Ok(owed)
}

/// Whether a folder that is not there has only not been made yet. Where files of other periods were
/// seen and the folder above is gone or empty now, a share is not mounted: nothing is said about who has
/// delivered.
fn looks_new(
    home: &Home,
    ledger: &Ledger,
    plan: &Plan,
    seen: &[SeenSubmission],
) -> Result<bool, CommandError> {
    if !seen.is_empty() {
        return Ok(false);
    }
    let folder = home.root.join("inputs");
    let entries = presence::unless_absent(std::fs::read_dir(&folder)).doing("read", &folder)?;
    if entries.is_some_and(|mut entries| entries.next().is_some()) {
        return Ok(true);
    }
    let ever = ledger.has_submissions(&plan.plan.id)?;
    Ok(!ever)
}

/// Reminds a person of everything, where some of it has a step that they were not reminded on and
/// belongs to one of the `open` plans, and where they have not been written to today.
fn remind(
    home: &Home,
    ledger: &mut Ledger,
    (person, owed): (&str, &[OwedFile<'_>]),
    open: &BTreeSet<String>,
) -> Result<(), CommandError> {
    let mut first = None;
    for one in owed.iter().filter(|one| open.contains(&one.step.plan)) {
        let reminded = ledger.is_reminded(&one.step, person)?;
        if !reminded && one.at.plan.delivery.is_some() {
            first = Some(one.at);
            break;
        }
    }
    let Some(at) = first else {
        return Ok(());
    };
    let today = at.now.date_naive();
    let about = today.to_string();
    let written = ledger.has_reminder(&about, person)?;
    if written {
        return Ok(());
    }
    let Some(writer) = Writer::of(home, at.plan, at.now.to_utc()) else {
        return Ok(());
    };
    let (files, attachments) = files(owed, writer.room())?;
    let letter = correspondence::reminder(&Reminder {
        sender: &writer.sender(),
        today,
        files: &files,
    })?;
    let topic = Topic::notice(Occasion::Reminder, &at.plan.plan.id, None, about);
    let reminder = writer.frozen(topic, person, &letter, &attachments)?;
    let steps: BTreeSet<ReminderStep> = owed.iter().map(|one| one.step.clone()).collect();
    let steps: Vec<ReminderStep> = steps.into_iter().collect();
    Ok(ledger.queue_reminder(&reminder, &steps, at.now.to_utc())?)
}

/// What is missing, and the blank workbooks for it as far as there is room.
fn files(
    owed: &[OwedFile<'_>],
    mut room: usize,
) -> Result<(Vec<MissingFile>, Vec<MessageFile>), CommandError> {
    let mut files = Vec::new();
    let mut attachments: Vec<MessageFile> = Vec::new();
    for one in owed {
        let plan = one.at.plan.at(one.step.period);
        let made = workbook::template(&plan, &one.source, &one.department, &[])
            .map_err(CommandError::environment)?;
        let blank = (made.bytes.len() <= room).then(|| {
            room -= made.bytes.len();
            let prefix = format!("formato-{}", attachments.len() + 1);
            let name = plain_name(&prefix, &made.name);
            attachments.push(MessageFile {
                name: name.clone(),
                media_type: WORKBOOK,
                bytes: made.bytes,
            });
            name
        });
        let department = plan.departments.get(&one.department);
        files.push(MissingFile {
            plan: plan.plan.title.clone(),
            period: one.step.period,
            department: department.map_or(one.department.clone(), |d| d.name.clone()),
            file: one.source.file.replace("{department}", &one.department),
            sheet: one.source.sheet.clone(),
            deadline: plan.schedule.last_day_for_files(one.step.period),
            state: match &one.unusable {
                None => MissingState::NotReceived,
                Some(file) => MissingState::Unusable {
                    file: file.clone(),
                    reason: None,
                },
            },
            blank,
        });
    }
    Ok((files, attachments))
}

/// Withdraws reminders that have not gone out and whose recipient has delivered everything.
fn withdraw(
    ledger: &mut Ledger,
    plans: &[PlanNow<'_>],
    of_persons: &BTreeMap<String, Vec<OwedFile<'_>>>,
) -> Result<(), CommandError> {
    let note = Note {
        reply: Some("what it asks for has been delivered, or is not asked for any more".to_owned()),
        ..Note::default()
    };
    for at in plans {
        let waiting = ledger.deliveries(&DeliveryFilter {
            plan: Some(at.plan.plan.id.clone()),
            occasion: Some(Occasion::Reminder),
            states: vec![DeliveryState::Queued, DeliveryState::Deferred],
            ..DeliveryFilter::default()
        })?;
        for row in waiting {
            if of_persons.contains_key(&row.recipient.to_ascii_lowercase()) {
                continue;
            }
            ledger.transition(
                row.id,
                (row.state, DeliveryState::Superseded),
                &note,
                at.now.to_utc(),
            )?;
        }
    }
    Ok(())
}
