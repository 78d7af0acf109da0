//! What `metas preview` shows of the mail: every message that a run would send at that moment, to
//! whom and why, with nothing sent or recorded; and tests of them to the operator alone.

use std::collections::BTreeSet;
use std::fs;

use metas::delivery::content_of;
use serde_json::Value;

use super::server::{Fault, Scripted};
use crate::cron::BACHES;
use crate::home::TestHome;

const PLAN: &str = "pipelines/servicios.toml";
const OPERATOR: &str = "sistemas@example.mx";

/// Ribera with people who are written to: one file that is fine, one that can't be used, one missing.
fn home() -> TestHome {
    let home = TestHome::named("ribera");
    for (before, after) in [
        (
            "report_after_days = 5",
            "report_after_days = 5\nremind_before_days = [3, 1]\nremind_after_days = [1]",
        ),
        (
            "name = \"Dirección de Obras\"",
            "name = \"Dirección de Obras\"\nliaison = \"Olga Ruiz <obras@example.mx>\"",
        ),
        (
            "name = \"Dirección de Salud\"",
            "name = \"Dirección de Salud\"\nliaison = \"salud@example.mx\"",
        ),
        (
            "name = \"Instituto del Deporte\"",
            "name = \"Instituto del Deporte\"\nliaison = \"deporte@example.mx\"",
        ),
        (
            "[delivery]",
            "[operator]\nemail = [\"Sistemas <sistemas@example.mx>\"]\n[delivery]",
        ),
    ] {
        home.replace(PLAN, before, after);
    }
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    fs::write(home.file("inputs/2026-T1/baches.csv"), BACHES).unwrap();
    let unusable = "Clínica,Consultas\nNorte,ciento veinte\n";
    fs::write(home.file("inputs/2026-T1/consultas.csv"), unusable).unwrap();
    home
}

/// The same with its mail pointed at a port of this machine.
fn home_at(port: u16) -> TestHome {
    let home = home();
    let server =
        format!("\n[delivery.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n");
    fs::write(home.file(PLAN), home.read(PLAN) + &server).unwrap();
    home
}

fn preview<'a>(as_of: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["preview", "--period", "2026-T1", "--as-of", as_of, "--json"];
    [&words[..], more].concat()
}

/// Everything below the home but previews, and what the ledger says.
fn everything(home: &TestHome) -> (Vec<(String, Vec<u8>)>, Vec<String>) {
    let mut files = home.snapshot();
    files.retain(|name, _| !name.starts_with("state/preview"));
    let told = match home.file("state/ledger.db").exists() {
        true => vec![
            home.metas(&["deliver", "list", "--json"]).stdout,
            home.metas(&["status", "--json", "--as-of", "2026-04-20"])
                .stdout,
        ],
        false => Vec::new(),
    };
    (files.into_iter().collect(), told)
}

fn text<'v>(of: &'v Value, key: &str) -> &'v str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {of}"))
}

/// Occasion and recipient of each message that goes out, and its bytes where it holds no report.
fn shown(messages: &[Value]) -> BTreeSet<(String, String, Vec<u8>)> {
    let goes_out = messages
        .iter()
        .filter(|m| !text(m, "why").starts_with("not now: "));
    let one = |m: &Value| {
        let bytes = match text(m, "occasion") {
            "report" | "slice" | "approval" => Vec::new(),
            _ => fs::read(text(m, "path")).unwrap(),
        };
        (
            text(m, "occasion").to_owned(),
            text(m, "recipient").to_owned(),
            bytes,
        )
    };
    goes_out.map(one).collect()
}

fn deliveries(home: &TestHome) -> Vec<Value> {
    if !home.file("state/ledger.db").exists() {
        return Vec::new();
    }
    let list = home.metas(&["deliver", "list", "--json"]).json();
    list["deliveries"].as_array().unwrap().clone()
}

