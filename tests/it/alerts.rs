//! The operator hears of what is wrong, once a cause, and when it is over; whoever is pinged hears of
//! each run. And what liaisons hear where files, people or calendars are not as one would wish.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::home::TestHome;

const PLAN: &str = "pipelines/servicios.toml";

/// Ribera with an operator, and with liaisons where `liaisons` name them.
fn home(liaisons: &[(&str, &str)], operator: &str) -> TestHome {
    let home = TestHome::named("ribera");
    for (department, liaison) in liaisons {
        let name = format!("[department.{department}]\n");
        home.replace(PLAN, &name, &format!("{name}liaison = \"{liaison}\"\n"));
    }
    let text = home.read(PLAN);
    fs::write(home.file(PLAN), format!("{text}\n[operator]\n{operator}\n")).unwrap();
    home
}

fn with_operator() -> TestHome {
    home(&[], "email = [\"sistemas@example.mx\"]")
}

fn saves(home: &TestHome, name: &str, text: &str) {
    let path = home.file("inputs").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The subjects of an occasion's messages, oldest first, each with the day on which it was written.
fn subjects(home: &TestHome, occasion: &str) -> Vec<String> {
    let listed = home.metas(&["deliver", "list", "--json"]).ok().json();
    let all = listed["deliveries"].as_array().unwrap().iter();
    all.filter(|delivery| delivery["occasion"] == occasion)
        .map(|delivery| {
            let id = delivery["id"].to_string();
            let shown = home.metas(&["deliver", "show", &id, "--json"]).ok().json();
            let headers = shown["headers"].as_array().unwrap();
            let subject = headers.iter().find(|h| h["name"] == "Subject").unwrap();
            let day = &delivery["updated_at"].as_str().unwrap()[..10];
            format!("{day} {}", decoded(subject["value"].as_str().unwrap()))
        })
        .collect()
}

/// A header's encoded words (RFC 2047, UTF-8, base64) as text.
fn decoded(header: &str) -> String {
    use base64::Engine as _;
    let mut text = String::new();
    for part in header.split_inclusive("?=") {
        match part.split_once("=?utf-8?b?") {
            Some((before, word)) => {
                text.push_str(before.trim());
                let word = word.trim_end_matches("?=");
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(word)
                    .unwrap();
                text.push_str(&String::from_utf8_lossy(&bytes));
            }
            None => text.push_str(part),
        }
    }
    text
}

fn run(home: &TestHome, as_of: &str) -> crate::home::Ran {
    home.metas(&["run", "--as-of", as_of])
}

#[test]
fn what_holds_is_told_at_once_after_1_and_7_days_and_when_it_is_over() {
    let home = with_operator();
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    for day in [
        "05T01", "05T02", "06T00", "06T02", "07T02", "12T02", "13T02",
    ] {
        run(&home, &format!("2026-04-{day}:00")).code(3);
    }
    let alerts = subjects(&home, "alert");
    let days: Vec<&str> = alerts.iter().map(|alert| &alert[..10]).collect();
    assert_eq!(
        days,
        ["2026-04-05", "2026-04-06", "2026-04-12"],
        "{alerts:?}"
    );
    assert!(
        alerts[0].contains("Alerta: servicios 2026-T1"),
        "{alerts:?}"
    );

    saves(&home, "2026-T1/baches.csv", BACHES);
    saves(&home, "2026-T1/consultas.csv", CONSULTAS);
    saves(&home, "2026-T1/torneos.csv", TORNEOS);
    run(&home, "2026-04-14T02:00").ok();
    run(&home, "2026-04-15T02:00").ok();
    let alerts = subjects(&home, "alert");
    assert_eq!(alerts.len(), 4, "{alerts:?}");
    assert!(alerts[3].contains("Resuelto: "), "{alerts:?}");
}

#[test]
fn the_operator_of_a_plan_that_cannot_be_read_hears_of_it() {
    let home = with_operator();
    let sound = home.read(PLAN);
    home.replace(PLAN, "kind = \"ratio\"", "kind = \"racio\"");
    for hour in ["01", "02", "03"] {
        run(&home, &format!("2026-02-10T{hour}:00")).code(78);
    }
    let alerts = subjects(&home, "alert");
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0].contains("definición con errores"), "{alerts:?}");
    fs::write(home.file(PLAN), sound).unwrap();
    run(&home, "2026-02-10T04:00").ok();
    let alerts = subjects(&home, "alert");
    assert!(alerts[1].contains("Resuelto"), "{alerts:?}");
}

