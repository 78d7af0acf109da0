//! What is published is the truth, whatever becomes of `state/`: nothing is issued or sent twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::home::{Ran, TestHome};

const PLAN: &str = "plan-valle-verde-2026";
const RUN: [&str; 6] = [
    "run",
    PLAN,
    "--period",
    "2026-T1",
    "--as-of",
    "2026-04-06T12:00",
];
const CORRECTION: [&str; 9] = [
    "run",
    PLAN,
    "--period",
    "2026-T1",
    "--as-of",
    "2026-04-07T12:00",
    "--new-edition",
    "--reason",
    "una cifra",
];
const PERIOD: &str = "reports/plan-valle-verde-2026/2026-T1";
/// How the hold reads: both ways out are named.
const HOLD: [&str; 4] = [
    "unknown-edition",
    "v1",
    "metas restore FILE",
    "metas adopt plan-valle-verde-2026 2026-T1",
];

/// A home with edition 1 issued and delivered.
fn issued() -> TestHome {
    let home = TestHome::named("valle-verde").without_receipts();
    home.metas(&RUN).ok();
    home
}

/// Every file that people have got.
fn given(home: &TestHome) -> BTreeMap<String, Vec<u8>> {
    let mut files = home.snapshot();
    files.retain(|name, _| name.starts_with("reports/") || name.starts_with("state/outbox/"));
    files
}

fn copy(from: &Path, to: &Path) {
    crate::home::copy_tree(from, to);
}

#[test]
fn a_ledger_lost_emptied_or_from_before_issues_and_sends_nothing_again() {
    let home = issued();
    let published = given(&home);
    let keep = tempfile::tempdir().unwrap();
    copy(&home.file("state"), &keep.path().join("now"));
    let fresh = TestHome::named("valle-verde").without_receipts();
    fresh
        .metas(&["run", PLAN, "--as-of", "2026-01-10", "--quiet"])
        .ok();
    copy(&fresh.file("state"), &keep.path().join("before"));

    let losses: [(&str, &dyn Fn()); 4] = [
        ("state/ lost", &|| ()),
        ("ledger.db lost", &|| {
            copy(&keep.path().join("now"), &home.file("state"));
            fs::remove_file(home.file("state/ledger.db")).unwrap();
        }),
        ("ledger.db empty", &|| {
            copy(&keep.path().join("now"), &home.file("state"));
            fs::write(home.file("state/ledger.db"), "").unwrap();
        }),
        ("ledger.db from before the issue", &|| {
            copy(&keep.path().join("before"), &home.file("state"));
        }),
    ];
    for (name, lose) in losses {
        fs::remove_dir_all(home.file("state")).unwrap();
        lose();
        let before = given(&home);
        for arguments in [&RUN[..], &["run", "--quiet", "--as-of", "2026-04-06"]] {
            let ran = home.metas(arguments).code(3).says(&HOLD);
            assert_eq!(given(&home), before, "{name}: {}", ran.stderr);
        }
        home.metas(&[&RUN[..], &["--dry-run"]].concat()).code(3);
        home.metas(&["deliver", "retry"]).code(3).says(&HOLD[..1]);
        home.metas(&["status"]).ok().says(&HOLD);
        let reports = |files: &BTreeMap<String, Vec<u8>>| {
            let mut files = files.clone();
            files.retain(|name, _| name.starts_with("reports/"));
            files
        };
        assert_eq!(reports(&before), reports(&published), "{name}");
    }
}

#[test]
fn a_ledger_from_the_moment_of_the_issue_takes_no_published_folder_for_a_leftover() {
    let home = TestHome::named("valle-verde").without_receipts();
    for died in ["renamed", "before-publish"] {
        home.crash(&RUN, died);
        assert!(home.file(PERIOD).join("v1/.making").is_file(), "{died}");
    }
    let keep = tempfile::tempdir().unwrap();
    copy(&home.file("state"), keep.path());
    home.metas(&RUN).ok();
    let before = given(&home);
    assert!(!before.keys().any(|name| name.contains(".making")));
    fs::remove_dir_all(home.file("state")).unwrap();
    copy(keep.path(), &home.file("state"));
    home.metas(&RUN).code(3).says(&HOLD);
    let mut after = given(&home);
    after.retain(|name, _| name.starts_with("reports/"));
    assert!(after.iter().all(|(name, bytes)| before[name] == *bytes));
}

#[test]
fn a_later_edition_that_the_ledger_does_not_know_holds_the_plan() {
    let home = issued();
    let keep = tempfile::tempdir().unwrap();
    copy(&home.file("state"), keep.path());
    home.metas(&CORRECTION).ok();
    fs::remove_dir_all(home.file("state")).unwrap();
    copy(keep.path(), &home.file("state"));
    let before = given(&home);
    for arguments in [&RUN[..], &CORRECTION, &["run", "--as-of", "2026-07-06"]] {
        home.metas(arguments)
            .code(3)
            .says(&["unknown-edition", "holds v2", "knows 1 other"]);
        assert_eq!(given(&home), before);
    }
}

