//! A home to begin with: the starter runs at once, León's is there, and what describes workbooks
//! passes on them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::home::{TestHome, metas};

fn init(home: &TestHome, words: &[&str]) -> String {
    let target = home.file("nuevo");
    let dir = target.to_str().unwrap();
    let arguments: Vec<&str> = ["init", dir]
        .into_iter()
        .chain(words.iter().copied())
        .collect();
    home.metas(&arguments).ok().stdout
}

#[test]
fn the_starter_runs_at_once_and_says_what_to_change() {
    let outside = TestHome::empty();
    let told = init(&outside, &[]);
    assert!(
        told.contains("metas run --home") && told.contains("LEEME.md"),
        "{told}"
    );
    let dir = outside.file("nuevo");
    let checked = metas(&dir, &["check"]).ok();
    assert!(!checked.stderr.contains("warning["), "{}", checked.stderr);
    let ran = metas(&dir, &["run"]).ok();
    ran.says(&["edition 1 issued"]);
    let period = fs::read_dir(dir.join("reports/mi-plan")).unwrap();
    let period = period
        .map(|entry| entry.unwrap().path())
        .find(|path| path.is_dir())
        .unwrap();
    let results = fs::read_to_string(period.join("v1/results.json")).unwrap();
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    let goals = results["goals"].as_array().unwrap();
    assert_eq!(
        (goals.len(), results["axes"].as_array().unwrap().len()),
        (3, 2)
    );
    for goal in goals {
        assert!(goal["actual_value"].is_number(), "{goal}");
    }
    metas(&dir, &["run"]).ok();
    let plan = fs::read_to_string(dir.join("pipelines/mi-plan.toml")).unwrap();
    assert!(!plan.contains('@') || !plan.contains("@PERIOD@"), "{plan}");
    let readme = fs::read_to_string(dir.join("LEEME.md")).unwrap();
    assert!(!readme.contains("@PERIOD@") && readme.contains("Para que sea suyo"));
}

/// Key by key: each line of the starter that has a key of its kind for the first time says what the
/// key does, or is explained by the line above it.
#[test]
fn the_starters_mail_server_is_accepted_when_it_is_uncommented() {
    let outside = TestHome::empty();
    init(&outside, &[]);
    let path = outside.file("nuevo/pipelines/mi-plan.toml");
    let plan = fs::read_to_string(&path).unwrap();
    let open = plan
        .replace("# [delivery.smtp]", "[delivery.smtp]")
        .replace("# host =", "host =")
        .replace("# user =", "user =");
    assert_ne!(open, plan);
    fs::write(&path, open).unwrap();
    let at = outside.file("nuevo");
    metas(&at, &["check"]).ok();
}

#[test]
fn leons_home_is_made_by_its_name() {
    let outside = TestHome::empty();
    init(&outside, &["--example", "leon"]);
    let dir = outside.file("nuevo");
    assert!(dir.join("pipelines/pamga-2025-2027.toml").is_file());
    let at = dir.to_str().unwrap();
    metas(&dir, &["check", "--period", "2026-T1"]).ok();
    outside
        .metas(&["init", at])
        .code(2)
        .says(&["error[not-empty]"]);
}

/// The workbooks of a folder, as far as a person could open them.
fn workbooks(folder: &str) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let extension = path
                .extension()
                .and_then(|e| e.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if ["xlsx", "xlsm", "xlsb", "xls", "ods", "csv"].contains(&extension) {
                all.push(path);
            }
        }
    }
    all.sort();
    all
}

