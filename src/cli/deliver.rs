//! `metas deliver`: the outbox as a person sees it and settles it.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::bounce;
use super::send;
use super::show;
use crate::console::Console;
use crate::delivery;
use crate::delivery::Resolution;
use crate::edition::delivery_lines::{document, line};
use crate::edition::mailing;
use crate::edition::published;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::ledger::{DeliveryFilter, DeliveryState};
use crate::period::Period;
use clap::Subcommand;
use std::path::PathBuf;

/// `metas deliver`.
#[derive(Debug, Subcommand)]
pub enum DeliverCommand {
    /// Every delivery and its state
    List,
    /// One delivery: its state, its message's headers, where its bytes are, all that happened
    Show {
        /// Its number in `deliver list`
        id: i64,
    },
    /// Try again what was deferred or refused, now
    Retry {
        /// Their numbers in `deliver list`; default: all
        ids: Vec<i64>,
    },
    /// Settle a delivery by a person's word: one that is in doubt, refused or deferred
    Resolve {
        /// Its number in `deliver list`
        id: i64,
        /// The recipient has it
        #[arg(long, conflicts_with = "resend", required_unless_present = "resend")]
        sent: bool,
        /// Send it again
        #[arg(long)]
        resend: bool,
    },
    /// Note by a mail system's notice (RFC 3464) that a message did not arrive
    Bounce {
        /// The notice as it was mailed; - reads it from standard input
        file: PathBuf,
    },
    /// Queue a period's last edition for an address of the definition that has not had it
    Send {
        /// The plan
        plan: String,
        /// The period
        period: Period,
        /// An address of the definition
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// Also where it has had the edition: as a message of its own
        #[arg(long)]
        again: bool,
    },
}

/// Lists, shows, retries, resolves or adds deliveries.
///
/// # Errors
/// The ledger cannot be used, or the delivery is not one to do this with.
pub(crate) fn deliver(
    console: &Console,
    home: &Home,
    what: &DeliverCommand,
) -> Result<ExitStatus, CommandError> {
    let now = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    match what {
        DeliverCommand::List => list(console, home),
        DeliverCommand::Show { id } => show::show(console, home, *id),
        DeliverCommand::Retry { ids } => retry(console, home, ids, now),
        DeliverCommand::Resolve { id, resend, .. } => {
            let resolution = if *resend {
                Resolution::Resend
            } else {
                Resolution::Sent
            };
            resolve(console, home, *id, resolution, now)
        }
        DeliverCommand::Bounce { file } => bounce::bounce(console, home, file, now),
        DeliverCommand::Send {
            plan,
            period,
            to,
            again,
        } => {
            let asked = send::SendRequest {
                period: *period,
                to,
                again: *again,
            };
            send::send(console, home, plan, &asked, now)
        }
    }
}

fn list(console: &Console, home: &Home) -> Result<ExitStatus, CommandError> {
    let rows = match work::open_if_there(home)? {
        Some(ledger) => ledger.deliveries(&DeliveryFilter::default())?,
        None => Vec::new(),
    };
    let text = if rows.is_empty() {
        "Nothing has been queued yet.\n".to_owned()
    } else {
        rows.iter().map(line).collect()
    };
    console.data(
        &json!({ "deliveries": rows.iter().map(document).collect::<Vec<_>>() }),
        &text,
    );
    Ok(ExitStatus::Done)
}

fn retry(
    console: &Console,
    home: &Home,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<ExitStatus, CommandError> {
    let mut work = work::begin(console, home, now)?;
    let ledger = &mut work.ledger;
    let queued = delivery::retry(ledger, ids, now)?;
    let mut sent = mailing::SendOutcome::default();
    let mut post = mailing::Mailer::new(console, home);
    for id in home.plan_ids()? {
        if !ids.is_empty() && queued.iter().all(|row| row.topic.plan != id) {
            continue;
        }
        let pipeline = match home.plan(&id) {
            Ok(pipeline) => pipeline,
            // One broken plan does not keep the others' mail back.
            Err(error) => {
                console.diagnostics(&error.diagnostics);
                sent.status = sent.status.and(error.status);
                continue;
            }
        };
        if published::holds(console, home, Some(ledger), &pipeline, None)? {
            sent.status = sent.status.and(ExitStatus::Held);
            continue;
        }
        sent.add(post.send_due(&pipeline, ledger, now)?);
    }
    console.data(&json!({ "deliveries": sent.documents }), &sent.text);
    Ok(sent.status)
}

fn resolve(
    console: &Console,
    home: &Home,
    id: i64,
    resolution: Resolution,
    now: DateTime<Utc>,
) -> Result<ExitStatus, CommandError> {
    let mut work = work::alone(home, now)?;
    let row = delivery::resolve(&mut work.ledger, id, resolution, now)?;
    let next = if row.state == DeliveryState::Queued {
        "It goes out with the next run: metas run, or metas deliver retry.\n"
    } else {
        ""
    };
    let text = format!("{}{next}", line(&row));
    console.data(&json!({ "deliveries": [document(&row)] }), &text);
    Ok(ExitStatus::Done)
}
