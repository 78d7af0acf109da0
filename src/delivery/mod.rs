//! The report as a message, and its way to the recipients: at most one accepted copy per recipient
//! and edition unless an operator chooses to resend, and every doubt reported. The only place that
//! knows lettre and rustls.
//!
//! `message` is pure. `transport` decides how frozen bytes leave, by `outbox` or by `smtp_hand_over`
//! over a connection of `smtp`; `dispatch` moves the ledger's rows around them; `round` is what the
//! plans of one run share.

mod attempt;
mod backoff;
pub mod bounce;
mod content;
mod dispatch;
mod error;
mod file_name;
mod home;
pub mod message;
mod oauth;
mod outbox;
mod ping;
mod read_back;
mod record;
mod round;
mod secret;
mod settings;
mod settle;
mod smtp;
mod smtp_hand_over;
mod test_send;
mod transport;
mod trust;
mod web;

pub use content::{TestCopy, content_of, test_copy};
pub use dispatch::{DeliveryOutcome, deliver_alerts, deliver_due, withdraw_unnamed};
pub use error::DeliveryError;
pub use home::DeliveryHome;
pub use oauth::{Grant, TokenRequest, Tokens};
pub use ping::{RunSignal, ping};
pub use read_back::{message_id_of, recipients_of};
pub use record::RECORD_FILE;
pub use round::Round;
pub use secret::Secret;
pub use settings::{Settings, settings};
pub use settle::{Resolution, resolve, retry};
pub use smtp::{Credentials, Failure, Phase, Server, Session, Timeouts, TransactionOutcome};
pub use test_send::{TestOutcome, send_tests};
pub use transport::transport_of;
