//! A home brought back: from a backup, or from what lies published.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::home::TestHome;

const PLAN: &str = "plan-valle-verde-2026";
const V1: &str = "reports/plan-valle-verde-2026/2026-T1/v1";
/// What stands beside the plan's reports about its notices.
const RECORD: &str = "reports/plan-valle-verde-2026/.deliveries";
const RUN: [&str; 6] = [
    "run",
    PLAN,
    "--period",
    "2026-T1",
    "--as-of",
    "2026-04-06T12:00",
];
const CRON: [&str; 4] = ["run", "--quiet", "--as-of", "2026-04-07"];

/// An issued edition, and a reminder that went out by a server.
fn noted() -> TestHome {
    let home = issued();
    let line = "{\"event\":\"end-sent\",\"to\":\"obras@valleverde.example\",\"message_id\":\"<r@valleverde.example>\"}\n";
    fs::write(home.file(RECORD), line).unwrap();
    home
}

fn issued() -> TestHome {
    let home = TestHome::named("valle-verde").without_receipts();
    home.metas(&RUN).ok();
    home
}

fn backed_up(home: &TestHome) -> String {
    let file = home.file("backup.zip").to_str().unwrap().to_owned();
    home.metas(&["backup", &file]).ok();
    file
}

fn lose(home: &TestHome) {
    for folder in ["state", "reports"] {
        fs::remove_dir_all(home.file(folder)).unwrap();
    }
}

