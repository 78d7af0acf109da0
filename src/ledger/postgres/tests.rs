//! Leases and fencing, homes that share a database, and what goes wrong with a server. These tests
//! want `METAS_TEST_POSTGRES`, the address of a database in which they may make homes.

use std::path::Path;
use std::time::Duration;

use super::*;
use crate::ledger::on_both::TestDatabase;
use crate::ledger::tests::{at, begun, new_edition, publication, published, states};
use crate::ledger::value::params;
use crate::ledger::{Claim, DeliveryFilter, DeliveryState, Ledger, LedgerAddress, Note, RunLock};
use crate::secret::Secret;

fn server() -> Option<String> {
    std::env::var("METAS_TEST_POSTGRES").ok()
}

fn address(url: &str, state: &Path) -> LedgerAddress {
    let home = state.to_string_lossy();
    LedgerAddress::new(Secret::new(url.to_owned()), &home)
        .unwrap()
        .unwrap()
}

/// With leases of two seconds.
fn short(url: &str) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}lease=2")
}

/// A run of a machine over the same home, and its lock.
fn on(machine: &str, address: &LedgerAddress) -> (Ledger, RunLock, tempfile::TempDir) {
    let state = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::connect(address).unwrap();
    ledger.run = ledger.run.on_machine(machine);
    let lock = RunLock::acquire(state.path(), at("01:00:00")).unwrap();
    (ledger, lock, state)
}

#[test]
fn a_home_is_claimed_once_and_taken_over_after_its_lease() {
    let Some(url) = server() else { return };
    let state = tempfile::tempdir().unwrap();
    let address = address(&short(&url), state.path());
    let (mut first, lock, _one) = on("north", &address);
    let (mut second, other_lock, _two) = on("south", &address);
    let claim = first.claim(&lock).unwrap();
    assert_eq!(
        claim,
        Claim {
            alone: true,
            after_a_death: false
        }
    );
    let held = second.claim(&other_lock).unwrap_err().diagnostic();
    assert_eq!(held.code, "lock-held");
    for part in ["process ", " since 20", "until 20"] {
        assert!(held.message.contains(part), "{}", held.message);
    }
    // It is renewed for as long as its run works, also where that writes nothing.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(
        second.claim(&other_lock).unwrap_err().diagnostic().code,
        "lock-held"
    );
    // A run that dies renews nothing and gives nothing back.
    first.leased = false;
    first.claimed = false;
    drop(first);
    std::thread::sleep(Duration::from_millis(2_500));
    let claim = second.claim(&other_lock).unwrap();
    assert_eq!(
        claim,
        Claim {
            alone: false,
            after_a_death: true
        }
    );
    // Given back, it is free at once.
    drop(second);
    let (mut third, lock, _three) = on("west", &address);
    let claim = third.claim(&lock).unwrap();
    assert_eq!(
        claim,
        Claim {
            alone: true,
            after_a_death: false
        }
    );
}

#[test]
fn a_run_that_has_lost_its_home_writes_nothing_more() {
    use DeliveryState::{Accepted, DotIntent, Queued, Sending};
    let Some(url) = server() else { return };
    let state = tempfile::tempdir().unwrap();
    let address = address(&short(&url), state.path());
    let (mut first, lock, _one) = on("north", &address);
    first.claim(&lock).unwrap();
    let key = begun(&mut first, 1, None, "01:00:00");
    first
        .publish_edition(&key, &publication(&["a@x.mx", "b@x.mx"]), at("01:00:01"))
        .unwrap();
    let none = Note::default();
    for (id, from, to) in [
        (1, Queued, Sending),
        (1, Sending, DotIntent),
        (2, Queued, Sending),
    ] {
        first
            .transition(id, (from, to), &none, at("01:00:02"))
            .unwrap();
    }
    let second_key = begun(&mut first, 2, Some("error"), "01:10:00");
    stand_still(&first);
    let (mut second, other_lock, _two) = on("south", &address);
    second.claim(&other_lock).unwrap();
    // At each write it is refused, and none of it is there.
    let published = first.publish_edition(&second_key, &publication(&[]), at("01:10:01"));
    let refused = [
        published,
        first.begin_edition(&new_edition(&second_key, None), at("01:10:02")),
        first.transition(2, (Sending, DotIntent), &none, at("01:10:03")),
        first.still_claimed(),
    ];
    for one in refused {
        let told = one.unwrap_err().diagnostic();
        assert_eq!(told.code, "ledger-lease-lost");
        assert!(told.message.contains("(process "), "{}", told.message);
    }
    assert_eq!(
        second.recover(&other_lock, at("01:20:00")).unwrap().len(),
        2
    );
    assert_eq!(states(&second), ["a@x.mx v1 ambiguous", "b@x.mx v1 queued"]);
    // What the server told it of a message whose end it had sent still counts.
    first
        .transition(1, (DotIntent, Accepted), &none, at("01:20:01"))
        .unwrap();
    assert_eq!(states(&second), ["a@x.mx v1 accepted", "b@x.mx v1 queued"]);
    second
        .begin_edition(&new_edition(&second_key, None), at("01:21:00"))
        .unwrap();
    second
        .publish_edition(&second_key, &publication(&[]), at("01:21:01"))
        .unwrap();
}

/// As a process that is stopped: nothing renews its lease, and it runs out.
fn stand_still(ledger: &Ledger) {
    let end = "UPDATE homes SET until = clock_timestamp() - interval '1 second' WHERE home = metas.this_home()";
    ledger.database.execute(end, &[]).unwrap();
}

