//! Reads 60 workbooks of 5,000 rows and 12 columns, all declared, in bounded children, and beside
//! it lets calamine's own cell reader go over the same cells in the same run, which is the floor.
//! `cargo bench --bench ingest [-- FILES ROWS]`; 1200 files are twenty times the workload.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use calamine::{Reader, Xlsx};
use indexmap::IndexMap;
use metas::child::Program;
use metas::inbox::{Job, READ_SUBCOMMAND, read_all, reader_main};
use metas::pipeline::{Column, ColumnKind, Limits, Providers, Source};

const HEADERS: [&str; 12] = [
    "Folio",
    "Evento",
    "Fecha",
    "Estatus",
    "Monto",
    "Avance",
    "Colonia",
    "Descripción",
    "Responsable",
    "Conclusión",
    "Personas",
    "Tipo",
];
const STATES: [&str; 3] = ["Concluido", "En proceso", "Pendiente"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == READ_SUBCOMMAND) {
        reader_main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()).unwrap();
        return;
    }
    let numbers: Vec<usize> = args.iter().filter_map(|a| a.parse().ok()).collect();
    let (files, rows) = (
        numbers.first().copied().unwrap_or(60),
        numbers.get(1).copied().unwrap_or(5_000),
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("ingest-{rows}"));
    fs::create_dir_all(&folder).unwrap();
    let paths: Vec<PathBuf> = (0..files).map(|n| workbook(&folder, n, rows)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{files} workbooks x {rows} rows x 12 columns, {threads} at a time");

    let (floor, cells) = best(3, || floor(&paths, threads));
    println!(
        "calamine's cell reader  {:>8.0} ms  {cells} cells",
        millis(floor)
    );
    let jobs: Vec<Job> = paths
        .iter()
        .map(|path| Job {
            source: source(),
            file: "banco.xlsx".to_owned(),
            path: path.clone(),
        })
        .collect();
    let (ours, kept) = best(3, || ingest(&jobs, threads));
    println!(
        "whole ingest            {:>8.0} ms  {kept} rows",
        millis(ours)
    );
    println!(
        "ratio                   {:>8.2}",
        ours.as_secs_f64() / floor.as_secs_f64()
    );
    println!(
        "peak memory: this process {} MB",
        peak("/proc/self/status") / 1024
    );
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn best<T>(times: usize, mut run: impl FnMut() -> T) -> (Duration, T) {
    let mut best = None;
    for _ in 0..times {
        let start = Instant::now();
        let made = run();
        let took = start.elapsed();
        if best.as_ref().is_none_or(|(before, _)| took < *before) {
            best = Some((took, made));
        }
    }
    best.unwrap()
}

fn floor(paths: &[PathBuf], threads: usize) -> usize {
    let next = AtomicUsize::new(0);
    let cells = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut book: Xlsx<_> =
                        Xlsx::new(Cursor::new(fs::read(path).unwrap())).unwrap();
                    let mut reader = book.worksheet_cells_reader("Datos").unwrap();
                    let mut count = 0;
                    while reader.next_cell().unwrap().is_some() {
                        count += 1;
                    }
                    cells.fetch_add(count, Ordering::Relaxed);
                }
            });
        }
    });
    cells.into_inner()
}

fn ingest(jobs: &[Job], threads: usize) -> usize {
    let program = Program {
        path: std::env::current_exe().unwrap(),
        args: vec![READ_SUBCOMMAND.into()],
    };
    let readings = read_all(&program, jobs, &Limits::default(), threads, &|_| {});
    for reading in &readings {
        assert!(reading.frame.is_some(), "{:?}", reading.findings);
    }
    readings.iter().map(|r| r.rows).sum()
}

fn peak(path: &str) -> usize {
    let status = fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches("kB").trim().parse().ok())
        .unwrap_or(0)
}

fn source() -> Source {
    let states = STATES.map(str::to_owned).to_vec();
    let kinds = [
        ColumnKind::Text,
        ColumnKind::Integer,
        ColumnKind::Date,
        ColumnKind::Category(states),
        ColumnKind::Number,
        ColumnKind::Percent,
        ColumnKind::Text,
        ColumnKind::Text,
        ColumnKind::Text,
        ColumnKind::Date,
        ColumnKind::Integer,
        ColumnKind::Text,
    ];
    let columns: IndexMap<String, Column> = HEADERS
        .iter()
        .zip(kinds)
        .enumerate()
        .map(|(index, (header, kind))| {
            let column = Column {
                headers: vec![(*header).to_owned()],
                kind,
                unique: index == 0,
                optional: false,
                personal: false,
                min: None,
                max: None,
            };
            (format!("c{index}"), column)
        })
        .collect();
    Source {
        id: "banco".to_owned(),
        providers: Providers::One("d".to_owned()),
        file: "*".to_owned(),
        sheet: Some("Datos".to_owned()),
        required: true,
        columns,
        checks: Vec::new(),
    }
}

/// Makes workbook `number`, or finds it made.
fn workbook(folder: &Path, number: usize, rows: usize) -> PathBuf {
    let path = folder.join(format!("{number}.xlsx"));
    if path.exists() {
        return path;
    }
    let mut strings: IndexMap<String, usize> = IndexMap::new();
    let mut sheet = String::from(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
    );
    let mut text = |t: String| {
        let next = strings.len();
        format!("t=\"s\"><v>{}</v>", strings.entry(t).or_insert(next))
    };
    let mut row_of = |row: usize, cells: Vec<String>| {
        sheet.push_str(&format!("<row r=\"{row}\">"));
        for (column, cell) in cells.iter().enumerate() {
            let letter = char::from(b'A' + u8::try_from(column).unwrap());
            sheet.push_str(&format!("<c r=\"{letter}{row}\" {cell}</c>"));
        }
        sheet.push_str("</row>");
    };
    row_of(1, HEADERS.iter().map(|h| text((*h).to_owned())).collect());
    for r in 0..rows {
        let cells = vec![
            text(format!("F-{number:03}-{r:06}")),
            format!("><v>{}</v>", r % 40 + 1),
            format!("s=\"1\"><v>{}</v>", 45_658 + r % 360),
            text(STATES[r % 3].to_owned()),
            format!("><v>{}.{:02}</v>", r * 37 % 90_000, r % 100),
            format!("s=\"2\"><v>0.{:02}</v>", r % 100),
            text(format!("Colonia {}", r % 200)),
            text(format!(
                "Reparación de luminaria en la calle {} número {}",
                r % 500,
                r % 90
            )),
            text(format!("Persona {}", r % 30)),
            format!("s=\"1\"><v>{}</v>", 45_700 + r % 300),
            format!("><v>{}</v>", r % 1000),
            text(format!("Tipo {}", r % 8)),
        ];
        row_of(r + 2, cells);
    }
    sheet.push_str("</sheetData></worksheet>");
    let shared: String = strings
        .keys()
        .map(|s| format!("<si><t>{s}</t></si>"))
        .collect();
    write(&path, &sheet, &shared);
    path
}

fn write(path: &Path, sheet: &str, shared: &str) {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"Datos\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{office}/styles\" Target=\"styles.xml\"/><Relationship Id=\"r3\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{main}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"9\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst xmlns=\"{main}\">{shared}</sst>"),
        ),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
    ];
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, data) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(data.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}