fn mode(home: &TestHome, name: &str) -> u32 {
    fs::metadata(home.file(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_home_put_back_is_the_home_that_was() {
    let home = noted();
    let before = home.snapshot();
    let status = home.metas(&["status", "--as-of", "2026-04-07"]).ok().stdout;
    let file = backed_up(&home);
    assert_eq!(mode(&home, "backup.zip"), 0o600);
    home.metas(&["backup", &file])
        .code(2)
        .says(&["backup-exists"]);
    home.metas(&["restore", &file]).code(2).says(&[
        "home-not-empty",
        "mv state state.old",
        "--missing",
    ]);

    lose(&home);
    home.metas(&["restore", &file]).ok();
    assert!(home.file(RECORD).is_file());
    let mut after = home.snapshot();
    after.remove("backup.zip");
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    assert!(before == after);
    assert_eq!(
        (
            mode(&home, "state"),
            mode(&home, V1),
            mode(&home, "state/ledger.db")
        ),
        (0o700, 0o700, 0o600)
    );
    home.metas(&CRON).ok().silent();
    assert_eq!(
        home.metas(&["status", "--as-of", "2026-04-07"]).ok().stdout,
        status
    );
    home.metas(&["verify", home.file(V1).to_str().unwrap()])
        .ok();
    home.metas(&["doctor"]).ok();
    let late = ["run", PLAN, "--period", "2026-T1", "--as-of", "2026-04-08"];
    home.metas(&[&late[..], &["--new-edition", "--reason", "x"]].concat())
        .ok()
        .says(&["edition 2 issued"]);
}

#[test]
fn what_waited_in_a_backup_is_not_sent_again_in_silence() {
    let home = TestHome::named("valle-verde").without_receipts();
    home.metas(&[&RUN[..], &["--no-deliver"]].concat()).ok();
    let file = backed_up(&home);
    home.metas(&CRON).ok();
    lose(&home);
    home.metas(&["restore", &file])
        .ok()
        .says(&["may have been sent since", "comite@example.mx"]);
    home.metas(&CRON).code(3).says(&["deliver resolve"]);
    let outbox = home.file("state/outbox/report");
    assert!(!outbox.exists() || fs::read_dir(outbox).unwrap().count() == 0);
    home.metas(&["deliver", "resolve", "1", "--sent"]).ok();
    home.metas(&["deliver", "resolve", "2", "--resend"]).ok();
    home.metas(&CRON).ok();
    assert_eq!(
        fs::read_dir(home.file("state/outbox/report"))
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn after_a_restore_a_period_that_may_have_been_issued_since_is_held() {
    let home = TestHome::named("valle-verde").without_receipts();
    home.metas(&["run", "--as-of", "2026-02-01"]).ok();
    let file = backed_up(&home);
    home.metas(&CRON).ok();
    lose(&home);
    home.metas(&["restore", &file]).ok();
    home.metas(&CRON)
        .code(3)
        .says(&["restored-ledger", "2026-T1", "metas adopt", "--period"]);
    assert_eq!(fs::read_dir(home.file("reports")).unwrap().count(), 0);
    // A person has decided.
    home.metas(&RUN)
        .ok()
        .says(&["restored-ledger", "edition 1 issued"]);
    home.metas(&CRON).ok();
}

#[test]
fn a_damaged_or_hostile_backup_puts_nothing_back() {
    let home = issued();
    let file = backed_up(&home);
    lose(&home);
    let sound = fs::read(&file).unwrap();
    let before = home.snapshot();
    for at in [sound.len() / 4, sound.len() / 2, sound.len() - 30] {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x55;
        fs::write(&file, bytes).unwrap();
        let ran = home.metas(&["restore", &file]);
        assert!([0, 78].contains(&ran.code), "{}", ran.stderr);
        if ran.code == 0 {
            lose(&home);
        }
    }
    for bytes in [&sound[..sound.len() / 2], b"no archive at all", b""] {
        fs::write(&file, bytes).unwrap();
        home.metas(&["restore", &file])
            .code(78)
            .says(&["not-a-backup"]);
    }
    fs::write(&file, &sound).unwrap();
    assert_eq!(home.snapshot(), before, "nothing is left behind");
    home.metas(&["restore", &file]).ok();
}

#[test]
fn what_is_gone_or_damaged_is_put_back_alone() {
    let home = noted();
    let file = backed_up(&home);
    let before = home.snapshot();
    fs::write(home.file(&format!("{V1}/report.pdf")), "x").unwrap();
    let archived: Vec<&String> = before
        .keys()
        .filter(|name| name.starts_with("state/archive/"))
        .collect();
    fs::write(home.file(archived[0]), "x").unwrap();
    fs::remove_file(home.file(archived[1])).unwrap();
    home.metas(&CRON).code(3);
    let partial = home.file("partial.zip");
    home.metas(&["backup", partial.to_str().unwrap()])
        .code(3)
        .says(&[
            "edition-changed",
            "report.pdf",
            "archive-damaged",
            "0 editions",
        ]);
    fs::remove_file(partial).unwrap();
    home.metas(&["restore", &file, "--missing"])
        .ok()
        .says(&["2 files of the archive, 1 edition."]);
    fs::remove_dir_all(home.file("reports/plan-valle-verde-2026/2026-T1/v1.damaged-1")).unwrap();
    assert!(before == home.snapshot());
    fs::remove_dir_all(home.file("reports")).unwrap();
    home.metas(&["restore", &file, "--missing"]).ok();
    assert!(before == home.snapshot());
    home.metas(&CRON).ok().silent();
}

#[test]
fn what_lies_published_is_adopted_and_nothing_is_sent() {
    let home = issued();
    let correction = |day: &'static str, reason: &'static str| {
        let run = ["run", PLAN, "--period", "2026-T1", "--as-of", day];
        home.metas(&[&run[..], &["--new-edition", "--reason", reason]].concat())
    };
    correction("2026-04-07", "una cifra").ok();
    let first = home.metas(&["deliver", "list", "--json"]).ok().json();
    fs::remove_dir_all(home.file("state")).unwrap();
    home.metas(&CRON).code(3);
    let before = home.snapshot();
    home.metas(&["adopt", PLAN, "2026-T1"]).ok().says(&[
        "v1 (final)",
        "v2 (final)",
        "comite@example.mx, contraloria@example.mx",
        "Nothing was sent",
    ]);
    let mut after = home.snapshot();
    after.retain(|name, _| !name.starts_with("state/archive/"));
    assert_eq!(before, after);
    home.metas(&CRON).ok().silent();
    home.metas(&["status", "--as-of", "2026-04-07"])
        .ok()
        .says(&["v2 (final, adopted)"]);
    for edition in ["v1", "v2"] {
        let folder = home.file(V1).with_file_name(edition);
        home.metas(&["verify", folder.to_str().unwrap()]).ok();
    }
    home.metas(&["adopt", PLAN, "2026-T1"])
        .ok()
        .says(&["nothing was recorded"]);

    correction("2026-04-08", "otra cifra")
        .ok()
        .says(&["edition 3"]);
    let rows = home.metas(&["deliver", "list", "--json"]).ok().json();
    let ids = |rows: &serde_json::Value, edition: u64| -> Vec<String> {
        let rows = rows["deliveries"].as_array().unwrap().iter();
        rows.filter(|r| r["edition"] == edition)
            .map(|r| r["message_id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&rows, 1), ids(&first, 1));
    assert_eq!(ids(&rows, 2), ids(&first, 2));
    for (row, first) in rows["deliveries"].as_array().unwrap()[4..]
        .iter()
        .zip(ids(&first, 1))
    {
        let message = home.read(row["message"].as_str().unwrap());
        assert!(message.contains(&format!("In-Reply-To: {first}\r\n")));
    }
    assert_eq!(
        fs::read_dir(home.file("state/outbox/report"))
            .unwrap()
            .count(),
        2,
        "the correction alone"
    );
}

#[test]
fn only_sound_editions_are_adopted() {
    let home = issued();
    fs::remove_dir_all(home.file("state")).unwrap();
    home.metas(&["adopt", PLAN, "2026-T2"])
        .code(2)
        .says(&["nothing-to-adopt"]);
    home.metas(&["adopt", "plan", "2026-T1"]).code(2);
    let pdf = home.file(&format!("{V1}/report.pdf"));
    let bytes = fs::read(&pdf).unwrap();
    fs::write(&pdf, "x").unwrap();
    let adopt = ["adopt", PLAN, "2026-T1"];
    home.metas(&adopt).code(65).says(&["report.pdf"]);
    fs::write(&pdf, bytes).unwrap();
    fs::write(home.file(&format!("{V1}/.making")), "x").unwrap();
    home.metas(&adopt).code(65).says(&["never announced"]);
    fs::remove_file(home.file(&format!("{V1}/.making"))).unwrap();
    let v2 = home.file(V1).with_file_name("v2");
    fs::rename(home.file(V1), &v2).unwrap();
    home.metas(&adopt).code(65).says(&["missing"]);
    fs::rename(&v2, home.file(V1)).unwrap();
    home.metas(&adopt).ok();
}

#[test]
fn a_ledger_that_cannot_be_used_says_so_and_names_the_ways_out() {
    let home = issued();
    let ledger = home.file("state/ledger.db");
    let sound = fs::read(&ledger).unwrap();
    let mut torn = sound.clone();
    torn[4096..].fill(0x5a);
    for (what, bytes) in [
        ("text", b"no database at all, and long enough".repeat(40)),
        ("torn", torn),
        ("cut", sound[..sound.len() / 2].to_vec()),
    ] {
        for side in ["state/ledger.db-wal", "state/ledger.db-shm"] {
            let _ = fs::remove_file(home.file(side));
        }
        fs::write(&ledger, bytes).unwrap();
        let ran = home.metas(&CRON).code(78);
        for word in [
            "ledger-unusable",
            "damaged",
            "metas restore FILE",
            "metas adopt PLAN",
        ] {
            assert!(ran.stderr.contains(word), "{what}: {}", ran.stderr);
        }
        assert!(home.file(&format!("{V1}/report.pdf")).is_file());
    }
}

#[test]
fn an_archived_file_of_the_same_size_is_not_trusted() {
    let home = TestHome::named("valle-verde").without_receipts();
    home.metas(&[&RUN[..], &["--no-deliver"]].concat()).ok();
    let bytes = fs::read(home.file("inputs/2026-T1/agua/cloro.ods")).unwrap();
    let name = metas::hash::sha256_hex(&bytes);
    let kept = home.file(&format!("state/archive/{}/{name}", &name[..2]));
    let mut other = bytes.clone();
    other[10] ^= 1;
    fs::write(&kept, &other).unwrap();
    home.metas(&["verify", home.file(V1).to_str().unwrap()])
        .code(78)
        .says(&["archive-damaged", "metas restore FILE --missing"]);
    let file = home.file("b.zip");
    home.metas(&["backup", file.to_str().unwrap()])
        .code(3)
        .says(&["archive-damaged"]);
    // The department's own file is the good copy.
    let correction = ["run", PLAN, "--period", "2026-T1", "--as-of", "2026-04-08"];
    home.metas(
        &[
            &correction[..],
            &["--new-edition", "--reason", "x", "--no-deliver"],
        ]
        .concat(),
    )
    .ok();
    assert_eq!(fs::read(&kept).unwrap(), bytes);

    // The frozen message is not sent once it is another one.
    let rows = home.metas(&["deliver", "list", "--json"]).ok().json();
    let row = &rows["deliveries"].as_array().unwrap()[2];
    let message = home.file(row["message"].as_str().unwrap());
    let mut bytes = fs::read(&message).unwrap();
    bytes[10] ^= 1;
    fs::write(&message, bytes).unwrap();
    home.metas(&CRON)
        .code(78)
        .says(&["message-changed", "--missing"]);
}

#[test]
fn what_a_run_that_died_left_is_swept() {
    let home = issued();
    let shelf = home.file("state/archive/aa");
    fs::create_dir_all(&shelf).unwrap();
    let left = [
        "state/archive/.incoming-x1",
        "state/archive/aa/.tmpAbCdEf",
        "state/outbox/report/.a.eml.tmp",
    ];
    for name in left {
        fs::write(home.file(name), "half").unwrap();
    }
    fs::write(home.file("state/archive/.keep"), "mine").unwrap();
    home.metas(&CRON).ok();
    for name in left {
        assert!(!home.file(name).exists(), "{name}");
    }
    assert!(home.file("state/archive/.keep").is_file());
}

#[test]
fn folders_found_open_are_closed_and_told() {
    let home = issued();
    let open = |name: &str, bits: u32| {
        fs::set_permissions(home.file(name), fs::Permissions::from_mode(bits)).unwrap();
    };
    for (name, bits) in [("state", 0o755), ("state/archive", 0o750), (V1, 0o777)] {
        open(name, bits);
    }
    open("state/ledger.db", 0o644);
    home.metas(&["doctor"])
        .code(78)
        .says(&["open-folder", "state is open"]);
    home.metas(&CRON)
        .ok()
        .says(&["open-folder", "state was open to others (mode 755"]);
    for name in ["state", "state/archive", V1] {
        assert_eq!(mode(&home, name), 0o700, "{name}");
    }
    assert_eq!(mode(&home, "state/ledger.db"), 0o600);
    home.metas(&CRON).ok().silent();
    home.metas(&["doctor"]).ok();
}
