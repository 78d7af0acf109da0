//! A machine's fault is not a department's fault: what breaks around metas ends the run with an
//! error, and never becomes a finding about a file or a figure in a report.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use metas::dropbox::{Job, NotRead, READ_SUBCOMMAND, read_all};
use metas::ingest::Reading;
use metas::plan::Limits;
use metas::report;
use metas::worker::{Kind, Passing, Program};

use crate::bad_input::{RUN, home};
use crate::home::TestHome;
use crate::ingest;

const FILE: &str = "inputs/2026-T1/baches.csv";

/// Reads one good workbook in children that run this shell script.
fn read_in(script: &str) -> Result<Reading, NotRead> {
    let job = Job {
        source: ingest::source(),
        file: "good.xlsx".to_owned(),
        path: ingest::workbook("good.xlsx"),
    };
    let program = Program {
        path: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
    };
    let limits = Limits {
        seconds: 1,
        ..Limits::default()
    };
    read_all(&program, &[job], &limits, 1, &|_| {}).map(|mut all| all.remove(0))
}

/// What is done, how, and whether this tells it.
type Done<'c> = (&'c str, &'c str, &'c dyn Fn(&Kind) -> bool);

#[test]
fn what_is_done_to_a_reader_is_not_the_files_fault() {
    let ready = "echo ready >&2;";
    let cases: &[Done] = &[
        ("killed by the system or a person", "kill -KILL $$", &|k| {
            *k == Kind::Killed(9)
        }),
        ("ended by a person", "kill -TERM $$", &|k| {
            *k == Kind::Killed(15)
        }),
        // Tests that were started with nohup hand on that this signal is to be ignored.
        (
            "ended at logout",
            "exec env --default-signal=HUP sh -c 'kill -HUP $$'",
            &|k| *k == Kind::Killed(1),
        ),
        (
            "kept from opening its file",
            "echo 'cannot: passing: Too many open files' >&2; exit 70",
            &|k| matches!(k, Kind::Prevented(why, Passing::Yes) if why == "Too many open files"),
        ),
        (
            "refused a thread",
            "echo 'failed to spawn thread: Os { code: 11' >&2; exit 101",
            &|k| matches!(k, Kind::Prevented(_, Passing::Yes)),
        ),
    ];
    for (what, script, is) in cases {
        let fault = read_in(&format!("{ready} {script}"))
            .map(|r| r.findings)
            .unwrap_err();
        assert!(is(&fault.kind), "{what}: {fault:?}");
        assert_eq!(fault.file, "good.xlsx");
    }
    let early = read_in("exit 127").map(|r| r.findings).unwrap_err();
    assert!(matches!(early.kind, Kind::Prevented(..)), "{early:?}");
    let early = read_in("kill -ABRT $$").map(|r| r.findings).unwrap_err();
    assert!(matches!(early.kind, Kind::Prevented(..)), "{early:?}");
}

#[test]
fn what_a_file_does_to_its_reader_is_its_finding() {
    for (code, script) in [
        ("reader-time", "while :; do :; done"),
        ("reader-crashed", "kill -SEGV $$"),
        ("reader-crashed", "exit 101"),
        (
            "reader-memory",
            "echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$",
        ),
    ] {
        let reading = read_in(&format!("echo ready >&2; {script}")).unwrap();
        assert_eq!(reading.findings[0].code, code, "{script}");
    }
}

/// A first child that fails is not believed.
#[test]
fn one_more_try_in_a_new_child() {
    for end in ["kill -KILL $$", "kill -SEGV $$", "exit 70"] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "[ -e '{flag}' ] || {{ : > '{flag}'; echo ready >&2; {end}; }}; exec '{metas}' {READ_SUBCOMMAND}",
            flag = folder.path().join("flag").display(),
            metas = env!("CARGO_BIN_EXE_metas"),
        );
        let reading = read_in(&script).unwrap();
        assert!(reading.frame.is_some(), "{end}: {:?}", reading.findings);
    }
}

