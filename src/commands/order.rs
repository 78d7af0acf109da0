//! What is asked of a run for one period.

use std::path::PathBuf;

use chrono::DateTime;
use chrono_tz::Tz;

use crate::period::Period;

/// What is to be issued, and how.
#[derive(Debug)]
pub struct Order {
    /// The period.
    pub period: Period,
    /// The moment.
    pub now: DateTime<Tz>,
    /// Whether a person asked for this period and waits.
    pub attended: bool,
    /// Another drop folder.
    pub inputs: Option<PathBuf>,
    /// Another folder for reports.
    pub out: Option<PathBuf>,
    /// Change nothing.
    pub dry_run: bool,
    /// Why a correction is issued.
    pub correction: Option<String>,
}
