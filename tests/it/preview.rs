//! `metas preview` writes a draft where only its owner can read it, and through no link; `check`
//! tells what a preview would fail for.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::bad_input::home;

const PREVIEW: [&str; 5] = ["preview", "baches", "--period", "2026-T1", "--json"];
const FOLDER: &str = "state/preview/baches/2026-T1";

#[test]
fn a_preview_is_private_and_lies_below_state() {
    let home = home();
    let before = fs::metadata("/tmp/metas-preview")
        .and_then(|m| m.modified())
        .ok();
    let told = home.metas(&PREVIEW).ok().json();
    assert!(told["directory"].as_str().unwrap().ends_with(FOLDER));
    let mut folders = vec![home.file("state")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        let mode = fs::metadata(&folder).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{}", folder.display());
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let kind = entry.metadata().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else {
                assert_eq!(
                    kind.permissions().mode() & 0o777,
                    0o600,
                    "{:?}",
                    entry.path()
                );
                files += 1;
            }
        }
    }
    assert!(files > 3, "{files} files");
    let after = fs::metadata("/tmp/metas-preview")
        .and_then(|m| m.modified())
        .ok();
    assert_eq!(
        before, after,
        "nothing goes to a folder that everybody shares"
    );
    assert!(
        !home.file("state/ledger.db").exists(),
        "nothing is recorded"
    );
}

/// What a link points to stays as it was, be the link a file's or a folder's.
#[test]
fn a_preview_follows_no_link() {
    let home = home();
    fs::write(home.file("precious"), "mine").unwrap();
    fs::create_dir_all(home.file("elsewhere")).unwrap();
    fs::create_dir_all(home.file(FOLDER)).unwrap();
    let report = home.file(FOLDER).join("report.pdf");
    symlink(home.file("precious"), &report).unwrap();
    home.metas(&PREVIEW).ok();
    assert_eq!(home.read("precious"), "mine");
    assert!(!fs::symlink_metadata(&report).unwrap().is_symlink());

    for part in [
        "state/preview",
        "state/preview/baches",
        FOLDER,
        "state/preview/baches/2026-T1/data",
    ] {
        let _ = fs::remove_dir_all(home.file("state/preview"));
        fs::create_dir_all(home.file(part).parent().unwrap()).unwrap();
        symlink(home.file("elsewhere"), home.file(part)).unwrap();
        let ran = home.metas(&PREVIEW).code(78);
        assert!(
            ran.stderr.contains("preview-folder") && ran.stderr.contains("--out"),
            "{part}: {}",
            ran.stderr
        );
        assert_eq!(
            fs::read_dir(home.file("elsewhere")).unwrap().count(),
            0,
            "{part}"
        );
        fs::remove_file(home.file(part)).unwrap();
    }
}

#[test]
fn a_preview_without_a_state_folder_names_the_way_out() {
    let home = home();
    fs::write(home.file("state"), "no folder").unwrap();
    let ran = home.metas(&PREVIEW).code(78);
    assert!(ran.stderr.contains("--out DIR"), "{}", ran.stderr);
    let out = home.file("draft");
    let out = out.to_str().unwrap();
    home.metas(&["preview", "baches", "--period", "2026-T1", "--out", out])
        .ok();
    assert!(home.file("draft/report.pdf").is_file());
}

#[test]
fn check_finds_a_missing_template_and_a_missing_logo() {
    let brand = "brand = { name = \"Valle\" }";
    for (report, code) in [
        (format!("template = \"otra\"\n{brand}"), "no-template"),
        (brand.replace(" }", ", logo = \"escudo.svg\" }"), "no-logo"),
    ] {
        let home = home();
        home.replace("pipelines/baches.toml", brand, &report);
        let ran = home
            .metas(&["check", "baches", "--period", "2026-T1"])
            .code(78);
        let line = report
            .lines()
            .find(|l| l.contains("otra") || l.contains("escudo"))
            .unwrap();
        for told in [code, "pipelines/baches.toml:", line, "^^^"] {
            assert!(ran.stderr.contains(told), "no {told}: {}", ran.stderr);
        }
        let doctor = home.metas(&["doctor"]).code(78);
        assert!(doctor.stderr.contains(code), "{}", doctor.stderr);
    }
}

/// A template of an earlier version may ask for what this one no longer hands to it: doctor tells it
/// after an upgrade, before a report is due.
#[test]
fn doctor_tries_each_template_out() {
    let home = home();
    home.metas(&["doctor"])
        .ok()
        .says(&["report.pdf of ", "slides.pdf of "]);
    home.replace(
        "pipelines/baches.toml",
        "brand = { name = \"Valle\" }",
        "template = \"vieja\"\nbrand = { name = \"Valle\" }",
    );
    std::fs::create_dir_all(home.file("report-templates/vieja")).unwrap();
    let text = "#let data = json(\"results.json\")\n#data.goals.first().shown.porcentaje\n";
    std::fs::write(home.file("report-templates/vieja/report.typ"), text).unwrap();
    home.metas(&["doctor"]).code(78).says(&[
        "FAULT  template vieja",
        "report-templates/vieja/report.typ:2:",
        "porcentaje",
        "^^^",
    ]);
}
