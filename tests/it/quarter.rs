//! A quarter lived every six hours, as cron does: files come early and late, are put right, change
//! after the report and go away, and a correction is issued. What happened is `quarter.txt`;
//! `METAS_BLESS=1 cargo test quarter` writes what happens now.

use std::fmt::Write as _;
use std::fs;

use chrono::{NaiveDateTime, TimeDelta};

use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::home::{Ran, TestHome};

/// What somebody does.
enum Act {
    /// Saves a file of the period.
    Saves(&'static str, &'static str),
    /// Takes a file away.
    Removes(&'static str),
    /// Types a command.
    Types(&'static [&'static str]),
}

use Act::{Removes, Saves, Types};

const FIRST_BACHES: &str = "Folio,Fecha,Estatus\nA1,15/01/2026,Pendiente\n";
const WRONG_CONSULTAS: &str = "Clínica,Consultas\nNorte,ciento veinte\nSur,80\n";
const MORE_BACHES: &str = "Folio,Fecha,Estatus\nA1,15/01/2026,Reparado\nA2,20/02/2026,Reparado\n";
const CORRECTION: &[&str] = &[
    "run",
    "servicios",
    "--period",
    "2026-T1",
    "--new-edition",
    "--reason",
    "Obras actualizó los baches reparados",
];

const ACTS: &[(&str, &str, Act)] = &[
    (
        "2026-01-20T10:00",
        "Obras guarda un borrador",
        Saves("baches.csv", FIRST_BACHES),
    ),
    (
        "2026-03-02T11:30",
        "Obras guarda la versión completa",
        Saves("baches.csv", BACHES),
    ),
    (
        "2026-03-31T16:00",
        "Salud guarda una cifra en letras",
        Saves("consultas.csv", WRONG_CONSULTAS),
    ),
    (
        "2026-04-03T13:00",
        "Salud la corrige el último día",
        Saves("consultas.csv", CONSULTAS),
    ),
    (
        "2026-04-04T09:00",
        "Deporte guarda su archivo, ya vencido el plazo",
        Saves("torneos.csv", TORNEOS),
    ),
    (
        "2026-04-08T17:00",
        "Obras cambia su archivo después del informe",
        Saves("baches.csv", MORE_BACHES),
    ),
    (
        "2026-04-09T10:00",
        "La operadora emite una corrección",
        Types(CORRECTION),
    ),
    (
        "2026-04-10T12:00",
        "Deporte quita su archivo",
        Removes("torneos.csv"),
    ),
    (
        "2026-04-11T12:00",
        "Obras guarda otra vez lo mismo",
        Saves("baches.csv", MORE_BACHES),
    ),
    (
        "2026-04-14T09:00",
        "La operadora pregunta cómo va",
        Types(&["status"]),
    ),
];

fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}

/// What a command said, without what is the same every hour.
fn told(home: &TestHome, ran: &Ran) -> Vec<String> {
    let root = home.path().display().to_string();
    let every_time = |line: &&str| line.contains(": next is ");
    let out = ran.stdout.lines().filter(|line| !every_time(line));
    let heads = |line: &&str| {
        ["error[", "warning[", "  -->"]
            .iter()
            .any(|head| line.starts_with(head))
    };
    let err = ran.stderr.lines().filter(heads);
    let mut lines: Vec<String> = out
        .chain(err)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.replace(&format!("{root}/"), ""))
        .collect();
    if ran.code != 0 {
        lines.push(format!("exit status {}", ran.code));
    }
    lines
}

fn note(story: &mut String, at: NaiveDateTime, what: &str, lines: &[String]) {
    let _ = writeln!(story, "{}  {what}", at.format("%Y-%m-%d %H:%M"));
    for line in lines {
        let _ = writeln!(story, "    {line}");
    }
}

fn act(home: &TestHome, at: NaiveDateTime, act: &Act) -> Vec<String> {
    let file = |name: &str| home.file("inputs/2026-T1").join(name);
    match act {
        Saves(name, text) => fs::write(file(name), text).unwrap(),
        Removes(name) => fs::remove_file(file(name)).unwrap(),
        Types(words) => {
            let as_of = at.format("%Y-%m-%dT%H:%M").to_string();
            let words = [words, &["--as-of", as_of.as_str()][..]].concat();
            return told(home, &home.metas(&words));
        }
    }
    Vec::new()
}

#[test]
fn a_quarter_is_lived_every_six_hours() {
    let home = TestHome::named("ribera");
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    let mut acts = ACTS.iter().peekable();
    let mut story = String::new();
    let mut now = moment("2026-01-01T00:00");
    while now <= moment("2026-04-15T00:00") {
        while let Some((at, what, done)) = acts.next_if(|(at, _, _)| moment(at) <= now) {
            let lines = act(&home, moment(at), done);
            note(&mut story, moment(at), what, &lines);
        }
        let as_of = now.format("%Y-%m-%dT%H:%M").to_string();
        let lines = told(&home, &home.metas(&["run", "--as-of", &as_of]));
        if !lines.is_empty() {
            note(&mut story, now, "cron", &lines);
        }
        now += TimeDelta::hours(6);
    }
    if std::env::var_os("METAS_BLESS").is_some() {
        let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/quarter.txt");
        fs::write(golden, &story).unwrap();
        return;
    }
    assert!(
        story == include_str!("quarter.txt"),
        "it went otherwise:\n{story}"
    );
}