/// What the run queues then is what the preview has shown, to the byte.
#[test]
fn a_preview_shows_what_a_run_would_send_and_changes_nothing() {
    let home = home();
    for moment in ["2026-04-02T06:00", "2026-04-02T09:00", "2026-04-07T06:00"] {
        let before = everything(&home);
        let had_state = home.file("state/ledger.db").exists();
        let told = home.metas(&preview(moment, &[])).ok().json();
        assert_eq!(everything(&home), before, "{moment}");
        assert_eq!(home.file("state/ledger.db").exists(), had_state, "{moment}");
        let messages = told["messages"].as_array().unwrap().clone();
        let folder = home.file("state/preview/servicios/2026-T1");
        let left = fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name());
        let hidden: Vec<_> = left
            .filter(|n| n.to_string_lossy().starts_with('.'))
            .collect();
        assert!(hidden.is_empty(), "{hidden:?}");
        let shown = shown(&messages);

        let known: Vec<i64> = deliveries(&home)
            .iter()
            .map(|d| d["id"].as_i64().unwrap())
            .collect();
        home.metas(&["run", "--as-of", moment]);
        let mut queued = BTreeSet::new();
        for row in deliveries(&home) {
            if !known.contains(&row["id"].as_i64().unwrap()) {
                let bytes = match text(&row, "occasion") {
                    "report" | "slice" | "approval" => Vec::new(),
                    _ => fs::read(home.file(text(&row, "message"))).unwrap(),
                };
                let (occasion, to) = (text(&row, "occasion"), text(&row, "recipient"));
                queued.insert((occasion.to_owned(), to.to_owned(), bytes));
            }
        }
        let names = |of: &BTreeSet<(String, String, Vec<u8>)>| -> Vec<(String, String)> {
            of.iter().map(|(a, b, _)| (a.clone(), b.clone())).collect()
        };
        assert_eq!(names(&shown), names(&queued), "{moment}");
        assert!(shown == queued, "{moment}: other bytes");
        let expected = match moment {
            "2026-04-02T06:00" => 5,
            "2026-04-02T09:00" => 0,
            _ => 1,
        };
        assert!(shown.len() >= expected, "{moment}: {:?}", names(&shown));
    }
}

#[test]
fn each_message_says_to_whom_and_why() {
    let home = home();
    let told = home.metas(&preview("2026-04-02T06:00", &[])).ok().json();
    let messages = told["messages"].as_array().unwrap();
    for (occasion, to, why, subject) in [
        (
            "report",
            "secretariado@example.mx",
            "not now: the report of 2026-T1 is due on 2026-04-05",
            "",
        ),
        (
            "receipt",
            "obras@example.mx",
            "1 file seen since the last run: baches.csv",
            "Acuse: ",
        ),
        (
            "receipt",
            "salud@example.mx",
            "1 file seen since the last run: consultas.csv",
            "Acuse: ",
        ),
        (
            "reminder",
            "deporte@example.mx",
            "files for 2026-T1 are due in 1 day and torneos*.csv is missing",
            "Recordatorio: ",
        ),
        (
            "reminder",
            "salud@example.mx",
            "files for 2026-T1 are due in 1 day and consultas.csv can't be used",
            "Recordatorio: ",
        ),
        (
            "alert",
            OPERATOR,
            "servicios 2026-T1: consultas.csv of salud can't be used for consultas",
            "Alerta: ",
        ),
    ] {
        let of_it = |m: &&Value| (text(m, "occasion"), text(m, "recipient")) == (occasion, to);
        let found = messages.iter().find(of_it);
        let found = found.unwrap_or_else(|| panic!("no {occasion} to {to}: {messages:#?}"));
        assert_eq!(text(found, "why"), why);
        assert!(text(found, "subject").starts_with(subject), "{found}");
        let content = content_of(&fs::read(text(found, "path")).unwrap()).unwrap();
        assert_eq!(content.subject, text(found, "subject"));
        assert!(
            text(found, "path").contains(&format!("/messages/{occasion}/")),
            "{found}"
        );
    }
    assert_eq!(messages.len(), 6, "{messages:#?}");
    let table = home.metas(&[
        "preview",
        "--as-of",
        "2026-04-02T06:00",
        "--period",
        "2026-T1",
    ]);
    table.ok().says(&[
        "receipt   obras@example.mx",
        "1 file seen",
        "messages/receipt/1-obras@example.mx.eml",
    ]);
}

#[test]
fn what_is_not_owed_any_more_is_not_shown_nor_left_from_the_preview_before() {
    let home = home();
    home.metas(&preview("2026-04-02T06:00", &[])).ok();
    home.metas(&["run", "--as-of", "2026-04-02T06:00"]);
    let told = home.metas(&preview("2026-04-02T09:00", &[])).ok().json();
    let occasions: Vec<&str> = told["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| text(m, "occasion"))
        .collect();
    assert_eq!(occasions, ["report"]);
    let folder = home.file("state/preview/servicios/2026-T1/messages");
    let left: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["report"]);
}

