//! What people do wrong, through the binary: each gives a clear message, the right exit code,
//! and nothing half-written.

use std::fs;

use crate::home::TestHome;

const PLAN: &str = r##"format = 1
[plan]
id = "baches"
title = "Baches"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2026-T1"
[department.obras]
name = "Dirección de Obras"
[source.baches]
department = "obras"
file = "baches*.csv"
[source.baches.columns]
folio = { header = "Folio", type = "text", unique = true }
fecha = { header = "Fecha", type = "date" }
costo = { header = "Costo", type = "number", min = 0 }
estatus = { header = "Estatus", type = "category", values = ["Reparado", "Pendiente"] }
[axis.calles]
title = "Calles"
[goal.reparados]
axis = "calles"
statement = "Reparar el 80% de los baches."
kind = "ratio"
target = 80
due = "2026-03"
query = "SELECT COUNT(*) FILTER (WHERE estatus = 'Reparado') AS numerator, COUNT(*) AS denominator FROM baches"
[report]
brand = { name = "Valle" }
[limits]
quiet_seconds = 0
"##;

const ROWS: &str =
    "Folio,Fecha,Costo,Estatus\nA1,15/01/2026,100,Reparado\nA2,20/02/2026,250.5,Pendiente\n";

/// A plan of one goal, with its file.
pub(crate) fn home() -> TestHome {
    let home = TestHome::empty();
    fs::create_dir_all(home.file("pipelines")).unwrap();
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    fs::write(home.file("pipelines/baches.toml"), PLAN).unwrap();
    fs::write(home.file("inputs/2026-T1/baches.csv"), ROWS).unwrap();
    home
}

pub(crate) const RUN: [&str; 3] = ["run", "--period", "2026-T1"];

fn only_goal(home: &TestHome) -> serde_json::Value {
    home.json("reports/baches/2026-T1/v1/results.json")["goals"][0].clone()
}

#[test]
fn the_home_itself_runs() {
    let home = home();
    home.metas(&RUN).ok();
    let goal = only_goal(&home);
    assert_eq!(goal["actual_value"], 50.0);
    assert_eq!(goal["status"], "not-met");
}

#[test]
fn a_cell_changes_figure_note_and_status() {
    let home = home();
    home.replace("inputs/2026-T1/baches.csv", "Pendiente", "Reparado");
    home.metas(&RUN).ok();
    let goal = only_goal(&home);
    assert_eq!(goal["actual_value"], 100.0);
    assert_eq!(goal["progress_pct"], 100.0);
    assert_eq!(goal["status"], "met");
}

/// Faults of a department's file: the source is out, the goal is *Sin información*, and `check`
/// says which cell and what to write.
#[test]
fn faults_of_a_file() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("Costo", "Importe", &["missing-header", "Costo"]),
        ("250.5", "doscientos", &["D", "C3", "doscientos"]),
        (
            "Pendiente",
            "Pendinte",
            &["unknown-category", "D3", "Pendinte", "Pendiente"],
        ),
        ("20/02/2026", "31/02/2026", &["B3", "31/02/2026"]),
        ("A2", "A1", &["A3", "A1"]),
        ("250.5", "-3", &["C3", "-3"]),
        ("250.5", "", &["C3"]),
    ];
    for (from, to, says) in cases {
        let home = home();
        home.replace("inputs/2026-T1/baches.csv", from, to);
        let ran = home
            .metas(&["check", "--period", "2026-T1", "--json"])
            .code(65);
        let text = ran.stdout.clone();
        for word in *says {
            assert!(text.contains(word), "{from} → {to}: no {word} in {text}");
        }
        for finding in ran.json()["findings"].as_array().unwrap() {
            assert!(
                finding["message"].is_string() && finding["suggestion"].is_string(),
                "{finding}"
            );
        }
        home.metas(&RUN).ok();
        let goal = only_goal(&home);
        assert_eq!(goal["status"], "no-data", "{from} → {to}");
        assert!(
            goal["actual_value"].is_null() && goal["progress_pct"].is_null(),
            "{goal}"
        );
    }
}

#[test]
fn a_missing_file_is_told_with_its_department() {
    let home = home();
    fs::remove_file(home.file("inputs/2026-T1/baches.csv")).unwrap();
    let ran = home.metas(&["check", "--period", "2026-T1"]).code(65);
    ran.says(&["missing-file", "Dirección de Obras", "baches*.csv"]);
    home.metas(&RUN).ok();
    let results = home.json("reports/baches/2026-T1/v1/results.json");
    assert_eq!(results["goals"][0]["status"], "no-data");
    assert_eq!(
        results["goals"][0]["missing_departments"][0],
        "Dirección de Obras"
    );
    assert_eq!(results["departments"][0]["missing"], 1);
}

