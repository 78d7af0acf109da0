#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

use super::*;
use crate::dropbox::submission::Submission;
use std::time::SystemTime;

use crate::plan::Providers;

fn source(id: &str, providers: Providers, file: &str) -> (String, Source) {
    let source = Source {
        id: id.to_owned(),
        providers,
        file: file.to_owned(),
        sheet: None,
        required: true,
        columns: IndexMap::new(),
        checks: Vec::new(),
        period: None,
        left_out: Default::default(),
    };
    (id.to_owned(), source)
}

fn look(folder: &Path, archive: &Path, attended: bool, age: u64, waits: &AtomicUsize) -> Collected {
    let each = Providers::Each(vec!["obras".to_owned(), "salud".to_owned()]);
    let sources = [
        source(
            "acuerdos",
            Providers::One("social".to_owned()),
            "Mi-Barrio*.xlsx",
        ),
        source("avances", each, "{department}/avance*.csv"),
    ];
    let now = || SystemTime::now() + Duration::from_secs(age);
    let wait = |_: Duration| {
        waits.fetch_add(1, SeqCst);
    };
    let dropbox = DropFolder {
        folder,
        archive: Some(archive),
        attended,
        now: &now,
        wait: &wait,
        earlier: &[],
    };
    collect(&dropbox, &sources.into_iter().collect(), &Limits::default()).unwrap()
}

/// As [`look`], where earlier runs have seen `earlier`; nobody waits.
fn look_again(folder: &Path, earlier: &[Submission]) -> Result<Collected, CollectError> {
    let sources = [
        source(
            "acuerdos",
            Providers::One("social".to_owned()),
            "Mi-Barrio*.xlsx",
        ),
        source(
            "padrones",
            Providers::One("social".to_owned()),
            "padron.csv",
        ),
    ];
    let dropbox = DropFolder {
        folder,
        archive: None,
        attended: false,
        now: &|| SystemTime::now() + Duration::from_secs(60),
        wait: &|_| {},
        earlier,
    };
    let limits = Limits {
        file_mib: 1,
        ..Limits::default()
    };
    collect(&dropbox, &sources.into_iter().collect(), &limits)
}

fn seen(folder: &Path, source: &str, department: &str, file: &str, day: u64) -> Submission {
    let path = folder.join(format!("{source}-{department}-{day}"));
    fs::write(&path, format!("{day}")).unwrap();
    let stamp = crate::store::stamp::FileStamp::of(&path).unwrap();
    let kept = crate::store::archive::hash(&path, &stamp).unwrap().unwrap();
    Submission {
        source: source.to_owned(),
        department: department.to_owned(),
        file: file.to_owned(),
        path,
        sha256: kept.sha256,
        size: kept.size,
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(day * 86_400),
    }
}

fn drop_files(folder: &Path, files: &[&str]) {
    for file in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file).unwrap();
    }
}

#[test]
fn files_find_their_sources() {
    let home = tempfile::tempdir().unwrap();
    let (inputs, archive) = (home.path().join("inputs"), home.path().join("archive"));
    drop_files(
        &inputs,
        &[
            "mi barrio HABLA.xlsx",
            "obras/Avance 1.csv",
            "foto.jpg",
            "~$x.xlsx",
            "mi_bario.xlsx",
        ],
    );
    let waits = AtomicUsize::new(0);
    let found = look(&inputs, &archive, false, 60, &waits);
    let files: Vec<(&str, &str)> = found
        .submissions
        .iter()
        .map(|s| (s.file.as_str(), s.department.as_str()))
        .collect();
    assert_eq!(
        files,
        [
            ("mi barrio HABLA.xlsx", "social"),
            ("obras/Avance 1.csv", "obras")
        ]
    );
    assert_eq!(
        fs::read(&found.submissions[0].path).unwrap(),
        b"mi barrio HABLA.xlsx"
    );
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.missing[0].department, "salud");
    assert_eq!(found.findings.len(), 1, "{:?}", found.findings);
    assert_eq!(found.findings[0].code, "unexpected-file");
    assert!(
        found.findings[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("acuerdos")
    );
}

#[test]
fn two_files_for_one_source_are_an_error() {
    let home = tempfile::tempdir().unwrap();
    drop_files(home.path(), &["mi-barrio.xlsx", "mi-barrio v2.xlsx"]);
    let found = look(
        home.path(),
        &home.path().join(".archive"),
        false,
        60,
        &AtomicUsize::new(0),
    );
    assert!(found.submissions.is_empty());
    assert_eq!(found.findings[0].code, "two-files");
    assert!(found.findings[0].message.contains("v2"));
}

