//! What a notice changes in the ledger.

use chrono::{DateTime, Utc};

use super::notice::{Action, BouncedRecipient};
use crate::delivery::error::DeliveryError;
use crate::ledger::{Delivery, DeliveryFilter, DeliveryState, Ledger, Note};

/// What became of the delivery that a notice speaks of.
#[derive(Debug, Clone, PartialEq)]
pub enum Settled {
    /// It did not arrive, and is noted so from now on.
    Bounced(Box<Delivery>),
    /// It stays as it is, and why.
    Unchanged(Box<Delivery>, &'static str),
    /// No delivery has that Message-ID.
    Unknown,
}

/// Lays what a notice says of one recipient on the delivery of that message.
///
/// # Errors
/// The ledger can't be used.
pub fn settle(
    ledger: &mut Ledger,
    notice: &BouncedRecipient,
    now: DateTime<Utc>,
) -> Result<Settled, DeliveryError> {
    use DeliveryState::{
        Accepted, Ambiguous, Bounced, Cancelled, Deferred, DotIntent, Queued, Rejected, Sending,
        Superseded,
    };
    let all = ledger.deliveries(&DeliveryFilter::default())?;
    let mut all = all.into_iter();
    let about = notice.message_id.as_ref();
    let Some(row) = all.rfind(|row| about == Some(&row.message_id)) else {
        return Ok(Settled::Unknown);
    };
    let unchanged = |why| Ok(Settled::Unchanged(Box::new(row.clone()), why));
    match notice.action {
        Action::Failed if notice.is_final() => {}
        Action::Failed => return unchanged("its status says that all is well"),
        Action::Delayed => return unchanged("the mail system is still trying"),
        Action::Passed => return unchanged("it has arrived or gone on"),
        Action::Unknown => return unchanged("the notice does not say what became of it"),
    }
    match row.state {
        Accepted | Ambiguous | Deferred => {}
        Bounced => return unchanged("it was noted before"),
        Queued | Sending | DotIntent | Rejected | Superseded | Cancelled => {
            return unchanged("it is not taken for sent");
        }
    }
    let to = match notice.recipient.eq_ignore_ascii_case(&row.recipient) {
        true => String::new(),
        false => format!(" ({})", notice.recipient),
    };
    let note = Note {
        phase: Some("bounce".to_owned()),
        reply: Some(format!("{}{to}", notice.reason())),
        ..Note::default()
    };
    ledger.transition(row.id, (row.state, Bounced), &note, now)?;
    Ok(Settled::Bounced(Box::new(ledger.delivery(row.id)?)))
}
