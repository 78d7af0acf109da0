//! What a workbook that exists holds: sheet, header row, and the type of each column. A type is
//! taken where the reader accepts every cell of the column as one; nothing is guessed by other rules
//! than those by which the file will be read.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use indexmap::IndexMap;
use polars::prelude::{AnyValue, DataFrame};
use serde::{Deserialize, Serialize};

use super::fold::fold;
use super::gather::HeaderScan;
use super::guess_names::{column_name, is_a_key, may_be_personal};
use super::read_file;
use super::show::shown;
use super::stated;
use super::table::Reading;
use super::typing::loose_number;
use crate::diagnostic::{Diagnostic, Location};
use crate::period::Period;
use crate::plan::{Column, ColumnKind, Limits, Providers, Source};
use crate::spreadsheet::cell::CellValue;
use crate::spreadsheet::open;

/// Values that a column of choices has at most.
const MOST_CHOICES: usize = 12;
/// Letters of the longest choice.
const LONGEST_CHOICE: usize = 40;
/// Readings after which columns that still have errors are left out.
const ROUNDS: usize = 4;

/// Percent of the rows in which a column is filled that may be required.
const MOSTLY_FILLED: usize = 80;

/// What is not certain about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Doubt {
    /// It looks like a person's data.
    Personal,
    /// Its choices are those that this file happens to have.
    Choices,
    /// Numbers that look like keys, which are texts.
    Key,
    /// It has no cell with content.
    Empty,
    /// Some of its cells have errors, so that it is taken for text.
    Faulty,
    /// Most of its cells are numbers and some are not, so that it is taken for text.
    Mixed,
}

/// What a file holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Guess {
    /// The sheet with the data, where the file has several.
    pub sheet: Option<String>,
    /// Its header row, counted from 1.
    pub header_row: u32,
    /// Rows of data.
    pub rows: usize,
    /// Its columns by their names in SQL.
    pub columns: IndexMap<String, Column>,
    /// What is not certain about them.
    pub doubts: BTreeMap<String, Vec<Doubt>>,
    /// The cells that keep a column from the type that it seems to have.
    pub cells: BTreeMap<String, Vec<String>>,
    /// Headers that cannot be a column: written twice, or with errors that no type takes.
    pub left_out: Vec<String>,
    /// The period that it says it reports.
    pub period: Option<Period>,
    /// The first and the last day of its columns of dates.
    pub days: Option<(NaiveDate, NaiveDate)>,
    /// What its reader will say of it all the same.
    pub findings: Vec<Diagnostic>,
}

struct SheetInference<'a> {
    bytes: &'a [u8],
    file: &'a str,
    limits: &'a Limits,
    sheet: Option<String>,
}

/// Looks at a file.
///
/// # Errors
/// It can't be opened, or no row of it looks like headers: what a reader would say of it.
pub(super) fn guess(bytes: &[u8], file: &str, limits: &Limits) -> Result<Guess, Box<Diagnostic>> {
    let unreadable =
        |sheet: Option<&str>, error| Box::new(super::findings::unreadable(file, sheet, error));
    let mut book = open::open(bytes, limits).map_err(|t| unreadable(None, t))?;
    let infos = book.sheets().to_vec();
    let mut best: Option<(usize, usize, Heads)> = None;
    for (index, info) in infos.iter().enumerate().filter(|(_, info)| !info.hidden) {
        let mut look = HeaderScan::new(limits.columns);
        book.cells(index, &mut look)
            .map_err(|t| unreadable(Some(&info.name), t))?;
        let text = |value: &CellValue| shown(*value, book.texts(), false);
        let Some((score, mut heads)) = header_row(&look.cells, &text) else {
            continue;
        };
        if best.as_ref().is_none_or(|(known, _, _)| score > *known) {
            let mut above = look.cells;
            above.retain(|(row, _, _)| *row < heads.row);
            heads.period = stated::said(&above, book.texts());
            best = Some((score, index, heads));
        }
    }
    let Some((_, index, heads)) = best else {
        let message = format!("{file}: no row of the first 50 looks like headers");
        let error = Diagnostic::error("no-header-row", message);
        return Err(Box::new(
            error.hint("write the headers in one row above the data"),
        ));
    };
    let several = infos.iter().filter(|info| !info.hidden).count() > 1;
    let look = SheetInference {
        bytes,
        file,
        limits,
        sheet: infos
            .get(index)
            .map(|info| info.name.clone())
            .filter(|_| several),
    };
    Ok(look.columns(heads))
}

