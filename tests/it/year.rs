//! A year as the people of a municipality live it: which messages reach whom, and on which day. Of
//! three departments one sends four versions of its file, one a file that can't be used, and one is
//! always late. The list is `year.txt`; `METAS_BLESS=1 cargo test year` writes what happens now.
//!
//! Cron calls at six each morning. `METAS_YEAR_HOURS=1` has it call every hour, and kills the whole
//! year's runs at every durable step instead of a quarter's: the list is the same.

use std::fmt::Write as _;
use std::fs;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::home::TestHome;

const PLAN: &str = "pipelines/servicios.toml";

/// When somebody saves which file below `inputs/`.
const FILES: &[(&str, &str, &str)] = &[
    (
        "2026-03-10T05:00",
        "2026-T1/baches.csv",
        "Folio,Fecha,Estatus\nA1,15/01/2026,Pendiente\n",
    ),
    (
        "2026-03-16T05:00",
        "2026-T1/baches.csv",
        "Folio,Fecha,Estatus\nA1,15/01/2026,Reparado\n",
    ),
    ("2026-03-18T05:00", "2026-T1/consultas.csv", CONSULTAS),
    (
        "2026-03-20T05:00",
        "2026-T1/baches.csv",
        "Folio,Fecha,Estatus\nA1,15/01/2026,reparado \nA2,20/02/2026,Pendiente\n",
    ),
    ("2026-04-03T05:00", "2026-T1/baches.csv", BACHES),
    ("2026-04-05T05:00", "2026-T1/torneos.csv", TORNEOS),
    ("2026-06-20T05:00", "2026-T2/baches.csv", BACHES),
    (
        "2026-06-26T05:00",
        "2026-T2/consultas.csv",
        "Clínica,Consultas\nNorte,ciento veinte\nSur,80\n",
    ),
    ("2026-07-01T05:00", "2026-T2/consultas.csv", CONSULTAS),
    ("2026-07-05T05:00", "2026-T2/torneos.csv", TORNEOS),
    ("2026-09-15T05:00", "2026-T3/baches.csv", BACHES),
    ("2026-09-15T05:00", "2026-T3/consultas.csv", CONSULTAS),
    ("2026-10-05T05:00", "2026-T3/torneos.csv", TORNEOS),
    (
        "2026-10-12T05:00",
        "2026-T3/baches.csv",
        "Folio,Fecha,Estatus\nA1,15/01/2026,Reparado\nA2,20/02/2026,Reparado\n",
    ),
    ("2026-12-14T05:00", "2026-T4/baches.csv", BACHES),
    ("2026-12-14T05:00", "2026-T4/consultas.csv", CONSULTAS),
    ("2027-01-05T05:00", "2026-T4/torneos.csv", TORNEOS),
];

/// Ribera with people who are written to.
fn home() -> TestHome {
    let home = TestHome::named("ribera");
    for (before, after) in [
        (
            "report_after_days = 5",
            "report_after_days = 7\nremind_before_days = [10, 3, 1]\nremind_after_days = [1]",
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
    ] {
        home.replace(PLAN, before, after);
    }
    let operator = "\n[operator]\nemail = [\"sistemas@example.mx\"]\n";
    fs::write(home.file(PLAN), home.read(PLAN) + operator).unwrap();
    home
}

fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}

const YEAR: (&str, &str) = ("2026-01-01T06:00", "2027-01-10T06:00");

fn hours() -> Option<i64> {
    let hours = std::env::var("METAS_YEAR_HOURS").ok();
    hours.map(|hours| hours.parse().unwrap())
}

