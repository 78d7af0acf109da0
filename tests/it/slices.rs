//! Each liaison gets the pages of its own goals with the report, and nothing of anybody else's.

use std::fs;
use std::io::Read;

use flate2::read::ZlibDecoder;
use serde_json::Value;

use crate::approval::attached;
use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::home::TestHome;

const PLAN: &str = "pipelines/servicios.toml";
const EDITION: &str = "reports/servicios/2026-T1/v1";

/// Ribera's home, where Obras and Salud have liaisons, and Deporte has none.
fn home() -> TestHome {
    let home = TestHome::named("ribera");
    home.replace(PLAN, "to = [", "slices = true\nto = [");
    for (department, name) in [
        ("obras", "Dirección de Obras"),
        ("salud", "Dirección de Salud"),
    ] {
        let line = format!("name = \"{name}\"\n");
        let more = format!("{line}liaison = \"{department}@example.mx\"\n");
        home.replace(PLAN, &line, &more);
    }
    for (name, text) in [
        ("baches.csv", BACHES),
        ("consultas.csv", CONSULTAS),
        ("torneos.csv", TORNEOS),
    ] {
        let path = home.file("inputs/2026-T1").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    home
}

fn issue(home: &TestHome) {
    home.metas(&["run", "--quiet", "--as-of", "2026-04-05T01:00"])
        .ok();
}

fn outbox(home: &TestHome) -> Vec<(String, String)> {
    let folder = home.file("state/outbox/slice");
    let mut all: Vec<(String, String)> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    all.sort();
    all
}

/// What a PDF's attached `results.json` says: the one of its files that tells of goals.
fn results(pdf: &[u8]) -> Value {
    let mark = b"/EmbeddedFile";
    let places = pdf.windows(mark.len()).enumerate();
    let places = places
        .filter(|(_, window)| window == mark)
        .map(|(at, _)| at);
    let mut found = places.filter_map(|at| {
        let begin = pdf[at..].windows(7).position(|w| w == b"stream\n")? + at + 7;
        let mut text = String::new();
        ZlibDecoder::new(&pdf[begin..])
            .read_to_string(&mut text)
            .ok()?;
        let said: Value = serde_json::from_str(&text).ok()?;
        said.get("goals").is_some().then_some(said)
    });
    found.next_back().expect("the PDF carries its results")
}

fn text(pdf: &[u8]) -> String {
    let pages = metas::report::page_texts(pdf).unwrap();
    pages
        .join("\n")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn each_liaison_gets_the_pages_of_its_own_goals() {
    let home = home();
    issue(&home);
    let all = outbox(&home);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "servicios_2026-T1_v1_obras@example.mx.eml",
            "servicios_2026-T1_v1_salud@example.mx.eml"
        ]
    );
    for (message, own, other) in [
        (&all[0].1, "obras", ["consultas", "torneos"]),
        (&all[1].1, "salud", ["baches", "torneos"]),
    ] {
        assert!(message.contains(&format!("filename=\"extracto-2026-T1-v1-{own}.pdf\"")));
        assert!(message.contains(&format!("To: {own}@example.mx")), "{own}");
        let pdf = attached(message);
        let path = format!("{EDITION}/slices/extracto-2026-T1-v1-{own}.pdf");
        assert!(
            fs::read(home.file(&path)).unwrap() == pdf,
            "{path} is a file of the edition"
        );
        let said = results(&pdf);
        assert_eq!(said["extract"]["department"], own);
        assert_eq!(said["goals"].as_array().unwrap().len(), 1);
        assert_eq!(said["departments"].as_array().unwrap().len(), 1);
        assert_eq!(said["departments"][0]["id"], own);
        assert_eq!(said["summary"]["goals"], 1);
        assert_eq!(said["findings_summary"]["expected"], 1);
        for word in other {
            assert!(
                !said.to_string().contains(word),
                "{own} sees nothing of {word}"
            );
        }
    }
    let whole = home.json(&format!("{EDITION}/results.json"));
    assert!(whole.get("extract").is_none());
    let own = results(&attached(&all[0].1));
    assert_eq!(
        own["goals"][0], whole["goals"][0],
        "no figure differs from the report's"
    );
}

