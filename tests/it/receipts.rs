//! What departments hear of their files where these, their mailboxes or the plan are not as one would
//! wish.

use std::fs;

use metas::delivery::content_of;
use serde_json::Value;

use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::delivery::server::{Fault, Scripted};
use crate::home::{Ran, TestHome};

const PLAN: &str = "pipelines/servicios.toml";

/// Ribera with a liaison in each department, and an operator.
fn home() -> TestHome {
    let home = TestHome::named("ribera");
    for department in ["obras", "salud", "deporte"] {
        let name = format!("[department.{department}]\n");
        let with = format!("{name}liaison = \"{department}@example.mx\"\n");
        home.replace(PLAN, &name, &with);
    }
    append(&home, "[operator]\nemail = [\"sistemas@example.mx\"]\n");
    home
}

fn append(home: &TestHome, text: &str) {
    let plan = home.read(PLAN);
    fs::write(home.file(PLAN), format!("{plan}\n{text}")).unwrap();
}

fn saves(home: &TestHome, name: &str, text: impl AsRef<[u8]>) {
    let path = home.file("inputs/2026-T1").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn run(home: &TestHome, as_of: &str) -> Ran {
    home.metas(&["run", "--as-of", as_of])
}

/// The deliveries of an occasion, oldest first.
fn deliveries(home: &TestHome, occasion: &str) -> Vec<Value> {
    let listed = home.metas(&["deliver", "list", "--json"]).ok().json();
    let all = listed["deliveries"].as_array().unwrap().iter();
    all.filter(|one| one["occasion"] == occasion)
        .cloned()
        .collect()
}

/// The plain text of each message of an occasion, and the names of what is attached.
fn messages(home: &TestHome, occasion: &str) -> Vec<(String, Vec<String>)> {
    let one = |delivery: Value| {
        let path = home.file(delivery["message"].as_str().unwrap());
        let content = content_of(&fs::read(path).unwrap()).unwrap();
        let files = content.files.into_iter().map(|(name, ..)| name).collect();
        let words: Vec<&str> = content.text.split_whitespace().collect();
        (words.join(" "), files)
    };
    deliveries(home, occasion).into_iter().map(one).collect()
}

/// Two files where one is expected are not in the ledger, and neither is one that is too large.
#[test]
fn a_file_that_is_not_taken_in_has_its_receipt_too_and_once() {
    let home = home();
    home.replace(
        PLAN,
        "[schedule]",
        "[schedule]\nremind_before_days = [3, 1]",
    );
    home.replace(PLAN, "quiet_seconds = 0", "quiet_seconds = 0\nfile_mib = 1");
    saves(&home, "baches.csv", BACHES);
    saves(&home, "baches (1).csv", BACHES.replace("A2", "A3"));
    saves(&home, "consultas.csv", CONSULTAS.repeat(60_000));
    saves(&home, "torneos.csv", TORNEOS);
    for hour in ["09", "10", "11"] {
        run(&home, &format!("2026-03-20T{hour}:00")).ok();
    }
    let receipts = messages(&home, "receipt");
    assert_eq!(receipts.len(), 3, "{receipts:#?}");
    let of = |what: &str| {
        let found = receipts.iter().find(|(text, _)| text.contains(what));
        found
            .unwrap_or_else(|| panic!("no {what}: {receipts:#?}"))
            .0
            .clone()
    };
    let doubled = of("Hay 2 archivos para el mismo dato (baches): «baches (1).csv», «baches.csv».");
    assert!(
        doubled.starts_with("Su archivo no se puede usar"),
        "{doubled}"
    );
    assert!(
        doubled.contains("Deje en la carpeta sólo el archivo bueno."),
        "{doubled}"
    );
    assert!(!doubled.contains("SHA-256"), "{doubled}");
    let large = of("y el límite es 1 MB.");
    assert!(large.contains("consultas.csv"), "{large}");
    of("Su archivo se recibió y está aceptado");

    // Whoever sent what can't be used is reminded of it, and whoever sent a good file is not.
    run(&home, "2026-03-31T09:00").ok();
    let reminded: Vec<Value> = deliveries(&home, "reminder");
    let people: Vec<&str> = reminded
        .iter()
        .map(|one| one["recipient"].as_str().unwrap())
        .collect();
    assert_eq!(people, ["obras@example.mx", "salud@example.mx"]);

    // Put right, each has its receipt; doubled again by other files, it is told again.
    fs::remove_file(home.file("inputs/2026-T1/baches (1).csv")).unwrap();
    run(&home, "2026-04-01T09:00").ok();
    assert_eq!(deliveries(&home, "receipt").len(), 4);
    saves(&home, "baches (2).csv", BACHES.replace("A2", "A4"));
    run(&home, "2026-04-02T09:00").ok();
    let receipts = messages(&home, "receipt");
    assert_eq!(receipts.len(), 5);
    assert!(receipts[4].0.contains("«baches (2).csv»"), "{receipts:#?}");
}

/// A source whose file is not taken in is blocked like one whose file can't be read.
#[test]
fn the_operator_hears_of_a_file_that_is_not_taken_in_and_when_it_is_put_right() {
    let home = home();
    home.replace(PLAN, "quiet_seconds = 0", "quiet_seconds = 0\nfile_mib = 1");
    saves(&home, "baches.csv", BACHES);
    saves(&home, "baches (1).csv", BACHES.replace("A2", "A3"));
    saves(&home, "consultas.csv", CONSULTAS.repeat(60_000));
    for hour in ["09", "10", "11"] {
        run(&home, &format!("2026-03-20T{hour}:00")).ok();
    }
    let alerts = messages(&home, "alert");
    let told = |what: &str| {
        alerts
            .iter()
            .filter(|(text, _)| text.contains(what))
            .count()
    };
    assert_eq!(alerts.len(), 2, "{alerts:#?}");
    assert_eq!(
        told("baches (1).csv, baches.csv of obras"),
        1,
        "{alerts:#?}"
    );
    assert_eq!(
        told("consultas.csv of salud can't be used"),
        1,
        "{alerts:#?}"
    );

    fs::remove_file(home.file("inputs/2026-T1/baches (1).csv")).unwrap();
    run(&home, "2026-03-20T12:00").ok();
    let alerts = messages(&home, "alert");
    assert_eq!(alerts.len(), 3, "{alerts:#?}");
    let over = &alerts[2].0;
    assert!(
        over.starts_with("Los archivos ya se pueden usar."),
        "{over}"
    );
}

/// One message a department and run, also where one file is good and one can't be taken in.
#[test]
fn what_is_taken_in_and_what_is_not_stand_in_one_receipt() {
    let home = home();
    append(
        &home,
        "[source.luces]\ndepartment = \"obras\"\nfile = \"luces*.csv\"\nrequired = false\n\
         [source.luces.columns]\nfolio = { header = \"Folio\", type = \"text\" }\n",
    );
    saves(&home, "baches.csv", BACHES);
    saves(&home, "luces 1.csv", "Folio\nA\n");
    saves(&home, "luces 2.csv", "Folio\nB\n");
    run(&home, "2026-03-20T09:00").ok();
    let receipts = messages(&home, "receipt");
    assert_eq!(receipts.len(), 1, "{receipts:#?}");
    let text = &receipts[0].0;
    assert!(
        text.starts_with("Se recibieron 2 archivos: 1 no se puede usar y 1 aceptado"),
        "{text}"
    );
}

/// A program that saves leaves a second file beside the first for a moment.
#[test]
fn a_second_file_that_is_still_young_is_told_to_nobody() {
    let home = home();
    home.replace(PLAN, "quiet_seconds = 0", "quiet_seconds = 3600");
    saves(&home, "baches.csv", BACHES);
    saves(&home, "baches (1).csv", BACHES.replace("A2", "A3"));
    run(&home, "2026-03-20T09:00");
    assert!(deliveries(&home, "receipt").is_empty());
}

#[test]
fn of_a_marked_workbook_that_is_too_large_the_list_is_sent() {
    let home = home();
    home.replace(PLAN, "file = \"baches*.csv\"", "file = \"baches*.xlsx\"");
    home.replace(PLAN, "[limits]", "[limits]\nmessage_mib = 1");
    saves(&home, "baches.xlsx", large_workbook());
    run(&home, "2026-03-20T09:00").ok();
    let receipts = messages(&home, "receipt");
    assert_eq!(receipts.len(), 1, "{receipts:#?}");
    let (text, files) = &receipts[0];
    assert_eq!(files.len(), 1, "{text}");
    assert!(files[0].starts_with("observaciones-1-baches"), "{files:?}");
    let says = format!(
        "Va adjunta la lista completa, {}; su propio libro con las celdas señaladas es demasiado \
         grande para enviarse por correo.",
        files[0]
    );
    assert!(text.contains(&says), "{text}");
}

/// A sheet with one wrong cell, beside another one of a megabyte that nothing can compress.
fn large_workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, texts) in [
        ["Folio", "Fecha", "Estatus"],
        ["A1", "15/01/2026", "Reparado"],
        ["A2", "20/02/2026", "reparadísimo"],
    ]
    .iter()
    .enumerate()
    {
        for (column, text) in texts.iter().enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            sheet.write_string(row, column, *text).unwrap();
        }
    }
    let noise = book.add_worksheet();
    let mut seed = 1_u64;
    for row in 0..4_000 {
        let text: String = (0..32)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                format!("{:016x}", seed)
            })
            .collect();
        noise.write_string(row, 0, &text).unwrap();
    }
    book.save_to_buffer().unwrap()
}

