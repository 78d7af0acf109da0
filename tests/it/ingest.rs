//! Every workbook under `tests/workbooks/` is read as the source `acuerdos` below, and what the
//! reader says of it is the text beside it. `METAS_BLESS=1` writes the texts anew; read the diff.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use indexmap::IndexMap;
use metas::diagnostic::{Location, Severity};
use metas::dropbox::{Job, READ_SUBCOMMAND, read_all};
use metas::ingest::{Frame, Reading, read_file};
use metas::plan::{Column, ColumnKind, Limits, Providers, Source};
use metas::worker::Program;
use proptest::prelude::*;

fn column(headers: &[&str], kind: ColumnKind) -> Column {
    Column {
        headers: headers.iter().map(|h| (*h).to_owned()).collect(),
        kind,
        unique: false,
        optional: false,
        personal: false,
        min: None,
        max: None,
        within_period: false,
    }
}

/// The source that all these workbooks are meant for.
pub(crate) fn source() -> Source {
    let optional = |c: Column| Column {
        optional: true,
        ..c
    };
    let states = ["Concluido", "En proceso", "Pendiente"]
        .map(str::to_owned)
        .to_vec();
    let mut columns = IndexMap::new();
    let mut add = |name: &str, column: Column| columns.insert(name.to_owned(), column);
    add(
        "folio",
        Column {
            unique: true,
            ..column(&["Folio", "No. de acuerdo"], ColumnKind::Text)
        },
    );
    add(
        "evento",
        Column {
            min: Some(1.0),
            max: Some(999.0),
            ..column(&["Evento"], ColumnKind::Integer)
        },
    );
    add("fecha", column(&["Fecha de registro"], ColumnKind::Date));
    add(
        "estatus",
        column(&["Estatus"], ColumnKind::Category(states)),
    );
    add("monto", optional(column(&["Monto"], ColumnKind::Number)));
    add("avance", optional(column(&["Avance"], ColumnKind::Percent)));
    add(
        "conclusion",
        optional(column(&["Fecha de conclusión"], ColumnKind::Date)),
    );
    add(
        "vecino",
        Column {
            personal: true,
            ..optional(column(&["Nombre"], ColumnKind::Text))
        },
    );
    Source {
        id: "acuerdos".to_owned(),
        providers: Providers::One("desarrollo-social".to_owned()),
        file: "*".to_owned(),
        sheet: Some("Acuerdos".to_owned()),
        required: true,
        columns,
        checks: vec!["conclusion >= fecha".to_owned()],
        period: None,
        left_out: Default::default(),
    }
}

/// The same, of the first quarter of 2025 for the workbooks that are about periods.
fn source_of(name: &str) -> Source {
    let mut source = source();
    if name.starts_with("period-") {
        source.period = "2025-T1".parse().ok();
        source.columns["fecha"].within_period = true;
    }
    source
}

/// Bounds small enough for tests to be quick.
pub(crate) fn limits() -> Limits {
    Limits {
        inflated_mib: 64,
        cells: 2_000_000,
        ..Limits::default()
    }
}

/// Every workbook, in the order of their names. Each lies in the folder of its subject.
pub(crate) fn workbooks() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbooks");
    let subjects = std::fs::read_dir(root).unwrap();
    let mut found: Vec<PathBuf> = subjects
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e != "txt"))
        .collect();
    found.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    found
}

/// The workbook of that name.
pub(crate) fn workbook(name: &str) -> PathBuf {
    let all = workbooks();
    let mut named = all.into_iter().filter(|path| path.ends_with(name));
    named.next().unwrap_or_else(|| panic!("there is no {name}"))
}

/// A row as these tests tell it.
pub(crate) fn cells_of(frame: &Frame, row: usize) -> String {
    let cells = frame.columns().iter();
    let cells: Vec<String> = cells.map(|c| c.get(row).unwrap().to_string()).collect();
    cells.join(" | ")
}