#[test]
fn tests_of_the_messages_reach_the_operator_alone() {
    let server = Scripted::start(&[]);
    let home = home_at(server.port);
    let before = everything(&home);
    let words = preview("2026-04-06T06:00", &["--to", "SISTEMAS@example.mx"]);
    let told = home.metas(&words).ok().json();
    assert_eq!(everything(&home), before);
    let messages = told["messages"].as_array().unwrap();
    let taken = server.taken();
    assert_eq!(taken.len(), messages.len());
    assert!(taken.len() > 3, "{messages:#?}");
    let mut ids = BTreeSet::new();
    for (copy, message) in taken.iter().zip(messages) {
        assert_eq!(copy.to, OPERATOR);
        let real = content_of(&fs::read(text(message, "path")).unwrap()).unwrap();
        let test = content_of(&copy.message).unwrap();
        assert_eq!(
            test.subject,
            format!("PRUEBA: {}", text(message, "subject"))
        );
        let banner = format!("PRUEBA: así se enviaría a {}", text(message, "recipient"));
        assert!(test.text.starts_with(&banner), "{}", test.text);
        assert!(test.html.contains(&banner));
        assert_eq!(test.files, real.files);
        let bytes = String::from_utf8(copy.message.clone()).unwrap();
        let head = bytes.split("\r\n\r\n").next().unwrap();
        for to in ["secretariado@", "obras@", "salud@", "deporte@"] {
            assert!(!head.contains(to), "{to} stands in {head}");
        }
        let id = head.split("Message-ID: ").nth(1).unwrap();
        assert!(id.starts_with("<prueba-") && ids.insert(id.lines().next().unwrap().to_owned()));
    }
    // The report is due and would be issued; what the test carries is no edition for all that.
    let report = messages
        .iter()
        .position(|m| m["occasion"] == "report")
        .unwrap();
    let draft = content_of(&taken[report].message)
        .unwrap()
        .files
        .remove(0)
        .2;
    home.metas(&["run", "--no-deliver", "--as-of", "2026-04-06T06:00"]);
    let issued = fs::read(home.file("reports/servicios/2026-T1/v1/report.pdf")).unwrap();
    assert!(draft.starts_with(b"%PDF") && draft != issued);
    // A real message is none the less owed to everybody.
    let waits = deliveries(&home);
    assert!(
        waits.iter().all(|row| row["state"] == "queued"),
        "{waits:#?}"
    );
    assert_eq!(server.taken().len(), taken.len());
}

#[test]
fn an_address_that_is_not_the_operators_gets_no_test() {
    let server = Scripted::start(&[]);
    let home = home_at(server.port);
    for (to, says) in [
        ("sistema@example.mx", "did you mean sistemas@example.mx?"),
        ("secretariado@example.mx", "no-operator-address"),
        ("nobody", "address-invalid"),
    ] {
        let ran = home
            .metas(&preview("2026-04-02T06:00", &["--to", to]))
            .code(2);
        ran.says(&[says]);
    }
    home.metas(&["preview", "--watch", "--to", OPERATOR])
        .code(2);
    home.replace(
        PLAN,
        "[operator]\nemail = [\"Sistemas <sistemas@example.mx>\"]\n",
        "",
    );
    home.metas(&preview("2026-04-02T06:00", &["--to", OPERATOR]))
        .code(2)
        .says(&["add [operator]"]);
    assert_eq!(server.commands(), "");
    assert!(!home.file("state").exists());
}

#[test]
fn without_a_server_tests_are_written_apart_from_real_mail() {
    let home = home();
    let words = [
        "preview",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-02T06:00",
        "--to",
        OPERATOR,
    ];
    home.metas(&words)
        .ok()
        .says(&["state/outbox/prueba/", "nothing was sent"]);
    let outbox: Vec<_> = fs::read_dir(home.file("state/outbox"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(outbox, ["prueba"]);
    let count = fs::read_dir(home.file("state/outbox/prueba"))
        .unwrap()
        .count();
    assert_eq!(count, 6);
}

#[test]
fn a_test_that_fails_is_told_message_by_message() {
    let home = home_at(super::dead_port());
    let words = preview("2026-04-02T06:00", &["--to", OPERATOR]);
    let ran = home.metas(&words).code(75);
    assert_eq!(
        ran.stderr.matches("error[test-not-sent]").count(),
        6,
        "{}",
        ran.stderr
    );
    for (fault, code) in [
        (Fault::Rcpt(OPERATOR, "550 5.1.1 no such user"), 78),
        (Fault::Rcpt(OPERATOR, "450 4.2.2 mailbox full"), 75),
        (Fault::CloseAfterDot, 75),
    ] {
        let server = Scripted::start(std::slice::from_ref(&fault));
        let home = home_at(server.port);
        let ran = home.metas(&words).code(code);
        let told = ran.json()["tests"].as_array().unwrap().len();
        assert_eq!(told, 6, "{fault:?}");
        assert!(server.taken().iter().all(|copy| copy.to == OPERATOR));
        assert!(!home.file("state/ledger.db").exists());
    }
}
