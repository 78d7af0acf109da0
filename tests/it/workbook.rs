//! Workbooks that go to departments: blank ones come back readable, their own come back whole.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chrono::NaiveDate;
use metas::diagnostic::{CellLocation, Diagnostic};
use metas::ingest::{Reading, read_file};
use metas::plan::{Limits, Plan};
use metas::workbook::{Entry, annotate, template};

use crate::home::TestHome;
use crate::ingest::workbooks;

const PLAN: &str = r#"
format = 1
[plan]
id = "obras"
title = "Plan de obras"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2026-T1"
[department.norte]
name = "Delegación Norte"
[department.sur]
name = "Delegación Sur"
[source.baches]
departments = "all"
file = "{department}/baches*.xlsx"
sheet = "Baches"
[source.baches.columns]
folio  = { header = "Folio", type = "text", unique = true }
piezas = { header = "Piezas", type = "integer", min = 1, max = 500 }
costo  = { header = "Costo", type = "number", optional = true }
avance = { header = "Avance", type = "percent" }
fecha  = { header = ["Fecha de cierre", "Cierre"], type = "date" }
estado = { header = "Estado", type = "category", values = ["Abierto", "Cerrado, con acta"] }
vecino = { header = "Nombre", type = "text", personal = true, optional = true }
[source.unico]
department = "sur"
file = "unico.ods"
[source.unico.columns]
clave = { header = "Clave", type = "text" }
[axis.calles]
title = "Calles"
[goal.reparados]
axis = "calles"
statement = "Reparar baches"
kind = "narrative"
[report]
brand = { name = "Valle" }
"#;

fn plan(text: &str) -> Plan {
    metas::plan::parse("obras.toml", text)
        .unwrap_or_else(|e| panic!("{}", metas::console::plain_text(&e)))
}

fn row(folio: &str, avance: f64) -> Vec<Entry> {
    vec![
        Entry::Text(folio.to_owned()),
        Entry::Number(12.0),
        Entry::Number(1234.5),
        Entry::Number(avance),
        Entry::Day(NaiveDate::from_ymd_opt(2026, 2, 18).unwrap()),
        Entry::Text("Cerrado, con acta".to_owned()),
        Entry::Text("Fulana".to_owned()),
    ]
}

fn read(pipeline: &Plan, source: &str, file: &str, bytes: &[u8]) -> Reading {
    let source = &pipeline.sources[source];
    read_file(bytes, file, source, &Limits::default(), &mut |_| {})
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.findings.iter().map(|f| f.code.as_str()).collect()
}

#[test]
fn a_filled_template_is_read_without_a_finding() {
    let plan = plan(PLAN);
    let source = &plan.sources["baches"];
    let rows = [row("001", 90.0), row("002", 0.5), row("003", 100.0)];
    let filled = template(&plan, source, "norte", &rows).unwrap();
    assert_eq!(
        (filled.name.as_str(), filled.matches),
        ("norte/baches.xlsx", true)
    );
    let reading = read(&plan, "baches", &filled.name, &filled.bytes);
    assert_eq!(codes(&reading), [""; 0], "{:?}", reading.findings);
    let frame = reading.frame.unwrap();
    let folio = frame.column("folio").unwrap().str().unwrap();
    assert_eq!(folio.get(0), Some("001"));
    let percent = frame.column("avance").unwrap().f64().unwrap();
    assert_eq!(
        percent.iter().collect::<Vec<_>>(),
        [Some(90.0), Some(0.5), Some(100.0)]
    );
    let estado = frame.column("estado").unwrap().str().unwrap();
    assert_eq!(estado.get(2), Some("Cerrado, con acta"));
    assert!(frame.column("vecino").is_err());
}

#[test]
fn blank_templates_are_the_same_bytes_and_only_lack_rows() {
    let plan = plan(PLAN);
    for (id, source) in &plan.sources {
        for department in source.providers.departments() {
            let blank = template(&plan, source, department, &[]).unwrap();
            assert_eq!(blank, template(&plan, source, department, &[]).unwrap());
            let reading = read(&plan, id, &blank.name, &blank.bytes);
            assert_eq!(codes(&reading), ["no-data-rows"], "{id}");
        }
    }
    let other = template(&plan, &plan.sources["unico"], "sur", &[]).unwrap();
    assert_eq!((other.name.as_str(), other.matches), ("unico.xlsx", false));
}

