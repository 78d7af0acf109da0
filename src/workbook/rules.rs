//! What a blank workbook lets people type: lists, bounds, and colours for what is missing or
//! doubled.

use rust_xlsxwriter::{
    ConditionalFormatDuplicate, ConditionalFormatFormula, DataValidation, DataValidationErrorStyle,
    DataValidationRule, ExcelDateTime, Format, Formula, Worksheet, XlsxError,
};

use super::layout::{HEADER_ROW, LAST_ROW};
use super::words;
use crate::plan::{Accepts, Column, MARK_SHEET, Source};

/// First column of the mark's sheet that holds a long list.
pub(super) const LISTS: u16 = 3;
/// Rows that are coloured when a cell is missing or doubled.
const COLOURED_ROWS: u32 = 5_000;
/// Beyond this a spreadsheet loses digits.
const LARGEST: f64 = 1e15;

/// Lists that no rule can hold itself, in the order of their columns.
pub(super) fn long_lists(source: &Source) -> impl Iterator<Item = &[String]> {
    let lists = source.columns.values().filter_map(|c| c.kind.choices());
    lists.filter(|values| is_long(values))
}

/// A rule holds 255 characters, separated by commas.
fn is_long(values: &[String]) -> bool {
    let length: usize = values.iter().map(|v| v.encode_utf16().count() + 1).sum();
    length > 255 || values.iter().any(|v| v.contains([',', '"']))
}

/// Adds the rules of every column.
pub(super) fn add(sheet: &mut Worksheet, source: &Source) -> Result<(), XlsxError> {
    let first = HEADER_ROW + 1;
    let mut list = LISTS;
    for (index, (name, column)) in (0u16..).zip(&source.columns) {
        if let Some(rule) = rule(column, &mut list)? {
            let rule = rule
                .set_input_title(short(words::header(name, column), 32))?
                .set_input_message(short(&words::what(column), 255))?
                .set_error_title("Revise el dato")?
                .set_error_message(short(&refusal(column), 255))?;
            sheet.add_data_validation(first, index, LAST_ROW, index, &rule)?;
        }
    }
    colours(sheet, source)
}

fn rule(column: &Column, list: &mut u16) -> Result<Option<DataValidation>, XlsxError> {
    let rule = DataValidation::new();
    let (low, high) = (column.min, column.max);
    let between = |low: f64, high: f64| DataValidationRule::Between(low, high);
    Ok(Some(match column.kind.accepts() {
        Accepts::Anything => return Ok(None),
        Accepts::OneOf(values) if is_long(values) => {
            let letter = char::from(b'A' + u8::try_from(*list % 26).unwrap_or(0));
            let head = (*list / 26)
                .checked_sub(1)
                .map(|n| char::from(b'A' + u8::try_from(n % 26).unwrap_or(0)).to_string());
            let letters = format!("{}{letter}", head.unwrap_or_default());
            *list += 1;
            let last = values.len();
            rule.allow_list_formula(Formula::new(format!(
                "={MARK_SHEET}!${letters}$1:${letters}${last}"
            )))
        }
        Accepts::OneOf(values) => rule.allow_list_strings(values)?,
        Accepts::WholeNumber => rule.allow_whole_number_formula(DataValidationRule::Between(
            Formula::new(format!("{}", low.unwrap_or(-LARGEST).ceil())),
            Formula::new(format!("{}", high.unwrap_or(LARGEST).floor())),
        )),
        Accepts::Number => {
            rule.allow_decimal_number(between(low.unwrap_or(-LARGEST), high.unwrap_or(LARGEST)))
        }
        // A cell shown as 90 % holds 0.9: bounds in points are a hundredth of that.
        Accepts::Percent => {
            let style = if low.is_some() || high.is_some() {
                DataValidationErrorStyle::Stop
            } else {
                // Nothing is declared: above 100 % can be true, so it only asks.
                DataValidationErrorStyle::Warning
            };
            let (low, high) = match (low, high) {
                (None, None) => (0.0, 100.0),
                (low, high) => (low.unwrap_or(-LARGEST), high.unwrap_or(LARGEST)),
            };
            rule.allow_decimal_number(between(low / 100.0, high / 100.0))
                .set_error_style(style)
        }
        Accepts::Day => rule.allow_date(DataValidationRule::Between(
            ExcelDateTime::from_ymd(1900, 3, 1)?,
            ExcelDateTime::from_ymd(2100, 12, 31)?,
        )),
    }))
}

fn refusal(column: &Column) -> String {
    let personal = if column.personal { "" } else { " Ejemplo: " };
    let example = if column.personal {
        String::new()
    } else {
        column.example()
    };
    format!("{}{personal}{example}", words::what(column))
}

fn short(text: &str, most: usize) -> String {
    if text.encode_utf16().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(2)).collect();
    out.push('…');
    out
}

/// A row that has been begun shows which obligatory cells are blank; a doubled key turns red.
fn colours(sheet: &mut Worksheet, source: &Source) -> Result<(), XlsxError> {
    let (first, last) = (HEADER_ROW + 1, HEADER_ROW + COLOURED_ROWS);
    let width = u16::try_from(source.columns.len()).unwrap_or(1).max(1);
    let end = rust_xlsxwriter::utility::column_number_to_name(width - 1);
    let missing = Format::new().set_background_color(0x00FF_F2CC);
    let doubled = Format::new()
        .set_background_color(0x00FF_C7CE)
        .set_font_color(0x009C_0006);
    for (index, column) in (0u16..).zip(source.columns.values()) {
        if column.unique {
            let rule = ConditionalFormatDuplicate::new().set_format(&doubled);
            sheet.add_conditional_format(first, index, last, index, &rule)?;
        }
        if !column.optional {
            let own = rust_xlsxwriter::utility::column_number_to_name(index);
            let row = first + 1;
            let formula = format!("=AND(COUNTA($A{row}:${end}{row})>0,ISBLANK(${own}{row}))");
            let rule = ConditionalFormatFormula::new()
                .set_rule(formula.as_str())
                .set_format(&missing);
            sheet.add_conditional_format(first, index, last, index, &rule)?;
        }
    }
    Ok(())
}
