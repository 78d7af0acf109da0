//! A file that comes after its period's report: kept, told once, listed until a correction.

use std::fs;

use crate::home::TestHome;

const FILE: &str = "inputs/2026-T1/cloro.csv";

#[test]
fn a_late_file_is_kept_told_once_and_a_correction_offered() {
    let home = TestHome::named("santa-lucia");
    let period = ["run", "programa-santa-lucia", "--period", "2026-T1"];
    let with = |more: &[&'static str]| [&period[..], more].concat();
    home.metas(&with(&["--as-of", "2026-04-15"])).ok();
    home.metas(&["run", "--quiet", "--as-of", "2026-04-16"])
        .ok()
        .silent();

    let text = home.read(FILE);
    let shorter = text.trim_end().rsplit_once('\n').unwrap().0;
    fs::write(home.file(FILE), format!("{shorter}\n")).unwrap();
    let published = home.snapshot();
    let cron = home
        .metas(&["run", "--quiet", "--as-of", "2026-04-17"])
        .ok();
    for told in ["late-file", "cloro.csv", "metas preview", "--new-edition"] {
        assert!(cron.stderr.contains(told), "{told}: {}", cron.stderr);
    }
    let now = home.snapshot();
    assert!(published.iter().all(|(file, bytes)| now[file] == *bytes));
    let kept: Vec<_> = now.keys().filter(|f| !published.contains_key(*f)).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(kept[0].contains("state/archive/"));
    home.metas(&["run", "--quiet", "--as-of", "2026-04-18"])
        .ok()
        .silent();

    home.metas(&["status", "--as-of", "2026-04-18"])
        .ok()
        .says(&["after v1: cloro.csv, seen on 2026-04-1", "--new-edition"]);
    home.metas(&with(&["--as-of", "2026-04-18"]))
        .ok()
        .says(&["Came or changed since: cloro.csv", "Nothing was done"]);

    home.metas(&with(&[
        "--as-of",
        "2026-04-19",
        "--new-edition",
        "--reason",
        "cloro",
    ]))
    .ok();
    let status = home.metas(&["status", "--as-of", "2026-04-20"]).ok();
    assert!(!status.stdout.contains("after v"), "{}", status.stdout);
}
