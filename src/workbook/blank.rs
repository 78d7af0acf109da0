//! The blank workbook of a source: banner, headers, formats, lists, validation, mark.

use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{
    ExcelDateTime, Format, FormatAlign, FormatBorder, Note, ProtectionOptions, Workbook, Worksheet,
    XlsxError,
};

use super::layout::{BlankWorkbook, HEADER_ROW};
use super::{guide, naming, rules, words};
use crate::diagnostic::Diagnostic;
use crate::plan::{
    Accepts, ColumnKind, MARK_SHEET, MARK_TITLE, PERIOD_LABEL, Plan, Source, TemplateStamp,
};

const LAST_COLUMN: u16 = 16_383;

/// A blank workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its path below `inputs/<period>/`.
    pub name: String,
    /// The pattern that a file of this source and department must match.
    pub pattern: String,
    /// Whether the name matches as it is; if not, the file is to be saved in another format.
    pub matches: bool,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What a cell of a filled template holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A number; for a percent column percent points.
    Number(f64),
    /// A day.
    Day(NaiveDate),
}

/// The workbook that `department` fills in for `source`, with `rows` in it already: none for a
/// blank one.
///
/// # Errors
/// The definition has something that no workbook can hold.
pub fn template(
    pipeline: &Plan,
    source: &Source,
    department: &str,
    rows: &[Vec<Entry>],
) -> Result<Template, Diagnostic> {
    let pattern = source.file.replace("{department}", department);
    let expected = naming::example(&pattern).unwrap_or_else(|| format!("{}.xlsx", source.id));
    let excel = [".xlsx", ".xlsm"]
        .iter()
        .any(|e| expected.to_lowercase().ends_with(e));
    let has_name = naming::example(&pattern).is_some();
    let name = if excel {
        expected.clone()
    } else {
        let stem = expected
            .rsplit_once('.')
            .map_or(expected.as_str(), |(s, _)| s);
        format!("{stem}.xlsx")
    };
    let matches = has_name && name == expected;
    let subject = BlankWorkbook {
        plan: &pipeline.plan.title,
        department: pipeline
            .departments
            .get(department)
            .map_or(department, |d| d.name.as_str()),
        save_as: (!matches && has_name).then_some(expected.as_str()),
        source,
        mark: TemplateStamp {
            plan: pipeline.plan.id.clone(),
            source: source.id.clone(),
            department: department.to_owned(),
            definition: source.template_hash(),
            period: source.period,
        },
    };
    let bytes = write(&subject, rows).map_err(|error| {
        Diagnostic::error(
            "template-not-made",
            format!("source.{}: no workbook can be made: {error}", source.id),
        )
        .hint("shorten its headers, sheet name or values")
    })?;
    Ok(Template {
        name,
        pattern,
        matches,
        bytes,
    })
}

fn write(subject: &BlankWorkbook<'_>, rows: &[Vec<Entry>]) -> Result<Vec<u8>, XlsxError> {
    let mut book = super::reproducible::workbook(subject.plan)?;
    let sheet = naming::sheet(subject.source.sheet.as_deref());
    let data = book.add_worksheet().set_name(&sheet)?;
    columns(data, subject.source)?;
    banner(data, subject)?;
    headers(data, subject.source)?;
    rules::add(data, subject.source)?;
    fill(data, subject.source, rows)?;
    page(data)?;
    let instructions = if sheet == "Instrucciones" {
        "Guía de captura"
    } else {
        "Instrucciones"
    };
    guide::write(book.add_worksheet().set_name(instructions)?, subject)?;
    mark(&mut book, subject)?;
    book.save_to_buffer()
}

/// The format of a column's cells. Text stays text, so that 001 keeps its zeros.
fn cell_format(kind: &ColumnKind) -> Format {
    let format = Format::new().set_unlocked();
    match kind.number_format() {
        Some(number_format) => format.set_num_format(number_format),
        None => format,
    }
}

fn columns(sheet: &mut Worksheet, source: &Source) -> Result<(), XlsxError> {
    // A row can only be deleted in a protected sheet when every cell of it is unlocked.
    sheet.set_column_range_format(0, LAST_COLUMN, &Format::new().set_unlocked())?;
    for (index, (name, column)) in (0u16..).zip(&source.columns) {
        let header = words::header(name, column).chars().count();
        // The banner's label stands in the first column.
        let least = match index {
            0 => 27,
            _ => column.kind.least_width(),
        };
        let width = u32::try_from(header + 4).unwrap_or(60).clamp(least, 60);
        sheet.set_column_width(index, width)?;
        sheet.set_column_format(index, &cell_format(&column.kind))?;
    }
    Ok(())
}

