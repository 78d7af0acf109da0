//! Archive and editions kept in a store, here in a folder; in a bucket: `tests/tools/store.py`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::home::{Ran, TestHome};

const PLAN: &str = "plan-valle-verde-2026";
const V1: &str = "reports/plan-valle-verde-2026/2026-T1/v1";
const RUN: [&str; 6] = [
    "run",
    PLAN,
    "--period",
    "2026-T1",
    "--as-of",
    "2026-04-06T12:00",
];

/// A folder that stands for a host's own disk, and the store that hosts share.
struct Shared {
    home: TestHome,
    store: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        Self {
            home: TestHome::named("valle-verde").without_receipts(),
            store: tempfile::tempdir().unwrap(),
        }
    }

    /// With edition 1 issued and delivered.
    fn issued() -> Self {
        let shared = Self::new();
        shared.metas(&RUN).ok();
        shared
    }

    fn metas(&self, words: &[&str]) -> Ran {
        in_store(&self.home, Some(self.store.path()), words, "")
    }

    /// Every object of the home.
    fn objects(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.store.path().join("valle")];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    fn announcement(&self) -> PathBuf {
        let place = format!("valle/editions/{PLAN}/2026-T1/v1.json");
        self.store.path().join(place)
    }

    fn outbox(&self) -> usize {
        fs::read_dir(self.home.file("state/outbox/report")).map_or(0, Iterator::count)
    }
}

/// Runs the binary in a home of the name `valle`, until it dies at a place where one is given.
fn in_store(home: &TestHome, store: Option<&Path>, words: &[&str], crash: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metas"));
    command.args(words).arg("--home").arg(home.path());
    command
        .env_remove("METAS_HOME")
        .env("METAS_LEDGER_HOME", "valle");
    command.env("METAS_CRASH_AT", crash);
    if let Some(store) = store {
        command.env("METAS_STORE", store);
    }
    Ran::of(command.output().unwrap())
}

#[test]
fn a_disk_that_is_lost_comes_back_from_the_store() {
    let shared = Shared::issued();
    let before = shared.home.snapshot();
    assert_eq!(shared.outbox(), 2);
    for lost in ["reports", "state/archive"] {
        fs::remove_dir_all(shared.home.file(lost)).unwrap();
    }
    shared.metas(&RUN).ok().says(&["edition 1 exists"]);
    shared
        .metas(&["verify", shared.home.file(V1).to_str().unwrap()])
        .ok()
        .says(&["every byte"]);
    let after = shared.home.snapshot();
    let edition = |name: &&String| name.starts_with(V1) && !name.contains("/.");
    assert!(before.keys().filter(edition).count() > 10);
    for name in before.keys().filter(edition) {
        assert_eq!(before.get(name), after.get(name), "{name}");
    }
    assert_eq!(shared.outbox(), 2, "nothing is sent again");
    shared.metas(&["doctor"]).ok().says(&["overwrites nothing"]);
}

#[test]
fn a_ledger_that_is_lost_is_told_by_the_store() {
    let shared = Shared::issued();
    for lost in ["reports", "state"] {
        fs::remove_dir_all(shared.home.file(lost)).unwrap();
    }
    shared
        .metas(&RUN)
        .code(3)
        .says(&["unknown-edition", "metas adopt"]);
    assert_eq!(shared.outbox(), 0, "nothing is issued or sent again");
    shared.metas(&["adopt", PLAN, "2026-T1"]).ok();
    shared.metas(&RUN).ok().says(&["edition 1 exists"]);
    assert_eq!(shared.outbox(), 0);
    // Where not even its files are there, nobody can adopt it.
    for lost in ["reports", "state"] {
        fs::remove_dir_all(shared.home.file(lost)).unwrap();
    }
    fs::remove_dir_all(shared.store.path().join("valle/files")).unwrap();
    shared.metas(&RUN).code(3).says(&["store-edition"]);
}

/// Another host: a folder of its own with the same inputs, and the same ledger.
fn another_host(shared: &Shared) -> TestHome {
    let other = TestHome::named("valle-verde").without_receipts();
    fs::create_dir(other.file("state")).unwrap();
    take_ledger(&shared.home, &other);
    other
}