#[test]
fn a_file_that_is_no_spreadsheet() {
    for bytes in [
        &b"%PDF-1.7\n%\xe2\xe3\n1 0 obj"[..],
        &[0u8; 64],
        b"PK\x03\x04 cut",
    ] {
        let home = home();
        fs::write(home.file("inputs/2026-T1/baches.csv"), bytes).unwrap();
        home.metas(&["check", "--period", "2026-T1"])
            .code(65)
            .says(&["baches.csv"]);
        home.metas(&RUN).ok();
        assert_eq!(only_goal(&home)["status"], "no-data");
    }
}

#[test]
fn incomplete_can_hold_the_report() {
    let home = home();
    home.replace(
        "pipelines/baches.toml",
        "first_period",
        "incomplete = \"hold\"\nfirst_period",
    );
    home.replace("inputs/2026-T1/baches.csv", "Pendiente", "?");
    home.metas(&RUN).code(65).says(&["incomplete"]);
    assert!(!home.file("reports").exists());
}

#[test]
fn no_folder_for_the_period() {
    let home = home();
    fs::remove_dir_all(home.file("inputs/2026-T1")).unwrap();
    home.metas(&RUN)
        .code(78)
        .says(&["no folder", "inputs/2026-T1"]);
    assert!(!home.file("reports").exists());
}

#[test]
fn a_broken_template_is_shown_with_its_line() {
    let home = home();
    let folder = home.file("report-templates/informe");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("report.typ"), "#let a = 1\n= Título #nosuch\n").unwrap();
    let ran = home.metas(&RUN).code(78);
    ran.says(&[
        "report-templates/informe/report.typ:2",
        "nosuch",
        "unknown variable",
    ]);
    assert!(!home.file("reports/baches/2026-T1/v1").exists());
    fs::remove_dir_all(home.file("report-templates")).unwrap();
    home.metas(&RUN).ok();
    assert!(home.file("reports/baches/2026-T1/v1").is_dir());
}

#[test]
fn a_template_that_leaves_out_a_goal_is_not_published() {
    let home = home();
    let folder = home.file("report-templates/informe");
    fs::create_dir_all(&folder).unwrap();
    let text = "#set document(title: \"x\", date: datetime(year: 2026, month: 3, day: 31))\n#set text(lang: \"es\")\n= Nada\n";
    fs::write(folder.join("report.typ"), text).unwrap();
    home.metas(&RUN)
        .code(78)
        .says(&["does not say", "Reparar el 80%"]);
}

#[test]
fn a_template_cannot_read_outside_nor_run_for_ever() {
    let home = home();
    let folder = home.file("report-templates/informe");
    fs::create_dir_all(&folder).unwrap();
    for (text, says) in [
        ("#read(\"/etc/passwd\")", "not found"),
        ("#read(\"../../pipelines/baches.toml\")", "report.typ:1"),
        ("#import \"@preview/cetz:0.3.0\": *", "report.typ:1"),
        ("#eval(\"1+1\")", "eval"),
        ("#std.eval(\"1+1\")", "eval"),
    ] {
        fs::write(folder.join("report.typ"), text).unwrap();
        home.metas(&RUN).code(78).says(&[says]);
    }
}

#[test]
fn a_wrong_query_stops_the_run() {
    for (from, to, says) in [
        ("FROM baches\"", "FROM bache\"", "did you mean `baches`"),
        ("estatus = 'Reparado'", "status = 'Reparado'", "estatus"),
        (
            "COUNT(*) AS denominator",
            "COUNT(* AS denominator",
            "pipelines/baches.toml:27",
        ),
        ("SELECT COUNT", "DELETE COUNT", "must be one SELECT"),
        ("AS numerator", "AS numerador", "numerator and denominator"),
    ] {
        let home = home();
        home.replace("pipelines/baches.toml", from, to);
        home.metas(&RUN).code(78).says(&[says]);
        assert!(!home.file("reports").exists() && !home.file("state").exists());
    }
}

/// One figure is asked for: which of several rows would be it is not guessed.
#[test]
fn a_query_that_gives_several_rows_gives_no_figure() {
    let home = home();
    home.replace(
        "pipelines/baches.toml",
        "FROM baches\"",
        "FROM baches GROUP BY folio\"",
    );
    let says = "the query gives 2 rows; it must give one";
    home.metas(&RUN).code(78).says(&[says]);
    assert!(!home.file("reports").exists());
}