/// The server says 452 for a week: the message waits, the operator hears of it, everybody else gets
/// theirs, and when there is room again it arrives once and the operator hears that it is over.
#[test]
fn a_mailbox_that_is_full_for_a_week_is_waited_for_told_and_over() {
    let full = [Fault::Rcpt("obras@example.mx", "452 4.2.2 mailbox full")];
    let server = Scripted::start(&full);
    let home = home();
    let port = server.port;
    append(
        &home,
        &format!("[delivery.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n"),
    );
    saves(&home, "baches.csv", BACHES);
    saves(&home, "consultas.csv", CONSULTAS);
    for day in 10..=17 {
        run(&home, &format!("2026-02-{day}T09:00")).code(75);
        run(&home, &format!("2026-02-{day}T15:00")).code(75);
    }
    let taken = |to: &str| server.taken().iter().filter(|one| one.to == to).count();
    assert_eq!(
        (taken("obras@example.mx"), taken("salud@example.mx")),
        (0, 1)
    );
    let waits = &deliveries(&home, "receipt")[0];
    assert_eq!(waits["state"], "deferred", "{waits}");
    assert_eq!(waits["last_reply"], "452 4.2.2 mailbox full", "{waits}");
    let alerts = messages(&home, "alert");
    assert!((1..=3).contains(&alerts.len()), "{alerts:#?}");
    assert!(alerts[0].0.contains("mailbox full"), "{alerts:#?}");
    server.set(&[]);
    run(&home, "2026-02-18T15:30").ok();
    run(&home, "2026-02-19T09:00").ok();
    assert_eq!(taken("obras@example.mx"), 1);
    let after = messages(&home, "alert");
    assert_eq!(after.len(), alerts.len() + 1, "{after:#?}");
    assert!(
        after.last().unwrap().0.contains("quedó resuelta"),
        "{after:#?}"
    );
}