#[test]
fn children_get_no_more_of_the_environment_than_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("environment");
    let script = format!("/usr/bin/env > '{}'; exit 1", told.display());
    assert!(read_in(&script).is_err());
    let told = fs::read_to_string(told).unwrap();
    let by_the_shell = ["PWD", "OLDPWD", "SHLVL", "_", "PATH"];
    let names: Vec<&str> = told
        .lines()
        .filter_map(|line| line.split('=').next())
        .filter(|name| !by_the_shell.contains(name) && *name != "LD_LIBRARY_PATH")
        .collect();
    let mut expected = [
        "METAS_CHILD_MEMORY_MIB",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
        "MALLOC_ARENA_MAX",
        "MALLOC_MMAP_THRESHOLD_",
        "MALLOC_TRIM_THRESHOLD_",
    ]
    .to_vec();
    let mut names = names;
    names.sort_unstable();
    expected.sort_unstable();
    assert_eq!(names, expected);
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some(),
        "there was something to keep back"
    );
}

/// With so few open files no child can be started: the run ends, and the department is not told
/// that its file is bad, nor the public that there is no information.
#[test]
fn without_open_files_nothing_is_issued() {
    let home = home();
    for most in [11, 9] {
        let limited = format!("ulimit -n {most}; exec \"$0\" \"$@\"");
        let output = Command::new("/bin/sh")
            .args(["-c", &limited, env!("CARGO_BIN_EXE_metas")])
            .args(RUN)
            .arg("--home")
            .arg(home.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            matches!(output.status.code(), Some(75 | 78)),
            "{most}: {output:?}"
        );
        assert!(
            said.contains("Too many open files") || said.contains("unable to open"),
            "{said}"
        );
        assert!(
            !home.file("reports").exists() && !said.contains("panicked"),
            "{said}"
        );
    }
    home.metas(&RUN).ok();
    let goal = home.json("reports/baches/2026-T1/v1/results.json")["goals"][0].clone();
    assert_eq!(goal["actual_value"], 50.0);
}

#[test]
fn an_archive_that_cannot_be_written_is_not_an_unreadable_file() {
    let home = home();
    let shelves: Vec<_> = (0..256)
        .map(|n| home.file(&format!("state/archive/{n:02x}")))
        .collect();
    fs::create_dir_all(home.file("state/archive")).unwrap();
    for shelf in &shelves {
        fs::write(shelf, "a file where a folder must be").unwrap();
    }
    home.metas(&RUN)
        .code(78)
        .says(&["cannot write", "state/archive"]);
    assert!(!home.file("reports").exists());
    for shelf in shelves {
        fs::remove_file(shelf).unwrap();
    }
    home.metas(&RUN).ok();
    let findings = home.read("reports/baches/2026-T1/v1/findings.json");
    assert!(findings.contains("\"findings\": []"), "{findings}");
}

