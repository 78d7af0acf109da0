#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::{DateTime, Utc};

use super::on_both::{TestDatabase, on_both};
use super::*;
use crate::period::Period;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    format!("2026-04-06T{text}Z").parse().unwrap()
}

pub(super) fn period() -> Period {
    "2026-T1".parse().unwrap()
}

/// A department's file as a run takes it in.
pub(super) fn submission() -> SubmissionRecord {
    SubmissionRecord {
        plan: "p".to_owned(),
        period: period(),
        source: "acuerdos".to_owned(),
        department: "ds".to_owned(),
        file: "a.xlsx".to_owned(),
        sha256: "1".to_owned(),
        size: 10,
        state: SubmissionState::Received,
    }
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
pub(super) fn published(
    kept: TestDatabase,
    recipients: &[&str],
) -> (tempfile::TempDir, Ledger, EditionKey) {
    let dir = tempfile::tempdir().unwrap();
    let mut ledger = kept.open(&dir.path().join("state"));
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

fn editions_are_numbered_and_never_change(kept: TestDatabase) {
    let (_dir, mut ledger, key) = published(kept, &[]);
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
    let direct = ledger
        .database
        .execute("UPDATE editions SET results = 'x'", &[]);
    assert!(direct.unwrap_err().to_string().contains("never changes"));
}

fn a_failed_publication_leaves_nothing(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &[]);
    let key = begun(&mut ledger, 2, None, "02:00:00");
    // The second of its messages can't be queued.
    let mut faulty = publication_of(2, &["a@x.mx", "b@x.mx"]);
    faulty.deliveries[1].topic.edition = None;
    assert_eq!(
        ledger
            .publish_edition(&key, &faulty, at("02:00:01"))
            .unwrap_err()
            .diagnostic()
            .code,
        "ledger-failed"
    );
    assert!(states(&ledger).is_empty());
    assert!(!ledger.editions(None, None).unwrap()[1].published);
}

fn a_recipient_is_queued_once_an_edition(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &["a@x.mx"]);
    ledger
        .enqueue(
            &[new_delivery("a@x.mx"), new_delivery("b@x.mx")],
            at("02:00:00"),
        )
        .unwrap();
    assert_eq!(states(&ledger), ["a@x.mx v1 queued", "b@x.mx v1 queued"]);
}

fn a_correction_supersedes_what_has_not_gone_out(kept: TestDatabase) {
    use DeliveryState::{Accepted, DotIntent, Queued, Sending};
    let (_dir, mut ledger, _) = published(kept, &["a@x.mx", "b@x.mx"]);
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

fn only_the_allowed_transitions_pass(kept: TestDatabase) {
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

    let (_dir, mut ledger, _) = published(kept, &["a@x.mx"]);
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
            .database
            .execute("DELETE FROM delivery_events", &[])
            .is_err()
    );
    assert_eq!(ledger.delivery(1).unwrap().attempts, 1);
}

fn a_stopped_run_is_put_in_order(kept: TestDatabase) {
    use DeliveryState::{DotIntent, Queued, Sending};
    let (dir, mut ledger, _) = published(kept, &["a@x.mx", "b@x.mx", "c@x.mx"]);
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
    let mut ledger = kept.open(&state);
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

fn a_period_is_skipped_with_its_reason(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &[]);
    ledger
        .skip("p", period(), "sin actividad", at("03:00:00"))
        .unwrap();
    assert_eq!(ledger.skips("p").unwrap()[0].reason, "sin actividad");
    assert!(ledger.skips("otro").unwrap().is_empty());
}

on_both! {
    editions_are_numbered_and_never_change,
    a_failed_publication_leaves_nothing,
    a_recipient_is_queued_once_an_edition,
    a_correction_supersedes_what_has_not_gone_out,
    only_the_allowed_transitions_pass,
    a_stopped_run_is_put_in_order,
    a_period_is_skipped_with_its_reason,
}
