//! Many homes in one command: a bounded pool, in the order of the list, and no home stops another.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bad_input;
use crate::home::{Ran, TestHome, copy_tree};

const EARLY: &str = "2026-02-01T12:00";
const DUE: &str = "2026-04-06T12:00";

/// A folder of homes that goes away with the test.
struct Homes {
    folder: TestHome,
}

impl Homes {
    /// Homes with one plan and one file each, not due before April.
    fn of(names: &[&str]) -> Self {
        let folder = TestHome::empty();
        for name in names {
            copy_tree(bad_input::home().path(), &folder.file(name));
        }
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.file(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metas"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env_remove("METAS_HOME");
        command
    }

    fn metas(&self, words: &[&str]) -> Ran {
        let output: Output = self.command(words).output().unwrap();
        Ran::of(output)
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        self.folder.replace(name, from, to);
    }

    fn list(&self, text: &str) {
        fs::write(self.file("list.txt"), text).unwrap();
    }
}

fn entries(document: &Value) -> Vec<String> {
    let one = |entry: &Value| {
        let code = entry["findings"][0]["code"].as_str().unwrap_or("");
        let told = format!(
            "{} {} {code}",
            entry["home"].as_str().unwrap(),
            entry["exit_code"]
        );
        told.trim().to_owned()
    };
    document["homes"]
        .as_array()
        .unwrap()
        .iter()
        .map(one)
        .collect()
}

/// The names before the lines of an output, each as often as it changes.
fn order(printed: &str) -> Vec<&str> {
    let mut names: Vec<&str> = printed
        .lines()
        .filter_map(|line| Some(line.split_once(" |")?.0))
        .collect();
    names.dedup();
    names
}

/// One is missing, one has lost its plans, one is broken, one is listed again by a link, one cannot
/// be opened, one is no home: each is told in its place, and the others run.
#[test]
fn no_home_stops_another() {
    let homes = Homes::of(&["a", "broken", "closed", "z"]);
    homes.replace("broken/pipelines/baches.toml", "format = 1", "format = 9");
    let closed = homes.file("closed");
    // Root opens everything: there the folder is none.
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o0)).unwrap();
    let is_root = fs::read_dir(&closed).is_ok();
    fs::create_dir_all(homes.file("lost/state")).unwrap();
    fs::create_dir_all(homes.file("docs")).unwrap();
    symlink(homes.file("a"), homes.file("b")).unwrap();
    homes.list("# all of them\nz\nnone # not there\n./broken\r\nlost\n\na\nb\nclosed\ndocs\n");
    let run = ["run", "--as-of", EARLY, "--homes"];
    let ran = homes.metas(&[&run[..], &["list.txt", "--json"]].concat());
    let document = ran.code(78).json();
    let told = entries(&document);
    let expected = [
        "z 0",
        "none 78 io",
        "./broken 78 out-of-range",
        "lost 78 no-home",
        "a 0",
        "b 0 home-twice",
    ];
    for (one, beginning) in told.iter().zip(expected) {
        assert!(one.starts_with(beginning), "{told:?}");
    }
    assert_eq!(told[6], if is_root { "closed 0" } else { "closed 78 io" });
    assert_eq!(told[7], "docs 78 no-home");
    assert_eq!(document["homes"][5]["same_as"], "a");
    assert_eq!(document["exit_code"], 78);
    assert!(document["homes"][0]["run"]["next"].is_array(), "{document}");
    assert!(document["homes"][2]["run"].is_null(), "{document}");
    let counted = document["counts"]["78"].as_u64().unwrap();
    assert_eq!(counted, if is_root { 4 } else { 5 }, "{document}");
    // A folder has no missing ones, in the order of names; what never was a home is left aside.
    let ran = homes
        .metas(&[&run[..], &[".", "--jobs", "3"]].concat())
        .code(78);
    assert_eq!(order(&ran.stdout)[0], "a");
    let told = ["a", "b", "broken", "closed", "lost", "z"];
    let told: Vec<&str> = told
        .into_iter()
        .filter(|n| *n != "closed" || is_root)
        .collect();
    let heard: Vec<&str> = order(&ran.stderr)
        .into_iter()
        .filter(|n| told.contains(n))
        .collect();
    assert_eq!(heard, told, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("b | warning[home-twice]"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("lost | error[no-home]"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("docs |"), "{}", ran.stderr);
    assert!(ran.stdout.contains("homes: "), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("  wrong (78): broken"),
        "{}",
        ran.stdout
    );
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    // The links led nowhere else: each home has its own state, once.
    for home in ["a", "z"] {
        assert!(homes.file(home).join("state/ledger.db").exists(), "{home}");
    }
}

/// The first home is the slowest; what the others print waits for its turn, and nothing is mixed.
#[test]
fn what_homes_print_stands_together_in_the_order_of_the_list() {
    let homes = Homes::of(&["a", "b", "c", "d"]);
    homes.list("d\nb\na\nc\n");
    let run = [
        "run",
        "--homes",
        "list.txt",
        "--as-of",
        DUE,
        "--no-deliver",
        "--jobs",
        "3",
    ];
    let ran = homes.metas(&run).ok();
    assert_eq!(order(&ran.stdout), ["d", "b", "a", "c"], "{}", ran.stdout);
    assert!(ran.stdout.ends_with("4 homes: 4 done\n"), "{}", ran.stdout);
    for home in ["a", "b", "c", "d"] {
        let report = homes
            .file(home)
            .join("reports/baches/2026-T1/v1/report.pdf");
        assert!(report.is_file(), "{home}");
    }
    // A part is every COUNT-th home; all parts together are all homes.
    let part = |part: &str| {
        let words = [
            "run", "--homes", "list.txt", "--as-of", DUE, "--json", "--part", part,
        ];
        let document = homes.metas(&words).ok().json();
        entries(&document)
    };
    assert_eq!(part("0/3"), ["d 0", "c 0"]);
    assert_eq!(part("1/3"), ["b 0"]);
    // The log is a log of events still, each with its home.
    let log = [
        "run",
        "--homes",
        ".",
        "--as-of",
        DUE,
        "-v",
        "--log-format",
        "json",
    ];
    let ran = homes.metas(&log).ok();
    let mut seen = std::collections::BTreeSet::new();
    for line in ran.stderr.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        seen.extend(event["home"].as_str().map(str::to_owned));
    }
    assert_eq!(seen.len(), 4, "{}", ran.stderr);
}

