//! `metas deliver`: the outbox as a person sees it and settles it.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::delivery_lines::{document, line};
use super::home::{self, Home};
use super::ledger;
use super::mail;
use super::published;
use super::send;
use super::show;
use super::stop::{End, Stop};
use crate::cli::Deliver;
use crate::delivery::{self, Resolution};
use crate::ledger::{DeliveryFilter, DeliveryState};
use crate::terminal::Terminal;

/// Lists, shows, retries, resolves or adds deliveries.
///
/// # Errors
/// The ledger cannot be used, or the delivery is not one to do this with.
pub fn deliver(terminal: &Terminal, home: &Home, what: &Deliver) -> Result<End, Stop> {
    let now = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    match what {
        Deliver::List => list(terminal, home),
        Deliver::Show { id } => show::show(terminal, home, *id),
        Deliver::Retry { ids } => retry(terminal, home, ids, now),
        Deliver::Resolve { id, resend, .. } => {
            let resolution = if *resend {
                Resolution::Resend
            } else {
                Resolution::Sent
            };
            resolve(terminal, home, *id, resolution, now)
        }
        Deliver::Send {
            plan,
            period,
            to,
            again,
        } => {
            let asked = send::Asked {
                period: *period,
                to,
                again: *again,
            };
            send::send(terminal, home, plan, &asked, now)
        }
    }
}

fn list(terminal: &Terminal, home: &Home) -> Result<End, Stop> {
    let rows = match ledger::open_if_there(home)? {
        Some(ledger) => ledger
            .deliveries(&DeliveryFilter::default())
            .map_err(Stop::environment)?,
        None => Vec::new(),
    };
    let text = if rows.is_empty() {
        "Nothing has been queued yet.\n".to_owned()
    } else {
        rows.iter().map(line).collect()
    };
    terminal.data(
        &json!({ "deliveries": rows.iter().map(document).collect::<Vec<_>>() }),
        &text,
    );
    Ok(End::Done)
}

fn retry(terminal: &Terminal, home: &Home, ids: &[i64], now: DateTime<Utc>) -> Result<End, Stop> {
    let mut work = ledger::begin(terminal, home, now)?;
    let ledger = &mut work.ledger;
    let queued = delivery::retry(ledger, ids, now)
        .map_err(|diagnostic| Stop::new(End::Usage, diagnostic))?;
    let mut sent = mail::Sent::default();
    let mut post = mail::Post::new(terminal, home);
    for id in home.plan_ids()? {
        if !ids.is_empty() && queued.iter().all(|row| row.key.plan != id) {
            continue;
        }
        let pipeline = match home.plan(&id) {
            Ok(pipeline) => pipeline,
            // One broken plan does not keep the others' mail back.
            Err(stop) => {
                terminal.diagnostics(&stop.diagnostics);
                sent.end = sent.end.and(stop.end);
                continue;
            }
        };
        if published::holds(terminal, home, Some(ledger), &pipeline, None)? {
            sent.end = sent.end.and(End::Held);
            continue;
        }
        sent.add(post.send_due(&pipeline, ledger, now)?);
    }
    terminal.data(&json!({ "deliveries": sent.documents }), &sent.text);
    Ok(sent.end)
}

fn resolve(
    terminal: &Terminal,
    home: &Home,
    id: i64,
    resolution: Resolution,
    now: DateTime<Utc>,
) -> Result<End, Stop> {
    let _lock = ledger::lock(home, now)?;
    let mut ledger = ledger::open(home)?;
    let row = delivery::resolve(&mut ledger, id, resolution, now)
        .map_err(|diagnostic| Stop::new(End::Usage, diagnostic))?;
    let next = match row.state {
        DeliveryState::Queued => {
            "It goes out with the next run: metas run, or metas deliver retry.\n"
        }
        _ => "",
    };
    let text = format!("{}{next}", line(&row));
    terminal.data(&json!({ "deliveries": [document(&row)] }), &text);
    Ok(End::Done)
}