/// Lives from one moment to another; `each_run` calls cron.
fn live(home: &TestHome, (from, to): (&str, &str), each_run: &mut dyn FnMut(&TestHome, &str)) {
    let step = TimeDelta::hours(hours().unwrap_or(24));
    let mut files = FILES
        .iter()
        .skip_while(|(at, _, _)| moment(at) < moment(from))
        .peekable();
    let mut now = moment(from);
    while now <= moment(to) {
        while let Some((_, name, text)) = files.next_if(|(at, _, _)| moment(at) <= now) {
            let path = home.file("inputs").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        each_run(home, &now.format("%Y-%m-%dT%H:%M").to_string());
        now += step;
    }
}

/// A line a message: the day, the occasion, the person, and what it is about.
fn messages(home: &TestHome) -> String {
    let zone: Tz = "America/Mexico_City".parse().unwrap();
    let listed = home.metas(&["deliver", "list", "--json"]).ok().json();
    let mut list = String::new();
    for delivery in listed["deliveries"].as_array().unwrap() {
        let text = |key: &str| delivery[key].as_str().unwrap_or_default().to_owned();
        let at: DateTime<chrono::Utc> = text("updated_at").parse().unwrap();
        let edition = delivery["edition"]
            .as_u64()
            .map(|number| format!(" v{number}"));
        let about = [text("period"), edition.unwrap_or_default()].concat();
        let state = match text("state").as_str() {
            "accepted" => String::new(),
            state => format!("  {state}"),
        };
        let line = format!(
            "{}  {:<8}  {:<24}  {about}",
            at.with_timezone(&zone).format("%Y-%m-%d"),
            text("occasion"),
            text("recipient"),
        );
        let _ = writeln!(list, "{}{state}", line.trim_end());
    }
    list
}

fn cron(home: &TestHome, as_of: &str) {
    home.metas(&["run", "--as-of", as_of]);
}

#[test]
fn a_year_of_messages_reaches_each_person_once() {
    let home = home();
    live(&home, YEAR, &mut cron);
    let list = messages(&home);
    if std::env::var_os("METAS_BLESS").is_some() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/year.txt");
        fs::write(golden, &list).unwrap();
        return;
    }
    assert!(
        list == include_str!("year.txt"),
        "it went otherwise:\n{list}"
    );
}

/// Where a run can die, in the order in which it comes by.
const DEATHS: [&str; 15] = [
    "edition-begun",
    "file-written",
    "before-rename",
    "renamed",
    "before-publish",
    "queued",
    "published",
    "announced",
    "receipts-queued",
    "reminder-queued",
    "alert-queued",
    "alert-ended",
    "sending",
    "after-dot",
    "accepted",
];

/// After a death on the way to an edition the next run takes another way past the last places of
/// that way: later quarters die at those alone.
fn places_of(as_of: &str) -> Vec<&'static str> {
    let from = match as_of {
        early if early < "2026-07" => None,
        summer if summer < "2026-10" => Some("published"),
        _ => Some("announced"),
    };
    let skipped = DEATHS.iter().position(|place| from == Some(*place));
    DEATHS[skipped.unwrap_or_default()..].to_vec()
}

/// Each run dies at every place that it comes by, one after the other: the list is the same.
#[test]
fn a_time_of_runs_that_die_sends_nothing_twice() {
    let span = match hours() {
        Some(_) => YEAR,
        None => ("2026-03-09T06:00", "2026-04-08T06:00"),
    };
    let undisturbed = match hours() {
        Some(_) => include_str!("year.txt").to_owned(),
        None => {
            let home = home();
            live(&home, span, &mut cron);
            messages(&home)
        }
    };
    let disturbed = home();
    let mut deaths = Vec::new();
    live(&disturbed, span, &mut |home, as_of| {
        let mut places = places_of(as_of);
        while let Some(died) = home.dies(&["run", "--as-of", as_of], &places) {
            places.retain(|place| *place != died);
            deaths.push(died);
        }
    });
    assert!(deaths.len() > 20, "only {deaths:?}");
    let list = messages(&disturbed);
    assert!(list == undisturbed, "it went otherwise:\n{list}");
    if hours().is_some() {
        let never: Vec<&&str> = DEATHS
            .iter()
            .filter(|one| !deaths.iter().any(|d| d == **one))
            .collect();
        assert!(never.is_empty(), "nobody died at {never:?}");
    }
}