/// A watcher of runs that takes the connection and never answers: the home hangs for ten seconds at
/// each of its two words.
fn hang(homes: &Homes, home: &str) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let operator = format!("[operator]\nping = \"http://127.0.0.1:{port}/x\"\n[limits]");
    homes.replace(
        &format!("{home}/pipelines/baches.toml"),
        "[limits]",
        &operator,
    );
    listener
}

#[test]
fn a_home_that_hangs_is_ended_and_told() {
    let homes = Homes::of(&["a", "b"]);
    let _silent = hang(&homes, "a");
    let run = [
        "run",
        "--homes",
        ".",
        "--as-of",
        EARLY,
        "--jobs",
        "1",
        "--home-seconds",
        "6",
    ];
    let ran = homes.metas(&[&run[..], &["--json"]].concat()).code(78);
    assert_eq!(entries(&ran.json()), ["a 78 home-overdue", "b 0"]);
}

/// The processes whose command line names a home of these.
fn at_work(homes: &Homes) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains("--home ") && line.contains(homes.folder.path().to_str().unwrap()) {
            found.push(line);
        }
    }
    found
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whatever ends the command ends the homes at work, whether it is asked to or not. The next run
/// goes on.
#[test]
fn a_killed_command_leaves_no_home_at_work() {
    for signal in ["-TERM", "-KILL"] {
        let homes = Homes::of(&["a", "b", "c"]);
        let _silent = [hang(&homes, "a"), hang(&homes, "b")];
        let mut running = homes
            .command(&["run", "--homes", ".", "--as-of", EARLY, "--jobs", "2"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        until("two at a time", || at_work(&homes).len() == 2);
        let id = running.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert!(!running.wait().unwrap().success());
        until("none is left", || at_work(&homes).is_empty());
        assert!(!homes.file("c/state").exists(), "{signal}");
    }
}

/// A process that dies by itself is a fault, one that is killed goes on at the next run.
#[test]
fn a_home_that_breaks_off_is_told_and_the_worst_end_counts() {
    let homes = Homes::of(&["a", "b"]);
    let _silent = hang(&homes, "b");
    let running = homes
        .command(&[
            "run", "--homes", ".", "--as-of", EARLY, "--json", "--jobs", "2",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let find = || -> Option<String> {
        let of_b = |entry: &fs::DirEntry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            line.contains("--home\0") && line.contains(homes.file("b").to_str().unwrap())
        };
        let mut all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        Some(all.find(of_b)?.file_name().to_string_lossy().into_owned())
    };
    until("b is at work", || find().is_some());
    Command::new("kill")
        .args(["-KILL", &find().unwrap()])
        .status()
        .unwrap();
    let ended = Ran::of(running.wait_with_output().unwrap()).code(75);
    assert_eq!(entries(&ended.json()), ["a 0", "b 75 home-ended"]);
    let homes = Homes::of(&["a"]);
    let mut dying = homes.command(&["run", "--homes", ".", "--as-of", DUE, "--json"]);
    dying.env("METAS_CRASH_AT", "edition-begun");
    let ran = Ran::of(dying.output().unwrap()).code(70);
    assert_eq!(entries(&ran.json()), ["a 70 home-broke-down"]);
}

/// An entry a home with its whole status below, and a line a plan and period.
#[test]
fn the_status_of_many_homes_is_a_page_and_a_whole_document() {
    let homes = Homes::of(&["a", "b", "c"]);
    homes.metas(&["run", "--home", "a", "--as-of", DUE]).ok();
    homes.replace("c/pipelines/baches.toml", "format = 1", "format = 9");
    fs::copy(
        homes.file("a/pipelines/baches.toml"),
        homes.file("b/pipelines/otra.toml"),
    )
    .unwrap();
    let status = ["status", "--homes", ".", "--as-of", "2026-04-07"];
    let ran = homes.metas(&status).code(78);
    let page: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(page[0], "HOME PLAN PERIOD DUE STATE FILES DELIVERIES");
    let has = |beginning: &str| page.iter().any(|line| line.starts_with(beginning));
    for beginning in [
        "a baches 2026-T1 2026-04-05 published, v1 of 2026-04-06 1 of 1",
        "a baches 2026-T2 2026-07-05 due in 89 days 0 of 1, missing: obras",
        "b baches 2026-T1 2026-04-05 overdue by 2 days 1 of 1",
        "b otra definition wrong",
        "c out-of-range",
    ] {
        assert!(has(beginning), "{beginning}: {}", ran.stdout);
    }
    for said in ["b | error[", "c | error[out-of-range]"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    let document = homes
        .metas(&[&status[..], &["--json"]].concat())
        .code(78)
        .json();
    let a = &document["homes"][0];
    let alone = homes.metas(&["status", "--home", "a", "--json", "--as-of", "2026-04-07"]);
    assert_eq!(a["status"], alone.ok().json());
    assert_eq!(a["status"]["last_run"]["exit_code"], 0);
    assert_eq!(
        document["homes"][1]["status"]["failures"][0]["plan"],
        "otra"
    );
    assert_eq!(document["homes"][2]["status"], Value::Null);
    assert_eq!(document["homes"][2]["findings"][0]["severity"], "error");
}

/// What cannot be meant is refused before anything is begun.
#[test]
fn a_wrong_line_begins_nothing() {
    let homes = Homes::of(&["a"]);
    let list = Path::new("none.txt").to_str().unwrap();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["run", "baches", "--homes", "."], 2, "cannot be used with"),
        (
            &["run", "--homes", ".", "--out", "x"],
            2,
            "cannot be used with",
        ),
        (&["run", "--homes", ".", "--jobs", "0"], 2, "0 is not in"),
        (&["run", "--jobs", "2"], 2, "--homes"),
        (&["run", "--homes", ".", "--part", "2/2"], 2, "INDEX/COUNT"),
        (
            &["run", "--homes", ".", "--home-seconds", "0"],
            2,
            "0 is not in",
        ),
        (&["run", "--homes", ".", "--home", "a"], 2, "home-and-homes"),
        (
            &["status", "--homes", ".", "--home", "a"],
            2,
            "home-and-homes",
        ),
        (
            &["status", "baches", "--homes", "."],
            2,
            "cannot be used with",
        ),
        (&["run", "--homes", list], 78, "error[io]"),
        (&["run", "--homes", "a"], 78, "give it with --home"),
        (&["run", "--homes", "a/inputs"], 78, "no-homes"),
    ];
    for (words, code, said) in cases {
        homes.metas(words).code(*code).says(&[said]);
    }
    assert!(!homes.file("a/state").exists());
    // A home that the environment names gives way.
    let mut command = homes.command(&["run", "--homes", ".", "--as-of", EARLY, "--quiet"]);
    let ran = Ran::of(
        command
            .env("METAS_HOME", homes.file("none"))
            .output()
            .unwrap(),
    );
    assert_eq!(ran.ok().stdout, "");
    assert!(homes.file("a/state/ledger.db").exists());
}