/// Each workbook alone: what is written of it passes on it, unless the reader blocks the whole sheet
/// for a reason that no description mends; then the definition says so.
fn passes(path: &Path) -> Result<bool, String> {
    let outside = TestHome::empty();
    let dir = outside.file("nuevo");
    let at = dir.to_str().unwrap();
    let made = outside.metas(&["init", at, "--from-workbook", path.to_str().unwrap()]);
    if made.code != 0 {
        return match made.code {
            65 | 75 | 78 if made.stderr.contains("error[") && !dir.exists() => Ok(false),
            code => Err(format!(
                "{}: init ends with {code}: {}",
                path.display(),
                made.stderr
            )),
        };
    }
    let file = dir.join("pipelines/mi-plan.toml");
    let plan = fs::read_to_string(&file).unwrap();
    // The copies are young: without this every check would wait for them.
    let limits = "\n[limits]\nquiet_seconds = 0\n";
    fs::write(file, format!("{plan}{limits}")).unwrap();
    let period = plan
        .split("first_period = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let checked = metas(&dir, &["check", "--period", period]);
    if checked.code == 0 {
        return Ok(true);
    }
    let told = checked
        .stderr
        .lines()
        .find(|line| line.starts_with("error["))
        .unwrap_or_default();
    let message = told.split_once("]: ").map_or("", |(_, message)| message);
    match plan.contains(message) && checked.code == 65 {
        true => Ok(false),
        false => Err(format!("{}: {told}\n{plan}", path.display())),
    }
}

fn most_pass(folders: &[&str], least: usize) {
    let (mut passed, mut wrong) = (0, Vec::new());
    for path in folders.iter().flat_map(|folder| workbooks(folder)) {
        match passes(&path) {
            Ok(true) => passed += 1,
            Ok(false) => {}
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(passed >= least, "only {passed} passed");
}

#[test]
fn what_describes_the_sample_workbooks_passes_on_them() {
    most_pass(
        &[
            "inputs",
            "tests/homes/santa-lucia",
            "tests/homes/valle-verde",
            "tests/homes/puerto-claro/inputs/2026-T1",
        ],
        15,
    );
}

#[test]
fn what_describes_messy_workbooks_passes_or_says_why_not() {
    let folders = [
        "headers", "rows", "dates", "numbers", "privacy", "text", "good", "sheets", "periods",
    ];
    let folders: Vec<String> = folders
        .iter()
        .map(|name| format!("tests/workbooks/{name}"))
        .collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    most_pass(&folders, 30);
}

#[test]
fn types_categories_and_people_are_told_and_what_is_doubtful_is_marked() {
    let outside = TestHome::empty();
    let rows = "Programa de apoyos,,,,,,\n\
        Folio,Nombre del solicitante,Fecha de entrega,Monto,Estatus,Observaciones,Contacto\n\
        100,Ana Ruiz,12/02/2026,\"1500.50\",Entregado,,ana@example.mx\n\
        101,Luis Cano,13/02/2026,900,Pendiente,Falta firma,luis@example.mx\n\
        102,Rosa Gil,27/02/2026,1200,Entregado,,\n\
        103,Hugo Lara,28/03/2026,800,Entregado,,hugo@example.mx\n";
    let file = outside.file("apoyos 2026-T1.csv");
    fs::write(&file, rows).unwrap();
    let told = init(
        &outside,
        &["--from-workbook", file.to_str().unwrap(), "--json"],
    );
    let document: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(document["period"], "2026-T1");
    assert_eq!(document["sources"][0]["header_row"], 2);
    let plan = fs::read_to_string(outside.file("nuevo/pipelines/mi-plan.toml")).unwrap();
    let line = |name: &str| {
        let mut lines = plan.lines();
        let found = lines.find(|line| line.starts_with(name) && line.contains("header ="));
        found.unwrap_or_else(|| panic!("no {name}: {plan}"))
    };
    assert!(plan.contains("file = \"apoyos*.csv\""), "{plan}");
    assert!(
        line("folio").contains("type = \"text\", unique = true"),
        "{}",
        line("folio")
    );
    assert!(
        line("nombre_del_solicitante").contains("personal = true"),
        "{plan}"
    );
    assert!(line("nombre_del_solicitante").contains("# CHECK"), "{plan}");
    assert!(
        line("fecha_de_entrega").contains("type = \"date\" }"),
        "{plan}"
    );
    assert!(line("monto").contains("type = \"number\" }"), "{plan}");
    assert!(
        line("estatus").contains("values = [\"Entregado\", \"Pendiente\"]"),
        "{plan}"
    );
    assert!(line("observaciones").contains("optional = true"), "{plan}");
    assert!(line("contacto").contains("personal = true"), "{plan}");
    let at = outside.file("nuevo");
    metas(&at, &["check", "--period", "2026-T1"]).ok();
}

#[test]
fn two_workbooks_come_into_one_plan_and_what_is_no_workbook_makes_none() {
    let outside = TestHome::empty();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/homes/santa-lucia/inputs/2026-T1");
    let (one, two) = (root.join("baches.xlsx"), root.join("luminarias.ods"));
    let told = init(
        &outside,
        &[
            "--from-workbook",
            one.to_str().unwrap(),
            two.to_str().unwrap(),
        ],
    );
    assert!(
        told.contains("baches") && told.contains("luminarias"),
        "{told}"
    );
    let broken = outside.file("roto.xlsx");
    fs::write(&broken, b"%PDF-1.7").unwrap();
    let other = outside.file("otro");
    let refused = outside.metas(&[
        "init",
        other.to_str().unwrap(),
        "--from-workbook",
        broken.to_str().unwrap(),
    ]);
    assert_eq!(refused.code, 65, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("error[not-a-spreadsheet]"),
        "{}",
        refused.stderr
    );
    assert!(!other.exists());
    let missing = outside.file("no-hay.xlsx");
    let refused = outside.metas(&[
        "init",
        other.to_str().unwrap(),
        "--from-workbook",
        missing.to_str().unwrap(),
    ]);
    assert_eq!(refused.code, 78, "{}", refused.stderr);
}

/// A total, a footnote and a cell that is no number are what people's workbooks hold: they give no
/// column another type, and make none optional.
#[test]
fn a_total_and_a_footnote_below_the_table_describe_no_column() {
    let outside = TestHome::empty();
    let file = outside.file("luminarias.csv");
    let rows: String = (1..=20)
        .map(|n| format!("{n}/03/2026,Centro,{}.50,{n}\n", n * 10))
        .collect();
    let table = format!("Fecha,Colonia,Costo,Asistentes\n{rows}21/03/2026,Norte,7.00,treinta\n");
    let below = "TOTAL,,2107.00,\n\"Nota: los costos incluyen el IVA.\",,,\n";
    fs::write(&file, table + below).unwrap();
    let said = init(&outside, &["--from-workbook", &file.to_string_lossy()]);
    assert!(said.contains("4 columns, 21 rows"), "{said}");
    let plan = outside.read("nuevo/pipelines/mi-plan.toml");
    for column in [
        "fecha      = { header = \"Fecha\", type = \"date\" }",
        "colonia    = { header = \"Colonia\", type = \"category\", values = [\"Centro\", \"Norte\"] }",
        "costo      = { header = \"Costo\", type = \"number\" }",
        "asistentes = { header = \"Asistentes\", type = \"text\" }  # CHECK: mostly numbers; text until the cells that are none are mended, then number or integer: D22",
    ] {
        assert!(plan.contains(column), "{column}\n{plan}");
    }
}

/// The spelling that most cells have is the one that the plan gets.
#[test]
fn a_choice_is_written_as_most_cells_write_it() {
    let outside = TestHome::empty();
    let file = outside.file("reportes ene-mar.csv");
    let estados = [
        "ATENDIDO",
        "Atendido",
        "pendiente",
        "Atendido",
        "Pendiente",
        "Pendiente",
    ];
    let rows: String = (1..=9)
        .flat_map(|n| estados.map(|estado| format!("{n}/03/2026,{estado}\n")))
        .collect();
    fs::write(&file, format!("Fecha,Estatus\n{rows}")).unwrap();
    init(&outside, &["--from-workbook", &file.to_string_lossy()]);
    let plan = outside.read("nuevo/pipelines/mi-plan.toml");
    for line in [
        "values = [\"Atendido\", \"Pendiente\"]",
        "[source.reportes]",
        "file = \"reportes*.csv\"  # CHECK: takes the next period's file too",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
}

/// A workbook from anybody is read in a bounded child, as a department's is.
#[test]
fn a_workbook_that_asks_for_too_much_is_told_and_makes_no_home() {
    let outside = TestHome::empty();
    let file = outside.file("bomba.csv");
    let row = "1/03/2026,".to_owned() + &"x,".repeat(250) + "\n";
    let headers: String = (0..252).map(|n| format!("Columna {n},")).collect();
    fs::write(&file, format!("{headers}\n{}", row.repeat(60_000))).unwrap();
    let at = outside.file("nuevo");
    outside
        .metas(&[
            "init",
            at.to_str().unwrap(),
            "--from-workbook",
            file.to_str().unwrap(),
        ])
        .code(65)
        .says(&["bomba.csv", "reader-"]);
    assert!(!at.exists(), "no half of a home is left");
}
