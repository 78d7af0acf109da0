//! A home that the first version left, opened by this one: `tests/homes/first-version.tar.gz` was
//! made by that version's own `metas run`, when a ledger had format 1 and templates were others. It
//! holds Valle Verde's first quarter, issued at noon of 6 April 2026 for two recipients.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::home::{TestHome, copy_tree};

const PLAN: &str = "plan-valle-verde-2026";
const FIRST: &str = "reports/plan-valle-verde-2026/2026-T1/v1";

fn home() -> TestHome {
    let home = TestHome::empty();
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/homes/first-version.tar.gz"
    );
    let unpacked = Command::new("tar")
        .args(["-xzf", root, "-C"])
        .arg(home.path())
        .status();
    assert!(unpacked.unwrap().success());
    let templates = concat!(env!("CARGO_MANIFEST_DIR"), "/report-templates");
    copy_tree(templates.as_ref(), &home.file("report-templates"));
    home
}

fn deliveries(home: &TestHome) -> Vec<Value> {
    let listed = home.metas(&["deliver", "list", "--json"]).ok().json();
    listed["deliveries"].as_array().unwrap().clone()
}

/// What was published or sent: the edition, and the messages that were written.
fn sent(home: &TestHome) -> Vec<(String, Vec<u8>)> {
    let kept = |name: &String| name.starts_with(FIRST) || name.starts_with("state/outbox/");
    home.snapshot()
        .into_iter()
        .filter(|(name, _)| kept(name))
        .collect()
}

#[test]
fn the_first_versions_home_goes_on_and_nothing_of_it_is_sent_or_changed_again() {
    let home = home();
    let before = sent(&home);
    home.metas(&["run", "--as-of", "2026-04-06T13:00"]).ok();
    home.metas(&["run", "--as-of", "2026-04-06T14:00"]).ok();
    let after = sent(&home);
    assert!(before == after, "an edition or a message changed");
    let deliveries = deliveries(&home);
    assert_eq!(deliveries.len(), 2, "{deliveries:#?}");
    assert!(deliveries.iter().all(|one| one["state"] == "accepted"));
    home.metas(&["doctor"])
        .ok()
        .says(&["every published file is as it was published"]);
    home.metas(&["status", PLAN])
        .ok()
        .says(&["v1 (final), issued on 2026-04-06"]);
}

#[test]
fn its_edition_is_corrected_and_both_are_backed_up() {
    let home = home();
    let correct = ["run", PLAN, "--period", "2026-T1", "--new-edition"];
    let said = [
        "--reason",
        "Se recibió otro archivo",
        "--as-of",
        "2026-04-07T10:00",
    ];
    home.metas(&[&correct[..], &said].concat()).ok();
    let second = FIRST.replace("v1", "v2");
    home.metas(&["verify", &home.file(&second).to_string_lossy()])
        .ok();
    assert_eq!(deliveries(&home).len(), 4);
    let results = home.json(&format!("{second}/results.json"));
    assert_eq!(
        results["replaces"][0]["edition"], 1,
        "{}",
        results["replaces"]
    );
    let file = home.file("copia.tar");
    home.metas(&["backup", &file.to_string_lossy()]).ok();
    assert!(fs::metadata(file).unwrap().len() > 1_000_000);
}

#[test]
fn an_edition_that_cannot_be_made_again_is_held_against_its_manifest() {
    let home = home();
    let folder = home.file(FIRST);
    let verify = ["verify", &folder.to_string_lossy()];
    home.metas(&verify).code(78).says(&[
        "is as it was published; metas",
        "verify it with the metas that made it, 0.1.0",
        "report-templates/informe/style.typ:124",
    ]);
    let mut pdf = fs::read(folder.join("report.pdf")).unwrap();
    pdf.push(b'\n');
    fs::write(folder.join("report.pdf"), pdf).unwrap();
    home.metas(&verify).code(78).says(&[
        "is not as it was published",
        "restore the folder from a backup",
    ]);
}
