//! A ledger that another program keeps to itself: every command puts its work off, and says why.

use std::fs;
use std::path::Path;
use std::thread;

use rusqlite::Connection;

use crate::bad_input;
use crate::home::{Ran, TestHome, copy_tree};

/// SQLite gives the file to one program alone, as to one that repairs it.
const NOBODY_READS: &str = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;";

/// Others may read, as while a program copies rows into it.
const NOBODY_WRITES: &str = "BEGIN IMMEDIATE;";

/// What a command's end is while another program has the ledger.
#[rustfmt::skip]
const COMMANDS: &[(&str, i32, &[&str])] = &[
    (NOBODY_READS, 75, &["status"]),
    (NOBODY_READS, 75, &["run", "--as-of", "2026-07-06"]),
    (NOBODY_READS, 75, &["check", "baches", "--period", "2026-T2"]),
    (NOBODY_READS, 75, &["preview", "baches", "--period", "2026-T1"]),
    (NOBODY_READS, 75, &["explain", "reparados", "--period", "2026-T1"]),
    (NOBODY_READS, 75, &["deliver", "list"]),
    (NOBODY_READS, 75, &["deliver", "show", "1"]),
    (NOBODY_READS, 75, &["deliver", "retry"]),
    (NOBODY_READS, 75, &["deliver", "resolve", "1", "--sent"]),
    (NOBODY_READS, 75, &["deliver", "bounce", "notice.eml"]),
    (NOBODY_READS, 75, &["skip", "baches", "2026-T2", "--reason", "obra parada"]),
    (NOBODY_READS, 75, &["backup", "copia.zip"]),
    (NOBODY_WRITES, 0, &["status"]),
    (NOBODY_WRITES, 0, &["deliver", "list"]),
    (NOBODY_WRITES, 75, &["run", "--as-of", "2026-07-06"]),
    (NOBODY_WRITES, 75, &["deliver", "retry"]),
    (NOBODY_WRITES, 75, &["skip", "baches", "2026-T2", "--reason", "obra parada"]),
];

fn while_taken(from: &Path, how: &str, words: &[&str]) -> Ran {
    let home = TestHome::empty();
    copy_tree(from, home.path());
    let ledger = Connection::open(home.file("state/ledger.db")).unwrap();
    ledger.execute_batch(how).unwrap();
    let ran = home.metas(words);
    drop(ledger);
    ran
}

#[test]
fn a_ledger_in_use_puts_a_command_off_and_is_no_fault_of_the_environment() {
    let home = bad_input::home();
    home.metas(&["run", "--period", "2026-T1", "--as-of", "2026-04-06"])
        .ok();
    fs::copy(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bounces/postfix.eml"),
        home.file("notice.eml"),
    )
    .unwrap();
    // Each waits its ten seconds, all at once.
    thread::scope(|scope| {
        let notice = home.file("notice.eml").display().to_string();
        let started: Vec<_> = COMMANDS
            .iter()
            .map(|(how, code, words)| {
                let named = |word: &&'static str| match *word {
                    "notice.eml" => notice.clone(),
                    word => word.to_owned(),
                };
                let given: Vec<String> = words.iter().map(named).collect();
                let from = home.path();
                let run = scope.spawn(move || {
                    let given: Vec<&str> = given.iter().map(String::as_str).collect();
                    while_taken(from, how, &given)
                });
                (run, *code, words)
            })
            .collect();
        let mut otherwise = Vec::new();
        for (run, code, words) in started {
            let ran = run.join().unwrap();
            let told = ran.stderr.contains("[ledger-busy]");
            if (ran.code, told) != (code, code == 75) {
                otherwise.push(format!("{words:?} ends with {}: {}", ran.code, ran.stderr));
            }
        }
        assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
    });
}