fn told(reading: &Reading) -> String {
    let mut out = String::new();
    writeln!(out, "sheet: {}", reading.sheet.as_deref().unwrap_or("-")).unwrap();
    writeln!(
        out,
        "range: {}, rows: {}",
        reading.range.as_deref().unwrap_or("-"),
        reading.rows
    )
    .unwrap();
    for finding in &reading.findings {
        let word = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        write!(out, "\n{word}[{}]", finding.code).unwrap();
        if let Location::Cells(place) = &finding.location {
            let parts = [&place.sheet, &place.cell, &place.header];
            for part in parts.into_iter().flatten() {
                write!(out, " {part:?}").unwrap();
            }
            if let Some(raw) = &place.raw {
                write!(out, " raw={raw:?}").unwrap();
            }
        }
        writeln!(out, "\n  {}", finding.message).unwrap();
        if let Some(hint) = &finding.hint {
            writeln!(out, "  = {hint}").unwrap();
        }
    }
    if let Some(frame) = &reading.frame {
        writeln!(out).unwrap();
        let names: Vec<String> = frame
            .columns()
            .iter()
            .map(|c| c.name().to_string())
            .collect();
        writeln!(out, "{}", names.join(" | ")).unwrap();
        for row in 0..frame.height().min(6) {
            writeln!(out, "{}", cells_of(frame, row)).unwrap();
        }
    }
    out
}

