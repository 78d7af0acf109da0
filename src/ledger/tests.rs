#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::{DateTime, Utc};

use super::*;
use crate::period::Period;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    format!("2026-04-06T{text}Z").parse().unwrap()
}

pub(super) fn period() -> Period {
    "2026-T1".parse().unwrap()
}

pub(super) fn new_delivery(recipient: &str) -> NewDelivery {
    NewDelivery {
        topic: Topic::edition(
            Occasion::Report,
            &EditionKey {
                plan: "p".to_owned(),
                period: period(),
                edition: 1,
            },
        ),
        recipient: recipient.to_owned(),
        transport: Transport::Smtp,
        message_id: "<p.2026-T1.v1@example.mx>".to_owned(),
        message_path: "reports/p/2026-T1/v1/message.eml".to_owned(),
        message_sha256: "00".to_owned(),
    }
}

pub(super) fn publication(recipients: &[&str]) -> Publication {
    publication_of(1, recipients)
}

/// What is recorded of an edition of that number.
pub(super) fn publication_of(edition: u32, recipients: &[&str]) -> Publication {
    let new = |recipient: &&str| {
        let key = EditionKey {
            plan: "p".to_owned(),
            period: period(),
            edition,
        };
        NewDelivery {
            topic: Topic::edition(Occasion::Report, &key),
            ..new_delivery(recipient)
        }
    };
    Publication {
        manifest_sha256: "ab".to_owned(),
        results: "{}".to_owned(),
        release: None,
        deliveries: recipients.iter().map(new).collect(),
    }
}

/// Begins an edition; gives its key.
pub(super) fn begun(
    ledger: &mut Ledger,
    edition: u32,
    reason: Option<&str>,
    time: &str,
) -> EditionKey {
    let key = EditionKey {
        plan: "p".to_owned(),
        period: period(),
        edition,
    };
    ledger
        .begin_edition(&new_edition(&key, reason), at(time))
        .unwrap();
    key
}

pub(super) fn new_edition<'a>(key: &EditionKey, reason: Option<&'a str>) -> NewEdition<'a> {
    NewEdition {
        key: key.clone(),
        preliminary: false,
        reason,
        directory: "reports/p/2026-T1/v1",
    }
}

/// A ledger with edition 1 published to `recipients`.
pub(super) fn published(recipients: &[&str]) -> (tempfile::TempDir, Ledger, EditionKey) {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&dir.path().join("state")).unwrap();
    let key = begun(&mut ledger, 1, None, "01:00:00");
    ledger
        .publish_edition(&key, &publication(recipients), at("01:00:01"))
        .unwrap();
    (dir, ledger, key)
}

pub(super) fn states(ledger: &Ledger) -> Vec<String> {
    ledger
        .deliveries(&DeliveryFilter::default())
        .unwrap()
        .iter()
        .map(|d| format!("{} v{} {}", d.recipient, d.topic.edition.unwrap(), d.state))
        .collect()
}

#[test]
fn files_are_private_and_writes_are_full() {
    let (dir, ledger, _) = published(&[]);
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
        ledger
            .conn
            .query_row(
                &format!("SELECT CAST({name} AS TEXT) FROM pragma_{name}"),
                [],
                |r| r.get(0),
            )
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "wal");
    assert_eq!(pragma("synchronous"), "2");
    assert_eq!(pragma("foreign_keys"), "1");
    assert_eq!(pragma("user_version"), "3");
}

