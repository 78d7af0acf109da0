//! A report that a person must release: made and held, asked for, and issued exactly as it was seen.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use metas::hash::sha256_hex;
use serde_json::Value;

use crate::cron::{BACHES, CONSULTAS, TORNEOS};
use crate::home::{Ran, TestHome};

const PLAN: &str = "pipelines/servicios.toml";
const HELD: &str = "state/held/servicios/2026-T1";
const TITULAR: &str = "Titular de la Unidad <titular@example.mx>";
const DUE: &str = "2026-04-05T01:00";

/// Ribera's home with a report that waits for one person, and with all files there.
fn home() -> TestHome {
    let home = TestHome::named("ribera");
    home.replace(
        PLAN,
        "[limits]",
        &format!("[approval]\nby = [\"{TITULAR}\"]\n\n[limits]"),
    );
    put(&home, "baches.csv", BACHES);
    put(&home, "consultas.csv", CONSULTAS);
    put(&home, "torneos.csv", TORNEOS);
    home
}

fn put(home: &TestHome, name: &str, text: &str) {
    let path = home.file("inputs/2026-T1").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn at(home: &TestHome, moment: &str) -> Ran {
    home.metas(&["run", "--quiet", "--as-of", moment])
}

fn approve(home: &TestHome, moment: &str, more: &[&str]) -> Ran {
    let words = ["approve", "servicios", "2026-T1", "--as-of", moment];
    home.metas(&[&words[..], more].concat())
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The messages of an occasion in the outbox, by file name, in order.
fn outbox(home: &TestHome, occasion: &str) -> Vec<String> {
    names(&home.file("state/outbox").join(occasion))
}

fn message(home: &TestHome, occasion: &str, name: &str) -> String {
    home.read(&format!("state/outbox/{occasion}/{name}"))
}

/// The PDF that a message carries.
pub(crate) fn attached(message: &str) -> Vec<u8> {
    let (_, rest) = message.split_once("Content-Type: application/pdf").unwrap();
    let (_, body) = rest.split_once("\r\n\r\n").unwrap();
    let (body, _) = body.split_once("\r\n--").unwrap();
    let body: String = body.split_whitespace().collect();
    let decoder = base64::engine::general_purpose::STANDARD;
    decoder.decode(body).unwrap()
}

/// A message's words, with the line breaks of their coding undone.
fn words(message: &str) -> String {
    let text = message.replace("=\r\n", "");
    let (_, text) = text.split_once("text/plain").unwrap();
    text.split("text/html").next().unwrap().replace("\r\n", " ")
}

fn pdf(home: &TestHome, folder: &str) -> Vec<u8> {
    fs::read(home.file(folder).join("report.pdf")).unwrap()
}

fn waiting(home: &TestHome, moment: &str) -> Value {
    let status = home.metas(&["status", "--json", "--as-of", moment]).ok();
    let periods = status.json()["plans"][0]["periods"].clone();
    let first = periods.as_array().unwrap()[0].clone();
    assert_eq!(first["period"], "2026-T1");
    first["awaiting_approval"].clone()
}

#[test]
fn a_report_waits_and_the_run_says_so_once() {
    let home = home();
    let told = at(&home, DUE).code(3);
    told.says(&[
        "error[awaiting-approval]",
        "edition 1 of servicios 2026-T1 is made and waits for approval by Titular",
        "state/held/servicios/2026-T1/report.pdf",
        "metas approve servicios 2026-T1 --by NAME --sha256 ",
    ]);
    assert!(!home.file("reports/servicios/2026-T1").exists());
    assert!(outbox(&home, "report").is_empty(), "nothing was sent");
    let held = pdf(&home, HELD);
    let hash = sha256_hex(&held);
    let asked = outbox(&home, "approval");
    let about = format!("servicios_2026-T1_v1_{}_1", &hash[..12]);
    assert_eq!(asked, [format!("{about}_titular@example.mx.eml")]);
    let request = message(&home, "approval", &asked[0]);
    assert!(attached(&request) == held, "the PDF that waits is attached");
    let says = words(&request);
    let command = format!(
        "metas approve servicios 2026-T1 --by titular@example.mx --sha256 {}",
        &hash[..12]
    );
    assert!(says.contains(&command.replace('=', "=3D")), "{says}");
    for moment in ["2026-04-05T02:00", "2026-04-06T09:00"] {
        at(&home, moment).ok().silent();
    }
    assert_eq!(outbox(&home, "approval").len(), 1);
    let ran = home
        .metas(&["run", "--json", "--as-of", "2026-04-06T10:00"])
        .ok();
    let report = &ran.json()["reports"][0];
    assert_eq!(report["outcome"], "awaiting-approval");
    assert_eq!(report["pdf_sha256"], hash.as_str());
    let waits = waiting(&home, "2026-04-06");
    assert_eq!(waits["edition"], 1);
    assert_eq!(waits["pdf_sha256"], hash.as_str());
    assert_eq!(waits["by"][0], TITULAR);
    assert_eq!(waits["since"], "2026-04-05T07:00:00Z");
    home.metas(&["status", "--as-of", "2026-04-06"]).ok().says(&[
        "v1 waits for approval by Titular de la Unidad <titular@example.mx> since 2026-04-05 01:00 (asked once)",
    ]);
    for folder in ["state/held", "state/held/servicios", HELD] {
        let mode = fs::metadata(home.file(folder))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{folder} is nobody else's");
    }
}

#[test]
fn approving_issues_exactly_the_bytes_that_were_asked_for() {
    let home = home();
    at(&home, DUE).code(3);
    let held = home.snapshot();
    let request = message(&home, "approval", &outbox(&home, "approval")[0]);
    let hash = sha256_hex(&attached(&request));
    let ran = approve(
        &home,
        "2026-04-07T09:30",
        &["--by", "titular@example.mx", "--sha256", &hash[..12]],
    );
    ran.ok().says(&[
        "servicios 2026-T1, edition 1, made on 2026-04-05 01:00",
        &format!("SHA-256 {hash}"),
        "state/held/servicios/2026-T1/report.pdf",
        "The report goes to:\n  secretariado@example.mx",
        "edition 1 approved by Titular de la Unidad <titular@example.mx> and issued",
        "secretariado@example.mx written to state/outbox/report/",
    ]);
    let edition = "reports/servicios/2026-T1/v1";
    assert_eq!(sha256_hex(&pdf(&home, edition)), hash);
    for (name, bytes) in &held {
        let Some(name) = name.strip_prefix(&format!("{HELD}/")) else {
            continue;
        };
        if name != "manifest.json" && name != "request.json" {
            let there = fs::read(home.file(edition).join(name)).unwrap();
            assert!(there == *bytes, "{name} is what waited");
        }
    }
    assert!(!home.file(HELD).exists(), "it waits no more");
    let sent = message(&home, "report", &outbox(&home, "report")[0]);
    assert_eq!(sha256_hex(&attached(&sent)), hash);
    assert!(
        sent.contains("Date: Tue, 07 Apr 2026 15:30:00 +0000"),
        "the day of the approval"
    );
    assert_eq!(home.read(&format!("{edition}/message.eml")), sent);
    let approval = home.json(&format!("{edition}/approval.json"));
    assert_eq!(approval["approved_by"], TITULAR);
    assert_eq!(approval["approved_at"], "2026-04-07T09:30:00-06:00");
    assert_eq!(approval["rendered_at"], "2026-04-05T01:00:00-06:00");
    assert_eq!(approval["pdf_sha256"], hash.as_str());
    home.metas(&["verify", &home.file(edition).display().to_string()])
        .ok();
    assert!(waiting(&home, "2026-04-08").is_null());
    let status = home
        .metas(&["status", "--json", "--as-of", "2026-04-08"])
        .ok()
        .json();
    let edition = &status["plans"][0]["periods"][0]["editions"][0];
    assert_eq!(edition["approved"]["by"], TITULAR);
    assert_eq!(edition["approved"]["at"], "2026-04-07T15:30:00Z");
    home.metas(&["status", "--as-of", "2026-04-08"]).ok().says(&[
        "v1 (final), issued on 2026-04-07, approved by Titular de la Unidad <titular@example.mx> on 2026-04-07",
    ]);
    at(&home, "2026-04-08").ok().silent();
    assert_eq!(outbox(&home, "report").len(), 1);
    approve(&home, "2026-04-08", &["--by", "titular@example.mx"])
        .code(2)
        .says(&[
            "error[nothing-to-approve]",
            "edition 1 was approved by Titular",
        ]);
}

/// What changes after the PDF was made, and who notices first: the approver or a run.
#[test]
fn whatever_changes_voids_what_was_asked_for() {
    type Change = fn(&TestHome);
    let changes: [(&str, Change); 6] = [
        ("a file", |home| {
            put(home, "baches.csv", &BACHES.replace("Pendiente", "Reparado"))
        }),
        ("a file that is gone and another instead", |home| {
            fs::remove_file(home.file("inputs/2026-T1/baches.csv")).unwrap();
            put(home, "baches-2.csv", &BACHES.replace("A2", "B2"));
        }),
        ("a stray file", |home| put(home, "otra cosa.csv", "a\n1\n")),
        ("the template", |home| {
            home.replace(
                "report-templates/informe/pages/cover.typ",
                "Informe de avance",
                "Informe",
            );
        }),
        ("the definition", |home| {
            home.replace(PLAN, "al menos el 80%", "al menos el 85%")
        }),
        ("a recipient", |home| {
            home.replace(PLAN, "secretariado@example.mx", "secretaria@example.mx");
        }),
    ];
    for (name, change) in changes {
        let home = home();
        at(&home, DUE).code(3);
        let first = sha256_hex(&pdf(&home, HELD));
        change(&home);
        let void = approve(&home, "2026-04-06T09:00", &["--by", "titular@example.mx"]);
        assert!(
            void.code == 3 && void.stderr.contains("error[approval-void]"),
            "{name}"
        );
        assert!(!home.file("reports/servicios/2026-T1").exists(), "{name}");
        at(&home, "2026-04-06T10:00")
            .code(3)
            .says(&["error[awaiting-approval]"]);
        let second = sha256_hex(&pdf(&home, HELD));
        assert_ne!(first, second, "{name}");
        assert_eq!(
            waiting(&home, "2026-04-06")["pdf_sha256"],
            second.as_str(),
            "{name}"
        );
        let asked = outbox(&home, "approval");
        assert_eq!(asked.len(), 2, "{name}: {asked:?}");
        let newest = asked
            .iter()
            .find(|one| one.contains(&second[..12]))
            .unwrap();
        let says = words(&message(&home, "approval", newest));
        assert!(says.contains(&first[..12]), "{name}: {says}");
        at(&home, "2026-04-06T11:00").ok().silent();
        approve(
            &home,
            "2026-04-06T12:00",
            &["--by", "titular@example.mx", "--sha256", &first[..12]],
        )
        .code(3)
        .says(&["error[another-pdf]", &second]);
        approve(
            &home,
            "2026-04-06T12:00",
            &["--by", "titular@example.mx", "--sha256", &second[..12]],
        )
        .ok();
        let issued = sha256_hex(&pdf(&home, "reports/servicios/2026-T1/v1"));
        assert_eq!(issued, second, "{name}");
    }
}

/// A photo is no submission of a source, and the PDF shows it all the same.
#[test]
fn a_changed_photo_voids_what_was_asked_for() {
    let home = home();
    home.replace(
        PLAN,
        "title = \"Ciudad\"",
        "title = \"Ciudad\"\nactivities = \"SELECT fecha AS date, torneo AS title, 'foto.jpg' AS photo, 'Un torneo' AS alt FROM torneos\"",
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs/2026-T1/fotos");
    let shows = |photo: &str| {
        fs::copy(root.join(photo), home.file("inputs/2026-T1/foto.jpg")).unwrap();
    };
    shows("anexo-tecnico.jpg");
    at(&home, DUE).code(3);
    let first = sha256_hex(&pdf(&home, HELD));
    assert!(home.json(&format!("{HELD}/results.json"))["activities"][0]["photo"].is_string());
    shows("capacitacion-enlaces.jpg");
    approve(&home, "2026-04-06T09:00", &["--by", "titular@example.mx"])
        .code(3)
        .says(&["error[approval-void]"]);
    at(&home, "2026-04-06T10:00")
        .code(3)
        .says(&["error[awaiting-approval]"]);
    let second = sha256_hex(&pdf(&home, HELD));
    assert_ne!(first, second);
    fs::remove_file(home.file("inputs/2026-T1/foto.jpg")).unwrap();
    at(&home, "2026-04-06T11:00")
        .code(3)
        .says(&["error[awaiting-approval]"]);
    assert_ne!(sha256_hex(&pdf(&home, HELD)), second);
    approve(&home, "2026-04-06T12:00", &["--by", "titular@example.mx"]).ok();
}

#[test]
fn a_dry_run_says_that_the_edition_would_wait() {
    let home = home();
    let dry = ["run", "--dry-run", "--as-of", DUE];
    let ran = home.metas(&dry).ok();
    ran.says(&["edition 1 would be made and wait for approval by Titular de la Unidad <titular@example.mx>; nothing was written"]);
    let ran = home.metas(&dry);
    assert!(!ran.stdout.contains("would be issued"), "{}", ran.stdout);
    assert!(!home.file("state/held").exists());
}

#[test]
fn a_preview_of_what_waits_shows_the_report_and_asks_nobody_again() {
    let home = home();
    at(&home, DUE).code(3);
    let asked = outbox(&home, "approval");
    let told = home.metas(&[
        "preview",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-06",
        "--json",
    ]);
    let told = told.ok().json();
    let messages = told["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{messages:#?}");
    assert_eq!(messages[0]["occasion"], "report");
    assert_eq!(
        messages[0]["why"],
        "not now: v1 waits for approval since 2026-04-05"
    );
    assert_eq!(outbox(&home, "approval"), asked);
    // On the day on which approvers are asked again, that is shown.
    let told = home.metas(&[
        "preview",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-08",
        "--json",
    ]);
    let told = told.ok().json();
    let messages = told["messages"].as_array().unwrap();
    let occasions: Vec<&str> = messages
        .iter()
        .map(|m| m["occasion"].as_str().unwrap())
        .collect();
    assert_eq!(occasions, ["report", "approval"]);
    approve(&home, "2026-04-08T12:00", &["--by", "titular@example.mx"]).ok();
}

#[test]
fn doctor_tells_what_waits_and_that_it_is_as_it_was_made() {
    let home = home();
    let doctor = || home.metas(&["doctor"]);
    doctor().says(&["ok     approvals of servicios  no edition waits"]);
    at(&home, DUE).code(3);
    doctor().says(&[
        "ok     approvals of servicios  edition 1 of 2026-T1 waits since 2026-04-05 01:00 for Titular de la Unidad <titular@example.mx>: metas approve servicios 2026-T1 --by NAME --sha256 ",
    ]);
    fs::write(home.file(HELD).join("report.pdf"), "x").unwrap();
    doctor()
        .code(78)
        .says(&["FAULT  approvals of servicios", "error[held-changed]"]);
}

#[test]
fn nothing_is_released_to_who_may_not_or_for_another_pdf() {
    let home = home();
    at(&home, DUE).code(3);
    let before = home.snapshot();
    for (more, code, says) in [
        (
            &["--by", "alguien@example.mx"][..],
            2,
            "error[unknown-approver]",
        ),
        (
            &["--by", "titular@exmple.mx"],
            2,
            "did you mean \"titular@example.mx\"?",
        ),
        (
            &["--by", "Titular de la Unida"],
            2,
            "did you mean \"Titular de la Unidad\"?",
        ),
        (
            &["--by", "titular@example.mx", "--sha256", "0123456789ab"],
            3,
            "error[another-pdf]",
        ),
        (
            &["--by", "titular@example.mx", "--sha256", ""],
            2,
            "error[sha256-prefix]",
        ),
        (
            &["--by", "titular@example.mx", "--sha256", "informe.pdf"],
            2,
            "error[sha256-prefix]",
        ),
    ] {
        approve(&home, "2026-04-06", more).code(code).says(&[says]);
    }
    home.metas(&[
        "approve",
        "servicios",
        "2026-T2",
        "--by",
        "titular@example.mx",
    ])
    .code(2)
    .says(&["error[nothing-to-approve]"]);
    assert_eq!(home.snapshot(), before);
    let none = TestHome::named("ribera");
    none.metas(&[
        "approve",
        "servicios",
        "2026-T1",
        "--by",
        "titular@example.mx",
    ])
    .code(2)
    .says(&["error[no-approval]"]);
    for name in ["titular de la unidad", "TITULAR@EXAMPLE.MX", TITULAR] {
        let home = self::home();
        at(&home, DUE).code(3);
        approve(&home, "2026-04-06", &["--by", name]).ok();
    }
}

/// On a terminal a person is asked; whoever has read it all already says so with `--yes`.
#[test]
fn a_terminal_asks_before_anything_is_released() {
    let typed = |home: &TestHome, more: &str, answer: &str| {
        let binary = env!("CARGO_BIN_EXE_metas");
        let folder = home.path().display();
        let command = format!(
            "{binary} approve servicios 2026-T1 --by titular@example.mx --as-of 2026-04-06 --home {folder}{more}"
        );
        let mut child = Command::new("script")
            .args(["-qec", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(answer.as_bytes()).unwrap();
        let said = child.wait_with_output().unwrap();
        drop(input);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        (said.status.code().unwrap(), text)
    };
    let home = home();
    at(&home, DUE).code(3);
    let (code, said) = typed(&home, "", "n\n");
    assert_eq!(code, 3, "{said}");
    assert!(said.contains("Release exactly this PDF? [y/N]"), "{said}");
    assert!(
        said.contains("secretariado@example.mx"),
        "it says to whom: {said}"
    );
    assert!(said.contains("error[not-confirmed]"), "{said}");
    assert!(!home.file("reports/servicios/2026-T1").exists());
    let (code, said) = typed(&home, "", "y\n");
    assert_eq!(code, 0, "{said}");
    assert!(home.file("reports/servicios/2026-T1/v1").exists());
    let home = self::home();
    at(&home, DUE).code(3);
    let (code, said) = typed(&home, " --yes", "");
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("[y/N]"), "{said}");
}

#[test]
fn what_waits_is_released_only_as_it_was_made() {
    type Damage = fn(&TestHome);
    let damages: [(&str, Damage); 5] = [
        ("report.pdf is another", |home| {
            let mut bytes = pdf(home, HELD);
            bytes.push(b' ');
            fs::write(home.file(HELD).join("report.pdf"), bytes).unwrap();
        }),
        ("report.pdf is gone", |home| {
            fs::remove_file(home.file(HELD).join("report.pdf")).unwrap();
        }),
        ("results.json is another", |home| {
            home.replace(
                &format!("{HELD}/results.json"),
                "\"edition\": 1",
                "\"edition\": 2",
            );
        }),
        ("manifest.json is another", |home| {
            home.replace(
                &format!("{HELD}/manifest.json"),
                "\"edition\": 1",
                "\"edition\": 2",
            );
        }),
        ("manifest.json is gone", |home| {
            fs::remove_dir_all(home.file(HELD)).unwrap()
        }),
    ];
    for (what, damage) in damages {
        let home = home();
        at(&home, DUE).code(3);
        damage(&home);
        approve(&home, "2026-04-06", &["--by", "titular@example.mx"])
            .code(3)
            .says(&["error[held-changed]", what]);
        assert!(!home.file("reports/servicios/2026-T1").exists(), "{what}");
        at(&home, "2026-04-06T10:00")
            .code(3)
            .says(&["error[awaiting-approval]"]);
        approve(&home, "2026-04-06T11:00", &["--by", "titular@example.mx"]).ok();
        home.metas(&[
            "verify",
            &home
                .file("reports/servicios/2026-T1/v1")
                .display()
                .to_string(),
        ])
        .ok();
    }
    // What was asked for is part of what waits: nobody sends the report elsewhere.
    let home = home();
    at(&home, DUE).code(3);
    home.replace(
        &format!("{HELD}/request.json"),
        "\"out\": null",
        "\"out\": \"/nowhere\"",
    );
    approve(&home, "2026-04-06", &["--by", "titular@example.mx"])
        .code(3)
        .says(&["error[approval-void]"]);
}

#[test]
fn approvers_are_asked_again_after_three_and_seven_days() {
    let asked = |moments: &[&str]| {
        let home = home();
        at(&home, DUE).code(3);
        for moment in moments {
            at(&home, moment).ok().silent();
        }
        let all = outbox(&home, "approval");
        let texts = all
            .iter()
            .map(|name| words(&message(&home, "approval", name)));
        let again = texts.filter(|text| text.contains("desde entonces nada ha cambiado"));
        (all.len(), again.count())
    };
    assert_eq!(asked(&["2026-04-07T23:00"]), (1, 0));
    let days = ["2026-04-08T01:00", "2026-04-08T02:00", "2026-04-11T23:00"];
    assert_eq!(asked(&days), (2, 1));
    let days = [
        "2026-04-08T01:00",
        "2026-04-12T00:30",
        "2026-04-12T01:30",
        "2026-04-20",
    ];
    assert_eq!(asked(&days), (3, 2));
    // A machine that slept over both days asks once.
    assert_eq!(asked(&["2026-04-13", "2026-04-14", "2026-04-20"]), (2, 1));
}

/// The first edition, and one that a person asks for before the period closes.
#[test]
fn corrections_and_preliminary_editions_wait_just_the_same() {
    let home = home();
    at(&home, DUE).code(3);
    approve(&home, "2026-04-06", &["--by", "titular@example.mx"]).ok();
    put(
        &home,
        "baches.csv",
        &BACHES.replace("Pendiente", "Reparado"),
    );
    let correct = |moment: &str| {
        let words = ["run", "servicios", "--period", "2026-T1", "--as-of", moment];
        let more = ["--new-edition", "--reason", "Faltaba un bache."];
        home.metas(&[&words[..], &more].concat())
    };
    correct("2026-04-10")
        .code(3)
        .says(&["edition 2 of servicios 2026-T1 is made and waits"]);
    correct("2026-04-10T02:00")
        .ok()
        .says(&["edition 2 still waits for approval"]);
    at(&home, "2026-04-10T03:00").ok().silent();
    // A run that nobody attends goes on with what was asked for.
    put(&home, "torneos.csv", &TORNEOS.replace("Invierno", "Verano"));
    at(&home, "2026-04-10T04:00")
        .code(3)
        .says(&["edition 2 of servicios 2026-T1 is made and waits"]);
    approve(&home, "2026-04-11", &["--by", "titular@example.mx"]).ok();
    let second = home.json("reports/servicios/2026-T1/v2/results.json");
    assert_eq!(second["reason"], "Faltaba un bache.");
    home.metas(&[
        "verify",
        &home
            .file("reports/servicios/2026-T1/v2")
            .display()
            .to_string(),
    ])
    .ok();
    at(&home, "2026-04-12").ok().silent();
    assert!(!home.file("reports/servicios/2026-T1/v3").exists());

    let home = self::home();
    let early = [
        "run",
        "servicios",
        "--period",
        "2026-T1",
        "--as-of",
        "2026-02-10",
    ];
    home.metas(&early).code(3).says(&["waits for approval"]);
    at(&home, "2026-02-12").ok().silent();
    assert_eq!(waiting(&home, "2026-02-12")["edition"], 1);
    // Once the period has closed a preliminary report is nothing to be released any more.
    approve(&home, "2026-04-02", &["--by", "titular@example.mx"])
        .code(3)
        .says(&["error[approval-void]"]);
    at(&home, "2026-04-02").ok().silent();
    assert!(waiting(&home, "2026-04-02").is_null());
    at(&home, DUE).code(3);
    assert_eq!(
        home.json(&format!("{HELD}/results.json"))["preliminary"],
        false
    );
}

#[test]
fn what_nobody_has_to_release_any_more_waits_no_more() {
    let home = home();
    at(&home, DUE).code(3);
    home.metas(&["skip", "servicios", "2026-T1", "--reason", "Sin sesión"])
        .ok();
    assert!(waiting(&home, "2026-04-06").is_null());
    assert!(!home.file(HELD).exists());
    at(&home, "2026-04-06").ok().silent();

    let home = self::home();
    at(&home, DUE).code(3);
    let approval = format!("[approval]\nby = [\"{TITULAR}\"]\n");
    home.replace(PLAN, &approval, "");
    at(&home, "2026-04-06").ok().silent();
    assert!(
        home.file("reports/servicios/2026-T1/v1/report.pdf")
            .exists()
    );
    assert!(
        !home
            .file("reports/servicios/2026-T1/v1/approval.json")
            .exists()
    );
    assert!(!home.file(HELD).exists());
    assert_eq!(outbox(&home, "report").len(), 1);
}

#[test]
fn looking_changes_nothing_of_what_waits() {
    let home = home();
    at(&home, DUE).code(3);
    let before = home.snapshot();
    home.metas(&["run", "--dry-run", "--as-of", "2026-04-09"])
        .ok();
    home.metas(&["check", "--period", "2026-T1", "--as-of", "2026-04-09"])
        .ok();
    home.metas(&["status", "--as-of", "2026-04-09"]).ok();
    assert_eq!(home.snapshot(), before);
    let held = |files: BTreeMap<String, Vec<u8>>| -> Vec<(String, Vec<u8>)> {
        let held = files
            .into_iter()
            .filter(|(name, _)| name.starts_with("state/held"));
        held.collect()
    };
    home.metas(&["preview", "--period", "2026-T1", "--as-of", "2026-04-09"])
        .ok();
    assert_eq!(held(home.snapshot()), held(before));
    approve(&home, "2026-04-09", &["--by", "titular@example.mx"]).ok();
}

/// Killed wherever it can die, the next run asks once and the approval issues once.
#[test]
fn a_run_or_an_approval_that_dies_leaves_nothing_doubled_or_lost() {
    let run = ["run", "--quiet", "--as-of", DUE];
    for place in [
        "held-written",
        "held-aside",
        "held-in-place",
        "approval-queued",
        "accepted",
    ] {
        let home = home();
        home.crash(&run, place);
        let told = at(&home, "2026-04-05T02:00");
        assert!([0, 3].contains(&told.code), "{place}: {}", told.stderr);
        assert_eq!(outbox(&home, "approval").len(), 1, "{place}");
        at(&home, "2026-04-05T03:00").ok().silent();
        assert_eq!(
            names(&home.file("state/held/servicios")),
            ["2026-T1"],
            "{place}"
        );
        approve(&home, "2026-04-06", &["--by", "titular@example.mx"]).ok();
        issued_once(&home, place);
    }
    let words = [
        "approve",
        "servicios",
        "2026-T1",
        "--by",
        "titular@example.mx",
        "--as-of",
        "2026-04-06",
    ];
    for place in [
        "edition-begun",
        "file-written",
        "before-rename",
        "renamed",
        "before-publish",
        "queued",
        "published",
        "announced",
        "sending",
        "after-dot",
        "accepted",
    ] {
        let home = home();
        at(&home, DUE).code(3);
        home.crash(&words, place);
        // Whoever comes next, a run or the approver, finds all in order.
        at(&home, "2026-04-06T01:00").ok();
        let again = approve(&home, "2026-04-06T02:00", &["--by", "titular@example.mx"]);
        assert!([0, 2].contains(&again.code), "{place}: {}", again.stderr);
        issued_once(&home, place);
    }
}

fn issued_once(home: &TestHome, place: &str) {
    let editions = names(&home.file("reports/servicios/2026-T1"));
    assert_eq!(editions, ["v1"], "{place}");
    assert_eq!(outbox(home, "report").len(), 1, "{place}");
    assert_eq!(outbox(home, "approval").len(), 1, "{place}");
    assert!(!home.file(HELD).exists(), "{place}");
    let edition = home.file("reports/servicios/2026-T1/v1");
    home.metas(&["verify", &edition.display().to_string()]).ok();
    at(home, "2026-04-07").ok().silent();
}

#[test]
fn what_waits_is_in_the_backup_and_who_approved_is_adopted() {
    let home = home();
    at(&home, DUE).code(3);
    let lose = |what: &str| fs::remove_dir_all(home.file(what)).unwrap();
    let backup = home.file("backup.zip").display().to_string();
    home.metas(&["backup", &backup]).ok();
    let held = pdf(&home, HELD);
    lose("state");
    lose("reports");
    home.metas(&["restore", &backup]).ok();
    assert!(pdf(&home, HELD) == held);
    assert_eq!(waiting(&home, "2026-04-06")["edition"], 1);
    approve(&home, "2026-04-06", &["--by", "titular@example.mx"]).ok();
    lose("state");
    home.metas(&["adopt", "servicios", "2026-T1"]).ok();
    let status = home
        .metas(&["status", "--json", "--as-of", "2026-04-08"])
        .ok()
        .json();
    let edition = &status["plans"][0]["periods"][0]["editions"][0];
    assert_eq!(edition["approved"]["by"], TITULAR);
    assert_eq!(edition["issued_at"], "2026-04-06T18:00:00Z");
    home.metas(&[
        "verify",
        &home
            .file("reports/servicios/2026-T1/v1")
            .display()
            .to_string(),
    ])
    .ok();
}
