//! The workload: workbooks of 12 columns, written by hand so that it is the same everywhere, and the
//! plan that declares all of them.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;

/// How a workbook stores its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Texts {
    /// Each in its cell, as many libraries write them.
    Inline,
    /// Each once for the whole workbook, as Excel does.
    Shared,
}

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

const KINDS: [&str; 12] = [
    "text", "integer", "date", "category", "number", "percent", "text", "text", "text", "date",
    "integer", "text",
];

/// Goals of the plan that is read; plans that are typeset have more.
const GOALS: usize = 8;

/// The plan: one table from `files` departments, and goals over four of its twelve columns, at most
/// a hundred of them in an axis.
fn plan(files: usize, goals: usize) -> String {
    let mut text = String::from(
        r##"format = 1
[plan]
id = "banco"
title = "Banco de pruebas"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2026-T1"
[limits]
quiet_seconds = 0
run_mib = 65536
run_seconds = 86400
[report]
template = "informe"
brand = { name = "Banco", term = "2026", slogan = ["Prueba"], color = "#123456" }
[delivery]
from = "a@example.mx"
to = ["b@example.mx"]
"##,
    );
    for axis in 0..goals.div_ceil(100) {
        text += &format!("[axis.a{axis}]\ntitle = \"Eje {}\"\n", axis + 1);
    }
    let departments: Vec<String> = (0..files).map(|n| format!("d{n}")).collect();
    for id in &departments {
        text += &format!("[department.{id}]\nname = \"Dependencia {id}\"\n");
    }
    text += &format!(
        "[source.banco]\ndepartments = {departments:?}\nfile = \"{{department}}.xlsx\"\nsheet = \"Datos\"\n[source.banco.columns]\n"
    );
    for (index, (header, kind)) in HEADERS.iter().zip(KINDS).enumerate() {
        let values = match kind {
            "category" => format!(", values = {STATES:?}"),
            _ => String::new(),
        };
        text += &format!("c{index} = {{ header = {header:?}, type = {kind:?}{values} }}\n");
    }
    for goal in 0..goals {
        text += &format!(
            "[goal.g{goal}]\naxis = \"a{}\"\nresponsible = \"d0\"\nstatement = \"Concluir al menos el 50 % de los eventos con más de {goal} personas que el programa atiende en el año.\"\nkind = \"ratio\"\ntarget = 50\ndue = \"2026-12\"\nquery = \"SELECT SUM(CASE WHEN c3 = 'Concluido' AND c1 > {goal} AND c4 >= 0 THEN 1 ELSE 0 END) AS numerator, COUNT(*) AS denominator FROM banco WHERE c2 <= cutoff\"\n",
            goal / 100
        );
    }
    text
}

/// A home with the plan and `files` workbooks, made or found made.
pub(crate) fn home(texts: Texts, files: usize, rows: usize) -> PathBuf {
    let folder = temporary().join(format!("{texts:?}-{rows}"));
    fs::create_dir_all(&folder).unwrap();
    let home = folder.join(format!("home-{files}"));
    let inputs = home.join("inputs/2026-T1");
    for folder in [&inputs, &home.join("pipelines")] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(home.join("pipelines/banco.toml"), plan(files, GOALS)).unwrap();
    templates(&home);
    for number in 0..files {
        let path = workbook(&folder, number, rows, texts);
        let link = inputs.join(format!("d{number}.xlsx"));
        if !link.exists() {
            fs::hard_link(path, link).unwrap();
        }
    }
    home
}

/// A home with one small workbook and a plan of so many goals.
pub(crate) fn goals(goals: usize) -> PathBuf {
    let read = home(Texts::Shared, 1, 50);
    let own = temporary().join(format!("goals-{goals}"));
    let _ = fs::remove_dir_all(&own);
    copy(&read, &own);
    fs::write(own.join("pipelines/banco.toml"), plan(1, goals)).unwrap();
    own
}

/// A copy of the repository's own home.
pub(crate) fn leon() -> PathBuf {
    let home = temporary().join("leon");
    let _ = fs::remove_dir_all(&home);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["inputs/2026-T1", "pipelines"] {
        copy(&root.join(folder), &home.join(folder));
    }
    templates(&home);
    let plan = home.join("pipelines/pamga-2025-2027.toml");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(plan, text + "\n[limits]\nquiet_seconds = 0\n").unwrap();
    home
}

fn temporary() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench")
}

fn templates(home: &Path) {
    let informe = "report-templates/informe";
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(informe),
        &home.join(informe),
    );
}

/// Copies a folder with all that it holds.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

/// Makes workbook `number`, or finds it made.
fn workbook(folder: &Path, number: usize, rows: usize, texts: Texts) -> PathBuf {
    let path = folder.join(format!("{number}.xlsx"));
    if path.exists() {
        return path;
    }
    let mut strings: IndexMap<String, usize> = IndexMap::new();
    let mut sheet = String::from(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>",
    );
    let mut text = |t: String| {
        if texts == Texts::Inline {
            return format!("t=\"inlineStr\"><is><t>{t}</t></is>");
        }
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