/// That a report waits for a person is no error of a run, and it is not over an hour later.
#[test]
fn what_waits_for_approval_is_told_as_that_until_it_is_released() {
    let home = with_operator();
    let approval = "[approval]\nby = [\"titular@example.mx\"]\n[delivery]";
    home.replace(PLAN, "[delivery]", approval);
    saves(&home, "2026-T1/baches.csv", BACHES);
    saves(&home, "2026-T1/consultas.csv", CONSULTAS);
    saves(&home, "2026-T1/torneos.csv", TORNEOS);
    run(&home, "2026-04-05T09:00").code(3);
    run(&home, "2026-04-05T10:00").ok();
    let alerts = subjects(&home, "alert");
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let says = "Alerta: servicios 2026-T1: detenido, falta";
    assert!(alerts[0].contains(says), "{alerts:?}");
    let approve = [
        "approve",
        "servicios",
        "2026-T1",
        "--by",
        "titular@example.mx",
    ];
    home.metas(&[&approve[..], &["--as-of", "2026-04-05T11:00"]].concat())
        .ok();
    run(&home, "2026-04-05T12:00").ok();
    let alerts = subjects(&home, "alert");
    assert_eq!(alerts.len(), 2, "{alerts:?}");
    assert!(alerts[1].contains("Resuelto: "), "{alerts:?}");
}

#[test]
fn a_file_that_cannot_be_used_is_told_to_its_liaison_and_to_the_operator() {
    let home = home(
        &[("salud", "salud@example.mx")],
        "email = [\"sistemas@example.mx\"]",
    );
    saves(
        &home,
        "2026-T1/consultas.csv",
        "Clínica,Consultas\nNorte,ciento veinte\n",
    );
    run(&home, "2026-03-01T01:00").ok();
    run(&home, "2026-03-01T02:00").ok();
    assert_eq!(subjects(&home, "receipt").len(), 1);
    assert_eq!(subjects(&home, "alert").len(), 1);
    saves(&home, "2026-T1/consultas.csv", CONSULTAS);
    run(&home, "2026-03-02T01:00").ok();
    assert_eq!(subjects(&home, "receipt").len(), 2);
    let alerts = subjects(&home, "alert");
    assert!(alerts[1].contains("Resuelto"), "{alerts:?}");
}

#[test]
fn a_person_who_types_a_command_sees_what_it_says_and_nobody_is_alerted() {
    let home = with_operator();
    saves(&home, "2026-T1/consultas.csv", "Otra\n1\n");
    home.metas(&[
        "run",
        "servicios",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-06",
    ]);
    home.metas(&["run", "--dry-run", "--as-of", "2026-04-06"]);
    assert!(subjects(&home, "alert").is_empty());
}

/// Takes one request each time, answers, and gives what was asked for.
fn watcher() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, requests) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream
                .set_read_timeout(Some(Duration::from_millis(300)))
                .unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut part) {
                request.extend_from_slice(&part[..read]);
            }
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK");
            let _ = sender.send(String::from_utf8_lossy(&request).into_owned());
        }
    });
    (port, requests)
}

#[test]
fn a_watcher_is_told_of_the_begin_and_the_end_of_each_run() {
    let (port, requests) = watcher();
    let home = home(&[], &format!("ping = \"http://127.0.0.1:{port}/uuid\""));
    let next = || requests.recv_timeout(Duration::from_secs(20)).unwrap();
    run(&home, "2026-02-01T01:00").ok();
    assert!(next().starts_with("POST /uuid/start "));
    assert!(next().starts_with("POST /uuid "));
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    run(&home, "2026-04-06T01:00").code(3);
    assert!(next().starts_with("POST /uuid/start "));
    let failed = next();
    assert!(failed.starts_with("POST /uuid/fail "), "{failed}");
    assert!(
        failed.contains("exit status 3\nerror[nothing-arrived]"),
        "{failed}"
    );
}