/// A header row: its number, its texts from left to right, and the period that is stated above it.
struct Heads {
    row: u32,
    texts: Vec<String>,
    period: Option<Period>,
}

/// The first row that has the most texts with something below them.
fn header_row(
    cells: &[(u32, u32, CellValue)],
    text: &dyn Fn(&CellValue) -> String,
) -> Option<(usize, Heads)> {
    let mut rows: BTreeMap<u32, BTreeMap<u32, &CellValue>> = BTreeMap::new();
    for (row, column, value) in cells {
        if !matches!(value, CellValue::Empty) && !fold(&text(value)).is_empty() {
            rows.entry(*row).or_default().insert(*column, value);
        }
    }
    let mut best: Option<(usize, Heads)> = None;
    for (row, own) in &rows {
        let texts = own
            .values()
            .filter(|v| matches!(v, CellValue::Text(_)))
            .count();
        if texts == 0 || texts < own.len() {
            continue;
        }
        let below = rows.range(row + 1..=row + 5);
        let filled: BTreeSet<u32> = below.flat_map(|(_, cells)| cells.keys().copied()).collect();
        let score = own.keys().filter(|column| filled.contains(column)).count();
        if score > 0 && best.as_ref().is_none_or(|(known, _)| score > *known) {
            let texts = own.values().map(|value| text(value)).collect();
            let heads = Heads {
                row: *row,
                texts,
                period: None,
            };
            best = Some((score, heads));
        }
    }
    best
}

