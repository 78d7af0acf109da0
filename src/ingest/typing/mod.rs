//! Cells of a column become values of its type. The whole column decides how its texts are read;
//! no cell is guessed alone, and a cell that is wrong becomes nothing and a finding.

mod category;
mod common;
mod date;
mod date_text;
mod distinct;
mod number;
mod number_text;
mod percent;
mod text;

use polars::prelude::{
    Column as Series, DataType, Int32Chunked, IntoSeries, NamedFrom, NewChunkedArray,
    Series as PolarsSeries,
};

use super::findings::{Findings, Issue};
use super::show::shown;
use crate::period::Period;
use crate::plan::{Column, ColumnKind, Stored};
use crate::spreadsheet::cell::{CellValue, Texts};
pub(super) use number_text::loose_number;

/// The cells of a column in the data rows.
pub(super) struct Cells<'a> {
    /// Its declaration.
    pub column: &'a Column,
    /// Its index among the declared ones.
    pub index: usize,
    /// Data row's place in the table, for each value.
    pub kept: &'a [usize],
    /// Zero-based row of the sheet for each row of the table.
    pub rows: &'a [u32],
    /// All values of the table's column.
    pub values: &'a [CellValue],
    /// The workbook's texts.
    pub texts: &'a Texts,
    /// Whether day 0 is 1904-01-01.
    pub date1904: bool,
    /// Whether the file keeps no types.
    pub is_text: bool,
    /// The period that its dates must lie in, where they must.
    pub period: Option<Period>,
}

impl<'a> Cells<'a> {
    /// Data rows' values in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = CellValue> + use<'_> {
        self.kept
            .iter()
            .map(|i| self.values.get(*i).copied().unwrap_or_default())
    }

    /// The text of a value that is one.
    pub(super) fn text(&self, value: CellValue) -> Option<&'a str> {
        match value {
            CellValue::Text(id) => Some(self.texts.get(id)),
            _ => None,
        }
    }

    /// How many data rows there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// The sheet's row of data row `ordinal`.
    pub(super) fn row(&self, ordinal: usize) -> u32 {
        let index = self.kept.get(ordinal).copied().unwrap_or_default();
        self.rows.get(index).copied().unwrap_or_default()
    }

    /// Notes an issue of data row `ordinal`.
    pub(super) fn note(
        &self,
        findings: &mut Findings,
        ordinal: usize,
        value: CellValue,
        issue: Issue,
    ) {
        let raw = (value != CellValue::Empty).then(|| shown(value, self.texts, self.date1904));
        findings.cell(
            self.index,
            (ordinal, self.row(ordinal)),
            issue,
            raw.as_deref(),
        );
    }
}

/// The typed column, called `name`, where it is `carried`; what is wrong goes to `findings` in
/// either case.
pub(super) fn column(
    name: &str,
    cells: &Cells<'_>,
    carried: bool,
    findings: &mut Findings,
) -> Option<Series> {
    common::check(cells, findings);
    let name: polars::prelude::PlSmallStr = name.into();
    Some(match &cells.column.kind {
        ColumnKind::Text => {
            let values = text::read(cells, findings);
            common::unique(cells, findings, &values, |v| super::fold::squeeze(v));
            carried.then(|| distinct::texts(name, &values))?
        }
        ColumnKind::Category(allowed) => {
            let values = category::read(cells, allowed, findings);
            common::unique(cells, findings, &values, |v| (*v).to_owned());
            carried.then(|| distinct::texts(name, &values))?
        }
        ColumnKind::Integer => {
            let values = number::integers(cells, findings);
            common::unique(cells, findings, &values, i64::to_string);
            carried.then(|| PolarsSeries::new(name, values).into())?
        }
        ColumnKind::Number => {
            let values = number::numbers(cells, findings);
            common::unique(cells, findings, &values, |v| v.to_bits().to_string());
            carried.then(|| PolarsSeries::new(name, values).into())?
        }
        ColumnKind::Percent => {
            let values = percent::read(cells, findings);
            common::unique(cells, findings, &values, |v| v.to_bits().to_string());
            carried.then(|| PolarsSeries::new(name, values).into())?
        }
        ColumnKind::Date => {
            let values = date::read(cells, findings);
            common::unique(cells, findings, &values, i32::to_string);
            carried.then(|| {
                Int32Chunked::from_iter_options(name, values.into_iter())
                    .into_date()
                    .into_series()
                    .into()
            })?
        }
    })
}

/// A column that the file does not have, all null.
pub(super) fn absent(name: &str, kind: &ColumnKind, rows: usize) -> Series {
    Series::full_null(name.into(), rows, &data_type(kind))
}

/// The polars type of a column's values.
pub(crate) fn data_type(kind: &ColumnKind) -> DataType {
    match kind.stored() {
        Stored::Text => DataType::String,
        Stored::Integer => DataType::Int64,
        Stored::Number => DataType::Float64,
        Stored::Date => DataType::Date,
    }
}