#[test]
fn a_watcher_that_does_not_answer_changes_no_run() {
    let home = home(&[], "ping = \"http://127.0.0.1:9/secret-uuid\"");
    let ran = run(&home, "2026-02-01T01:00").ok();
    assert!(ran.stderr.contains("ping-failed"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("secret-uuid"), "{}", ran.stderr);
}

const LADDER: &str = "remind_before_days = [10, 3, 1]\nremind_after_days = [1]\n";

#[test]
fn a_liaison_of_two_departments_has_one_reminder_a_day_and_a_clock_that_jumps_one() {
    let both = [
        ("obras", "ana@example.mx"),
        ("salud", "Ana <ANA@example.mx>"),
    ];
    let home = home(&both, "email = [\"sistemas@example.mx\"]");
    home.replace(PLAN, "[schedule]\n", &format!("[schedule]\n{LADDER}"));
    run(&home, "2026-03-01T06:00").ok();
    // Three steps of the ladder are jumped over.
    run(&home, "2026-04-03T06:00").ok();
    run(&home, "2026-04-03T07:00").ok();
    assert_eq!(subjects(&home, "reminder").len(), 1);
}

/// At which hour the reminder of a day is written, by when cron calls on that day and the one before.
#[test]
fn people_are_reminded_by_day_and_at_night_only_where_cron_calls_by_night_alone() {
    let night = ["00:17", "01:17", "02:17", "03:17"];
    let hourly: Vec<String> = (0..=12).map(|hour| format!("{hour:02}:17")).collect();
    for (calls, written) in [
        (
            hourly.iter().map(String::as_str).collect::<Vec<_>>(),
            "08:17",
        ),
        (vec!["02:00"], "02:00"),
        (night.to_vec(), "00:17"),
        (vec!["06:00", "22:00"], "22:00"),
    ] {
        let home = home(
            &[("obras", "obras@example.mx")],
            "email = [\"sistemas@example.mx\"]",
        );
        let ladder = "remind_before_days = [3]\nremind_after_days = [1]\n";
        home.replace(PLAN, "[schedule]\n", &format!("[schedule]\n{ladder}"));
        for day in ["2026-03-30", "2026-03-31", "2026-04-03", "2026-04-04"] {
            for hour in &calls {
                run(&home, &format!("{day}T{hour}"));
            }
        }
        let listed = home.metas(&["deliver", "list", "--json"]).ok().json();
        let all = listed["deliveries"].as_array().unwrap().iter();
        let moments: Vec<&str> = all
            .filter(|delivery| delivery["occasion"] == "reminder")
            .map(|delivery| delivery["updated_at"].as_str().unwrap())
            .collect();
        let at = |day: &str| {
            let local = chrono::NaiveDateTime::parse_from_str(
                &format!("{day}T{written}"),
                "%Y-%m-%dT%H:%M",
            )
            .unwrap();
            let utc = local + chrono::TimeDelta::hours(6);
            utc.format("%Y-%m-%dT%H:%M:%SZ").to_string()
        };
        assert_eq!(moments, [at("2026-03-31"), at("2026-04-04")], "{calls:?}");
    }
}

#[test]
fn nobody_is_reminded_of_a_period_that_is_closed_or_of_what_the_plan_no_longer_asks_for() {
    let liaisons = [
        ("obras", "obras@example.mx"),
        ("deporte", "deporte@example.mx"),
    ];
    let home = home(&liaisons, "email = [\"sistemas@example.mx\"]");
    home.replace(PLAN, "[schedule]\n", &format!("[schedule]\n{LADDER}"));
    home.replace(
        PLAN,
        "file = \"torneos*.csv\"",
        "file = \"torneos*.csv\"\nrequired = false",
    );
    run(&home, "2026-03-24T06:00").ok();
    assert_eq!(subjects(&home, "reminder").len(), 1);
    home.metas(&["skip", "servicios", "2026-T1", "--reason", "no hubo sesión"])
        .ok();
    run(&home, "2026-03-31T06:00").ok();
    run(&home, "2026-04-02T06:00").ok();
    assert_eq!(subjects(&home, "reminder").len(), 1);
}

/// Two hundred files of one department in one run.
#[test]
fn many_files_at_once_make_one_receipt() {
    let home = home(
        &[("obras", "obras@example.mx")],
        "email = [\"sistemas@example.mx\"]",
    );
    let mut sources = String::new();
    for number in 0..200 {
        sources.push_str(&format!(
            "[source.s{number}]\ndepartment = \"obras\"\nfile = \"extra-{number}.csv\"\nrequired = false\n\
             [source.s{number}.columns]\nfolio = {{ header = \"Folio\", type = \"text\" }}\n"
        ));
        saves(&home, &format!("2026-T1/extra-{number}.csv"), "Folio\nA\n");
    }
    let text = home.read(PLAN);
    fs::write(home.file(PLAN), format!("{text}\n{sources}")).unwrap();
    run(&home, "2026-03-01T06:00").ok();
    run(&home, "2026-03-01T07:00").ok();
    assert_eq!(subjects(&home, "receipt").len(), 1);
}
