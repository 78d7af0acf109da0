//! How messages leave: to a server, or to the outbox where none is configured. Decided here alone.

use std::path::PathBuf;

use super::attempt::{DispatchRun, ReadyDelivery};
use super::error::DeliveryError;
use super::settings::Settings;
use super::{outbox, smtp_hand_over};
use crate::ledger::Transport;

/// How messages of a `[delivery]` leave, before its server is made ready.
pub fn transport_of(delivery: &crate::plan::DeliveryRules) -> Transport {
    with_server(delivery.smtp.is_some())
}

impl Settings {
    /// How the plan's messages leave.
    pub fn transport(&self) -> Transport {
        with_server(self.server.is_some())
    }
}

fn with_server(is_named: bool) -> Transport {
    match is_named {
        true => Transport::Smtp,
        false => Transport::Outbox,
    }
}

/// Why nothing more is handed over in this run, where that is so.
pub(super) fn waits(run: &DispatchRun<'_>) -> Option<String> {
    match &run.settings.server {
        Some(Ok(server)) => smtp_hand_over::waits(run, server),
        Some(Err(_)) | None => None,
    }
}

/// Hands a delivery over as the plan has it; gives its file, where it became one.
///
/// # Errors
/// The ledger can't be written.
pub(super) fn hand_over(
    run: &mut DispatchRun<'_>,
    ready: &ReadyDelivery<'_>,
) -> Result<Option<PathBuf>, DeliveryError> {
    match &run.settings.server {
        None => outbox::hand_over(run, ready),
        Some(server) => {
            smtp_hand_over::hand_over(run, server.as_ref(), ready)?;
            Ok(None)
        }
    }
}
