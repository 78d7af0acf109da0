//! What a period's files come to in one run, for those who are told of it.

use chrono::DateTime;
use chrono_tz::Tz;

use super::compose;
use super::gathered::Gathered;
use super::input_folder::InputFolder;
use super::returned_workbooks::{KeepRequest, Keeping, KeptWorkbook};
use super::sources;
use super::sources::{Mode, SourcesRequest};
use crate::console::Console;
use crate::exit::CommandError;
use crate::home::Home;
use crate::indicators::ReportingPeriod;
use crate::ledger::Ledger;
use crate::period::Period;
use crate::plan::Plan;
use crate::results::GoalEntry;

/// A period's files as they were read, and what follows from them.
#[derive(Debug, Default)]
pub(crate) struct PeriodReading {
    /// The files and what was found in them.
    pub gathered: Gathered,
    /// The goals as they stand; none where they cannot be computed.
    pub goals: Vec<GoalEntry>,
    /// Workbooks that go back to the departments.
    pub returned: Vec<KeptWorkbook>,
}

impl PeriodReading {
    /// What an edition was made of.
    pub(crate) fn new(
        gathered: Gathered,
        goals: Vec<GoalEntry>,
        returned: Vec<KeptWorkbook>,
    ) -> Self {
        Self {
            gathered,
            goals,
            returned,
        }
    }
}

/// Reads a period's folder as it is now.
///
/// # Errors
/// The folder, the ledger or the archive cannot be used. A bad file is a finding, and a query that
/// is wrong only leaves the goals out: the report's own run tells it.
pub(crate) fn read(
    console: &Console,
    home: &Home,
    plan: &Plan,
    ledger: &Ledger,
    (period, now): (Period, DateTime<Tz>),
) -> Result<PeriodReading, CommandError> {
    let plan = &plan.at(period);
    let reporting = ReportingPeriod::of(period, now.date_naive());
    let (history, last) = compose::earlier(Some(ledger), plan, (period, u32::MAX), now.to_utc())?;
    let request = SourcesRequest::new(plan, last.as_ref());
    let folder = InputFolder::of(home, Some(ledger), (&plan.plan.id, period), None)?;
    let mode = Mode {
        archive: true,
        attended: false,
    };
    let gathered = sources::gather(console, home, request, &folder, mode)?;
    let keep = KeepRequest { home, plan, period };
    let returned = Keeping::begin(&keep, &gathered)?.end()?;
    let figures = compose::FigureInputs {
        plan,
        reporting: &reporting,
        history: &history,
        last: last.as_ref(),
        now,
    };
    let goals = figures.goals(&gathered);
    Ok(PeriodReading::new(gathered, goals, returned))
}
