//! How messages leave: to a server, or to the outbox where none is configured.

use super::settings::Settings;
use crate::ledger::Transport;

/// How messages of a `[delivery]` leave, before its server is made ready.
pub fn transport_of(delivery: &crate::plan::Delivery) -> Transport {
    match delivery.smtp {
        Some(_) => Transport::Smtp,
        None => Transport::Outbox,
    }
}

impl Settings {
    /// How the plan's messages leave, decided here alone.
    pub fn transport(&self) -> Transport {
        match self.server {
            Some(_) => Transport::Smtp,
            None => Transport::Outbox,
        }
    }
}
