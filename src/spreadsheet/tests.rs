//! What reading a file gives, cell by cell: tables of what calamine does not tell or would
//! misread, a format each. What a line of the dump means: a place and a value, its kind first: `n`
//! number, `%` percent, `d` date, `h` duration, `b` truth value, `t` text, `i` other date, `e`
//! error, `x` formula without result.

#![allow(clippy::disallowed_methods, reason = "tests read and write files")]
#![allow(clippy::too_many_lines, reason = "tables")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use super::cell::{Area, CellValue, Flow, Sink, Texts, a1};
use super::open::open;
use super::read_error::ReadError;
use crate::plan::Limits;

mod ods;
mod xls;
mod xlsb;
mod xlsx;

#[derive(Default)]
struct Dump {
    text: String,
    merged: Vec<Area>,
}

impl Sink for Dump {
    fn wants(&self, _: u32) -> bool {
        true
    }

    fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: CellValue,
        texts: &Texts,
    ) -> Result<Flow, ReadError> {
        let told = match value {
            CellValue::Empty => return Ok(Flow::Go),
            CellValue::Number(n) => format!("n {n}"),
            CellValue::Percent(n) => format!("% {n}"),
            CellValue::Serial(n) => format!("d {n}"),
            CellValue::Duration(n) => format!("h {n}"),
            CellValue::Bool(b) => format!("b {b}"),
            CellValue::Text(id) => format!("t {:?}", texts.get(id)),
            CellValue::IsoDate(id) => format!("i {:?}", texts.get(id)),
            CellValue::Error(id) => format!("e {:?}", texts.get(id)),
            CellValue::NoCache => "x".to_owned(),
        };
        writeln!(self.text, "{} {told}", a1(row, column)).unwrap();
        Ok(Flow::Go)
    }

    fn merged(&mut self, area: Area) {
        self.merged.push(area);
    }

    fn hidden_row(&mut self, row: u32) {
        writeln!(self.text, "hidden {}", row + 1).unwrap();
    }
}

/// Everything that a file holds, sheet by sheet.
fn dump(bytes: &[u8]) -> String {
    let error = |t: &ReadError| {
        let near = t.near.map(|(row, column)| a1(row, column));
        format!("error {} {near:?} {}\n", t.code, t.message)
    };
    let mut book = match open(bytes, &Limits::default()) {
        Ok(book) => book,
        Err(t) => return error(&t),
    };
    let sheets = book.sheets().to_vec();
    let mut out = format!("1904 {}\n", book.date1904());
    for (index, info) in sheets.iter().enumerate() {
        writeln!(out, "sheet {:?} hidden {}", info.name, info.hidden).unwrap();
        let mut dump = Dump::default();
        let outcome = book.cells(index, &mut dump);
        out.push_str(&dump.text);
        dump.merged.sort();
        for area in dump.merged {
            let first = a1(area.rows.0, area.columns.0);
            let last = a1(area.rows.1, area.columns.1);
            writeln!(out, "merged {first}:{last}").unwrap();
        }
        if let Err(t) = outcome {
            out.push_str(&error(&t));
        }
    }
    out
}

/// The cells of the only sheet, on one line.
fn cells(bytes: &[u8]) -> String {
    let all = dump(bytes);
    let lines = all
        .lines()
        .filter(|line| !line.starts_with("1904") && !line.starts_with("sheet"));
    lines.collect::<Vec<_>>().join("; ")
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Compares two readers over many files:
/// `METAS_DUMP_LIST=list METAS_DUMP_TO=folder TEST_BINARY dump_cells --ignored`. The list has one
/// path a line; the dump of the file in line n is `folder/n.txt`.
#[test]
#[ignore = "needs a list of workbooks in METAS_DUMP_LIST"]
fn dump_cells() {
    let list = std::fs::read_to_string(std::env::var("METAS_DUMP_LIST").unwrap()).unwrap();
    let to = std::env::var("METAS_DUMP_TO").unwrap();
    for (index, path) in list.lines().enumerate() {
        let target = format!("{to}/{index}.txt");
        if std::path::Path::new(&target).exists() {
            continue;
        }
        // What takes the process down is seen by the text that stays behind.
        std::fs::write(&target, "died\n").unwrap();
        let bytes = std::fs::read(path).unwrap();
        let text = std::panic::catch_unwind(|| dump(&bytes));
        std::fs::write(&target, text.unwrap_or_else(|_| "PANIC\n".to_owned())).unwrap();
    }
}