/// Also where a ledger is there already, and a correction is what is asked about.
#[test]
fn a_dry_run_of_a_correction_writes_nothing() {
    let home = home();
    home.metas(&RUN).ok();
    home.replace("inputs/2026-T1/baches.csv", "Pendiente", "Reparado");
    let before = home.snapshot();
    home.metas(&[&RUN[..], &["--dry-run", "--new-edition", "--reason", "x"]].concat())
        .ok()
        .says(&["edition 2 would be issued"]);
    assert_eq!(home.snapshot(), before);
    let ledger = metas::ledger::Ledger::open(&home.file("state")).unwrap();
    let seen = ledger.submissions("baches", "2026-T1".parse().unwrap());
    assert_eq!(seen.unwrap().len(), 1, "the changed file is not recorded");
}

#[test]
fn a_note_may_name_each_figure_of_its_goal() {
    let home = home();
    home.replace(
        "pipelines/baches.toml",
        "due = \"2026-03\"",
        "due = \"2026-03\"\nnote = \"{value:1} de {target}: {attainment_pct:1}%, {progress_pct:2}%\"",
    );
    home.metas(&RUN).ok();
    assert_eq!(only_goal(&home)["note"], "50.0 de 80: 62.5%, 62.50%");
}

/// Cells of blanks only are blank: no photo is looked for under the name " ".
#[test]
fn blanks_in_an_activity_are_nothing() {
    let home = home();
    home.replace(
        "pipelines/baches.toml",
        "title = \"Calles\"",
        "title = \"Calles\"\nactivities = \"SELECT fecha AS date, folio AS title, '  ' AS text, ' ' AS photo, '' AS alt FROM baches\"",
    );
    home.metas(&RUN).ok();
    let results = home.json("reports/baches/2026-T1/v1/results.json");
    assert_eq!(results["activities"][0]["title"], "A1");
    for key in ["text", "photo", "alt"] {
        assert!(results["activities"][0][key].is_null(), "{key}");
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    let home = home();
    // A file where a folder must be: also refused where the tests run as root.
    fs::write(home.file("reports"), "x").unwrap();
    home.metas(&RUN).code(78).says(&["reports"]);
    fs::remove_file(home.file("reports")).unwrap();
    home.metas(&RUN).ok();
    assert!(home.file("reports/baches/2026-T1/v1/report.pdf").is_file());
}

#[test]
fn a_correction_is_a_new_edition_with_its_reason() {
    let home = home();
    home.metas(&RUN).ok();
    let first = fs::read(home.file("reports/baches/2026-T1/v1/report.pdf")).unwrap();
    home.replace("inputs/2026-T1/baches.csv", "Pendiente", "Reparado");
    home.metas(&RUN).ok().says(&["exists"]);
    home.metas(&[&RUN[..], &["--new-edition", "--reason", "Llegó un dato"]].concat())
        .ok();
    let results = home.json("reports/baches/2026-T1/v2/results.json");
    assert_eq!(results["edition"], 2);
    assert_eq!(results["reason"], "Llegó un dato");
    assert_eq!(results["goals"][0]["status"], "met");
    assert!(
        results["goals"][0]["flags"]
            .to_string()
            .contains("corrected")
    );
    assert!(first == fs::read(home.file("reports/baches/2026-T1/v1/report.pdf")).unwrap());
    for edition in ["v1", "v2"] {
        let dir = home.file(&format!("reports/baches/2026-T1/{edition}"));
        home.metas(&["verify", dir.to_str().unwrap()]).ok();
    }
    let damaged = home.file("reports/baches/2026-T1/v1/results.json");
    fs::write(damaged, "{}").unwrap();
    let dir = home.file("reports/baches/2026-T1/v1");
    home.metas(&["verify", dir.to_str().unwrap()])
        .code(65)
        .says(&["results.json"]);
}

#[test]
fn an_unattended_run_knows_what_is_due() {
    let home = home();
    home.metas(&["run", "--as-of", "2026-04-04"])
        .ok()
        .says(&["next is 2026-T1", "2026-04-05"]);
    assert!(!home.file("reports").exists());
    home.metas(&["run", "--as-of", "2026-04-05"])
        .ok()
        .says(&["edition 1 issued"]);
    home.metas(&["run", "--as-of", "2026-04-06"])
        .ok()
        .says(&["next is 2026-T2"]);
    assert!(!home.file("reports/baches/2026-T1/v2").exists());
    // Nothing has arrived for the second quarter: a person is asked.
    home.metas(&["run", "--as-of", "2026-07-06"])
        .code(3)
        .says(&["nothing has arrived"]);
    home.metas(&["run", "--as-of", "2026-09-30"])
        .code(3)
        .says(&["too late"]);
    let why = ["skip", "baches", "2026-T2", "--reason", "Sin datos"];
    home.metas(&why).ok();
    home.metas(&["run", "--as-of", "2026-09-30"])
        .ok()
        .says(&["next is 2026-T3"]);
}

#[test]
fn a_preliminary_edition_is_followed_by_a_final_one() {
    let home = home();
    home.metas(&[&RUN[..], &["--as-of", "2026-02-25"]].concat())
        .ok();
    let first = home.json("reports/baches/2026-T1/v1/results.json");
    assert_eq!(first["preliminary"], true);
    assert_eq!(first["cutoff"], "2026-02-25");
    home.metas(&["run", "--as-of", "2026-04-05"])
        .ok()
        .says(&["edition 2 issued"]);
    let second = home.json("reports/baches/2026-T1/v2/results.json");
    assert_eq!(second["preliminary"], false);
    assert_eq!(second["cutoff"], "2026-03-31");
}

#[test]
fn a_damaged_or_newer_ledger_stops_everything() {
    let home = home();
    fs::create_dir_all(home.file("state")).unwrap();
    fs::write(
        home.file("state/ledger.db"),
        "this is no database, but long enough to look at",
    )
    .unwrap();
    home.metas(&RUN).code(78).says(&["ledger"]);
    assert!(!home.file("reports").exists());
}

#[test]
fn a_published_figure_that_would_change_is_told() {
    let home = home();
    home.metas(&["run", "--as-of", "2026-04-05"]).ok();
    fs::create_dir_all(home.file("inputs/2026-T2")).unwrap();
    fs::write(home.file("inputs/2026-T2/baches.csv"), ROWS).unwrap();
    home.replace("inputs/2026-T1/baches.csv", "Pendiente", "Reparado");
    home.metas(&["run", "--as-of", "2026-07-05"]).ok().says(&[
        "restatement",
        "was published as value 50",
        "today's files give value 100",
        "baches.csv",
    ]);
    let first = home.json("reports/baches/2026-T1/v1/results.json");
    assert_eq!(first["goals"][0]["actual_value"], 50.0);
    let dir = home.file("reports/baches/2026-T2/v1");
    home.metas(&["verify", dir.to_str().unwrap()]).ok();
}

/// Any order of rows, columns and files gives the same figures.
#[test]
fn order_changes_nothing() {
    let figures = |rows: &str| {
        let home = home();
        fs::write(home.file("inputs/2026-T1/baches.csv"), rows).unwrap();
        home.metas(&RUN).ok();
        let goal = only_goal(&home);
        (
            goal["actual_value"].clone(),
            goal["numerator"].clone(),
            goal["status"].clone(),
        )
    };
    let rows = "Folio,Fecha,Costo,Estatus\nA1,15/01/2026,1,Reparado\nA2,20/02/2026,2,Pendiente\nA3,21/02/2026,3,Reparado\n";
    let turned = "Estatus,Costo,Fecha,Folio\nReparado,3,21/02/2026,A3\nReparado,1,15/01/2026,A1\nPendiente,2,20/02/2026,A2\n";
    assert_eq!(figures(rows), figures(turned));
}

/// The parts that `explain` shows give the figure that the report prints.
#[test]
fn explain_adds_up() {
    let home = home();
    let told = home
        .metas(&["explain", "reparados", "--period", "2026-T1", "--json"])
        .ok()
        .json();
    let goal = &told["goal"];
    let part = |name: &str| goal[name].as_f64().unwrap();
    assert_eq!(
        part("actual_value"),
        100.0 * part("numerator") / part("denominator")
    );
    assert_eq!(
        part("attainment_pct"),
        100.0 * part("actual_value") / part("target")
    );
    assert_eq!(
        part("progress_pct"),
        part("attainment_pct").clamp(0.0, 100.0)
    );
    assert_eq!(
        told["rows"][0]["used"].as_f64().unwrap(),
        part("denominator")
    );
    assert!(told["rows"][0]["left_out"].is_null(), "every row was used");
}
