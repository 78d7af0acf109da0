//! What the indicators are computed from.

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::{Column, DataFrame, DataType, Field, PlSmallStr, Scalar, Schema};

use super::figures::{PastFigure, SourceUse};
use super::sql::Dates;
use crate::ingest::{Frame, ROW_COLUMN, data_type};
use crate::period::Period;
use crate::plan::{DEPARTMENT, Goal, Source};

/// Whether a source can be computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Availability {
    /// Every department's rows are there.
    Complete,
    /// Rows of these departments (ids) are missing.
    Partial(Vec<String>),
    /// No rows at all: who is missing (ids), and why, in Spanish.
    Unavailable(Vec<String>, String),
}

/// One source's rows for a period.
#[derive(Debug)]
pub struct SourceTable {
    /// The columns that the source carries, and `department` where it is not left out.
    pub frame: DataFrame,
    /// The files that they came from.
    pub uses: Vec<SourceUse>,
    /// Whether they can be computed with.
    pub availability: Availability,
}

impl SourceTable {
    /// One table of several departments' rows, with a `department` column where any query reads it. A frame of another
    /// shape than the source's is left out, which cannot happen to what ingest gives.
    pub fn stack(
        source: &Source,
        parts: Vec<(String, Frame)>,
        uses: Vec<SourceUse>,
        availability: Availability,
    ) -> Self {
        let mut frame = empty_frame(source);
        let names: Vec<_> = frame.get_column_names_owned();
        for (department, part) in parts {
            let id = Scalar::from(PlSmallStr::from_string(department));
            let ids = Column::new_scalar(DEPARTMENT.into(), id, part.height());
            let whole = match source.left_out.contains(DEPARTMENT) {
                true => Ok(part),
                false => part.hstack(&[ids]),
            };
            let whole = whole.and_then(|part| part.select(names.iter().cloned()));
            if let Ok(part) = whole {
                // Same names and types: stacking cannot fail.
                let _ = frame.vstack_mut_owned(part);
            }
        }
        Self {
            frame,
            uses,
            availability,
        }
    }
}

/// The moment that a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportingPeriod {
    /// The period.
    pub period: Period,
    /// Last day whose facts count.
    pub cutoff: NaiveDate,
    /// Whether the whole period has passed.
    pub closed: bool,
}

impl ReportingPeriod {
    /// The period as seen on `today`, local to the plan.
    pub fn of(period: Period, today: NaiveDate) -> Self {
        let closed = today > period.end();
        let cutoff = if closed { period.end() } else { today };
        Self {
            period,
            cutoff,
            closed,
        }
    }

    /// The date columns for a goal's query, or for an activities query.
    pub(super) fn dates(&self, goal: Option<&Goal>) -> Dates {
        Dates {
            period_start: self.period.start(),
            period_end: self.period.end(),
            year_start: self.period.year_start(),
            cutoff: self.cutoff,
            target: goal.and_then(Goal::target_span),
        }
    }
}

/// Figures of earlier periods by goal, oldest first.
pub type History = IndexMap<String, Vec<PastFigure>>;

/// A table of the columns that a source carries, without rows.
pub(super) fn empty_frame(source: &Source) -> DataFrame {
    let fields = source
        .carried()
        .map(|(name, column)| Field::new(name.as_str().into(), data_type(&column.kind)));
    let row = Field::new(ROW_COLUMN.into(), DataType::UInt32);
    let department = Field::new(DEPARTMENT.into(), DataType::String);
    let department = (!source.left_out.contains(DEPARTMENT)).then_some(department);
    DataFrame::empty_with_schema(&Schema::from_iter(fields.chain([row]).chain(department)))
}