#[test]
fn each_workbook_gives_the_findings_beside_it() {
    let bless = std::env::var_os("METAS_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in workbooks() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let text = told(&read_file(
            &bytes,
            &name,
            &source_of(&name),
            &limits(),
            &mut |_| {},
        ));
        assert!(
            !text.contains("CANARIO"),
            "{name} lets a personal value out"
        );
        let golden = path.with_file_name(format!("{name}.txt"));
        if bless {
            std::fs::write(&golden, &text).unwrap();
        } else if std::fs::read_to_string(&golden).unwrap_or_default() != text {
            wrong.push(format!("--- {name}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What makes findings in the reader's files.
const CONSTRUCTORS: [&str; 4] = [
    "Issue::error(",
    "Issue::warning(",
    "ReadError::new(",
    "Self::new(",
];

/// Codes that the reader's files give to findings: the first text after each constructor.
fn codes(folder: &Path, found: &mut std::collections::BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for constructor in CONSTRUCTORS {
            for after in code.split(constructor).skip(1) {
                let literal = after.trim_start().strip_prefix('"');
                found.extend(literal.and_then(|l| l.split('"').next()).map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_code_has_a_workbook() {
    // A fault of metas itself; and one that needs a source without a sheet's name, below.
    let elsewhere = ["internal", "ambiguous-sheet"];
    let mut all = std::collections::BTreeSet::new();
    for stage in ["src/ingest", "src/spreadsheet"] {
        codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join(stage), &mut all);
    }
    assert!(all.len() > 40, "{all:?}");
    for of_a_file in ["damaged-file", "unclosed-quote", "not-a-spreadsheet"] {
        assert!(all.contains(of_a_file), "{of_a_file} is not found: {all:?}");
    }
    let told: String = workbooks()
        .iter()
        .map(|p| std::fs::read_to_string(format!("{}.txt", p.display())).unwrap())
        .collect();
    let without: Vec<&String> = all
        .iter()
        .filter(|c| !elsewhere.contains(&c.as_str()) && !told.contains(&format!("[{c}]")))
        .collect();
    assert!(
        without.is_empty(),
        "no case in tests/workbooks: {without:?}"
    );
}

#[test]
fn which_of_two_sheets_is_not_guessed() {
    let any = Source {
        sheet: None,
        ..source()
    };
    let bytes = std::fs::read(workbook("two-sheets.xlsx")).unwrap();
    let reading = read_file(&bytes, "x", &any, &limits(), &mut |_| {});
    assert_eq!(reading.findings[0].code, "ambiguous-sheet");
    assert!(reading.findings[0].message.contains("«Acuerdos», «Otra»"));
}

fn program() -> Program {
    Program {
        path: PathBuf::from(env!("CARGO_BIN_EXE_metas")),
        args: vec![READ_SUBCOMMAND.into()],
    }
}

fn job(path: &Path) -> Job {
    Job {
        source: source_of(&path.file_name().unwrap().to_string_lossy()),
        file: path.file_name().unwrap().to_string_lossy().into_owned(),
        path: path.to_owned(),
    }
}

#[test]
fn children_read_as_the_library_does() {
    let jobs: Vec<Job> = workbooks().iter().map(|p| job(p)).collect();
    let limits = limits();
    let done = AtomicUsize::new(0);
    let readings = read_all(&program(), &jobs, &limits, 2, &|_| {
        done.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    assert_eq!(done.into_inner(), jobs.len());
    for (job, reading) in jobs.iter().zip(&readings) {
        let bytes = std::fs::read(&job.path).unwrap();
        let own = read_file(&bytes, &job.file, &job.source, &limits, &mut |_| {});
        assert_eq!(told(reading), told(&own), "{}", job.file);
        assert_eq!(reading.frame.is_some(), own.frame.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    /// A child reads many files: none may leave a mark on the next, whatever their order.
    #[test]
    fn the_order_of_files_does_not_matter(
        jobs in Just(workbooks().iter().map(|p| job(p)).collect::<Vec<_>>()).prop_shuffle(),
        parallel in 1usize..3,
    ) {
        let limits = limits();
        let readings = read_all(&program(), &jobs, &limits, parallel, &|_| {}).unwrap();
        for (job, reading) in jobs.iter().zip(&readings) {
            let golden = job.path.with_file_name(format!("{}.txt", job.file));
            prop_assert_eq!(told(reading), std::fs::read_to_string(golden).unwrap(), "{}", job.file);
        }
    }
}

#[test]
fn a_child_without_memory_is_a_finding() {
    let jobs = [job(&workbooks()[0])];
    let limits = Limits {
        memory_mib: 1,
        ..limits()
    };
    let readings = read_all(&program(), &jobs, &limits, 2, &|_| {}).unwrap();
    let finding = &readings[0].findings[0];
    assert!(
        finding.is_error() && finding.code.starts_with("reader-"),
        "{finding:?}"
    );
}

#[test]
fn a_run_has_bounds_of_its_own() {
    let jobs = ["good.xlsx", "good.csv"].map(|name| job(&workbook(name)));
    let full = Limits {
        run_mib: 0,
        ..limits()
    };
    let late = Limits {
        run_seconds: 0,
        ..limits()
    };
    for (limits, code) in [(full, "run-too-big"), (late, "run-timeout")] {
        for reading in read_all(&program(), &jobs, &limits, 2, &|_| {}).unwrap() {
            assert!(reading.frame.is_none());
            assert_eq!(reading.findings[0].code, code);
            assert!(reading.findings[0].hint.is_some());
        }
    }
}

/// The same rows as a CSV, in the given order of rows and columns.
fn csv_in_order(rows: &[usize], columns: &[usize]) -> Vec<u8> {
    let headers = ["Folio", "Evento", "Fecha de registro", "Estatus", "Monto"];
    let cell = |row: usize, column: usize| match column {
        0 => format!("A-{row:03}"),
        1 => format!("{}", row % 9 + 1),
        2 => format!("{:02}/{:02}/2025", row % 28 + 1, row % 12 + 1),
        3 => ["Concluido", "EN PROCESO", "pendiente"][row % 3].to_owned(),
        _ => format!("\"{}.5\"", row * 7),
    };
    let line = |cells: Vec<String>| cells.join(",") + "\r\n";
    let mut text = line(columns.iter().map(|c| headers[*c].to_owned()).collect());
    for row in rows {
        text += &line(columns.iter().map(|c| cell(*row, *c)).collect());
    }
    text.into_bytes()
}

fn sorted_rows(bytes: &[u8]) -> Vec<String> {
    let reading = read_file(bytes, "x.csv", &source(), &limits(), &mut |_| {});
    let frame = reading
        .frame
        .unwrap_or_else(|| panic!("{:?}", reading.findings));
    let names = ["folio", "evento", "fecha", "estatus", "monto"];
    let mut rows: Vec<String> = (0..frame.height())
        .map(|row| {
            let cells = names.map(|n| frame.column(n).unwrap().get(row).unwrap().to_string());
            cells.join("|")
        })
        .collect();
    rows.sort();
    rows
}

/// Valid files, to break one byte or one stretch of at a time.
fn seeds() -> Vec<Vec<u8>> {
    [
        "good.xlsx",
        "shared-strings.xlsx",
        "good.ods",
        "good.xls",
        "good.csv",
        "utf16le-tabs.csv",
    ]
    .map(|name| std::fs::read(workbook(name)).unwrap())
    .to_vec()
}

/// The parts of a zip, stored, so that a broken byte reaches the XML and not the inflater.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let Ok(mut zip) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else {
        return bytes.to_vec();
    };
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        out.start_file(name, options).unwrap();
        std::io::copy(&mut part, &mut out).unwrap();
    }
    out.finish().unwrap().into_inner()
}

/// A part of a zip with bytes changed before it is packed, so that its checksum holds.
fn with_broken_part(bytes: &[u8], which: usize, cuts: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let Ok(mut zip) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) else {
        return broken(bytes, cuts);
    };
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let chosen = which % zip.len();
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let mut data = Vec::new();
        std::io::copy(&mut part, &mut data).unwrap();
        if index == chosen {
            data = broken(&data, cuts);
        }
        out.start_file(
            part.name().unwrap().into_owned(),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        std::io::Write::write_all(&mut out, &data).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn broken(bytes: &[u8], cuts: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for (place, byte) in cuts {
        if !out.is_empty() {
            let at = place.index(out.len());
            match byte % 7 {
                0 => out.truncate(at),
                1 => drop(out.remove(at)),
                2 => out.insert(at, *byte),
                _ => out[at] = *byte,
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(
        seed in 0usize..6,
        which in 0usize..20,
        inside in any::<bool>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let seeds = seeds();
        let bytes = if inside { with_broken_part(&seeds[seed], which, &cuts) } else { broken(&stored(&seeds[seed]), &cuts) };
        let reading = read_file(&bytes, "x", &source(), &limits(), &mut |_| {});
        prop_assert!(reading.frame.is_some() || reading.is_blocked());
    }

    #[test]
    fn order_does_not_matter(
        rows in Just((0usize..20).collect::<Vec<_>>()).prop_shuffle(),
        columns in Just((0usize..5).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let plain = csv_in_order(&(0..20).collect::<Vec<_>>(), &[0, 1, 2, 3, 4]);
        prop_assert_eq!(sorted_rows(&csv_in_order(&rows, &columns)), sorted_rows(&plain));
    }
}

/// What nothing computes with stays in the reader, and is checked there as if it were carried.
#[test]
fn a_column_that_stays_is_checked_all_the_same() {
    for path in workbooks() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let source = source_of(&name);
        let read = |source: &Source| read_file(&bytes, &name, source, &limits(), &mut |_| {});
        let all = read(&source);
        let stays = ["fecha", "estatus", "monto", "avance", "conclusion"];
        let few = Source {
            left_out: stays.map(str::to_owned).into(),
            ..source
        };
        let less = read(&few);
        assert_eq!(all.findings, less.findings, "{name}");
        assert_eq!(
            (&all.sheet, &all.range, all.rows),
            (&less.sheet, &less.range, less.rows),
            "{name}"
        );
        let carried = all.frame.map(|frame| frame.drop_many(stays));
        assert!(
            carried == less.frame
                || carried
                    .zip(less.frame)
                    .is_some_and(|(a, b)| a.equals_missing(&b)),
            "{name}"
        );
    }
}