impl SheetInference<'_> {
    fn columns(&self, heads: Heads) -> Guess {
        let mut guess = Guess {
            sheet: self.sheet.clone(),
            header_row: heads.row + 1,
            period: heads.period,
            ..Guess::default()
        };
        let mut taken = BTreeSet::new();
        let mut columns = IndexMap::new();
        for text in &heads.texts {
            let times = heads.texts.iter().filter(|t| fold(t) == fold(text)).count();
            if times > 1 {
                if !guess.left_out.contains(text) {
                    guess.left_out.push(text.clone());
                }
                continue;
            }
            let header = text.split_whitespace().collect::<Vec<_>>().join(" ");
            columns.insert(column_name(&header, &mut taken), plain(&header));
        }
        let faulty = self.require(&mut columns);
        self.types(&mut columns, &faulty, &mut guess);
        self.settle(&mut columns, &mut guess);
        guess.columns = columns;
        guess
    }

    /// Requires the columns that are filled wherever there is data: without any, totals and notes
    /// below the table would pass for rows of it. Gives the headers of those that have errors even
    /// as texts.
    fn require(&self, columns: &mut IndexMap<String, Column>) -> FaultyColumns {
        let texts = self.texts(columns, &faulty_columns(&self.read(columns)));
        for (name, column) in columns.iter_mut() {
            let values = values_of(&texts, name);
            let filled = values.iter().flatten().count();
            column.optional = filled == 0 || filled * 100 < values.len() * MOSTLY_FILLED;
        }
        let mut faulty = faulty_columns(&self.read(columns));
        for _ in 0..ROUNDS {
            let mut blank = columns.values().filter(|column| is_one_of(column, &faulty));
            if blank.all(|column| column.optional) {
                break;
            }
            for column in columns.values_mut() {
                column.optional |= is_one_of(column, &faulty);
            }
            faulty = faulty_columns(&self.read(columns));
        }
        faulty
    }

    /// The texts of the columns that have no errors.
    fn texts(&self, columns: &IndexMap<String, Column>, faulty: &FaultyColumns) -> DataFrame {
        self.read(&sound(columns, faulty)).frame.unwrap_or_default()
    }

    /// Reads the file as one of each type, and takes the first that has no error.
    fn types(
        &self,
        columns: &mut IndexMap<String, Column>,
        faulty: &FaultyColumns,
        guess: &mut Guess,
    ) {
        let texts = self.texts(columns, faulty);
        let sound = sound(columns, faulty);
        let kinds = [
            ColumnKind::Date,
            ColumnKind::Integer,
            ColumnKind::Number,
            ColumnKind::Percent,
        ];
        let readings = kinds.map(|kind| {
            let mut typed = sound.clone();
            typed.values_mut().for_each(|c| c.kind = kind.clone());
            (kind, faulty_columns(&self.read(&typed)))
        });
        for (name, column) in columns.iter_mut() {
            let mut doubts = Vec::new();
            let values = values_of(&texts, name);
            if is_one_of(column, faulty) {
                doubts.push(Doubt::Faulty);
                let cells = faults_of(column, faulty).unwrap_or_default();
                guess.cells.insert(name.clone(), cells.to_vec());
            } else if values.iter().all(Option::is_none) {
                doubts.push(Doubt::Empty);
            } else {
                let accepted = readings.iter().find(|(_, wrong)| !is_one_of(column, wrong));
                describe(column, &values, accepted.map(|(kind, _)| kind), &mut doubts);
            }
            if doubts.contains(&Doubt::Mixed) {
                let numbers = readings
                    .iter()
                    .find(|(kind, _)| *kind == ColumnKind::Number);
                let cells = numbers.and_then(|(_, wrong)| faults_of(column, wrong));
                guess
                    .cells
                    .insert(name.clone(), cells.unwrap_or_default().to_vec());
            }
            if may_be_personal(&fold(&column.headers[0]), &values) {
                column.personal = true;
                column.unique = false;
                doubts.push(Doubt::Personal);
            }
            if !doubts.is_empty() {
                guess.doubts.insert(name.clone(), doubts);
            }
        }
    }

    /// Reads the file as it is described now, and gives way where there are errors still.
    fn settle(&self, columns: &mut IndexMap<String, Column>, guess: &mut Guess) {
        for round in 0..ROUNDS {
            let reading = self.read(columns);
            let wrong = faulty_columns(&reading);
            guess.rows = reading.rows;
            if wrong.is_empty() || round + 1 == ROUNDS {
                guess.days = reading.frame.as_ref().and_then(days);
                guess.findings = reading.findings;
                return;
            }
            let last = round + 2 >= ROUNDS;
            for (name, column) in columns.iter_mut() {
                if let Some(cells) = faults_of(column, &wrong) {
                    guess.cells.insert(name.clone(), cells.to_vec());
                    if column.optional {
                        column.kind = ColumnKind::Text;
                        column.unique = false;
                    }
                    column.optional = true;
                    let doubts = guess.doubts.entry(name.clone()).or_default();
                    if !doubts.contains(&Doubt::Faulty) {
                        doubts.push(Doubt::Faulty);
                    }
                }
            }
            if last {
                for (_, column) in columns.iter().filter(|(_, c)| is_one_of(c, &wrong)) {
                    guess.left_out.push(column.headers[0].clone());
                }
                columns.retain(|_, column| !is_one_of(column, &wrong));
                guess.doubts.retain(|name, _| columns.contains_key(name));
            }
        }
    }

    fn read(&self, columns: &IndexMap<String, Column>) -> Reading {
        let source = Source {
            id: "guess".to_owned(),
            providers: Providers::One("guess".to_owned()),
            file: self.file.to_owned(),
            sheet: self.sheet.clone(),
            required: true,
            columns: columns.clone(),
            checks: Vec::new(),
            period: None,
            left_out: BTreeSet::new(),
        };
        read_file(self.bytes, self.file, &source, self.limits, &mut |_| {})
    }
}

/// The columns without errors.
fn sound(columns: &IndexMap<String, Column>, faulty: &FaultyColumns) -> IndexMap<String, Column> {
    let mut sound = columns.clone();
    sound.retain(|_, column| !is_one_of(column, faulty));
    sound
}

