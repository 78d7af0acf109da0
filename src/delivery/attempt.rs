//! One plan's deliveries under way: what every transport needs, and the committed steps.

#![allow(clippy::disallowed_methods, reason = "the shell reads frozen messages")]

use std::fs;
use std::path::{Component, Path};

use chrono::{DateTime, Utc};
use lettre::address::Address;

use super::backoff::wait_after;
use super::home::DeliveryHome;
use super::message::{carriable, parse_mailbox};
use super::record::Record;
use super::round::Round;
use super::settings::Settings;
use super::smtp::{Phase, Session};
use crate::delivery::error::DeliveryError;
use crate::diagnostic::Diagnostic;
use crate::hash::sha256_hex;
use crate::ledger::{Delivery, DeliveryState, Ledger, Note};

/// How a frozen message is brought back.
const FROM_BACKUP: &str = "It is never rebuilt: `metas restore FILE --missing` takes it from a file of `metas backup`; or issue a correction with --new-edition.";

/// What the deliveries of one plan share in a run.
pub(super) struct DispatchRun<'a> {
    pub(super) ledger: &'a mut Ledger,
    pub(super) settings: &'a Settings,
    pub(super) home: DeliveryHome<'a>,
    pub(super) now: DateTime<Utc>,
    /// The connection that the last delivery left open.
    pub(super) session: Option<Session>,
    pub(super) round: &'a mut Round,
}

/// A delivery that can be tried: its frozen message, whom it goes to, and the record beside its
/// edition.
pub(super) struct ReadyDelivery<'a> {
    pub(super) row: &'a Delivery,
    pub(super) message: Vec<u8>,
    pub(super) to: Address,
    pub(super) record: Record<'a>,
}

impl<'a> DispatchRun<'a> {
    /// The record beside the edition; none where it knows of a send that the ledger does not: then
    /// the delivery is held, because the recipient may have it.
    pub(super) fn record(&mut self, row: &Delivery) -> Result<Option<Record<'a>>, DeliveryError> {
        let record = Record::of(self.ledger, self.home, row)?;
        let known = self.ledger.ends_sent(row.id)?;
        let unknown = record.ends(row)?.saturating_sub(known);
        if unknown > 0 {
            self.ledger.hold_as_sent(row.id, unknown, self.now)?;
            return Ok(None);
        }
        Ok(Some(record))
    }

    /// The frozen message, checked against what was recorded when it was queued.
    pub(super) fn frozen(&mut self, row: &Delivery) -> Result<(Vec<u8>, Address), DeliveryError> {
        let to = parse_mailbox(&row.recipient)?.email;
        let relative = Path::new(&row.message_path);
        if !relative
            .components()
            .all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(Diagnostic::error(
                "message-missing",
                format!("delivery {} names a message outside the home", row.id),
            )
            .into());
        }
        let bytes = fs::read(self.home.root.join(relative)).map_err(|e| {
            Diagnostic::error(
                "message-missing",
                format!("the frozen message {} can't be read: {e}", row.message_path),
            )
            .hint(FROM_BACKUP)
        })?;
        if sha256_hex(&bytes) != row.message_sha256 {
            return Err(Diagnostic::error(
                "message-changed",
                format!(
                    "the frozen message {} is not what was queued: nothing is sent",
                    row.message_path
                ),
            )
            .hint(FROM_BACKUP)
            .into());
        }
        carriable(&bytes)?;
        Ok((bytes, to))
    }

    /// What is noted of a delivery that a later run tries again.
    pub(super) fn later(&self, row: &Delivery, phase: &str, reply: String) -> Note {
        Note {
            phase: Some(phase.to_owned()),
            reply: Some(reply),
            next_attempt_at: Some(self.now + wait_after(row.attempts + 1)),
            transport: None,
        }
    }

    /// Commits that the delivery went on.
    pub(super) fn step(
        &mut self,
        row: &Delivery,
        from: DeliveryState,
        to: DeliveryState,
        note: &Note,
    ) -> Result<(), DeliveryError> {
        Ok(self.ledger.transition(row.id, (from, to), note, self.now)?)
    }
}

/// What is noted of a delivery that this run has done with.
pub(super) fn final_note(phase: Phase, reply: String) -> Note {
    Note {
        phase: Some(phase.as_str().to_owned()),
        reply: Some(reply),
        ..Note::default()
    }
}
