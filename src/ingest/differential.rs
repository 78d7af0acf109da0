//! Every workbook of a folder, read by our readers and by calamine: the same cells, or a trouble.
//! `METAS_CORPUS=folder cargo test --lib differential -- --ignored --nocapture`
//! Where calamine takes the process down, `METAS_CORPUS_AFTER=name` goes on after that file.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods
)]

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader};

use super::cell::{Flow, Sink, Texts, Trouble, Value, a1};
use super::open::open;
use super::show::number;
use crate::pipeline::Limits;

#[derive(Default)]
struct All(BTreeMap<(u32, u32), String>);

impl Sink for All {
    fn wants(&self, _: u32) -> bool {
        true
    }

    fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: Value,
        texts: &Texts,
    ) -> Result<Flow, Trouble> {
        let told = match value {
            Value::Number(n) | Value::Percent(n) | Value::Serial(n) | Value::Duration(n) => {
                number(n)
            }
            Value::Bool(b) => b.to_string(),
            Value::Text(id) | Value::IsoDate(id) | Value::Error(id) => texts.get(id).to_owned(),
            Value::Empty | Value::NoCache => return Ok(Flow::Go),
        };
        if !told.is_empty() {
            self.0.insert((row, column), told);
        }
        Ok(Flow::Go)
    }
}

fn told(data: &Data) -> String {
    match data {
        Data::Int(n) => n.to_string(),
        Data::Float(n) => number(*n),
        Data::String(s) => s.clone(),
        Data::DateTimeIso(s) => super::iso::serial(s, false).map_or_else(|| s.clone(), number),
        Data::DurationIso(_) => "0".to_owned(),
        Data::Bool(b) => b.to_string(),
        Data::DateTime(d) => number(d.as_f64()),
        Data::Error(e) => e.to_string(),
        Data::Empty => String::new(),
    }
}

fn compare(name: &str, bytes: &[u8]) -> Result<usize, String> {
    let mut ours = open(bytes, &Limits::default())
        .map_err(|t| format!("trouble {}: {}", t.code, t.message))?;
    let mut theirs = calamine::open_workbook_auto_from_rs(Cursor::new(bytes))
        .map_err(|e| format!("calamine: {e}"))?;
    let sheets = ours.sheets().to_vec();
    let mut cells = 0;
    for (index, info) in sheets.iter().enumerate() {
        let mut all = All::default();
        ours.cells(index, &mut all).map_err(|t| {
            format!(
                "trouble {} in {}: {} {:?}",
                t.code, info.name, t.message, t.near
            )
        })?;
        let range = theirs
            .worksheet_range(&info.name)
            .map_err(|e| format!("calamine: {e}"))?;
        let start = range.start().unwrap_or_default();
        let mut expected = BTreeMap::new();
        for (row, column, data) in range.used_cells() {
            let at = (
                start.0 + u32::try_from(row).unwrap(),
                start.1 + u32::try_from(column).unwrap(),
            );
            if !told(data).is_empty() {
                expected.insert(at, told(data));
            }
        }
        cells += expected.len();
        let places = all.0.keys().chain(expected.keys());
        let differ: Vec<String> = places
            .filter(|at| all.0.get(at) != expected.get(at))
            .map(|at| {
                format!(
                    "{}: {:?} {:?}",
                    a1(at.0, at.1),
                    all.0.get(at),
                    expected.get(at)
                )
            })
            .collect();
        if !differ.is_empty() {
            let shown: Vec<&String> = differ.iter().take(4).collect();
            return Err(format!(
                "DIFFERENT {name} {:?}: {} cells: {shown:?}",
                info.name,
                differ.len()
            ));
        }
    }
    Ok(cells)
}

/// Every sheet of a file with our readers alone.
fn read_all_cells(bytes: &[u8]) {
    let Ok(mut ours) = open(bytes, &Limits::default()) else {
        return;
    };
    for index in 0..ours.sheets().len() {
        let _ = ours.cells(index, &mut All::default());
    }
}

#[test]
#[ignore = "needs a folder of workbooks in METAS_CORPUS"]
fn same_cells_as_calamine() {
    let folder = std::env::var_os("METAS_CORPUS").expect("METAS_CORPUS");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    let after = std::env::var("METAS_CORPUS_AFTER").unwrap_or_default();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name <= after {
            continue;
        }
        println!("begin {name}");
        let bytes = std::fs::read(&path).unwrap();
        let ours = std::panic::catch_unwind(|| read_all_cells(&bytes));
        println!("ours {name}: {}", ours.map_or("PANIC", |()| "no panic"));
        match std::panic::catch_unwind(|| compare(&name, &bytes)) {
            Ok(Ok(cells)) => println!("{name}: {cells} cells alike"),
            Ok(Err(why)) => println!("{name}: {why}"),
            Err(_) => println!("{name}: calamine: panic"),
        }
    }
}