#[test]
fn homes_of_one_database_know_nothing_of_each_other() {
    let Some(url) = server() else { return };
    let (one, mut ledger, key) = published(TestDatabase::Postgres, &["a@x.mx"]);
    let other = tempfile::tempdir().unwrap();
    let odd = other.path().join(r"l'león \ ; DROP TABLE x");
    let mut other = Ledger::connect(&address(&url, &odd)).unwrap();
    assert!(other.editions(None, None).unwrap().is_empty());
    let same = begun(&mut other, 1, None, "02:00:00");
    assert_eq!(same, key);
    other
        .publish_edition(&same, &publication(&["z@x.mx"]), at("02:00:01"))
        .unwrap();
    // Numbers are each home's own, and nothing is changed across.
    assert_eq!(states(&other), ["z@x.mx v1 queued"]);
    assert_eq!(states(&ledger), ["a@x.mx v1 queued"]);
    assert_eq!(
        (
            ledger.delivery(1).unwrap().id,
            other.delivery(1).unwrap().id
        ),
        (1, 1)
    );
    let all = other
        .database
        .execute("UPDATE deliveries SET last_reply = 'x'", &[])
        .unwrap();
    assert_eq!(all, 1);
    assert_eq!(ledger.delivery(1).unwrap().last_reply, None);
    ledger
        .skip("p", key.period, "sin actividad", at("03:00:00"))
        .unwrap();
    assert!(other.skips("p").unwrap().is_empty());
    drop(one);
}

#[test]
fn a_home_that_is_not_there_is_not_made_by_looking() {
    let Some(url) = server() else { return };
    let state = tempfile::tempdir().unwrap();
    let address = address(&url, state.path());
    assert!(Ledger::connect_if_there(&address).unwrap().is_none());
    drop(Ledger::connect(&address).unwrap());
    assert!(Ledger::connect_if_there(&address).unwrap().is_some());
}

/// The tables of both databases have the same columns, of the same types, with NULL where the other
/// has it.
#[test]
fn both_databases_have_the_same_tables() {
    if server().is_none() {
        return;
    }
    let (_dir, ledger, _) = published(TestDatabase::Postgres, &[]);
    let (_other, file, _) = published(TestDatabase::Sqlite, &[]);
    let tables = file
        .database
        .select(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            &[],
            |row| row.first::<String>(),
        )
        .unwrap();
    let mut copied: Vec<&str> = copy::TABLES.to_vec();
    copied.push("runs");
    copied.sort_unstable();
    assert_eq!(tables, copied);
    for table in tables {
        let columns = format!(
            "SELECT name, type, \"notnull\" OR pk > 0 AS required FROM pragma_table_info('{table}') ORDER BY cid"
        );
        let of_file = file.database.select(&columns, &[], column).unwrap();
        let columns = format!(
            "SELECT CAST(column_name AS TEXT) AS name, CASE data_type WHEN 'bigint' THEN 'INTEGER' ELSE upper(data_type) END AS type,
                 is_nullable = 'NO' AS required FROM information_schema.columns
             WHERE table_schema = 'metas' AND table_name = '{table}' AND column_name <> 'home'
             ORDER BY ordinal_position"
        );
        assert_eq!(
            ledger.database.select(&columns, &[], column).unwrap(),
            of_file,
            "{table}"
        );
    }
}

fn column(row: &LedgerRow) -> Result<(String, String, bool), DatabaseError> {
    Ok((row.get("name")?, row.get("type")?, row.get("required")?))
}

#[test]
fn a_ledger_comes_back_from_a_copy_as_it_was() {
    if server().is_none() {
        return;
    }
    let (dir, mut ledger, key) = published(TestDatabase::Postgres, &["a@x.mx", "b\u{f1}@x.mx"]);
    ledger
        .skip("p", key.period.next(), "sin actividad", at("03:00:00"))
        .unwrap();
    ledger
        .told_before("causa", "contenido", at("03:00:00"))
        .unwrap();
    begun(&mut ledger, 2, Some("error"), "04:00:00");
    let folder = dir.path().join("copy");
    std::fs::create_dir(&folder).unwrap();
    ledger.snapshot(&folder.join("ledger.db")).unwrap();
    let names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(names, ["ledger.db"], "one file alone");
    let file = Ledger::open(&folder).unwrap();
    let all = DeliveryFilter::default();
    assert_eq!(
        file.deliveries(&all).unwrap(),
        ledger.deliveries(&all).unwrap()
    );
    assert_eq!(
        file.editions(None, None).unwrap(),
        ledger.editions(None, None).unwrap()
    );
    assert_eq!(
        file.delivery_events(2).unwrap(),
        ledger.delivery_events(2).unwrap()
    );
    assert_eq!(file.skips("p").unwrap(), ledger.skips("p").unwrap());
}

#[test]
fn a_newer_format_on_a_server_is_refused_and_left_alone() {
    let Some(url) = server() else { return };
    let (_dir, ledger, _) = published(TestDatabase::Postgres, &[]);
    // In a transaction that is taken back, so that other tests see nothing of it.
    ledger.database.begin().unwrap();
    ledger
        .database
        .execute("INSERT INTO metas.format VALUES (99)", &[])
        .unwrap();
    let server = LedgerServer::of(&address(&url, Path::new("/any"))).unwrap();
    assert!(server.place().ends_with("home /any"));
    ledger.database.rollback();
}

#[test]
fn a_text_that_no_server_keeps_is_kept_without_its_nul() {
    if server().is_none() {
        return;
    }
    let (_dir, ledger, _) = published(TestDatabase::Postgres, &["a@x.mx"]);
    ledger
        .database
        .execute(
            "UPDATE deliveries SET last_reply = :reply",
            params! {":reply": "a\0b"},
        )
        .unwrap();
    assert_eq!(
        ledger.delivery(1).unwrap().last_reply.as_deref(),
        Some("a\u{fffd}b")
    );
}
