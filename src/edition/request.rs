//! What is asked of a run for one period.

use std::path::PathBuf;

use chrono::DateTime;
use chrono_tz::Tz;

use crate::home::AsOf;
use crate::period::Period;

/// What is to be issued, and how.
#[derive(Debug)]
pub(crate) struct IssueRequest {
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
    /// Watermarked: nobody is to take it for the report.
    pub draft: bool,
}

/// What is asked of a run.
#[derive(Debug, Default)]
pub(crate) struct RunRequest {
    /// Plans; empty: all of the home.
    pub plans: Vec<String>,
    /// This period, whatever is due.
    pub period: Option<Period>,
    /// Another moment than now.
    pub as_of: Option<AsOf>,
    /// Another drop folder.
    pub inputs: Option<PathBuf>,
    /// Another folder for reports.
    pub out: Option<PathBuf>,
    /// Change nothing.
    pub dry_run: bool,
    /// Issue, but send nothing.
    pub no_deliver: bool,
    /// Watermark what is issued: it is a rehearsal.
    pub draft: bool,
    /// Why a correction is issued.
    pub correction: Option<String>,
}