#[test]
fn a_newer_format_is_refused_and_left_alone() {
    let (dir, ledger, _) = published(&["a@x.mx"]);
    ledger.conn.pragma_update(None, "user_version", 4).unwrap();
    drop(ledger);
    let error = Ledger::open(&dir.path().join("state"))
        .unwrap_err()
        .diagnostic();
    assert_eq!(error.code, "ledger-newer");
    let raw = rusqlite::Connection::open(dir.path().join("state/ledger.db")).unwrap();
    let rows: i64 = raw
        .query_row("SELECT COUNT(*) FROM deliveries", [], |r| r.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn a_ledger_of_the_first_format_is_brought_up_and_keeps_its_rows() {
    let dir = tempfile::tempdir().unwrap();
    let old = rusqlite::Connection::open(dir.path().join("ledger.db")).unwrap();
    old.execute_batch(super::database::MIGRATIONS[0]).unwrap();
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

#[test]
fn editions_are_numbered_and_never_change() {
    let (_dir, mut ledger, key) = published(&[]);
    assert_eq!(key.edition, 1);
    let refused = |ledger: &mut Ledger, number: u32| {
        let key = EditionKey {
            edition: number,
            ..key.clone()
        };
        let error = ledger.begin_edition(&new_edition(&key, None), at("02:00:00"));
        error.unwrap_err().diagnostic().code
    };
    for number in [1, 3] {
        assert_eq!(refused(&mut ledger, number), "edition-number");
    }
    let second = begun(&mut ledger, 2, Some("error"), "02:00:00");
    // A run died here; the next takes the number over.
    begun(&mut ledger, 2, Some("otro"), "03:00:00");
    let all = ledger.editions(Some("p"), None).unwrap();
    assert_eq!(all.len(), 2);
    assert!(!all[1].published);
    assert_eq!(all[1].reason.as_deref(), Some("otro"));
    assert_eq!(
        ledger
            .latest_final_edition("p", period())
            .unwrap()
            .map(|e| e.key.edition),
        Some(1)
    );
    let making = ledger.makings().unwrap().remove(1);
    assert_eq!((&making.key, making.published), (&second, false));
    ledger.forget_making(&making).unwrap();
    let published = ledger.makings().unwrap().remove(0);
    assert_eq!((&published.key, published.published), (&key, true));
    ledger.forget_making(&published).unwrap();
    assert_eq!(ledger.editions(None, None).unwrap().len(), 1);
    assert_eq!(
        ledger
            .publish_edition(&key, &publication(&[]), at("04:00:00"))
            .unwrap_err()
            .diagnostic()
            .code,
        "edition-not-open"
    );
    let direct = ledger.conn.execute("UPDATE editions SET results = 'x'", []);
    assert!(direct.unwrap_err().to_string().contains("never changes"));
}

#[test]
fn a_failed_publication_leaves_nothing() {
    let (_dir, mut ledger, _) = published(&[]);
    let key = begun(&mut ledger, 2, None, "02:00:00");
    let fault = "CREATE TRIGGER fault BEFORE INSERT ON delivery_events
                 BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    ledger.conn.execute(fault, []).unwrap();
    assert_eq!(
        ledger
            .publish_edition(&key, &publication_of(2, &["a@x.mx"]), at("02:00:01"))
            .unwrap_err()
            .diagnostic()
            .code,
        "ledger-failed"
    );
    assert!(states(&ledger).is_empty());
    assert!(!ledger.editions(None, None).unwrap()[1].published);
}

#[test]
fn a_recipient_is_queued_once_an_edition() {
    let (_dir, mut ledger, _) = published(&["a@x.mx"]);
    ledger
        .enqueue(
            &[new_delivery("a@x.mx"), new_delivery("b@x.mx")],
            at("02:00:00"),
        )
        .unwrap();
    assert_eq!(states(&ledger), ["a@x.mx v1 queued", "b@x.mx v1 queued"]);
}

#[test]
fn a_correction_supersedes_what_has_not_gone_out() {
    use DeliveryState::{Accepted, DotIntent, Queued, Sending};
    let (_dir, mut ledger, _) = published(&["a@x.mx", "b@x.mx"]);
    for (from, to) in [
        (Queued, Sending),
        (Sending, DotIntent),
        (DotIntent, Accepted),
    ] {
        ledger
            .transition(1, (from, to), &Note::default(), at("01:30:00"))
            .unwrap();
    }
    let second = begun(&mut ledger, 2, Some("error"), "02:00:00");
    ledger
        .publish_edition(
            &second,
            &publication_of(2, &["a@x.mx", "b@x.mx"]),
            at("02:00:01"),
        )
        .unwrap();
    assert_eq!(
        states(&ledger),
        [
            "a@x.mx v1 accepted",
            "b@x.mx v1 superseded",
            "a@x.mx v2 queued",
            "b@x.mx v2 queued"
        ]
    );
}

#[test]
fn only_the_allowed_transitions_pass() {
    use DeliveryState::*;
    let allowed = [
        (Queued, vec![Sending, Superseded, Cancelled]),
        (Sending, vec![Queued, DotIntent, Deferred, Rejected]),
        (DotIntent, vec![Accepted, Deferred, Rejected, Ambiguous]),
        (Accepted, vec![Bounced]),
        (
            Deferred,
            vec![Queued, Sending, Accepted, Bounced, Superseded, Cancelled],
        ),
        (Rejected, vec![Queued, Accepted, Superseded, Cancelled]),
        (Ambiguous, vec![Queued, Accepted, Bounced, Superseded]),
        (Bounced, vec![Queued, Accepted, Superseded, Cancelled]),
        (Superseded, vec![]),
        (Cancelled, vec![]),
    ];
    for (from, expected) in allowed {
        let found: Vec<_> = DeliveryState::ALL
            .into_iter()
            .filter(|to| from.may_become(*to, Transport::Smtp))
            .collect();
        assert_eq!(found, expected, "{from}");
    }
    assert!(Sending.may_become(Accepted, Transport::Outbox));

    let (_dir, mut ledger, _) = published(&["a@x.mx"]);
    let step = |ledger: &mut Ledger, from, to| {
        ledger.transition(1, (from, to), &Note::default(), at("02:00:00"))
    };
    assert_eq!(
        step(&mut ledger, Queued, Accepted)
            .unwrap_err()
            .diagnostic()
            .code,
        "delivery-transition"
    );
    step(&mut ledger, Queued, Sending).unwrap();
    // The row has moved on: a second run that still believes it queued is refused.
    assert_eq!(
        step(&mut ledger, Queued, Sending)
            .unwrap_err()
            .diagnostic()
            .code,
        "delivery-transition"
    );
    assert_eq!(
        ledger
            .transition(9, (Queued, Sending), &Note::default(), at("02:00:00"))
            .unwrap_err()
            .diagnostic()
            .code,
        "delivery-unknown"
    );
    let events = ledger.delivery_events(1).unwrap();
    assert_eq!(
        events.iter().map(|e| e.to).collect::<Vec<_>>(),
        [Queued, Sending]
    );
    assert!(
        ledger
            .conn
            .execute("DELETE FROM delivery_events", [])
            .is_err()
    );
    assert_eq!(ledger.delivery(1).unwrap().attempts, 1);
}

#[test]
fn a_stopped_run_is_put_in_order() {
    use DeliveryState::{DotIntent, Queued, Sending};
    let (dir, mut ledger, _) = published(&["a@x.mx", "b@x.mx", "c@x.mx"]);
    let none = Note::default();
    ledger
        .transition(1, (Queued, Sending), &none, at("02:00:00"))
        .unwrap();
    ledger
        .transition(2, (Queued, Sending), &none, at("02:00:00"))
        .unwrap();
    ledger
        .transition(2, (Sending, DotIntent), &none, at("02:00:00"))
        .unwrap();
    drop(ledger);
    let state = dir.path().join("state");
    let mut ledger = Ledger::open(&state).unwrap();
    let lock = RunLock::acquire(&state, at("03:00:00")).unwrap();
    assert_eq!(ledger.recover(&lock, at("03:00:00")).unwrap().len(), 2);
    assert_eq!(
        states(&ledger),
        [
            "a@x.mx v1 queued",
            "b@x.mx v1 ambiguous",
            "c@x.mx v1 queued"
        ]
    );
    assert!(ledger.recover(&lock, at("04:00:00")).unwrap().is_empty());
}

#[test]
fn the_lock_is_held_once_and_names_its_holder() {
    let dir = tempfile::tempdir().unwrap();
    let first = RunLock::acquire(dir.path(), at("01:00:00")).unwrap();
    let refused = RunLock::acquire(dir.path(), at("02:00:00"))
        .unwrap_err()
        .diagnostic();
    assert_eq!(refused.code, "lock-held");
    assert!(
        refused.message.contains(&std::process::id().to_string()),
        "{}",
        refused.message
    );
    assert!(
        refused.message.contains("2026-04-06T01:00:00Z"),
        "{}",
        refused.message
    );
    drop(first);
    RunLock::acquire(dir.path(), at("03:00:00")).unwrap();
}

#[test]
fn a_period_is_skipped_with_its_reason() {
    let (_dir, mut ledger, _) = published(&[]);
    ledger
        .skip("p", period(), "sin actividad", at("03:00:00"))
        .unwrap();
    assert_eq!(ledger.skips("p").unwrap()[0].reason, "sin actividad");
    assert!(ledger.skips("otro").unwrap().is_empty());
}