/// Copies what is recorded from one host to another, as if it lay where both see it.
fn take_ledger(from: &TestHome, to: &TestHome) {
    for side in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let (from, to) = (from.file("state").join(side), to.file("state").join(side));
        let _ = fs::remove_file(&to);
        if from.exists() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

#[test]
fn another_host_goes_on_where_a_run_died() {
    let places = ["before-publish", "published", "announced"];
    for place in places {
        let shared = Shared::new();
        let store = Some(shared.store.path());
        let died = in_store(&shared.home, store, &RUN, place);
        assert!(died.stderr.contains("died at"), "{place}: {}", died.stderr);
        let other = another_host(&shared);
        in_store(&other, store, &RUN, "").ok();
        in_store(
            &other,
            store,
            &["verify", other.file(V1).to_str().unwrap()],
            "",
        )
        .ok();
        let sent = fs::read_dir(other.file("state/outbox/report")).unwrap();
        assert_eq!(sent.count(), 2, "{place}");
        // The first host comes back, with what the other one has recorded.
        take_ledger(&other, &shared.home);
        shared.metas(&RUN).ok().says(&["edition 1 exists"]);
        assert_eq!(shared.outbox(), 0, "{place}");
        let manifest = |home: &TestHome| home.read(&format!("{V1}/manifest.json"));
        assert_eq!(manifest(&shared.home), manifest(&other), "{place}");
        assert!(!shared.home.file(V1).join(".making").exists(), "{place}");
    }
}

#[test]
fn an_edition_that_another_ledger_has_published_is_not_sent() {
    let shared = Shared::new();
    let died = in_store(&shared.home, Some(shared.store.path()), &RUN, "published");
    assert!(died.stderr.contains("died at"), "{}", died.stderr);
    let hash = "ab".repeat(32);
    let other = format!(
        "{{\"format\":1,\"plan\":\"{PLAN}\",\"period\":\"2026-T1\",\"edition\":1,\"manifest_sha256\":\"{hash}\"}}"
    );
    fs::create_dir_all(shared.announcement().parent().unwrap()).unwrap();
    fs::write(shared.announcement(), &other).unwrap();
    shared.metas(&RUN).code(3);
    let own = shared.home.json(&format!("{V1}/manifest.json"));
    assert_eq!(own["edition"], 1);
    assert_eq!(shared.outbox(), 0);
    assert_eq!(fs::read_to_string(shared.announcement()).unwrap(), other);
}

#[test]
fn nothing_is_ever_overwritten_in_the_store() {
    let shared = Shared::issued();
    let read = |path: &PathBuf| (path.clone(), fs::read(path).unwrap());
    let before: Vec<_> = shared.objects().iter().map(read).collect();
    fs::remove_dir_all(shared.home.file("state/archive")).unwrap();
    let correction = ["--new-edition", "--reason", "una cifra"];
    shared.metas(&[&RUN[..], &correction].concat()).ok();
    shared.metas(&["doctor"]).ok();
    for (path, bytes) in before {
        assert_eq!(fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
}

#[test]
fn a_damaged_copy_is_healed_and_a_damaged_object_is_told() {
    let shared = Shared::issued();
    let manifest = shared.home.json(&format!("{V1}/manifest.json"));
    let sha256 = manifest["submissions"][0]["sha256"].as_str().unwrap();
    let place = format!("archive/{}/{sha256}", &sha256[..2]);
    let copy = shared.home.file(&format!("state/{place}"));
    let sound = fs::read(&copy).unwrap();
    fs::write(&copy, "x").unwrap();
    let verify = ["verify", V1];
    let verify = [
        verify[0],
        &shared.home.file(verify[1]).display().to_string(),
    ]
    .map(str::to_owned);
    let verify: Vec<&str> = verify.iter().map(String::as_str).collect();
    shared.metas(&verify).ok();
    assert_eq!(fs::read(&copy).unwrap(), sound);
    fs::remove_file(&copy).unwrap();
    fs::write(shared.store.path().join("valle").join(&place), "x").unwrap();
    shared
        .metas(&verify)
        .code(78)
        .says(&["store-other-bytes", sha256, "2d711642"]);
}

#[test]
fn what_is_gone_or_damaged_is_put_back_from_the_store() {
    let shared = Shared::issued();
    fs::write(shared.home.file(&format!("{V1}/report.pdf")), "x").unwrap();
    fs::remove_dir_all(shared.home.file("state/archive")).unwrap();
    shared.metas(&RUN).code(3).says(&["edition-changed"]);
    let told = shared.metas(&["restore", "--missing"]).ok();
    told.says(&["1 edition", V1]);
    shared.metas(&RUN).ok();
    let aside = "reports/plan-valle-verde-2026/2026-T1/v1.damaged-1/report.pdf";
    assert_eq!(shared.home.read(aside), "x");
    in_store(&shared.home, None, &["restore"], "").code(2);
}

#[test]
fn a_backup_holds_what_lies_in_the_store_alone() {
    let shared = Shared::issued();
    let backup = |name: &str| {
        let file = shared.home.file(name);
        let ran = shared
            .metas(&["backup", file.to_str().unwrap(), "--json"])
            .ok();
        let told = ran.json();
        (told["files"].clone(), told["editions"].clone())
    };
    let whole = backup("whole.zip");
    for lost in ["reports", "state/archive", "state/outbox"] {
        fs::remove_dir_all(shared.home.file(lost)).unwrap();
    }
    let without = backup("without.zip");
    let files = |told: &(serde_json::Value, serde_json::Value)| told.0.as_u64().unwrap();
    // The two messages of the outbox are in this folder alone.
    assert_eq!(files(&without), files(&whole) - 2);
    assert_eq!(without.1, whole.1);
}

#[test]
fn a_home_leaves_its_store_with_all_its_files() {
    let home = TestHome::named("valle-verde").without_receipts();
    home.metas(&RUN).ok();
    let shared = Shared {
        home,
        store: tempfile::tempdir().unwrap(),
    };
    // What was there before comes to the store with the first run.
    shared
        .metas(&["store", "copy"])
        .ok()
        .says(&["1 edition", "METAS_STORE"]);
    let without = |words: &[&str]| in_store(&shared.home, None, words, "");
    without(&RUN)
        .code(78)
        .says(&["store-elsewhere", "copy --back"]);
    for lost in ["reports", "state/archive"] {
        fs::remove_dir_all(shared.home.file(lost)).unwrap();
    }
    shared
        .metas(&["store", "copy", "--back"])
        .ok()
        .says(&["every edition"]);
    without(&RUN).ok().says(&["edition 1 exists"]);
    without(&["verify", shared.home.file(V1).to_str().unwrap()]).ok();
    without(&["store", "copy"]).code(2).says(&["no-store"]);
}

#[test]
fn another_store_than_before_is_refused() {
    let shared = Shared::issued();
    let other = Shared::new();
    let run = |store: &Path| in_store(&shared.home, Some(store), &RUN, "");
    run(other.store.path()).code(78).says(&["store-other"]);
    other.metas(&RUN).ok();
    run(other.store.path())
        .code(78)
        .says(&["store-other", "another home's"]);
    run(&shared.store.path().join("not-mounted"))
        .code(78)
        .says(&["store-missing"]);
    // The same store under another path is the same store.
    let moved = tempfile::tempdir().unwrap();
    crate::home::copy_tree(shared.store.path(), moved.path());
    run(moved.path()).ok();
}

#[test]
fn a_bucket_wants_a_program_that_knows_buckets() {
    let home = TestHome::named("valle-verde").without_receipts();
    let named = |address: &str| in_store(&home, Some(Path::new(address)), &RUN, "");
    if cfg!(not(feature = "s3")) {
        named("s3://AK:s3cret@bucket")
            .code(78)
            .says(&["store-not-built"]);
    }
    for address in ["gs://AK:s3cret@bucket", "s3cret"] {
        let ran = named(address).code(78).says(&["store-address"]);
        assert!(!ran.stderr.contains("s3cret"), "{}", ran.stderr);
    }
    assert!(!home.file("reports").exists());
}

#[test]
fn an_edition_that_waits_is_released_by_another_host() {
    let shared = Shared::new();
    let plan = format!("pipelines/{PLAN}.toml");
    let approval = "\n[approval]\nby = [\"titular@valleverde.example\"]\n";
    let waits = |home: &TestHome| {
        let text = home.read(&plan);
        fs::write(home.file(&plan), format!("{text}{approval}")).unwrap();
    };
    waits(&shared.home);
    shared.metas(&RUN).code(3).says(&["awaiting-approval"]);
    let other = another_host(&shared);
    waits(&other);
    let store = Some(shared.store.path());
    // It still waits, and nobody is asked again.
    let again = in_store(&other, store, &RUN, "").ok();
    assert!(again.stdout.contains("still waits"), "{}", again.stdout);
    assert!(!again.stderr.contains("held-changed"), "{}", again.stderr);
    let held = format!("state/held/{PLAN}/2026-T1/report.pdf");
    assert_eq!(
        fs::read(shared.home.file(&held)).unwrap(),
        fs::read(other.file(&held)).unwrap()
    );
    fs::remove_dir_all(other.file("state/held")).unwrap();
    let by = [
        "--by",
        "titular@valleverde.example",
        "--as-of",
        "2026-04-06T13:00",
    ];
    let approve = [&["approve", PLAN, "2026-T1", "--yes"][..], &by].concat();
    in_store(&other, store, &approve, "").ok();
    assert!(other.file(&format!("{V1}/approval.json")).is_file());
}