#[test]
fn two_homes_on_one_folder_of_reports_do_not_touch_each_other() {
    let (a, b, out) = (
        TestHome::named("valle-verde").without_receipts(),
        TestHome::named("valle-verde").without_receipts(),
        tempfile::tempdir().unwrap(),
    );
    let out = out.path().to_str().unwrap();
    let with = |home: &TestHome| -> Ran { home.metas(&[&RUN[..], &["--out", out]].concat()) };
    let files = |home: &TestHome| {
        let root = Path::new(out).join(PLAN).join("2026-T1/v1");
        assert!(root.join("report.pdf").is_file());
        (fs::read(root.join("manifest.json")).unwrap(), given(home))
    };
    with(&a).ok();
    let before = files(&a);
    with(&b).code(3).says(&[
        "unknown-edition",
        "metas adopt plan-valle-verde-2026 2026-T1 --out",
    ]);
    assert!(given(&b).is_empty(), "{:?}", given(&b).keys());
    assert_eq!(files(&a), before);
    with(&a).ok().says(&["exists"]);
    // Where the edition lies is remembered: it is looked at without being named.
    a.metas(&RUN).ok();
    fs::remove_file(Path::new(out).join(PLAN).join("2026-T1/v1/report.pdf")).unwrap();
    a.metas(&["run", "--quiet", "--as-of", "2026-04-06"])
        .code(3)
        .says(&["edition-changed", "report.pdf is gone"]);
}

#[test]
fn what_is_not_proven_to_be_ours_is_never_removed() {
    let home = TestHome::named("valle-verde").without_receipts();
    for name in [
        ".v1.making",
        ".v1.0123456789abcdef.making",
        "v1.old",
        "borrador",
    ] {
        fs::create_dir_all(home.file(PERIOD).join(name)).unwrap();
        fs::write(home.file(PERIOD).join(name).join("x"), name).unwrap();
    }
    home.metas(&RUN).ok();
    for name in [
        ".v1.making",
        ".v1.0123456789abcdef.making",
        "v1.old",
        "borrador",
    ] {
        assert_eq!(home.read(&format!("{PERIOD}/{name}/x")), name);
    }
    for what in ["folder", "file", "link"] {
        let home = TestHome::named("valle-verde").without_receipts();
        let place = home.file(PERIOD).join("v1");
        fs::create_dir_all(home.file(PERIOD)).unwrap();
        match what {
            "folder" => fs::create_dir(&place).unwrap(),
            "file" => fs::write(&place, "x").unwrap(),
            _ => std::os::unix::fs::symlink("nowhere", &place).unwrap(),
        }
        home.metas(&RUN).code(3).says(&HOLD);
        assert!(fs::symlink_metadata(&place).is_ok(), "{what}");
    }
}

#[test]
fn an_edition_gone_or_changed_is_told_at_every_run() {
    let home = issued();
    let cron = ["run", "--quiet", "--as-of", "2026-04-06"];
    let told = |says: &[&str]| {
        for _ in 0..2 {
            let says = [says, &["metas restore"]].concat();
            home.metas(&cron).code(3).says(&says);
        }
        home.metas(&["status"]).ok().says(says);
        home.metas(&["doctor"]).code(78).says(says);
    };
    home.metas(&cron).ok().silent();
    let pdf = home.file(&format!("{PERIOD}/v1/report.pdf"));
    let bytes = fs::read(&pdf).unwrap();
    let mut other = bytes.clone();
    other[100] ^= 1;
    fs::write(&pdf, &other).unwrap();
    told(&["edition-changed", "report.pdf is not what was published"]);
    fs::remove_file(&pdf).unwrap();
    told(&["edition-changed", "report.pdf is gone"]);
    fs::write(&pdf, &bytes).unwrap();
    home.metas(&cron).ok().silent();
    fs::remove_dir_all(home.file("reports")).unwrap();
    told(&["edition-missing", "its folder is gone"]);
    assert!(!home.file("reports").exists());
}

#[test]
fn every_recipient_has_a_message_of_its_own_that_no_accident_makes_anew() {
    let (a, b) = (
        TestHome::named("valle-verde").without_receipts(),
        TestHome::named("valle-verde").without_receipts(),
    );
    let later = [
        "run",
        PLAN,
        "--period",
        "2026-T1",
        "--as-of",
        "2026-04-09T08:30",
    ];
    a.metas(&RUN).ok();
    b.metas(&later).ok();
    let ids = |home: &TestHome| -> Vec<String> {
        let rows = home.metas(&["deliver", "list", "--json"]).ok().json();
        let rows = rows["deliveries"].as_array().unwrap().iter();
        rows.map(|row| {
            let message = home.read(row["message"].as_str().unwrap());
            let id = row["message_id"].as_str().unwrap().to_owned();
            assert!(
                message.contains(&format!("Message-ID: {id}\r\n")),
                "{message}"
            );
            for to in ["comite@example.mx", "contraloria@example.mx"] {
                assert!(message.contains(to), "each message names both");
            }
            id
        })
        .collect()
    };
    assert_eq!(ids(&a), ids(&b));
    assert_eq!(ids(&a).len(), 2);
    assert_ne!(ids(&a)[0], ids(&a)[1]);
    a.metas(&CORRECTION).ok();
    let rows = a.metas(&["deliver", "list", "--json"]).ok().json();
    for row in rows["deliveries"].as_array().unwrap() {
        let message = a.read(row["message"].as_str().unwrap());
        let first = ids(&b)[usize::from(row["recipient"] != "comite@example.mx")].clone();
        let answers = message.contains(&format!("In-Reply-To: {first}\r\n"));
        assert_eq!(answers, row["edition"] == 2, "{row}");
    }
}