#[test]
fn a_fresh_file_is_left_or_waited_for() {
    let home = tempfile::tempdir().unwrap();
    drop_files(home.path(), &["mi-barrio.xlsx"]);
    let (archive, waits) = (home.path().join(".archive"), AtomicUsize::new(0));
    let found = look(home.path(), &archive, false, 0, &waits);
    assert_eq!(
        (
            found.unsettled.len(),
            found.submissions.len(),
            waits.load(SeqCst)
        ),
        (1, 0, 0)
    );
    let found = look(home.path(), &archive, true, 0, &waits);
    assert_eq!(
        (
            found.unsettled.len(),
            found.submissions.len(),
            waits.load(SeqCst)
        ),
        (0, 1, 1)
    );
}

#[test]
fn a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("padron.csv"), vec![b'x'; 1 << 20]).unwrap();
    let found = look_again(home.path(), &[]).unwrap();
    assert_eq!((found.submissions.len(), found.findings.len()), (1, 0));
    fs::write(home.path().join("padron.csv"), vec![b'x'; (1 << 20) + 1]).unwrap();
    let found = look_again(home.path(), &[]).unwrap();
    let codes: Vec<&str> = found.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!((found.submissions.len(), codes), (0, vec!["file-too-big"]));
    let missing: Vec<&str> = found.missing.iter().map(|m| m.source.as_str()).collect();
    assert_eq!(missing, ["acuerdos"], "it has come, only it is too big");
}

#[test]
fn the_same_file_twice_is_taken_once_and_files_of_one_size_are_compared() {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
    put("mi-barrio.xlsx", "abc");
    put("mi-barrio v2.xlsx", "abc");
    let found = look_again(home.path(), &[]).unwrap();
    let files: Vec<&str> = found.submissions.iter().map(|s| s.file.as_str()).collect();
    assert_eq!(files, ["mi-barrio v2.xlsx"]);
    assert_eq!(found.findings[0].code, "same-file-twice");
    for other in ["abd", "abcd"] {
        put("mi-barrio v2.xlsx", other);
        let found = look_again(home.path(), &[]).unwrap();
        assert!(found.submissions.is_empty());
        assert_eq!(found.findings[0].code, "two-files", "{other}");
    }
}

#[test]
fn of_files_that_are_not_taken_nothing_is_said_to_have_been_read() {
    let home = tempfile::tempdir().unwrap();
    for name in ["mi-barrio.xlsx", "mi-barrio v2.xlsx"] {
        fs::write(home.path().join(name), vec![b'x'; (1 << 20) + 1]).unwrap();
    }
    let found = look_again(home.path(), &[]).unwrap();
    let codes: Vec<&str> = found.findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["file-too-big"]);
}

/// Somebody writes while the files are compared: what was seen is not what is there.
#[test]
fn files_that_change_while_they_are_compared_are_not_the_same() {
    let home = tempfile::tempdir().unwrap();
    drop_files(home.path(), &["a.csv", "b.csv"]);
    fs::write(home.path().join("b.csv"), "a.csv").unwrap();
    let same = |change: &dyn Fn(&Path)| {
        let listing = list(home.path()).unwrap();
        change(&home.path().join("b.csv"));
        let files: Vec<&FolderEntry> = listing.entries.iter().collect();
        same_bytes(&files).unwrap()
    };
    assert!(same(&|_| {}));
    // The same bytes again, but in another file: it was being written.
    let again = |path: &Path| {
        fs::rename(path, home.path().join(".old")).unwrap();
        fs::write(path, "a.csv").unwrap();
    };
    assert!(!same(&again));
    assert!(!same(&|path| fs::remove_file(path).unwrap()));
}

#[test]
fn a_file_that_is_written_again_gets_three_tries_where_somebody_waits() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("mi-barrio.xlsx");
    for (writes, attended, taken, waited) in [
        (0, true, 1, 1),
        (2, true, 1, 3),
        (3, true, 0, 3),
        (0, false, 0, 0),
    ] {
        fs::write(&path, "x").unwrap();
        let waits = AtomicUsize::new(0);
        let dropbox = DropFolder {
            folder: home.path(),
            archive: None,
            attended,
            now: &SystemTime::now,
            wait: &|_| {
                waits.fetch_add(1, SeqCst);
                if waits.load(SeqCst) <= writes {
                    fs::write(&path, "x".repeat(1 + waits.load(SeqCst))).unwrap();
                }
            },
            earlier: &[],
        };
        let only = [source(
            "acuerdos",
            Providers::One("social".to_owned()),
            "Mi-Barrio*.xlsx",
        )];
        let found = collect(&dropbox, &only.into_iter().collect(), &Limits::default()).unwrap();
        let seen = (
            found.submissions.len(),
            found.unsettled.len(),
            waits.load(SeqCst),
        );
        assert_eq!(seen, (taken, 1 - taken, waited), "{writes} {attended}");
        assert!(found.missing.is_empty());
    }
}