/// A template states its period; what people write beside the label counts more than the mark.
#[test]
fn a_template_of_another_period_is_known() {
    let at = |period: &str| plan(PLAN).at(period.parse().unwrap());
    let (first, second) = (at("2026-T1"), at("2026-T2"));
    let made = |pipeline: &Plan| {
        let rows = [row("001", 90.0)];
        template(pipeline, &pipeline.sources["baches"], "norte", &rows).unwrap()
    };
    let reading = read(&first, "baches", "a.xlsx", &made(&first).bytes);
    assert_eq!(codes(&reading), Vec::<&str>::new());
    let reading = read(&second, "baches", "a.xlsx", &made(&first).bytes);
    assert_eq!(codes(&reading), ["other-period"]);
    assert!(reading.is_blocked());
    let told = format!("{:?}", reading.findings[0]);
    assert!(
        told.contains("2026-T1") && told.contains("escriba 2026-T2") && told.contains("B3"),
        "{told}"
    );
    // A template without a period, and a plan that is not taken at one, say nothing.
    let reading = read(&second, "baches", "a.xlsx", &made(&plan(PLAN)).bytes);
    assert_eq!(codes(&reading), Vec::<&str>::new());
    let reading = read(&plan(PLAN), "baches", "a.xlsx", &made(&first).bytes);
    assert_eq!(codes(&reading), Vec::<&str>::new());
}

#[test]
fn the_command_makes_templates_of_the_open_period() {
    let home = TestHome::leon();
    let out = home.file("plantillas");
    let make = |more: &[&str]| {
        let known = [
            "template",
            "pamga-2025-2027",
            "--json",
            "-o",
            out.to_str().unwrap(),
        ];
        home.metas(&[&known[..], more].concat())
    };
    let period = |more: &[&str]| make(more).ok().json()["period"].clone();
    assert_eq!(period(&["--as-of", "2026-05-02"]), "2026-T2");
    assert_eq!(period(&["--as-of", "2025-05-02"]), "2026-T1");
    assert_eq!(
        period(&["--as-of", "2026-05-02", "--period", "2026-T4"]),
        "2026-T4"
    );
    make(&["--period", "2026-M04"])
        .code(2)
        .says(&["unknown-period"]);
    make(&["--period", "2025-T1"]).code(2).says(&["2026-T1"]);
}

#[test]
fn the_mark_tells_whose_template_it_was() {
    let plan_now = plan(PLAN);
    let older = plan(&PLAN.replace("max = 500", "max = 400"));
    let one = |pipeline: &Plan, department: &str| {
        template(
            pipeline,
            &pipeline.sources["baches"],
            department,
            &[row("001", 90.0)],
        )
        .unwrap()
    };
    let reading = read(&plan_now, "baches", "a.xlsx", &one(&older, "norte").bytes);
    assert_eq!(codes(&reading), ["older-template"]);
    assert!(!reading.is_blocked());

    let mut northern = plan_now.sources["baches"].clone();
    northern.providers = metas::plan::Providers::One("norte".to_owned());
    let southern = one(&plan_now, "sur").bytes;
    let reading = read_file(
        &southern,
        "a.xlsx",
        &northern,
        &Limits::default(),
        &mut |_| {},
    );
    assert_eq!(codes(&reading), ["other-department-template"]);
    assert!(reading.frame.is_none());

    let mut other = plan_now.sources["baches"].clone();
    other.id = "luminarias".to_owned();
    let reading = read_file(&southern, "a.xlsx", &other, &Limits::default(), &mut |_| {});
    assert_eq!(codes(&reading), ["other-source-template"]);
}

fn parts(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names: Vec<String> = zip.file_names().map(|n| n.unwrap().into_owned()).collect();
    names
        .into_iter()
        .map(|name| {
            let mut content = Vec::new();
            zip.by_name(&name)
                .unwrap()
                .read_to_end(&mut content)
                .unwrap();
            (name, content)
        })
        .collect()
}

fn finding(file: &str, sheet: &str, cell: &str) -> Diagnostic {
    Diagnostic::error("x", "Está \u{1}mal & <así> _x0041_.")
        .in_cells(CellLocation {
            file: file.to_owned(),
            sheet: Some(sheet.to_owned()),
            cell: Some(cell.to_owned()),
            header: Some("Folio".to_owned()),
            raw: Some("=1+1".to_owned()),
        })
        .hint("Escriba otra cosa.")
}

