//! What an operator decides about deliveries: `metas deliver resolve` and `metas deliver retry`.

use chrono::{DateTime, Utc};

use crate::delivery::error::DeliveryError;
use crate::diagnostic::Diagnostic;
use crate::ledger::{Delivery, DeliveryFilter, DeliveryState, Edition, Ledger, Note};

/// What a person found out about a delivery that is not settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// It arrived, or was handed over by other means.
    Sent,
    /// It is to be sent again, knowing that it may arrive twice.
    Resend,
}

/// Settles a delivery that is ambiguous, rejected or deferred by a person's word. An edition that a
/// later one has replaced is not sent again: it becomes superseded.
///
/// # Errors
/// `delivery-transition` where there is nothing to settle.
pub fn resolve(
    ledger: &mut Ledger,
    id: i64,
    resolution: Resolution,
    now: DateTime<Utc>,
) -> Result<Delivery, DeliveryError> {
    use DeliveryState::{Accepted, Ambiguous, Bounced, Deferred, Queued, Rejected, Superseded};
    let row = ledger.delivery(id)?;
    if !matches!(row.state, Ambiguous | Bounced | Rejected | Deferred) {
        return Err(settled(&row));
    }
    let later = later_edition(ledger, &row)?;
    let (to, reply) = match (resolution, later) {
        (Resolution::Sent, _) => (Accepted, "an operator says that it arrived".to_owned()),
        (Resolution::Resend, None) => (Queued, "an operator asks to send it again".to_owned()),
        (Resolution::Resend, Some(later)) => (
            Superseded,
            format!("not sent again: edition {} was issued", later.key.edition),
        ),
    };
    let note = Note {
        reply: Some(reply),
        ..Note::default()
    };
    ledger.transition(id, (row.state, to), &note, now)?;
    Ok(ledger.delivery(id)?)
}

/// The edition that has replaced the one that a delivery carries.
fn later_edition(ledger: &Ledger, row: &Delivery) -> Result<Option<Edition>, DeliveryError> {
    let Some(key) = row.topic.edition_key() else {
        return Ok(None);
    };
    let mut editions = ledger
        .editions(Some(&key.plan), Some(key.period))?
        .into_iter();
    Ok(editions.rfind(|edition| edition.published && edition.key.edition > key.edition))
}

fn settled(row: &Delivery) -> DeliveryError {
    let wrong = Diagnostic::error(
        "delivery-transition",
        format!(
            "delivery {} to {} is {}: there is nothing to settle",
            row.id, row.recipient, row.state
        ),
    )
    .hint(format!("See what happened: metas deliver show {}", row.id));
    DeliveryError::NothingToSettle(wrong)
}

/// Queues deferred and rejected deliveries again without further waiting: those of `ids`, or all
/// that are deferred or rejected where `ids` is empty. Gives back those queued.
///
/// # Errors
/// `delivery-transition` where one of `ids` is in another state.
pub fn retry(
    ledger: &mut Ledger,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<Vec<Delivery>, DeliveryError> {
    let rows = if ids.is_empty() {
        ledger.deliveries(&DeliveryFilter {
            states: vec![DeliveryState::Deferred, DeliveryState::Rejected],
            ..DeliveryFilter::default()
        })?
    } else {
        ids.iter()
            .map(|id| ledger.delivery(*id))
            .collect::<Result<_, _>>()?
    };
    for row in &rows {
        if !matches!(
            row.state,
            DeliveryState::Deferred | DeliveryState::Rejected | DeliveryState::Bounced
        ) {
            return Err(not_to_retry(row));
        }
    }
    for row in &rows {
        let note = Note {
            reply: Some("an operator asks to try again".to_owned()),
            ..Note::default()
        };
        ledger.transition(row.id, (row.state, DeliveryState::Queued), &note, now)?;
    }
    let queued = rows.iter().map(|row| Ok(ledger.delivery(row.id)?));
    queued.collect()
}

fn not_to_retry(row: &Delivery) -> DeliveryError {
    let wrong = Diagnostic::error(
        "delivery-transition",
        format!(
            "delivery {} to {} is {}: only what is deferred or rejected can be tried again",
            row.id, row.recipient, row.state
        ),
    );
    DeliveryError::NothingToSettle(if row.state == DeliveryState::Ambiguous {
        wrong.hint(format!(
            "Ask whether it arrived, then `metas deliver resolve {id} --sent` or `--resend`.",
            id = row.id
        ))
    } else {
        wrong
    })
}
