//! What others have named or written cannot command the terminal, nor pass for a line of ours.

use std::fs;

use crate::bad_input::home;

/// Escape sequences, a carriage return, a line break, marks that turn the order of letters around.
const HOSTILE: &str = "baches\u{1b}]0;x\u{7}\u{9b}31m\r\nerror[falso]: no\u{202e}fdp\u{2066}.csv";

fn harmless(what: &str, text: &str) {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let turned = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(
        !text.contains(|c| obeyed(c) || turned(c)),
        "{what}: {text:?}"
    );
    assert!(
        !text.lines().any(|line| line.starts_with("error[falso]")),
        "{what}: {text}"
    );
}

#[test]
fn names_and_cells_are_written_out() {
    let home = home();
    fs::remove_file(home.file("inputs/2026-T1/baches.csv")).unwrap();
    let rows = "Folio,Fecha,Costo,Estatus,Otra\u{1b}[2J\u{202e}\nA1,15/01/2026,a\u{1b}[31mb,Rep\u{9b}0m\u{202e}\n";
    fs::write(home.file("inputs/2026-T1").join(HOSTILE), rows).unwrap();
    let commands: &[&[&str]] = &[
        &["check", "--period", "2026-T1"],
        &["check", "--period", "2026-T1", "--json"],
        &["run", "--period", "2026-T1", "-vv"],
        &[
            "run",
            "--period",
            "2026-T1",
            "-vv",
            "--log-format",
            "json",
            "--json",
        ],
        &["status"],
        &["status", "--json"],
        &["explain", "reparados", "--period", "2026-T1"],
    ];
    for command in commands {
        let ran = home.metas(command);
        harmless(&format!("{command:?} out"), &ran.stdout);
        harmless(&format!("{command:?} err"), &ran.stderr);
    }
    let told = home.metas(&["check", "--period", "2026-T1"]).stderr;
    assert!(
        told.contains("baches\\u{1b}]0;x\\u{7}\\u{9b}31m\\r\\nerror[falso]: no\\u{202e}fdp"),
        "{told}"
    );
    let json = home
        .metas(&["check", "--period", "2026-T1", "--json"])
        .json();
    let files: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|f| f["file"].as_str())
        .collect();
    assert!(
        files.contains(&HOSTILE),
        "JSON means the name itself: {files:?}"
    );
}

#[test]
fn definitions_and_templates_are_written_out() {
    let home = home();
    home.replace(
        "pipelines/baches.toml",
        "title = \"Calles\"",
        "title = \"Ca\u{202e}lles\"",
    );
    let ran = home.metas(&["check"]).code(78);
    harmless("definition", &ran.stderr);
    assert!(ran.stderr.contains("Ca\\u{202e}lles"), "{}", ran.stderr);
    home.replace("pipelines/baches.toml", "\u{202e}", "");
    home.replace(
        "pipelines/baches.toml",
        "[report]",
        "[report]\ntemplate = \"mio\"",
    );
    let template = home.file("report-templates/mio");
    fs::create_dir_all(&template).unwrap();
    fs::write(
        template.join("report.typ"),
        "#panic(\"a\\u{1b}[31m\\u{202e}b\\nerror[falso]: c\")\n",
    )
    .unwrap();
    let ran = home.metas(&["run", "--period", "2026-T1"]).code(78);
    harmless("template", &ran.stderr);
    let name = home.file("pipelines").join("malo\u{1b}[31m.toml");
    fs::write(name, "format = 1\n").unwrap();
    harmless("plan's file", &home.metas(&["run"]).stderr);
    harmless("plan's file", &home.metas(&["doctor"]).stdout);
}