fn banner(sheet: &mut Worksheet, subject: &BlankWorkbook<'_>) -> Result<(), XlsxError> {
    let columns = u16::try_from(subject.source.columns.len()).unwrap_or(LAST_COLUMN);
    let last = columns.max(4) - 1;
    let band = Format::new()
        .set_background_color(0x001F_3864)
        .set_font_color(0x00FF_FFFF)
        .set_bold();
    let title = band.clone().set_font_size(14);
    sheet.merge_range(0, 0, 0, last, subject.plan, &title)?;
    sheet.set_row_height(0, 24)?;
    sheet.merge_range(1, 0, 1, last, subject.department, &band)?;
    let label = Format::new().set_bold().set_align(FormatAlign::Right);
    sheet.write_string_with_format(2, 0, PERIOD_LABEL, &label)?;
    let space = Format::new()
        .set_unlocked()
        .set_num_format("@")
        .set_background_color(0x00FF_F9E5)
        .set_border(FormatBorder::Thin);
    let aside = match subject.source.period {
        Some(period) => {
            sheet.write_string_with_format(2, 1, period.to_string(), &space)?;
            "cámbielo si informa otro periodo"
        }
        None => {
            sheet.write_blank(2, 1, &space)?;
            "por ejemplo 2026-T1"
        }
    };
    let small = Format::new().set_italic().set_font_color(0x0059_5959);
    sheet.write_string_with_format(2, 2, aside, &small)?;
    let mut how = "Capture un caso por renglón debajo de los encabezados; no cambie los encabezados ni deje renglones de totales. Cada encabezado tiene un comentario, y la hoja «Instrucciones» lo explica todo.".to_owned();
    if let Some(name) = subject.save_as {
        how.push_str(&format!(
            " Al terminar use «Guardar como» y entréguelo como «{name}»."
        ));
    }
    let wrap = Format::new()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter);
    sheet.merge_range(3, 0, 3, last, &how, &wrap)?;
    sheet.set_row_height(3, 48)?;
    Ok(())
}

fn headers(sheet: &mut Worksheet, source: &Source) -> Result<(), XlsxError> {
    let plain = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_background_color(0x00E7_E9EF);
    let duty = plain.clone().set_background_color(0x00CF_D8EA);
    for (index, (name, column)) in (0u16..).zip(&source.columns) {
        let format = if column.optional { &plain } else { &duty };
        let header = words::header(name, column);
        sheet.write_string_with_format(HEADER_ROW, index, header, format)?;
        let text = words::note(column);
        let lines: usize = text.lines().map(|l| l.chars().count() / 38 + 1).sum();
        let lines = u32::try_from(lines).unwrap_or(20).clamp(4, 20);
        let note = Note::new(text)
            .set_author("metas")
            .add_author_prefix(false)
            .set_width(280)
            .set_height(lines * 18 + 10);
        sheet.insert_note(HEADER_ROW, index, &note)?;
    }
    sheet.set_row_height(HEADER_ROW, 32)?;
    Ok(())
}

fn page(sheet: &mut Worksheet) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(HEADER_ROW + 1, 0)?;
    sheet.set_landscape();
    sheet.set_paper_size(1);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(HEADER_ROW, HEADER_ROW)?;
    // No password: it guards against slips, not against people.
    sheet.protect_with_options(&ProtectionOptions {
        format_cells: true,
        format_columns: true,
        format_rows: true,
        insert_rows: true,
        insert_links: true,
        delete_rows: true,
        sort: true,
        use_autofilter: true,
        edit_objects: true,
        ..ProtectionOptions::new()
    });
    Ok(())
}

fn fill(sheet: &mut Worksheet, source: &Source, rows: &[Vec<Entry>]) -> Result<(), XlsxError> {
    for (row, entries) in (HEADER_ROW + 1..).zip(rows) {
        for ((index, column), entry) in (0u16..).zip(source.columns.values()).zip(entries) {
            let format = cell_format(&column.kind);
            match entry {
                Entry::Blank => {}
                Entry::Text(text) => {
                    sheet.write_string_with_format(row, index, text, &format)?;
                }
                Entry::Number(n) => {
                    let percent = column.kind.accepts() == Accepts::Percent;
                    let stored = if percent { n / 100.0 } else { *n };
                    sheet.write_with_format(row, index, stored, &format)?;
                }
                Entry::Day(day) => {
                    let year = u16::try_from(day.year()).unwrap_or(1900);
                    let part = |n: u32| u8::try_from(n).unwrap_or(1);
                    let date = ExcelDateTime::from_ymd(year, part(day.month()), part(day.day()))?;
                    sheet.write_datetime_with_format(row, index, &date, &format)?;
                }
            }
        }
    }
    Ok(())
}

fn mark(book: &mut Workbook, subject: &BlankWorkbook<'_>) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet().set_name(MARK_SHEET)?;
    sheet.write_string(0, 0, MARK_TITLE)?;
    for (row, (key, value)) in (1u32..).zip(subject.mark.rows()) {
        sheet.write_string(row, 0, key)?;
        sheet.write_string(row, 1, value)?;
    }
    for (column, values) in (rules::LISTS..).zip(rules::long_lists(subject.source)) {
        for (row, value) in (0u32..).zip(values) {
            sheet.write_string(row, column, value)?;
        }
    }
    sheet.set_very_hidden(true);
    Ok(())
}
