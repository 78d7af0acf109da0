//! How messages leave: to a server, or to the outbox where none is configured. Decided here alone.

use super::settings::Settings;
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
