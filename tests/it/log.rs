//! What an operator can follow: the log of a whole period, line by line.

use std::fs;

use serde_json::Value;

use crate::cron::{BACHES, CONSULTAS};
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

#[test]
fn a_whole_period_can_be_followed_in_the_log() {
    let home = TestHome::named("ribera");
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
    fs::write(home.file("inputs/2026-T1/consultas.csv"), CONSULTAS).unwrap();
    let run = |moment: &str| {
        home.metas(&["run", "-vv", "--log-format", "json", "--as-of", moment])
            .ok()
    };
    let first = lines(&run("2026-02-01").stderr);
    let second = lines(&run("2026-04-05T01:00").stderr);
    let all: Vec<&Value> = first.iter().chain(&second).collect();
    for said in [
        "file received",
        "not due yet",
        "next report",
        "file read",
        "edition issued",
        "message queued",
        "message settled",
        "document typeset",
    ] {
        assert!(all.iter().any(|l| message(l) == said), "{said}");
    }
    let received = all.iter().find(|l| message(l) == "file received").unwrap();
    assert_eq!(received["fields"]["file"], "baches.csv");
    assert_eq!(received["fields"]["department"], "obras");
    assert!(received["fields"]["bytes"].is_u64() && received["fields"]["sha256"].is_string());
    // Each span ends with how long it took, and its events stand within it.
    for span in [
        "run", "plan", "period", "stage", "file", "document", "delivery",
    ] {
        let closed = second
            .iter()
            .find(|l| message(l) == "close" && l["span"]["name"] == span);
        let closed = closed.unwrap_or_else(|| panic!("no span {span}"));
        assert!(closed["fields"]["time.busy"].is_string(), "{closed}");
    }
    let run = second.iter().find(|l| l["span"]["name"] == "run").unwrap();
    assert_eq!(run["span"]["exit_status"], 0);
    let missing = second
        .iter()
        .find(|l| l["fields"]["code"] == "missing-file")
        .unwrap();
    assert_eq!(missing["level"], "ERROR");
    assert_eq!(missing["fields"]["file"], "torneos*.csv");
    assert!(missing["fields"]["hint"].is_string());
    let text: String = all.iter().map(|l| l.to_string()).collect();
    assert!(!text.contains(CANARY), "a personal value is in the log");
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
