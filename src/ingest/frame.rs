//! From gathered cells to the frame, with every finding on the way.

use polars::prelude::{Column as Series, DataFrame, NamedFrom, Series as PolarsSeries};

use super::findings::{ColumnPlace, Findings, Issue, cells};
use super::gather::GatheredCells;
use super::header::HeaderRow;
use super::sheets::ChosenSheet;
use super::stated;
use super::table::{ROW_COLUMN, Reading};
use super::typing::{self, Cells};
use crate::plan::{ColumnUse, Source};
use crate::spreadsheet::workbook::Workbook;

/// Builds the reading of one sheet, and tells whether the file says which period it reports.
pub(super) fn build(
    book: &dyn Workbook,
    (file, sheet): (&str, &str),
    chosen: &ChosenSheet,
    table: &GatheredCells,
    source: &Source,
) -> (Reading, bool) {
    let head = &chosen.head;
    let sheet = Some(sheet).filter(|s| !s.is_empty());
    let mut findings = Findings::new(file, sheet);
    findings.set_columns(places(head, source));
    let stated = stated::report(&chosen.above, book.texts(), source.period, &mut findings);
    super::header_findings::report(head, source, &mut findings);
    let kept = super::rows::data_rows(table, book.texts(), head, &source.columns, &mut findings);
    if let Some((count, first, last)) = table.hidden {
        let message = format!(
            "Hay {count} renglones ocultos (del {} al {}): también se leen.",
            first + 1,
            last + 1
        );
        let issue = Issue::warning(
            "hidden-rows",
            message,
            "Si no deben contarse, bórrelos; si deben, muéstrelos para que cualquiera los vea.",
        );
        findings.plain((first, 0), None, None, issue);
    }
    super::merged::report(table, &kept, head, &mut findings);
    if sheet.is_none() {
        if source.columns.values().any(|c| c.personal) {
            // Its cells may have moved, a personal one among them: none of them is quoted.
            let uneven = |i: &&usize| table.others.get(**i).is_some_and(|o| o.beyond || o.uneven);
            let rows = kept.iter().filter(uneven);
            findings.conceal(rows.filter_map(|i| table.rows.get(*i)).copied().collect());
        }
        shifted(table, &kept, head, &mut findings);
    }
    if kept.is_empty() {
        let issue = Issue::warning(
            "no-data-rows",
            "La hoja tiene los encabezados y ningún renglón de datos.",
            "Si hubo casos en el periodo, captúrelos debajo de los encabezados.",
        );
        findings.plain((head.row, 0), None, None, issue);
    }
    let columns = columns(book, head, (table, &kept), source, &mut findings);
    let range = range(head, table, &kept);
    let frame = DataFrame::new(kept.len(), columns).ok();
    if frame.is_none() {
        let issue = Issue::error(
            "internal",
            "No se pudo armar la tabla con estas columnas.",
            "Avise a quien administra el sistema.",
        );
        findings.plain((0, 0), None, None, issue);
    }
    if let Some(found) = &frame {
        super::checks::run(found, head, source, &mut findings);
    }
    let frame = frame.map(|found| found.drop_many(&source.left_out));
    let frame = frame.filter(|_| !findings.blocks());
    let reading = Reading {
        sheet: sheet.map(str::to_owned),
        range,
        rows: kept.len(),
        frame,
        findings: findings.finish(),
    };
    (reading, stated)
}

/// In a CSV, a row with more fields than headers has a separator too many, and its cells may have
/// moved to other columns.
fn shifted(table: &GatheredCells, kept: &[usize], head: &HeaderRow, findings: &mut Findings) {
    let beyond = |i: &&usize| table.others.get(**i).is_some_and(|o| o.beyond);
    let rows: Vec<u32> = kept
        .iter()
        .filter(beyond)
        .filter_map(|i| table.rows.get(*i))
        .copied()
        .collect();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return;
    };
    let told = match rows.len() {
        1 => format!("El renglón {} tiene", first + 1),
        n => format!("{n} renglones, del {} al {}, tienen", first + 1, last + 1),
    };
    let issue = Issue::error(
        "too-many-fields",
        format!(
            "{told} más datos que encabezados: sobra un separador y los datos pueden haberse corrido de columna."
        ),
        "Ponga entre comillas los textos y números que llevan coma (por ejemplo \"1,234.50\"), o entregue el libro en .xlsx.",
    );
    let column = head.last_column() + 1;
    findings.plain(
        (*first, column),
        Some(cells(column, *first, *last)),
        None,
        issue,
    );
}

/// The columns that leave the reader, and those that its cross-column checks look at. What is
/// only checked itself is read as thoroughly and not kept.
fn columns(
    book: &dyn Workbook,
    head: &HeaderRow,
    (table, kept): (&GatheredCells, &[usize]),
    source: &Source,
    findings: &mut Findings,
) -> Vec<Series> {
    let rows: Vec<u32> = kept
        .iter()
        .map(|i| table.rows.get(*i).map_or(0, |r| r + 1))
        .collect();
    let judged: Vec<ColumnUse> = source.checks.iter().map(|c| ColumnUse::of(c)).collect();
    let mut columns = Vec::with_capacity(source.columns.len() + 1);
    for (index, (name, column)) in source.columns.iter().enumerate() {
        let stays = source.left_out.contains(name) && !judged.iter().any(|u| u.reads(name));
        let carried = !column.personal && !stays;
        let present = head.found.get(index).is_some_and(Option::is_some);
        let values = present.then(|| {
            let cells = Cells {
                column,
                index,
                kept,
                rows: &table.rows,
                values: table.columns.get(index).map_or(&[], Vec::as_slice),
                texts: book.texts(),
                date1904: book.date1904(),
                is_text: book.is_text(),
                period: source.period.filter(|_| column.within_period),
            };
            typing::column(name, &cells, carried, findings)
        });
        match values {
            _ if !carried => {}
            Some(values) => columns.extend(values),
            None => columns.push(typing::absent(name, &column.kind, kept.len())),
        }
    }
    columns.push(PolarsSeries::new(ROW_COLUMN.into(), rows).into());
    columns
}

fn places(head: &HeaderRow, source: &Source) -> Vec<ColumnPlace> {
    source
        .columns
        .values()
        .zip(&head.found)
        .map(|(column, found)| {
            let (place, header) = found.clone().unwrap_or_default();
            ColumnPlace {
                column: place,
                header: super::findings::shorten(&header),
                personal: column.personal,
            }
        })
        .collect()
}

fn range(head: &HeaderRow, table: &GatheredCells, kept: &[usize]) -> Option<String> {
    let used = head.found.iter().flatten().map(|(column, _)| *column);
    let (first, last) = (used.clone().min()?, used.max()?);
    let end = kept
        .last()
        .and_then(|i| table.rows.get(*i))
        .copied()
        .unwrap_or(head.row);
    let (from, to) = (cells(first, head.row, head.row), cells(last, end, end));
    Some(format!("{from}:{to}"))
}