/// Its goal, its source and its department leave the plan while its receipt and reminder wait.
#[test]
fn a_department_that_leaves_the_plan_in_mid_quarter_hears_no_more() {
    let home = home();
    home.replace(
        PLAN,
        "[schedule]",
        "[schedule]\nremind_before_days = [10, 3]",
    );
    saves(&home, "torneos.csv", "Torneo,Fecha\nCopa,ayer\n");
    home.metas(&["run", "--no-deliver", "--as-of", "2026-03-24T09:00"])
        .ok();
    let to = |one: &Value| one["recipient"] == "deporte@example.mx";
    let waiting: Vec<Value> = ["receipt", "reminder"]
        .iter()
        .flat_map(|occasion| deliveries(&home, occasion))
        .filter(to)
        .collect();
    assert_eq!(waiting.len(), 2, "{waiting:#?}");
    let whole = home.read(PLAN);
    let mut plan = String::new();
    let mut keeps = true;
    for line in whole.lines() {
        if line.starts_with('[') {
            keeps = !["[department.deporte", "[source.torneos", "[goal.torneos"]
                .iter()
                .any(|start| line.starts_with(start));
        }
        if keeps {
            plan.push_str(line);
            plan.push('\n');
        }
    }
    fs::write(home.file(PLAN), plan).unwrap();
    saves(&home, "baches.csv", BACHES);
    saves(&home, "consultas.csv", CONSULTAS);
    for moment in ["2026-03-25T09:00", "2026-03-31T09:00", "2026-04-05T09:00"] {
        run(&home, moment).ok();
    }
    let after: Vec<Value> = ["receipt", "reminder", "alert", "report"]
        .iter()
        .flat_map(|occasion| deliveries(&home, occasion))
        .filter(to)
        .collect();
    assert_eq!(after.len(), 2, "{after:#?}");
    for one in &after {
        let state = one["state"].as_str().unwrap();
        assert!(["cancelled", "superseded"].contains(&state), "{one}");
    }
    assert!(
        home.file("reports/servicios/2026-T1/v1/report.pdf")
            .is_file()
    );
    // What lies there of it is nobody's now, and is told as such.
    let found = home.read("reports/servicios/2026-T1/v1/findings.json");
    assert!(found.contains("unexpected-file"), "{found}");
    home.metas(&["status", "--as-of", "2026-04-06"]).ok();
}
