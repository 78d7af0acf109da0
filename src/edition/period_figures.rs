//! A period's figures as they would be now: computed from what lies there, and published nowhere.

use std::path::PathBuf;

use super::compose;
use super::gathered::Gathered;
use super::input_folder::InputFolder;
use super::sources;
use super::sources::{Mode, SourcesRequest};
use super::work;
use crate::console::Console;
use crate::exit::CommandError;
use crate::home;
use crate::home::{AsOf, Home};
use crate::indicators;
use crate::indicators::{Computed, Given, ReportingPeriod};
use crate::period::Period;
use crate::plan::Plan;

/// Of which period, and from what.
pub(crate) struct FiguresRequest<'a> {
    /// The period; none: the last one that has ended.
    pub period: Option<Period>,
    /// Act as at this moment.
    pub as_of: Option<AsOf>,
    /// Read this folder instead of the period's own.
    pub inputs: Option<&'a PathBuf>,
    /// Whether figures are traced back to the rows of each file.
    pub traced: bool,
}

/// What there is and what follows from it.
pub(crate) struct PeriodFigures {
    /// The plan at the period.
    pub pipeline: Plan,
    /// The period, and its last day that counts.
    pub reporting: ReportingPeriod,
    /// The files.
    pub gathered: Gathered,
    /// The goals.
    pub computed: Computed,
}

/// Reads the period's files and computes its goals, held against the edition before it.
///
/// # Errors
/// The definition or environment is wrong.
pub(crate) fn period_figures(
    console: &Console,
    home: &Home,
    pipeline: &Plan,
    request: &FiguresRequest<'_>,
) -> Result<PeriodFigures, CommandError> {
    let now = home::now(request.as_of, pipeline.plan.timezone)?;
    let period = home::period(pipeline, request.period, &now)?;
    let pipeline = pipeline.at(period);
    let reporting = ReportingPeriod::of(period, now.date_naive());
    let ledger = work::open_if_there(home)?;
    let of = (pipeline.plan.id.as_str(), period);
    let folder = InputFolder::of(home, ledger.as_ref(), of, request.inputs)?;
    let which = (period, u32::MAX);
    let (history, last) = compose::earlier(ledger.as_ref(), &pipeline, which, now.to_utc())?;
    let reading = SourcesRequest {
        traced: request.traced,
        ..SourcesRequest::new(&pipeline, last.as_ref())
    };
    let gathered = sources::gather(console, home, reading, &folder, Mode::LOOK)?;
    let given = Given {
        reporting: &reporting,
        tables: &gathered.tables,
        history: &history,
    };
    let computed = indicators::compute_since(&pipeline, given, last.as_ref());
    Ok(PeriodFigures {
        pipeline,
        reporting,
        gathered,
        computed,
    })
}