fn plain(header: &str) -> Column {
    Column {
        headers: vec![header.to_owned()],
        kind: ColumnKind::Text,
        unique: false,
        optional: true,
        personal: false,
        min: None,
        max: None,
        within_period: false,
    }
}

/// Gives a column its type, and says what is not certain about it.
fn describe(
    column: &mut Column,
    values: &[Option<String>],
    accepted: Option<&ColumnKind>,
    doubts: &mut Vec<Doubt>,
) {
    let there: Vec<&String> = values.iter().flatten().collect();
    let distinct: BTreeSet<String> = there.iter().map(|value| fold(value)).collect();
    column.optional = there.len() < values.len();
    let all_differ = distinct.len() == values.len() && values.len() > 1;
    match accepted {
        Some(ColumnKind::Integer) if is_a_key(&fold(&column.headers[0])) => {
            column.unique = all_differ;
            doubts.push(Doubt::Key);
        }
        Some(kind) => column.kind = kind.clone(),
        None if is_a_key(&fold(&column.headers[0])) => column.unique = all_differ,
        None if is_mostly_numbers(&there) => doubts.push(Doubt::Mixed),
        None => {
            let short = there.iter().all(|v| v.chars().count() <= LONGEST_CHOICE);
            let few = distinct.len() <= MOST_CHOICES && there.len() >= 2 * distinct.len();
            if short && few && distinct.len() > 1 {
                column.kind = ColumnKind::Category(choices(&there));
                doubts.push(Doubt::Choices);
            }
        }
    }
}

/// Each value once, in the order of the file and as it is written most often.
fn choices(values: &[&String]) -> Vec<String> {
    let mut spellings: IndexMap<String, IndexMap<&str, usize>> = IndexMap::new();
    for value in values {
        let spelling = spellings.entry(fold(value)).or_default();
        *spelling.entry(value).or_default() += 1;
    }
    let mut usual = Vec::new();
    for spelling in spellings.into_values() {
        // Of two that are as many the first one.
        let most = spelling.into_iter().rev().max_by_key(|(_, count)| *count);
        usual.extend(most.map(|(text, _)| text.to_owned()));
    }
    usual
}

fn is_mostly_numbers(values: &[&String]) -> bool {
    let numbers = values.iter().filter(|value| loose_number(value).is_some());
    numbers.count() * 2 > values.len()
}

/// The headers, folded, of columns in which something blocks, each with its cells.
type FaultyColumns = BTreeMap<String, Vec<String>>;

fn faulty_columns(reading: &Reading) -> FaultyColumns {
    let mut faulty = FaultyColumns::new();
    for found in reading.findings.iter().filter(|found| found.is_error()) {
        if let Location::Cells(place) = &found.location
            && let Some(header) = &place.header
        {
            faulty
                .entry(fold(header))
                .or_default()
                .extend(place.cell.clone());
        }
    }
    faulty
}

/// The column's cells in which something blocks; none where nothing does.
fn faults_of<'f>(column: &Column, faulty: &'f FaultyColumns) -> Option<&'f [String]> {
    let mut headers = column.headers.iter();
    headers.find_map(|header| faulty.get(&fold(header)).map(Vec::as_slice))
}

fn is_one_of(column: &Column, faulty: &FaultyColumns) -> bool {
    faults_of(column, faulty).is_some()
}

fn values_of(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    let Ok(column) = frame.column(name) else {
        return Vec::new();
    };
    (0..frame.height())
        .map(|row| match column.get(row) {
            Ok(AnyValue::String(text)) => Some(text.to_owned()),
            Ok(AnyValue::StringOwned(text)) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}

fn days(frame: &DataFrame) -> Option<(NaiveDate, NaiveDate)> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    let columns = frame.columns().iter();
    let values = columns.flat_map(|column| (0..frame.height()).map(move |row| column.get(row)));
    let found: Vec<NaiveDate> = values
        .filter_map(|value| match value {
            Ok(AnyValue::Date(day)) => epoch.checked_add_signed(chrono::Duration::days(day.into())),
            _ => None,
        })
        .collect();
    Some((*found.iter().min()?, *found.iter().max()?))
}
