//! What an operator can follow: the log of a whole period, line by line.

use std::fs;

use serde_json::Value;

use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::home::TestHome;

const CANARY: &str = "CANARIO-VECINA-77";

/// Every line of a log of JSON lines.
fn lines(log: &str) -> Vec<Value> {
    log.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn message(line: &Value) -> &str {
    line["fields"]["message"].as_str().unwrap_or_default()
}

/// Each of these messages is told, with these fields.
fn tell_each(all: &[&Value], expected: &[(&str, &[&str])]) {
    for (said, fields) in expected {
        let line = all.iter().find(|l| message(l) == *said);
        let line = line.unwrap_or_else(|| panic!("nothing says \"{said}\""));
        for field in *fields {
            assert!(
                !line["fields"][*field].is_null(),
                "{said} has no {field}: {line}"
            );
        }
    }
}

/// What is told of a period, each event with what it says beside its message.
const EVENTS: [(&str, &[&str]); 10] = [
    ("file received", FILE),
    ("file late", FILE),
    (
        "file read",
        &["rows", "findings", "bytes", "reading_us", "typing_us"],
    ),
    (
        "file blocked",
        &["source", "department", "file", "bytes", "findings"],
    ),
    ("not due yet", &["period", "due"]),
    ("document typeset", &["pages", "bytes", "warnings"]),
    (
        "edition issued",
        &[
            "plan",
            "period",
            "edition",
            "directory",
            "files",
            "bytes",
            "deliveries",
        ],
    ),
    (
        "message queued",
        &[
            "plan",
            "period",
            "edition",
            "recipient",
            "message_id",
            "transport",
        ],
    ),
    (
        "message sent",
        &[
            "plan",
            "period",
            "edition",
            "state",
            "transport",
            "attempts",
        ],
    ),
    ("next report", &["period", "due"]),
];
const FILE: &[&str] = &[
    "plan",
    "period",
    "source",
    "department",
    "file",
    "bytes",
    "sha256",
];

/// The log of a period in which one file comes late and one can't be used: a run before the
/// deadline, one after it, and the one that issues the report.
fn period(home: &TestHome) -> [Vec<Value>; 3] {
    home.replace(
        "pipelines/servicios.toml",
        "[source.consultas]",
        "vecina = { header = \"Vecina\", type = \"text\", personal = true }\n\n[source.consultas]",
    );
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    let with_names = BACHES
        .replace("Estatus\n", "Estatus,Vecina\n")
        .replace("Reparado\n", &format!("Reparado,{CANARY}\n"))
        .replace("Pendiente\n", "Pendiente,Ana\n");
    fs::write(home.file("inputs/2026-T1/baches.csv"), with_names).unwrap();
    fs::write(home.file("inputs/2026-T1/consultas.csv"), "Otra\n1\n").unwrap();
    let run = |moment: &str| {
        let ran = home.metas(&["run", "-vv", "--log-format", "json", "--as-of", moment]);
        lines(&ran.ok().stderr)
    };
    let early = run("2026-02-01");
    let after_the_deadline = run("2026-04-04T01:00");
    fs::write(home.file("inputs/2026-T1/torneos.csv"), TORNEOS).unwrap();
    [early, after_the_deadline, run("2026-04-05T01:00")]
}

#[test]
fn a_whole_period_can_be_followed_in_the_log() {
    let runs = period(&TestHome::named("ribera"));
    let all: Vec<&Value> = runs.iter().flatten().collect();
    tell_each(&all, &EVENTS);
    let field = |said: &str, field: &str| {
        let line = all.iter().find(|l| message(l) == said).unwrap();
        line["fields"][field].clone()
    };
    assert_eq!(field("file received", "file"), "baches.csv");
    assert_eq!(field("file late", "department"), "deporte");
    assert_eq!(field("file blocked", "file"), "consultas.csv");
    // Each span ends with how long it took, and its events stand within it.
    for span in [
        "run", "plan", "period", "stage", "file", "document", "delivery",
    ] {
        let closed = runs[2]
            .iter()
            .find(|l| message(l) == "close" && l["span"]["name"] == span);
        let closed = closed.unwrap_or_else(|| panic!("no span {span}"));
        assert!(closed["fields"]["time.busy"].is_string(), "{closed}");
    }
    let run = runs[2].iter().find(|l| l["span"]["name"] == "run").unwrap();
    assert_eq!(run["span"]["exit_status"], 0);
    let finding = runs[2]
        .iter()
        .find(|l| l["fields"]["code"] == "missing-header")
        .unwrap();
    assert_eq!(finding["level"], "ERROR");
    assert_eq!(finding["fields"]["file"], "consultas.csv");
    assert!(finding["fields"]["hint"].is_string());
    let text: String = all.iter().map(|l| l.to_string()).collect();
    assert!(!text.contains(CANARY), "a personal value is in the log");
}

#[test]
fn a_server_that_is_down_is_told_with_its_reply() {
    let home = TestHome::named("ribera");
    home.replace(
        "pipelines/servicios.toml",
        "[limits]",
        "smtp = { host = \"127.0.0.1\", port = 1, tls = \"none\" }\n\n[limits]",
    );
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    for (name, text) in [
        ("baches", BACHES),
        ("consultas", CONSULTAS),
        ("torneos", TORNEOS),
    ] {
        fs::write(home.file(&format!("inputs/2026-T1/{name}.csv")), text).unwrap();
    }
    let words = ["run", "-vv", "--log-format", "json", "--as-of"];
    let ran = home.metas(&[&words[..], &["2026-04-05T01:00"]].concat());
    let log = lines(&ran.code(75).stderr);
    let all: Vec<&Value> = log.iter().collect();
    let fields = [
        "phase",
        "reply",
        "attempts",
        "state",
        "transport",
        "plan",
        "period",
    ];
    tell_each(&all, &[("message deferred", &fields)]);
}

#[test]
fn a_hold_is_told_each_time() {
    let home = TestHome::named("ribera");
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    let words = [
        "run",
        "-vv",
        "--log-format",
        "json",
        "--as-of",
        "2026-04-05T01:00",
    ];
    for _ in 0..2 {
        let log = lines(&home.metas(&words).code(3).stderr);
        let all: Vec<&Value> = log.iter().collect();
        tell_each(
            &all,
            &[("edition held", &["plan", "period", "code", "findings"])],
        );
    }
}

#[test]
fn a_child_that_its_bounds_kill_is_told_with_its_last_words() {
    let home = TestHome::named("ribera");
    home.replace(
        "pipelines/servicios.toml",
        "[limits]",
        "[limits]\nseconds = 1",
    );
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    let rows = "A1,15/01/2026,Reparado\n".repeat(2_000_000);
    let text = format!("Folio,Fecha,Estatus\n{rows}");
    fs::write(home.file("inputs/2026-T1/baches.csv"), text).unwrap();
    let words = [
        "check",
        "-vv",
        "--log-format",
        "json",
        "--period",
        "2026-T1",
    ];
    let log = lines(&home.metas(&words).code(65).stderr);
    let all: Vec<&Value> = log.iter().collect();
    tell_each(
        &all,
        &[("child killed", &["child", "why", "last_words", "used_ms"])],
    );
}

#[test]
fn without_a_wish_the_log_holds_what_is_wrong_and_nothing_else() {
    let home = TestHome::named("ribera");
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    fs::write(home.file("inputs/2026-T1/baches.csv"), BACHES).unwrap();
    fs::write(home.file("inputs/2026-T1/consultas.csv"), CONSULTAS).unwrap();
    let run = |more: &[&str]| {
        let words = [&["run", "--as-of", "2026-04-05T01:00", "--dry-run"], more].concat();
        home.metas(&words).ok().stderr
    };
    let json = lines(&run(&["--log-format", "json"]));
    assert!(
        json.iter()
            .all(|l| ["WARN", "ERROR"].contains(&l["level"].as_str().unwrap()))
    );
    assert!(json.iter().any(|l| l["fields"]["code"] == "missing-file"));
    let text = run(&["-v"]);
    assert!(text.contains("error[missing-file]"), "{text}");
    assert!(text.contains("next report"), "{text}");
    assert!(!run(&[]).contains("next report"));
}