/// A folder of which nothing can be opened is the machine's matter; one closed file is not.
#[test]
fn a_folder_is_closed_where_nothing_of_it_can_be_read() {
    let home = tempfile::tempdir().unwrap();
    drop_files(home.path(), &["mi-barrio.xlsx"]);
    let read = || look_again(home.path(), &[]).unwrap().submissions;
    let dropbox = DropFolder {
        folder: home.path(),
        archive: None,
        attended: false,
        now: &SystemTime::now,
        wait: &|_| {},
        earlier: &[],
    };
    let listing = |closed: &[&str]| Listing {
        closed: closed
            .iter()
            .map(|f| ((*f).to_owned(), String::new()))
            .collect(),
        ..Listing::default()
    };
    let waiting = vec!["b.csv".to_owned()];
    for (closed, submissions, unsettled, is_closed) in [
        (&["salud"][..], vec![], vec![], true),
        (&["salud"], read(), vec![], false),
        (&["salud"], vec![], waiting, false),
        (&[], vec![], vec![], false),
    ] {
        let out = Collected {
            submissions,
            unsettled,
            ..Collected::default()
        };
        let closed = nothing_open(&dropbox, &listing(closed), &out);
        assert_eq!(
            matches!(closed, Err(CollectError::Closed { .. })),
            is_closed
        );
    }
    let out = Collected {
        closed: vec!["a.csv".to_owned()],
        ..Collected::default()
    };
    assert!(nothing_open(&dropbox, &listing(&[]), &out).is_err());
}

#[test]
fn the_newest_copy_of_its_own_stands_in_for_a_file_that_has_gone() {
    let home = tempfile::tempdir().unwrap();
    let (inputs, kept) = (home.path().join("inputs"), home.path().join("kept"));
    fs::create_dir_all(&kept).unwrap();
    drop_files(&inputs, &["mi-barrio.xlsx"]);
    let earlier = [
        seen(&kept, "padrones", "social", "padron.csv", 1),
        seen(&kept, "padrones", "social", "padron.csv", 3),
        seen(&kept, "padrones", "social", "padron.csv", 2),
        seen(&kept, "padrones", "social", "otro.csv", 7),
        seen(&kept, "padrones", "obras", "padron.csv", 8),
        seen(&kept, "acuerdos", "social", "padron.csv", 9),
    ];
    let found = look_again(&inputs, &earlier).unwrap();
    assert_eq!(found.submissions.last(), Some(&earlier[1]));
    assert_eq!((found.submissions.len(), found.missing.len()), (2, 0));
    assert_eq!(found.findings[0].code, "vanished-file");
    let twelve = format!("(SHA-256 {}…)", &earlier[1].sha256[..12]);
    assert!(found.findings[0].message.contains(&twelve));
    let others = look_again(&inputs, &earlier[3..]).unwrap();
    assert_eq!((others.submissions.len(), others.missing.len()), (1, 1));

    fs::write(&earlier[1].path, "4").unwrap();
    let damaged = look_again(&inputs, &earlier).unwrap_err();
    let CollectError::Failed(damaged) = damaged else {
        panic!("{damaged:?}");
    };
    assert_eq!(damaged.path, earlier[1].path);
    assert!(damaged.error.to_string().contains("not what was archived"));
}

#[test]
fn what_lies_in_the_folder_is_named_for_each_source_and_department() {
    let home = tempfile::tempdir().unwrap();
    drop_files(
        home.path(),
        &["obras/avance 1.csv", "obras/Avance 2.csv", "x.csv"],
    );
    let each = Providers::Each(vec!["obras".to_owned(), "salud".to_owned()]);
    let sources = [source("avances", each, "{department}/avance*.csv")];
    let there = present(home.path(), &sources.into_iter().collect()).unwrap();
    let of = |department: &str, files: &[&str]| {
        let files = files.iter().map(|f| (*f).to_owned()).collect();
        ("avances".to_owned(), department.to_owned(), files)
    };
    let expected: Vec<Present> = vec![
        of("obras", &["obras/Avance 2.csv", "obras/avance 1.csv"]),
        of("salud", &[]),
    ];
    assert_eq!(there, expected);
}