/// Runs the binary; fails where it is not done after a minute.
fn in_time(home: &TestHome, arguments: &[&str]) -> (i32, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_metas"))
        .args(arguments)
        .arg("--home")
        .arg(home.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        stderr.read_to_string(&mut said).map(|_| said)
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    (status.code().unwrap(), reader.join().unwrap().unwrap())
}

fn fifo(home: &TestHome, name: &str) {
    let path = home.file(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(&path);
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_fifo_holds_nothing_up() {
    for (name, code, says) in [
        ("inputs/2026-T1/foto.csv", 0, "not-a-file"),
        ("pipelines/baches.toml", 78, "no regular file"),
        ("report-templates/informe/report.typ", 78, "report.typ"),
        ("pipelines/ca.pem", 3, "no regular file"),
    ] {
        let home = home();
        if name.ends_with("ca.pem") {
            let plan = "[delivery]\nfrom = \"a@example.mx\"\nto = [\"b@example.mx\"]\n[delivery.smtp]\nhost = \"127.0.0.1\"\nport = 9\nca_file = \"ca.pem\"\n[limits]";
            home.replace("pipelines/baches.toml", "[limits]", plan);
        }
        fifo(&home, name);
        let (ended, said) = in_time(&home, &RUN);
        assert_eq!(ended, code, "{name}: {said}");
        assert!(said.contains(says), "{name}: {said}");
    }
    let home = home();
    fifo(&home, FILE);
    let (ended, said) = in_time(&home, &["check", "--period", "2026-T1"]);
    assert_eq!(ended, 65, "{said}");
    assert!(
        said.contains("missing-file") && said.contains("not-a-file"),
        "{said}"
    );
}

const PHOTO: &str = "inputs/2026-T1/fotos/anexo-tecnico.jpg";
const LEON: [&str; 4] = ["run", "pamga-2025-2027", "--period", "2026-T1"];

/// Activities of León with a note where a photo would stand, and what the findings say of it.
fn without_photo(home: &TestHome) -> (usize, String) {
    let edition = "reports/pamga-2025-2027/2026-T1/v1";
    let results = home.json(&format!("{edition}/results.json"));
    let activities = results["activities"].as_array().unwrap().clone();
    let missed = activities
        .iter()
        .filter(|a| a["photo"].is_null() && a["photo_note"].is_string());
    home.metas(&["verify", home.file(edition).to_str().unwrap()])
        .ok();
    (
        missed.count(),
        home.read(&format!("{edition}/findings.json")),
    )
}

#[test]
fn a_photo_that_is_not_whole_is_left_out_with_a_note() {
    let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(PHOTO)).unwrap();
    let home = TestHome::leon();
    fs::write(home.file(PHOTO), &whole[..whole.len() / 2]).unwrap();
    home.metas(&LEON)
        .ok()
        .says(&["La fotografía está incompleta"]);
    let (missed, findings) = without_photo(&home);
    assert_eq!(missed, 1);
    assert!(findings.contains("anexo-tecnico.jpg"), "{findings}");

    let home = TestHome::leon();
    fifo(&home, PHOTO);
    let (code, said) = in_time(&home, &LEON);
    assert_eq!(code, 0, "{said}");
    let (missed, findings) = without_photo(&home);
    assert_eq!(missed, 1);
    assert!(findings.contains("no es el de un archivo"), "{findings}");
}

#[test]
fn a_cut_picture_never_passes() {
    let picture = image::RgbImage::from_fn(400, 300, |x, y| {
        image::Rgb([(x * 7 + y) as u8, (y * 5) as u8, (x ^ y) as u8])
    });
    for format in [
        image::ImageFormat::Jpeg,
        image::ImageFormat::Png,
        image::ImageFormat::WebP,
    ] {
        let mut whole = Vec::new();
        image::DynamicImage::from(picture.clone())
            .write_to(&mut std::io::Cursor::new(&mut whole), format)
            .unwrap();
        assert!(report::prepare_photo(&whole).is_ok(), "{format:?}");
        let size = whole.len();
        for kept in [size / 3, size / 2, size * 9 / 10, size - 40] {
            let cut = &whole[..kept];
            assert!(
                report::prepare_photo(cut).is_err(),
                "{format:?}, {kept} of {size}"
            );
            if format == image::ImageFormat::WebP {
                continue; // It has no checksums: nothing tells its zeros from a picture's.
            }
            // As some programs leave it: the right size, nothing in its end.
            let mut emptied = whole.clone();
            emptied[kept..].fill(0);
            assert!(
                report::prepare_photo(&emptied).is_err(),
                "{format:?}, {kept} of {size} empty"
            );
        }
        let mut more = whole.clone();
        more.extend(b"what a telephone adds");
        assert!(report::prepare_photo(&more).is_ok(), "{format:?}");
    }
}

#[test]
fn absence_is_not_deletion() {
    let home = home();
    home.metas(&[&RUN[..], &["--as-of", "2026-02-25"]].concat())
        .ok();
    // The share is not mounted: its place is there and empty, or not even that.
    let kept = fs::read(home.file(FILE)).unwrap();
    fs::remove_file(home.file(FILE)).unwrap();
    for _ in 0..2 {
        home.metas(&["run", "--as-of", "2026-04-05"])
            .code(78)
            .says(&["inputs-gone", "2026-T1", "baches.csv", "--inputs"]);
        assert!(!home.file("reports/baches/2026-T1/v2").exists());
        let _ = fs::remove_dir(home.file("inputs/2026-T1"));
    }
    // One file of the folder is gone: what it held counts, and that is told.
    fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    fs::write(home.file("inputs/2026-T1/foto.jpg"), "x").unwrap();
    home.metas(&["run", "--as-of", "2026-04-05"]).ok().says(&[
        "vanished-file",
        "baches.csv",
        "SHA-256",
    ]);
    let results = home.json("reports/baches/2026-T1/v2/results.json");
    assert_eq!(results["goals"][0]["actual_value"], 50.0);
    assert_eq!(results["departments"][0]["missing"], 0);
    let dir = home.file("reports/baches/2026-T1/v2");
    home.metas(&["verify", dir.to_str().unwrap()]).ok();
    assert!(!kept.is_empty());
}

/// The file has gone, and so has what was archived of it: nobody knows what was sent.
#[test]
fn a_lost_copy_is_not_a_missing_file() {
    let home = home();
    home.metas(&[&RUN[..], &["--as-of", "2026-02-25"]].concat())
        .ok();
    fs::remove_file(home.file(FILE)).unwrap();
    fs::write(home.file("inputs/2026-T1/foto.jpg"), "x").unwrap();
    fs::remove_dir_all(home.file("state/archive")).unwrap();
    home.metas(&["run", "--as-of", "2026-04-05"])
        .code(78)
        .says(&["archived"]);
    assert!(!home.file("reports/baches/2026-T1/v2").exists());
}

/// A file that has only gone does not restate what was published of it.
#[test]
fn what_has_gone_restates_nothing() {
    let home = home();
    let plan = home.read("pipelines/baches.toml");
    let (head, tail) = plan.split_once("[axis.calles]").unwrap();
    let other = head[head.find("[source.baches]").unwrap()..].replace("baches", "otros");
    fs::write(
        home.file("pipelines/baches.toml"),
        format!("{head}{other}[axis.calles]{tail}"),
    )
    .unwrap();
    let text = home.read(FILE);
    fs::write(home.file("inputs/2026-T1/otros.csv"), &text).unwrap();
    home.metas(&["run", "--as-of", "2026-04-05"]).ok();
    for name in ["baches", "otros"] {
        let file = home.file(&format!("inputs/2026-T2/{name}.csv"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, &text).unwrap();
    }
    fs::remove_file(home.file(FILE)).unwrap();
    home.replace("inputs/2026-T1/otros.csv", "250.5", "251");
    let ran = home.metas(&["run", "--as-of", "2026-07-05"]).ok();
    assert!(!ran.stderr.contains("restatement"), "{}", ran.stderr);
}

#[test]
fn without_files_on_purpose() {
    let home = home();
    home.metas(&[&RUN[..], &["--as-of", "2026-02-25"]].concat())
        .ok();
    fs::remove_file(home.file(FILE)).unwrap();
    fs::create_dir(home.file("ninguno")).unwrap();
    let nothing = home.file("ninguno");
    home.metas(
        &[
            &RUN[..],
            &[
                "--as-of",
                "2026-04-05",
                "--inputs",
                nothing.to_str().unwrap(),
            ],
        ]
        .concat(),
    )
    .ok()
    .says(&["missing-file"]);
    let results = home.json("reports/baches/2026-T1/v2/results.json");
    assert_eq!(results["goals"][0]["status"], "no-data");
}

#[test]
fn the_same_file_twice_is_one() {
    let home = home();
    fs::copy(
        home.file(FILE),
        home.file("inputs/2026-T1/baches copia.csv"),
    )
    .unwrap();
    home.metas(&RUN)
        .ok()
        .says(&["same-file-twice", "baches copia.csv"]);
    let goal = home.json("reports/baches/2026-T1/v1/results.json")["goals"][0].clone();
    assert_eq!(goal["actual_value"], 50.0);
    let home = self::home();
    let other = home.read(FILE).replace("A2", "A3");
    fs::write(home.file("inputs/2026-T1/baches copia.csv"), other).unwrap();
    home.metas(&["check", "--period", "2026-T1"])
        .code(65)
        .says(&["two-files"]);
}

#[test]
fn ten_thousand_strays_are_one_finding() {
    let home = home();
    for n in 0..10_000 {
        fs::write(home.file(&format!("inputs/2026-T1/x{n:05}.txt")), "x").unwrap();
    }
    for n in 0..500 {
        let link = home.file(&format!("inputs/2026-T1/enlace{n:03}"));
        std::os::unix::fs::symlink("/nowhere", link).unwrap();
    }
    fs::rename(home.file(FILE), home.file("inputs/2026-T1/vaches.csv")).unwrap();
    let begun = Instant::now();
    let ran = home.metas(&["check", "--period", "2026-T1"]).code(65);
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
    assert!(ran.stderr.lines().count() < 40, "{}", ran.stderr);
    ran.says(&[
        "10000 archivos",
        "500 enlaces",
        "x00000.txt",
        "vaches.csv",
        "cámbiele el nombre a «baches*.csv»",
    ]);
}

#[test]
fn links_in_circles_end() {
    let home = home();
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(to, home.file(&format!("inputs/2026-T1/{at}"))).unwrap();
    };
    link(".", "aqui");
    link("b.csv", "a.csv");
    link("a.csv", "b.csv");
    let (code, said) = in_time(&home, &RUN);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("link-not-followed"), "{said}");
}
