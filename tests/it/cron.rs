//! What an unattended run sees, says and does, as cron calls it: again and again, with files that
//! come and change in between.

use std::fs;

use crate::home::{Ran, TestHome};

pub(crate) const BACHES: &str =
    "Folio,Fecha,Estatus\nA1,15/01/2026,Reparado\nA2,20/02/2026,Pendiente\n";
pub(crate) const CONSULTAS: &str = "Clínica,Consultas\nNorte,120\nSur,80\n";
pub(crate) const TORNEOS: &str = "Torneo,Fecha\nCopa de Invierno,10/02/2026\n";
const RESULTS: &str = "reports/servicios/2026-T1/v1/results.json";

fn home() -> TestHome {
    TestHome::named("ribera")
}

fn put(home: &TestHome, name: &str, text: &str) {
    let path = home.file("inputs/2026-T1").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn at(home: &TestHome, moment: &str) -> Ran {
    home.metas(&["run", "--quiet", "--as-of", moment])
}

fn department(home: &TestHome, id: &str) -> serde_json::Value {
    let results = home.json(RESULTS);
    let all = results["departments"].as_array().unwrap().clone();
    all.into_iter().find(|d| d["id"] == id).unwrap()
}

#[test]
fn a_file_that_comes_after_its_deadline_and_before_the_report_is_late() {
    let home = home();
    put(&home, "baches.csv", BACHES);
    at(&home, "2026-04-03T18:00").ok().silent();
    put(&home, "consultas.csv", CONSULTAS);
    // The last day for files ends at midnight: what comes on it is in time.
    at(&home, "2026-04-03T23:00").ok().silent();
    at(&home, "2026-04-04T06:00").ok().silent();
    put(&home, "torneos.csv", TORNEOS);
    at(&home, "2026-04-04T12:00").ok().silent();
    at(&home, "2026-04-05T00:17").ok();
    for (id, late) in [("obras", 0), ("salud", 0), ("deporte", 1)] {
        let department = department(&home, id);
        assert_eq!(department["late"], late, "{department}");
        assert_eq!(department["received"], 1, "{department}");
    }
    // Put right and issued again, the file is as late as it was.
    put(
        &home,
        "torneos.csv",
        &format!("{TORNEOS}Copa Juvenil,11/02/2026\n"),
    );
    home.metas(&[
        "run",
        "servicios",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-20",
        "--new-edition",
        "--reason",
        "otro torneo",
    ])
    .ok();
    let second = home.json("reports/servicios/2026-T1/v2/results.json");
    let deporte = &second["departments"][2];
    assert_eq!(
        (&deporte["id"], &deporte["late"]),
        (&"deporte".into(), &1.into())
    );
}

#[test]
fn a_file_put_right_after_the_deadline_is_not_late() {
    let home = home();
    put(&home, "baches.csv", BACHES);
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", "Torneo\nsin fecha\n");
    at(&home, "2026-04-02").ok();
    at(&home, "2026-04-04T06:00").ok();
    // Programs save by deleting and renaming: a moment without the file is no absence.
    fs::remove_file(home.file("inputs/2026-T1/torneos.csv")).unwrap();
    at(&home, "2026-04-04T08:00").ok();
    put(&home, "torneos.csv", TORNEOS);
    at(&home, "2026-04-05T01:00").ok();
    assert_eq!(department(&home, "deporte")["late"], 0);
    assert_eq!(department(&home, "deporte")["received"], 1);
}

#[test]
fn every_version_of_a_file_is_kept_from_the_periods_first_day_on() {
    let home = home();
    let archived = || {
        let snapshot = home.snapshot();
        let mut kept: Vec<String> = snapshot
            .iter()
            .filter(|(name, _)| name.starts_with("state/archive/"))
            .map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect();
        kept.sort();
        kept
    };
    put(&home, "consultas.csv", "Clínica,Consultas\nNorte,1\n");
    let first = home.metas(&["run", "--as-of", "2026-01-01T06:00"]).ok();
    first.says(&["received consultas.csv for consultas"]);
    put(&home, "consultas.csv", CONSULTAS);
    at(&home, "2026-02-01").ok();
    fs::remove_file(home.file("inputs/2026-T1/consultas.csv")).unwrap();
    at(&home, "2026-02-02").ok();
    assert_eq!(archived(), ["Clínica,Consultas\nNorte,1\n", CONSULTAS]);
    let again = home.metas(&["run", "--as-of", "2026-02-03"]).ok();
    assert!(!again.stdout.contains("received"), "{}", again.stdout);
}

#[test]
fn a_held_period_is_told_in_full_once_and_then_in_a_line() {
    let home = home();
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    let full = at(&home, "2026-04-05T01:00").code(3);
    full.says(&["error[nothing-arrived]", "ask the departments"]);
    let line = at(&home, "2026-04-05T02:00").code(3);
    assert_eq!(
        line.stderr,
        "error[nothing-arrived]: servicios 2026-T1 is still held, for the reasons told on \
         2026-04-05 01:00: metas status servicios\n\n"
    );
    // Another reason is news, and so is the same one after the period was free.
    at(&home, "2026-04-26")
        .code(3)
        .says(&["error[too-late]", "metas skip"]);
    let line = at(&home, "2026-04-27").code(3);
    assert_eq!(line.stderr.trim().lines().count(), 1, "{}", line.stderr);
}

/// Whoever tries a run out reads everything, and what the next real run says is not changed by it.
#[test]
fn a_dry_run_remembers_and_forgets_nothing() {
    let home = home();
    home.replace(
        "pipelines/servicios.toml",
        "max_lateness_days = 20",
        "max_lateness_days = 20\nincomplete = \"hold\"",
    );
    put(&home, "baches.csv", BACHES);
    let dry = |moment: &str| home.metas(&["run", "--dry-run", "--quiet", "--as-of", moment]);
    let is_line = |ran: &Ran| ran.stderr.contains("is still held");
    at(&home, "2026-04-02").ok();
    for moment in ["2026-04-05T01:00", "2026-04-05T02:00"] {
        dry(moment).code(65).says(&["missing-file", "incomplete"]);
    }
    let first = at(&home, "2026-04-05T03:00").code(65);
    assert!(!is_line(&first), "{}", first.stderr);
    assert!(!is_line(&dry("2026-04-05T04:00").code(65)));
    // Tried out with every file there, and not run until one has gone again.
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    dry("2026-04-05T05:00").ok();
    for name in ["consultas.csv", "torneos.csv"] {
        fs::remove_file(home.file("inputs/2026-T1").join(name)).unwrap();
    }
    assert!(is_line(&at(&home, "2026-04-05T06:00").code(65)));
    assert!(!home.file("reports").exists());

    // A file that came after the report is news until a real run has told it.
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    at(&home, "2026-04-05T07:00").ok();
    put(
        &home,
        "torneos.csv",
        &format!("{TORNEOS}Copa Juvenil,11/02/2026\n"),
    );
    dry("2026-04-06").ok().silent();
    at(&home, "2026-04-07")
        .ok()
        .says(&["late-file", "torneos.csv"]);
    at(&home, "2026-04-08").ok().silent();
}

#[test]
fn what_holds_a_period_is_told_with_its_findings_once() {
    let home = home();
    home.replace(
        "pipelines/servicios.toml",
        "max_lateness_days = 20",
        "max_lateness_days = 20\nincomplete = \"hold\"",
    );
    put(
        &home,
        "baches.csv",
        "Folio,Fecha,Estatus\nA1,31/02/2026,Reparado\n",
    );
    put(&home, "consultas.csv", CONSULTAS);
    at(&home, "2026-04-05T01:00")
        .code(65)
        .says(&["missing-file", "31/02/2026", "incomplete"]);
    let line = at(&home, "2026-04-05T02:00").code(65);
    assert_eq!(line.stderr.trim().lines().count(), 1, "{}", line.stderr);
    put(&home, "baches.csv", BACHES);
    let news = at(&home, "2026-04-05T03:00").code(65);
    assert!(!news.stderr.contains("31/02/2026"), "{}", news.stderr);
    news.says(&["missing-file", "torneos"]);
    put(&home, "torneos.csv", TORNEOS);
    at(&home, "2026-04-05T04:00").ok();
}

#[test]
fn a_broken_plan_keeps_no_other_from_running() {
    let home = home();
    put(&home, "baches.csv", BACHES);
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    fs::write(home.file("pipelines/agua.toml"), "format = 1\nplan = 3\n").unwrap();
    at(&home, "2026-04-05T01:00")
        .code(78)
        .says(&["pipelines/agua.toml"]);
    assert!(home.file(RESULTS).is_file());
    let document = home
        .metas(&["run", "--json", "--as-of", "2026-04-05T02:00"])
        .code(78)
        .json();
    assert_eq!(document["failures"][0]["plan"], "agua");
    assert_eq!(document["failures"][0]["exit_code"], 78);
    assert_eq!(document["next"][0]["plan"], "servicios");
    // A plan whose template is broken keeps none from running either, and is told every time.
    fs::remove_file(home.file("pipelines/agua.toml")).unwrap();
    let text = home.read("pipelines/servicios.toml");
    let other = text
        .replace("id = \"servicios\"", "id = \"otros\"")
        .replace("[report]\n", "[report]\ntemplate = \"rota\"\n");
    fs::write(home.file("pipelines/otros.toml"), other).unwrap();
    fs::create_dir_all(home.file("report-templates/rota")).unwrap();
    fs::write(home.file("report-templates/rota/report.typ"), "#let x = ").unwrap();
    fs::remove_dir_all(home.file("reports")).unwrap();
    fs::remove_dir_all(home.file("state")).unwrap();
    at(&home, "2026-04-05T03:00")
        .code(78)
        .says(&["report-templates/rota/report.typ"]);
    assert!(home.file(RESULTS).is_file());
}

#[test]
fn a_period_that_is_skipped_is_not_asked_for_again_and_a_published_one_cannot_be() {
    let home = home();
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    at(&home, "2026-04-05T01:00").code(3);
    let skip = |period: &str| home.metas(&["skip", "servicios", period, "--reason", "sin sesión"]);
    skip("2026-T1")
        .ok()
        .says(&["will not be reported: sin sesión"]);
    at(&home, "2026-04-05T02:00").ok().silent();
    at(&home, "2026-06-20T02:00").ok().silent();
    home.metas(&["status", "--as-of", "2026-04-05"])
        .ok()
        .says(&["skipped: sin sesión"]);
    skip("2025-T4").code(2).says(&["unknown-period"]);
    let issue = [
        "run",
        "servicios",
        "--period",
        "2026-T2",
        "--as-of",
        "2026-07-06",
    ];
    fs::create_dir_all(home.file("inputs/2026-T2")).unwrap();
    home.metas(&issue).ok();
    skip("2026-T2").code(2).says(&["has-edition"]);
}

#[test]
fn a_plan_that_does_not_exist_stops_the_run_before_it_begins() {
    let home = home();
    home.metas(&["run", "servicios", "servicio", "--as-of", "2026-04-05"])
        .code(2)
        .says(&["unknown-plan", "did you mean servicios?"]);
    assert!(!home.file("state").exists());
}

#[test]
fn an_edition_mostly_without_data_is_an_error_of_the_run() {
    let home = home();
    put(&home, "baches.csv", BACHES);
    at(&home, "2026-04-05T01:00").code(65).says(&[
        "error[mostly-no-data]",
        "2 of the 3 goals",
        "metas check servicios",
    ]);
    assert!(home.file(RESULTS).is_file());
    at(&home, "2026-04-05T02:00").ok().silent();
}

#[test]
fn a_clock_that_went_back_holds_the_run() {
    let home = home();
    put(&home, "baches.csv", BACHES);
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    home.metas(&[
        "run",
        "servicios",
        "--period",
        "2026-T1",
        "--as-of",
        "2090-04-05",
    ])
    .ok();
    let outbox = home.snapshot();
    home.metas(&["run", "--quiet"])
        .code(3)
        .says(&["error[clock]", "2090-04-05", "set the clock"]);
    assert_eq!(
        home.snapshot(),
        outbox,
        "nothing is issued by a clock in doubt"
    );
    home.metas(&["doctor"]).code(78).says(&["error[clock]"]);
}

#[test]
fn a_plan_without_a_brand_or_any_word_on_its_report_bears_its_title() {
    let home = home();
    home.replace(
        "pipelines/servicios.toml",
        "[report]\nbrand = { name = \"RIBERA ALTA\" }\n",
        "",
    );
    put(&home, "baches.csv", BACHES);
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    at(&home, "2026-04-05T01:00").ok();
    assert_eq!(
        home.json(RESULTS)["brand"]["name"],
        "Programa de Servicios de Ribera Alta"
    );
}

/// It is a matter of the definition and not of a run, which would say it again and again.
#[test]
fn who_cannot_be_told_anything_is_said_by_check_alone() {
    let home = home();
    put(&home, "baches.csv", BACHES);
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    let check = home.metas(&["check", "--as-of", "2026-02-03"]);
    let said = "warning[no-liaison]";
    assert!(check.stderr.contains(said), "{}", check.stderr);
    let ran = at(&home, "2026-04-05T01:00");
    assert!(!ran.stderr.contains(said), "{}", ran.stderr);
    let text = std::fs::read_to_string(home.file("pipelines/servicios.toml")).unwrap();
    let (before, _) = text.split_once("[delivery]").unwrap();
    let operator = format!("{before}[operator]\nemail = [\"sistemas@example.mx\"]\n");
    std::fs::write(home.file("pipelines/servicios.toml"), operator).unwrap();
    let check = home.metas(&["check", "--as-of", "2026-02-03"]);
    let check = check.says(&["warning[no-sender]", "[operator]"]);
    assert!(!check.stderr.contains(said), "{}", check.stderr);
}
