//! León's first quarter of 2026: what the report published by hand says, from raw data.

use crate::home::TestHome;

const RUN: [&str; 4] = ["run", "pamga-2025-2027", "--period", "2026-T1"];
const EDITION: &str = "reports/pamga-2025-2027/2026-T1/v1";

fn goal(results: &serde_json::Value, id: &str) -> serde_json::Value {
    let goals = results["goals"].as_array().unwrap();
    goals
        .iter()
        .find(|g| g["id"] == id)
        .unwrap_or_else(|| panic!("no goal {id}"))
        .clone()
}

#[test]
fn says_what_the_published_report_says() {
    let home = TestHome::leon();
    let ran = home.metas(&[&RUN[..], &["--json"]].concat()).ok();
    let results = ran.json()["reports"][0]["results"].clone();
    assert_eq!(results, home.json(&format!("{EDITION}/results.json")));
    assert_eq!(
        results["plan"]["title"],
        "Seguimiento de metas del PAMGA 2025 - 2027"
    );
    assert_eq!(results["period"], "2026-T1");
    assert_eq!(results["cutoff"], "2026-03-31");
    assert_eq!(results["preliminary"], false);

    let agreements = goal(&results, "acuerdos-atendidos");
    let value = agreements["actual_value"].as_f64().unwrap();
    assert!((value - 100.0 * 404.0 / 449.0).abs() < 1e-9, "{value}");
    assert_eq!(agreements["progress_pct"], 100.0);
    assert_eq!(agreements["status"], "met");
    assert_eq!(agreements["due"], "2025-12-31");
    assert_eq!(
        agreements["note"],
        "Durante los 21 eventos realizados en 2025 del programa Mi Barrio Habla, se establecieron \
         un total de 449 acuerdos, de los cuales 404 han sido concluidos, lo que representa el 90% \
         de acuerdos atendidos."
    );

    let committee = goal(&results, "comite-seleccion");
    assert_eq!(committee["completed_on"], "2026-02-18");
    assert_eq!(committee["status"], "met");
    assert_eq!(committee["progress_pct"], 100.0);
    let note = "Sesión del Comité de Selección realizada el 18 de febrero de 2026.";
    assert_eq!(committee["note"], note);

    let ceremony = goal(&results, "abanderamiento");
    assert_eq!(ceremony["completed_on"], "2026-03-12");
    assert_eq!(ceremony["status"], "met-late");
    assert_eq!(ceremony["progress_pct"], 100.0);

    let training = goal(&results, "capacitacion");
    assert_eq!(training["status"], "in-progress");
    assert_eq!(training["progress_pct"], serde_json::Value::Null);

    let titles: Vec<&str> = results["activities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|a| a["axis"] == "datos-abiertos")
        .map(|a| a["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
}

#[test]
fn a_second_run_changes_nothing() {
    let home = TestHome::leon();
    home.metas(&RUN).ok().says(&["v1", "state/outbox/"]);
    let before = home.snapshot();
    let rows = home.metas(&["deliver", "list", "--json"]).ok().stdout;
    home.metas(&RUN).ok().says(&["exists", "Nothing was done"]);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        home.snapshot().keys().collect::<Vec<_>>()
    );
    assert!(before == home.snapshot(), "a file has changed");
    assert_eq!(rows, home.metas(&["deliver", "list", "--json"]).ok().stdout);
}

#[test]
fn the_edition_holds_its_files() {
    let home = TestHome::leon();
    home.metas(&RUN).ok();
    for name in [
        "report.pdf",
        "slides.pdf",
        "results.json",
        "findings.json",
        "manifest.json",
        "message.eml",
        "data/goals.csv",
        "data/datapackage.json",
        "data/remarks.csv",
        "data/requests.csv",
        "data/dictionary.csv",
        "data/data.xlsx",
    ] {
        assert!(
            home.file(&format!("{EDITION}/{name}")).is_file(),
            "no {name}"
        );
    }
    let outbox: Vec<_> = std::fs::read_dir(home.file("state/outbox/report"))
        .unwrap()
        .collect();
    assert_eq!(outbox.len(), 1);
    home.metas(&["verify", home.file(EDITION).to_str().unwrap()])
        .ok();
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (a, b) = (TestHome::leon(), TestHome::leon());
    let at = ["--as-of", "2026-04-06T09:00"];
    a.metas(&[&RUN[..], &at].concat()).ok();
    b.metas(&[&RUN[..], &at].concat()).ok();
    for name in [
        "report.pdf",
        "slides.pdf",
        "results.json",
        "message.eml",
        "manifest.json",
        "data/data.xlsx",
    ] {
        let read =
            |home: &TestHome| std::fs::read(home.file(&format!("{EDITION}/{name}"))).unwrap();
        assert!(read(&a) == read(&b), "{name} differs");
    }
}

#[test]
fn a_department_that_sent_nothing_is_named() {
    let home = TestHome::leon();
    for entry in std::fs::read_dir(home.file("inputs/2026-T1")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("mi-barrio")
        {
            std::fs::remove_file(path).unwrap();
        }
    }
    home.metas(&RUN)
        .ok()
        .says(&["Dirección General de Desarrollo Social"]);
    let results = home.json(&format!("{EDITION}/results.json"));
    let agreements = goal(&results, "acuerdos-atendidos");
    assert_eq!(agreements["status"], "no-data");
    assert_eq!(agreements["actual_value"], serde_json::Value::Null);
    assert_eq!(agreements["progress_pct"], serde_json::Value::Null);
    assert_eq!(agreements["note"], serde_json::Value::Null);
    assert!(results.to_string().contains("Sin información"));
}

#[test]
fn check_and_dry_run_write_nothing() {
    let home = TestHome::leon();
    let before = home.snapshot();
    home.metas(&["check", "--period", "2026-T1"]).ok();
    home.metas(&[&RUN[..], &["--dry-run"]].concat()).ok();
    home.metas(&["explain", "acuerdos-atendidos", "--period", "2026-T1"])
        .ok();
    home.metas(&["status"]).ok();
    assert!(before == home.snapshot());
    assert!(!home.file("state").exists() && !home.file("reports").exists());
}

#[test]
fn explain_goes_down_to_the_cells() {
    let home = TestHome::leon();
    home.metas(&["explain", "acuerdos-atendidos", "--period", "2026-T1"])
        .ok()
        .says(&[
            "449",
            "404",
            "89.97",
            "112.47",
            "mi-barrio-habla",
            "Acuerdos",
            "COUNT(DISTINCT evento)",
            "met",
        ]);
    let document = home
        .metas(&[
            "explain",
            "acuerdos-atendidos",
            "--period",
            "2026-T1",
            "--json",
        ])
        .ok()
        .json();
    assert_eq!(document["goal"]["numerator"], 404.0);
    assert_eq!(document["rows"][0]["used"], 449);
}

#[test]
fn bad_arguments_are_told() {
    let home = TestHome::leon();
    for (arguments, code, says) in [
        (
            &["run", "pamga-2025-2028"][..],
            2,
            "did you mean pamga-2025-2027",
        ),
        (&["run", "--period", "2026-T5"], 2, "2026-T1"),
        (
            &["run", "--period", "2025-T4"],
            2,
            "before the plan's first period",
        ),
        (&["run", "--period", "2040-T1"], 2, "has not begun"),
        (
            &["run", "--period", "2026-M01"],
            2,
            "is not a period of plan",
        ),
        (
            &["explain", "acuerdo-atendidos"],
            2,
            "did you mean acuerdos-atendidos",
        ),
        (
            &[
                "run",
                "--period",
                "2026-T1",
                "--new-edition",
                "--reason",
                "x",
            ],
            2,
            "no edition",
        ),
    ] {
        home.metas(arguments).code(code).says(&[says]);
    }
    assert!(!home.file("reports").exists());
}

/// Both PDFs are whole files of the edition; where they have no room side by side, the report goes.
#[test]
fn the_message_carries_the_report_and_the_slides_as_far_as_there_is_room() {
    for (mib, documents) in [
        (10, &["report.pdf", "slides.pdf"][..]),
        (1, &["report.pdf"]),
    ] {
        let home = TestHome::leon();
        home.replace(
            "pipelines/pamga-2025-2027.toml",
            "quiet_seconds = 0",
            &format!("quiet_seconds = 0\nmessage_mib = {mib}"),
        );
        home.metas(&RUN).ok();
        let message = std::fs::read(home.file(&format!("{EDITION}/message.eml"))).unwrap();
        let parsed = mail_parser::MessageParser::default()
            .parse(&message)
            .unwrap();
        let attached: Vec<Vec<u8>> = parsed
            .attachments()
            .map(|file| file.contents().to_vec())
            .collect();
        let files: Vec<Vec<u8>> = documents
            .iter()
            .map(|name| std::fs::read(home.file(&format!("{EDITION}/{name}"))).unwrap())
            .collect();
        assert!(attached == files, "{mib} MiB: {} files", attached.len());
        let told = parsed.body_text(0).unwrap().contains("las diapositivas");
        assert_eq!(told, documents.len() == 2, "{mib} MiB");
    }
}