#[test]
fn extracts_say_that_they_are_and_are_made_again_byte_by_byte() {
    let home = home();
    issue(&home);
    let edition = home.file(EDITION).display().to_string();
    home.metas(&["verify", &edition]).ok();
    let path = home
        .file(EDITION)
        .join("slices/extracto-2026-T1-v1-obras.pdf");
    let pdf = fs::read(&path).unwrap();
    let said = text(&pdf);
    assert!(said.contains("Extracto para Dirección de Obras"), "{said}");
    assert!(
        said.contains("Reparar al menos el 80% de los baches"),
        "{said}"
    );
    for foreign in [
        "consultas",
        "torneos",
        "Salud",
        "Deporte",
        "Validación",
        "Anexo",
    ] {
        assert!(!said.contains(foreign), "{foreign}: {said}");
    }
    let report = fs::read(home.file(EDITION).join("report.pdf")).unwrap();
    assert!(!text(&report).contains("Extracto"));
    fs::write(&path, &pdf[..pdf.len() - 1]).unwrap();
    home.metas(&["verify", &edition])
        .code(65)
        .says(&["extracto-2026-T1-v1-obras.pdf"]);
}

#[test]
fn one_liaison_of_two_departments_gets_one_message_with_both() {
    let home = home();
    home.replace(PLAN, "salud@example.mx", "Obras@example.mx");
    issue(&home);
    let all = outbox(&home);
    assert_eq!(all.len(), 1, "one message a person");
    for department in ["obras", "salud"] {
        let name = format!("extracto-2026-T1-v1-{department}.pdf");
        assert!(all[0].1.contains(&format!("filename=\"{name}\"")), "{name}");
    }
}

#[test]
fn extracts_wait_with_the_report_and_go_out_with_it() {
    let home = home();
    home.replace(
        PLAN,
        "[limits]",
        "[approval]\nby = [\"titular@example.mx\"]\n\n[limits]",
    );
    home.metas(&["run", "--quiet", "--as-of", "2026-04-05T01:00"])
        .code(3);
    assert!(outbox(&home).is_empty());
    let held = home.file("state/held/servicios/2026-T1/slices/extracto-2026-T1-v1-obras.pdf");
    let held = fs::read(held).unwrap();
    let words = [
        "approve",
        "servicios",
        "2026-T1",
        "--by",
        "titular@example.mx",
    ];
    home.metas(&[&words[..], &["--as-of", "2026-04-06"]].concat()).ok().says(&[
        "The pages of their own goals go to:\n  obras@example.mx (obras)\n  salud@example.mx (salud)",
    ]);
    assert!(attached(&outbox(&home)[0].1) == held);
    home.metas(&["verify", &home.file(EDITION).display().to_string()])
        .ok();
}

#[test]
fn without_the_key_nobody_gets_extracts() {
    let home = home();
    home.replace(PLAN, "slices = true\n", "");
    issue(&home);
    assert!(outbox(&home).is_empty());
    assert!(!home.file(EDITION).join("slices").exists());
}

#[test]
fn a_correction_sends_the_new_pages_again() {
    let home = home();
    issue(&home);
    home.metas(&[
        "run",
        "servicios",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-20",
        "--new-edition",
        "--reason",
        "Se corrigió un dato.",
    ])
    .ok();
    let all = outbox(&home);
    assert_eq!(all.len(), 4);
    let second = all
        .iter()
        .find(|(name, _)| name.contains("v2_obras"))
        .unwrap();
    assert!(
        second
            .1
            .contains("filename=\"extracto-2026-T1-v2-obras.pdf\"")
    );
}
