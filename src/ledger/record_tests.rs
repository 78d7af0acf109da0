//! What the ledger tells of files that were seen, of messages that it did not send itself, and of when
//! it was put back.

#![allow(clippy::unwrap_used)]

use super::on_both::{TestDatabase, on_both};
use super::tests::{at, new_delivery, period, published, states, submission};
use super::*;

fn the_last_time_that_a_ledger_was_put_back_counts(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &[]);
    assert_eq!(ledger.restored_at().unwrap(), None);
    for (made, now) in [("01:30:00", "03:00:00"), ("01:40:00", "03:30:00")] {
        ledger.mark_restored(at(made), at(now)).unwrap();
        assert_eq!(ledger.restored_at().unwrap(), Some(at(now)));
    }
}

fn editions_are_told_of_the_period_asked_for(kept: TestDatabase) {
    let (_dir, mut ledger, key) = published(kept, &[]);
    let later = EditionKey {
        period: key.period.next(),
        ..key.clone()
    };
    let new = NewEdition {
        key: later.clone(),
        preliminary: false,
        reason: None,
        directory: "reports/p/2026-T2/v1",
    };
    ledger.begin_edition(&new, at("02:00:00")).unwrap();
    let of = |period| -> Vec<EditionKey> {
        let editions = ledger.editions(Some("p"), period).unwrap();
        editions.into_iter().map(|edition| edition.key).collect()
    };
    assert_eq!(of(Some(key.period)), std::slice::from_ref(&key));
    assert_eq!(of(None), [key, later]);
    assert!(ledger.editions(Some("q"), None).unwrap().is_empty());
}

fn only_what_waits_is_held_as_sent(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &["a@x.mx", "b@x.mx"]);
    ledger.hold_as_sent(1, 1, at("02:00:00")).unwrap();
    assert_eq!(ledger.ends_sent(1).unwrap(), 1);
    let again = ledger
        .hold_as_sent(1, 1, at("02:10:00"))
        .unwrap_err()
        .diagnostic();
    assert_eq!(again.code, "delivery-transition");
    assert_eq!(ledger.ends_sent(1).unwrap(), 1);
    assert_eq!(states(&ledger), ["a@x.mx v1 ambiguous", "b@x.mx v1 queued"]);
}

fn an_adopted_edition_tells_how_its_deliveries_came_to_be(kept: TestDatabase) {
    let (_dir, ledger, key) = published(kept, &["a@x.mx"]);
    let edition = ledger.editions(None, None).unwrap().remove(0);
    let other = tempfile::tempdir().unwrap();
    let mut ledger = kept.open(&other.path().join("state"));
    let adoption = Adoption {
        edition,
        deliveries: vec![new_delivery("a@x.mx")],
        approved: None,
    };
    ledger.adopt(&[adoption], at("04:00:00")).unwrap();
    assert_eq!(states(&ledger), ["a@x.mx v1 accepted"]);
    let events = ledger.delivery_events(1).unwrap();
    let last = events.last().unwrap();
    assert_eq!(last.to, DeliveryState::Accepted);
    assert!(last.reply.as_deref().unwrap().contains("metas adopt"));
    assert!(ledger.editions(None, None).unwrap()[0].adopted, "{key:?}");
}

fn submissions_keep_their_first_sight(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &[]);
    let mut file = submission();
    let record = |ledger: &mut Ledger, file: &SubmissionRecord, time| {
        let files = std::slice::from_ref(file);
        ledger.record_submissions(files, at(time)).unwrap()
    };
    assert_eq!(record(&mut ledger, &file, "01:00:00"), [true]);
    assert_eq!(record(&mut ledger, &file, "02:00:00"), [false]);
    file.sha256 = "2".to_owned();
    file.state = SubmissionState::Late;
    assert_eq!(record(&mut ledger, &file, "03:00:00"), [true]);
    let seen = ledger.submissions("p", period()).unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (seen[0].first_seen_at, seen[0].last_seen_at),
        (at("01:00:00"), at("02:00:00"))
    );
    assert_eq!(seen[1].submission.state, SubmissionState::Late);
}

on_both! {
    the_last_time_that_a_ledger_was_put_back_counts,
    editions_are_told_of_the_period_asked_for,
    only_what_waits_is_held_as_sent,
    an_adopted_edition_tells_how_its_deliveries_came_to_be,
    submissions_keep_their_first_sight,
}
