//! The documents that lie beside what they describe: each example is run, each table of keys is what
//! the types say. `METAS_BLESS=1 cargo test documents::` writes the table of keys anew.

mod keys;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::home::{TestHome, commands_named};

const PIPELINES: &str = include_str!("../../pipelines/README.md");
const INPUTS: &str = include_str!("../../inputs/README.md");
const OPERATIONS: &str = include_str!("../../packaging/OPERATIONS.md");

/// A fenced block: what stands behind its backquotes, and its text.
struct Block {
    info: String,
    text: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut all = Vec::new();
    let mut open: Option<Block> = None;
    for line in document.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Block {
                    info: info.trim().to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => all.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    all
}

fn written(home: &TestHome, name: &str, text: &str) {
    let path = home.file(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let earlier = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(earlier).unwrap();
}

#[test]
fn the_whole_plan_of_the_document_is_one() {
    let home = TestHome::empty();
    let all = blocks(PIPELINES);
    let whole = all.iter().find(|block| block.info == "toml whole").unwrap();
    written(&home, "pipelines/obras.toml", &whole.text);
    let rows = "Folio,Fecha de reporte,Fecha de cierre\nB1,10/01/2026,12/01/2026\nB2,11/01/2026,\n";
    written(&home, "inputs/2026-T1/baches.csv", rows);
    let ran = home.metas(&["check", "--period", "2026-T1"]).ok();
    assert!(!ran.stderr.contains("error["), "{}", ran.stderr);
}

/// The figures that a worked indicator says it gives, by key.
fn given(section: &str) -> BTreeMap<String, String> {
    let line = section.lines().find(|line| line.starts_with("Gives: "));
    let line = line.unwrap_or_else(|| panic!("no figures: {section}"));
    line["Gives: ".len()..]
        .split(", ")
        .map(|part| {
            let (key, value) = part.split_once(" = ").unwrap();
            (key.trim_matches('`').to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn every_worked_indicator_gives_what_it_says() {
    let all = blocks(PIPELINES);
    let head = all.iter().find(|block| block.info == "toml head").unwrap();
    let sections: Vec<&str> = PIPELINES
        .split("\n### ")
        .skip(1)
        .filter(|section| section.starts_with(|c: char| c.is_ascii_digit()))
        .map(|section| section.split("\n## ").next().unwrap())
        .collect();
    assert_eq!(sections.len(), 10);
    for section in sections {
        let title = section.lines().next().unwrap();
        let home = TestHome::empty();
        let shown = blocks(section);
        for block in &shown {
            if let Some(name) = block.info.strip_prefix("csv ") {
                written(&home, &format!("inputs/2026-T2/{name}"), &block.text);
            }
        }
        let goal = shown
            .iter()
            .find(|block| block.info == "toml")
            .expect(title);
        written(
            &home,
            "pipelines/obras.toml",
            &format!("{}\n{}", head.text, goal.text),
        );
        let id = goal.text.split("[goal.").nth(1).unwrap();
        let id = id.split(']').next().unwrap();
        let at = ["--period", "2026-T2", "--as-of", "2026-07-06", "--json"];
        let words: Vec<&str> = ["explain", id].into_iter().chain(at).collect();
        let ran = home.metas(&words).ok();
        let doubtful = ran.stderr.lines().find(|line| {
            line.starts_with("warning[") && !line.starts_with("warning[indicator-sheet]")
        });
        assert_eq!(doubtful, None, "{title}");
        let document = ran.json();
        for (key, expected) in given(section) {
            let value = found(&document, &key).unwrap_or(&Value::Null);
            let same = match (value.as_f64(), expected.parse::<f64>()) {
                (Some(value), Ok(expected)) => (value - expected).abs() < 1e-9,
                _ => value.as_str() == Some(expected.as_str()),
            };
            assert!(same, "{title}: {key} is {value}, not {expected}");
        }
    }
}

fn found<'v>(document: &'v Value, key: &str) -> Option<&'v Value> {
    match document {
        Value::Object(all) => match all.get(key) {
            Some(value) if !value.is_null() => Some(value),
            _ => all.values().find_map(|value| found(value, key)),
        },
        _ => None,
    }
}

/// A value that people write, the word that is told, and the way that works.
const TRIED: &[(&str, &str, &str)] = &[
    ("YEAR(fecha)", "YEAR", "EXTRACT(YEAR FROM fecha)"),
    ("MONTH(fecha)", "MONTH", "EXTRACT(YEAR FROM fecha)"),
    (
        "AVG(DATEDIFF(cierre, fecha))",
        "DATEDIFF",
        "AVG(conclusion - fecha)",
    ),
    (
        "AVG(DATEDIFF(day, fecha, cierre))",
        "DATEDIFF",
        "a number of days",
    ),
    ("COUNT(*) FILTER (WHERE fecha < NOW())", "NOW", "cutoff"),
    (
        "COUNT(*) FILTER (WHERE fecha < CURRENT_DATE)",
        "CURRENT_DATE",
        "cutoff",
    ),
    (
        "COUNT(*) FILTER (WHERE fecha > DATE_SUB(cutoff, 30))",
        "DATE_SUB",
        "INTERVAL '30 days'",
    ),
    (
        "COUNTIF(n > 1)",
        "COUNTIF",
        "COUNT(*) FILTER (WHERE condition)",
    ),
    ("SUM(IIF(n > 1, 1, 0))", "IIF", "CASE WHEN"),
    ("ISNULL(SUM(n), 0)", "ISNULL", "COALESCE(n, 0)"),
    ("PROMEDIO(n)", "PROMEDIO", "AVG(n)"),
    ("MAX(n, m)", "MAX", "GREATEST(a, b)"),
    ("COUNT(DISTINCT n, m)", "COUNT", "CONCAT"),
    ("CONVERT(n, DOUBLE)", "CONVERT", "CAST(n AS DOUBLE)"),
    ("(SELECT COUNT(*) FROM casos)", "SELECT", "WITH todos AS"),
    (
        "COUNT(*) FILTER (WHERE tipo = \"Concluido\")",
        "Concluido",
        "'Concluido'",
    ),
    (
        "COUNT(*) FILTER (WHERE EXISTS (SELECT 1 FROM casos))",
        "EXISTS",
        "IN (SELECT n FROM otra)",
    ),
    (
        "COUNT(*) FILTER (WHERE tipo = 'Concluido)",
        "'Concluido",
        "close the quote",
    ),
    ("SUM(nn)", "nn", "did you mean `n`?"),
    (
        "COUNT(*) FILTER (WHERE n IN (SELECT m FROM casos))",
        "IN",
        "in WHERE",
    ),
    ("FOO(n)", "FOO", "pipelines/README.md"),
];

/// What the ways lead to.
const WORKS: &[&str] = &[
    "AVG(EXTRACT(YEAR FROM fecha))",
    "AVG(cierre - fecha)",
    "COUNT(*) FILTER (WHERE fecha > cutoff - INTERVAL '30 days')",
    "COUNT(*) FILTER (WHERE cutoff - fecha <= 30)",
    "SUM(CASE WHEN n > 1 THEN 1 ELSE 0 END)",
    "COALESCE(SUM(n), 0)",
    "SUM(GREATEST(n, m)) - SUM(LEAST(n, m))",
    "COUNT(DISTINCT CONCAT(tipo, '/', n))",
    "SUM(CAST(n AS DOUBLE))",
    "MEDIAN(n) + QUANTILE_CONT(n, 0.9)",
    "COUNT(*) FILTER (WHERE STRFTIME(fecha, '%Y-%m') = '2026-02')",
    "SUM(LENGTH(tipo)) + COUNT(*) FILTER (WHERE STRPOS(tipo, 'x') > 0)",
    "COUNT(*) FILTER (WHERE UPPER(tipo) = 'X' OR LOWER(tipo) LIKE '%x%')",
    "STDDEV(n) + NULLIF(ROUND(ABS(SUM(n)), 1), 0) + SUM(IF(n > 1, 1, 0))",
];

/// What people try is refused at the word, with the way that works.
#[test]
fn what_people_try_in_a_query_gets_the_way_that_works() {
    for (value, word, way) in TRIED {
        let home = TestHome::empty();
        written(
            &home,
            "pipelines/p.toml",
            &plan(&format!("SELECT {value} AS value FROM casos")),
        );
        let ran = home.metas(&["check", "--period", "2026-T1"]).code(78);
        assert!(ran.stderr.contains(way), "{value}: {}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        let caret = lines
            .iter()
            .position(|line| line.contains('^'))
            .expect(value);
        let column = lines[caret].chars().position(|c| c == '^').unwrap();
        let marked: String = lines[caret - 1].chars().skip(column).collect();
        let marked = marked.trim_start_matches('"');
        assert!(
            marked.starts_with(word),
            "{value}: the caret is at {marked}"
        );
        assert!(
            !ran.stderr.contains("Span") && !ran.stderr.contains("{ "),
            "{value}"
        );
    }
}

#[test]
fn the_ways_that_a_query_is_told_work() {
    let mut queries: Vec<String> = WORKS
        .iter()
        .map(|value| format!("SELECT {value} AS value FROM casos"))
        .collect();
    queries.extend([
        "WITH todos AS (SELECT COUNT(*) AS n FROM casos) SELECT SUM(todos.n) AS value FROM casos CROSS JOIN todos".to_owned(),
        "WITH media AS (SELECT AVG(n) AS m FROM casos) SELECT COUNT(*) FILTER (WHERE casos.n > media.m) AS value FROM casos CROSS JOIN media".to_owned(),
        "SELECT n AS value FROM casos ORDER BY fecha DESC LIMIT 1".to_owned(),
        "SELECT COUNT(*) AS value FROM casos WHERE n IN (SELECT m FROM casos)".to_owned(),
        "SELECT STRING_AGG(tipo, ', ') AS lista, COUNT(*) AS value FROM casos".to_owned(),
    ]);
    for query in queries {
        let home = TestHome::empty();
        written(&home, "pipelines/p.toml", &plan(&query));
        let ran = home.metas(&["check", "--period", "2026-T1"]);
        assert!(
            !ran.stderr.contains("error[sql]") && !ran.stderr.contains("error[query"),
            "{query}: {}",
            ran.stderr
        );
    }
}

fn plan(query: &str) -> String {
    let head = blocks(PIPELINES);
    let head = head.iter().find(|block| block.info == "toml head").unwrap();
    let head = head.text.replace("id = \"obras\"", "id = \"p\"");
    format!(
        "{head}
[source.casos]
department = \"obras\"
file = \"casos.csv\"
required = false
[source.casos.columns]
fecha  = {{ header = \"Fecha\", type = \"date\" }}
cierre = {{ header = \"Cierre\", type = \"date\", optional = true }}
tipo   = {{ header = \"Tipo\", type = \"text\" }}
n      = {{ header = \"N\", type = \"integer\" }}
m      = {{ header = \"M\", type = \"integer\" }}
[goal.g]
axis = \"servicios\"
statement = \"s\"
kind = \"stock\"
target = 8
due = \"2026-12\"
query = \"\"\"
{query}
\"\"\"
"
    )
}

/// A liaison's guide names codes that exist, in Spanish, and its table is read as it says.
#[test]
fn what_the_liaisons_guide_says_is_so() {
    let mut named = 0;
    for row in INPUTS.lines().filter(|line| line.starts_with("| `")) {
        let code = row.split('`').nth(1).unwrap();
        let (stage, _) = metas::codes::of(code).unwrap_or_else(|| panic!("no code {code}"));
        assert_eq!(stage.language, "es", "{code}");
        named += 1;
    }
    assert!(named > 5);
    for period in INPUTS.split('`').filter(|part| part.starts_with("2026")) {
        assert!(period.parse::<metas::period::Period>().is_ok(), "{period}");
    }
    let table: Vec<Vec<&str>> = INPUTS
        .lines()
        .skip_while(|line| !line.starts_with("| Folio"))
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let rows: Vec<String> = table
        .iter()
        .filter(|row| !row[0].starts_with('-'))
        .map(|row| row.join(","))
        .collect();
    let home = TestHome::empty();
    let plan = plan("SELECT SUM(n) AS value FROM casos")
        .replace("header = \"Fecha\"", "header = \"Fecha de reporte\"")
        .replace("header = \"Tipo\"", "header = \"Estatus\"")
        .replace(
            "header = \"N\", type = \"integer\"",
            "header = \"Costo\", type = \"number\"",
        )
        .replace("m      = { header = \"M\", type = \"integer\" }", "");
    written(&home, "pipelines/p.toml", &plan);
    written(&home, "inputs/2026-T1/casos.csv", &(rows.join("\n") + "\n"));
    home.metas(&["check", "--period", "2026-T1"]).ok();
    let figure = home
        .metas(&["explain", "g", "--period", "2026-T1", "--json"])
        .ok()
        .json();
    assert_eq!(found(&figure, "actual_value").unwrap(), 2214.5);
}

/// Documents in `pipelines/` and `inputs/` are no plans and nobody's files.
#[test]
fn documents_disturb_no_home() {
    let home = TestHome::leon();
    written(&home, "pipelines/README.md", PIPELINES);
    written(&home, "inputs/README.md", INPUTS);
    let status = home.metas(&["status", "--json"]).ok().json();
    assert_eq!(status["plans"].as_array().unwrap().len(), 1);
    let checked = home
        .metas(&["check", "--period", "2026-T1", "--json"])
        .ok()
        .json();
    assert!(!checked.to_string().contains("README"), "{checked}");
}

#[test]
fn every_definition_of_operations_is_accepted() {
    let shown = blocks(OPERATIONS);
    let mut seen = 0;
    for block in shown.iter().filter(|block| block.info == "toml") {
        let home = TestHome::leon();
        let plan = "pipelines/pamga-2025-2027.toml";
        let text = format!("{}\n{}", home.read(plan), block.text);
        fs::write(home.file(plan), text).unwrap();
        home.metas(&["check", "--period", "2026-T1"]).ok();
        seen += 1;
    }
    assert!(seen >= 6, "only {seen}");
    let unit = include_str!("../../packaging/systemd/metas@.service").replace("%i", "leon");
    let credential = shown.iter().find(|block| block.info == "ini").unwrap();
    for line in credential.text.lines() {
        assert!(unit.contains(line), "{line}");
    }
    for told in [
        "SuccessExitStatus=3 75",
        "/etc/metas/leon.env",
        "/var/lib/metas/leon",
    ] {
        assert!(unit.contains(told) && OPERATIONS.contains(told), "{told}");
    }
}

/// Blocks of a plain `sh` are run in a home, one after the other; only what a test machine cannot do
/// is left out.
#[test]
fn the_commands_of_operations_work() {
    let home = TestHome::leon();
    home.metas(&["run", "pamga-2025-2027", "--period", "2026-T1"])
        .ok();
    let backup = home
        .path()
        .parent()
        .unwrap()
        .join("metas-operations-backup.zip");
    let _ = fs::remove_file(&backup);
    let mut ran = 0;
    for block in blocks(OPERATIONS).iter().filter(|block| block.info == "sh") {
        for line in block.text.lines() {
            let line = line.replace("/tmp/metas-backup.zip", backup.to_str().unwrap());
            let words: Vec<&str> = line.split('>').next().unwrap().split_whitespace().collect();
            match words.as_slice() {
                ["cargo", ..] => continue,
                ["mv", from, to] => fs::rename(home.file(from), home.file(to)).unwrap(),
                ["metas", arguments @ ..] => {
                    home.metas(arguments).ok();
                }
                other => panic!("{other:?} is not known to the test"),
            }
            ran += 1;
        }
    }
    let _ = fs::remove_file(&backup);
    assert!(ran >= 9, "only {ran}");
}

#[test]
fn every_command_and_variable_of_the_documents_exists() {
    // A command that only a build with servers has.
    let not_here = if cfg!(feature = "postgres") {
        "COMMAND"
    } else {
        "ledger"
    };
    for document in [PIPELINES, INPUTS, OPERATIONS] {
        commands_named(document, &["COMMAND", not_here]);
        for word in document.split(|c: char| !c.is_ascii_uppercase() && c != '_') {
            if word.starts_with("METAS_SMTP_") {
                let root = Path::new(env!("CARGO_MANIFEST_DIR"));
                let code = fs::read_to_string(root.join("src/delivery/secret.rs")).unwrap();
                let name = word.trim_end_matches("_FILE");
                assert!(code.contains(name), "{word}");
            }
        }
    }
}

/// Every exit code that the binary gives is in the table, and no other.
#[test]
fn operations_tell_of_every_exit_code() {
    let table = OPERATIONS
        .split("## What each exit code asks for")
        .nth(1)
        .unwrap();
    let told: Vec<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
        .filter(|word| word.parse::<u8>().is_ok())
        .collect();
    assert_eq!(told, ["0", "2", "3", "65", "70", "75", "78"]);
}