/// Every workbook of the corpus, hostile ones too: either edited, and then read as before, or
/// answered with a list.
#[test]
fn what_comes_back_reads_as_what_was_sent() {
    let plan = plan(&PLAN.replace("Baches", "Acuerdos"));
    let (mut edited, mut listed, mut commented) = (0, 0, 0);
    for path in workbooks() {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if !matches!(ending.as_ref(), "xlsx" | "xls" | "ods" | "csv") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let findings = [
            finding(&name, "Acuerdos", "A3"),
            finding(&name, "Acuerdos", "B2:B9"),
            finding(&name, "Acuerdos", "C1, E1"),
        ];
        let back = annotate(&bytes, &findings, &name);
        assert!(!back.bytes.is_empty(), "{name}");
        let (old, new) = (
            read(&plan, "baches", "a", &bytes),
            read(&plan, "baches", "a", &back.bytes),
        );
        if !back.edited {
            listed += 1;
            continue;
        }
        edited += 1;
        assert_eq!(codes(&old), codes(&new), "{name}");
        assert_eq!((&old.sheet, &old.range), (&new.sheet, &new.range), "{name}");
        let (before, after) = (parts(&bytes), parts(&back.bytes));
        for (part, content) in &before {
            let ours = part.contains("[Content_Types]")
                || part.contains(".rels")
                || part.contains("workbook.xml")
                || part.contains("styles")
                || part.contains("worksheets/");
            assert!(ours || after[part] == *content, "{name}: {part}");
        }
        // A second round replaces the first.
        let again = annotate(&back.bytes, &findings[..1], &name);
        assert!(again.edited, "{name}");
        assert_eq!(
            parts(&again.bytes).keys().collect::<Vec<_>>(),
            after.keys().collect::<Vec<_>>(),
            "{name}"
        );
        if let Some(comments) = parts(&again.bytes).get("xl/comments1.xml") {
            let comments = String::from_utf8(comments.clone()).unwrap();
            assert_eq!(comments.matches("<comment ").count(), 1, "{name}");
            commented += 1;
        }
    }
    assert!(
        edited >= 30 && listed >= 20 && commented >= 20,
        "{edited} edited, {listed} listed"
    );
}

#[test]
fn a_file_that_is_no_workbook_gets_a_list() {
    for bytes in [&b""[..], b"PK\x03\x04", b"a,b\n1,2\n"] {
        let back = annotate(bytes, &[finding("sub/a.csv", "x", "A1")], "sub/a.csv");
        assert!(!back.edited);
        assert_eq!(back.name, "sub/a (csv) - observaciones.xlsx");
        assert!(parts(&back.bytes).contains_key("xl/workbook.xml"));
    }
}

#[test]
fn templates_are_written_where_asked() {
    let home = TestHome::leon();
    let out = home.file("out");
    let out = out.to_str().unwrap();
    let ran = home.metas(&["template", "--out", out, "--json"]).ok();
    let files = ran.json()["files"].as_array().unwrap().clone();
    assert_eq!(files.len(), 5, "{files:?}");
    let other = files.iter().filter(|file| file["matches"] == false);
    assert_eq!(other.count(), 1, "{files:?}");
    assert!(home.file("out/mi-barrio-habla.xlsx").is_file());
    home.metas(&["template", "-o", out, "--department", "juventut"])
        .code(2)
        .says(&["did you mean juventud?"]);
}

#[test]
fn workbooks_are_returned_and_kept_private() {
    let home = TestHome::leon();
    home.replace(
        "pipelines/pamga-2025-2027.toml",
        "\"Evento\", type = \"integer\"",
        "\"Evento\", type = \"integer\", max = 2",
    );
    let out = home.file("out");
    home.metas(&[
        "check",
        "--period",
        "2026-T1",
        "--return",
        out.to_str().unwrap(),
    ])
    .says(&["devuelto con observaciones", "mi-barrio-habla 2025.xlsx"]);
    let path = out.join("mi-barrio-habla 2025.xlsx");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    let sent = std::fs::read(home.file("inputs/2026-T1/mi-barrio-habla 2025.xlsx")).unwrap();
    let (before, after) = (parts(&sent), parts(&std::fs::read(&path).unwrap()));
    assert!(before.keys().all(|part| after.contains_key(part)));

    home.metas(&[
        "run",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-06",
        "--dry-run",
    ]);
    assert!(!home.file("state/returned").exists());
    home.metas(&[
        "run",
        "pamga-2025-2027",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-06",
        "--no-deliver",
    ])
    .ok();
    let kept = home.file("state/returned/pamga-2025-2027/2026-T1/desarrollo-social");
    assert_eq!(mode(&kept), 0o700);
    assert_eq!(mode(&kept.join("mi-barrio-habla 2025.xlsx")), 0o600);
}
