//! The ledger's file: who may read it, its formats, and what is none.

#![allow(clippy::unwrap_used)]

use super::on_both::TestDatabase;
use super::tests::published;
use super::*;

#[test]
fn files_are_private_and_writes_are_full() {
    let (dir, ledger, _) = published(TestDatabase::Sqlite, &[]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |p: &str| {
            std::fs::metadata(dir.path().join(p))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode("state"), 0o700);
        assert_eq!(mode("state/ledger.db"), 0o600);
        assert_eq!(mode("state/ledger.db-wal"), 0o600);
    }
    let pragma = |name: &str| -> String {
        let text = format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}");
        let told = ledger.database.first(&text, &[], |row| row.first());
        told.unwrap().unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("synchronous"), "2");
    assert_eq!(pragma("foreign_keys"), "1");
    assert_eq!(pragma("user_version"), "3");
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let (dir, ledger, _) = published(TestDatabase::Sqlite, &["a@x.mx"]);
    drop(ledger);
    let raw = rusqlite::Connection::open(dir.path().join("state/ledger.db")).unwrap();
    raw.pragma_update(None, "user_version", 4).unwrap();
    let error = Ledger::open(&dir.path().join("state"))
        .unwrap_err()
        .diagnostic();
    assert_eq!(error.code, "ledger-newer");
    let rows: i64 = raw
        .query_row("SELECT COUNT(*) FROM deliveries", [], |r| r.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn a_ledger_of_the_first_format_is_brought_up_and_keeps_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let old = rusqlite::Connection::open(dir.path().join("ledger.db")).unwrap();
    old.execute_batch(super::sqlite::MIGRATIONS[0]).unwrap();
    old.execute_batch(
        "INSERT INTO editions VALUES ('p', '2026-T1', 1, 'published', 0,
             '2026-04-06T00:00:00Z', NULL, 'abc', '{}');
         INSERT INTO deliveries VALUES (7, 'p', '2026-T1', 1, 'a@x.mx', 'accepted', 'smtp',
             '<1@x.mx>', 'state/archive/ab/abc', 'abc', 1, NULL, '250', 'dot', '2026-04-06T00:00:00Z');
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let ledger = Ledger::open(dir.path()).unwrap();
    assert_eq!(ledger.editions(Some("p"), None).unwrap().len(), 1);
    let row = ledger.delivery(7).unwrap();
    assert_eq!(row.state, DeliveryState::Accepted);
}

#[test]
fn a_file_that_is_no_database_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("ledger.db"),
        "a text, and a long one at that".repeat(9),
    )
    .unwrap();
    let error = Ledger::open(dir.path()).unwrap_err().diagnostic();
    assert_eq!(error.code, "ledger-unusable", "{error:?}");
}
