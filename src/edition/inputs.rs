//! All that an edition is composed of.

use std::collections::BTreeMap;

use super::photos::NoPhoto;
use crate::indicators::{LastEdition, ReportingPeriod};
use crate::plan::Plan;
use crate::results::{PeriodSubmissions, Replaced, Results};

/// What an edition is to be made of.
#[derive(Clone, Copy)]
pub(crate) struct EditionInputs<'a> {
    /// The plan.
    pub pipeline: &'a Plan,
    /// The period and its cutoff.
    pub reporting: &'a ReportingPeriod,
    /// The edition's number.
    pub edition: u32,
    /// Editions that it replaces.
    pub replaces: &'a [Replaced],
    /// What the final edition said that it corrects.
    pub corrects: Option<&'a Results>,
    /// What the last edition before it has published.
    pub last: Option<&'a LastEdition>,
    /// What was published of the files of earlier periods.
    pub past_submissions: &'a [PeriodSubmissions],
    /// When it is issued.
    pub now: chrono::DateTime<chrono_tz::Tz>,
    /// Whether it is a preview.
    pub draft: bool,
    /// The template's files.
    pub template: &'a BTreeMap<String, Vec<u8>>,
    /// Where photos come from, by their path below the period's folder.
    pub photos: &'a dyn Fn(&str) -> Result<Vec<u8>, NoPhoto>,
}
