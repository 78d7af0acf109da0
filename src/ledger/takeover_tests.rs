//! Two runs on one ledger, and a ledger that is put back.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::on_both::{TestDatabase, on_both};
use super::tests::{at, begun, new_edition, publication, published, states};
use super::value::params;
use super::*;

/// A second run over the same ledger, as on another machine of a share whose locks do not lock.
fn elsewhere(kept: TestDatabase, ledger: &Ledger, dir: &Path) -> Ledger {
    let mut other = kept.open(&dir.join("state"));
    other.run = ledger.run.on_another_machine();
    other
}

fn what_a_live_run_has_in_its_hands_is_left_to_it(kept: TestDatabase) {
    use DeliveryState::{Accepted, Ambiguous, DotIntent, Queued, Sending};
    let (dir, mut ledger, _) = published(kept, &["a@x.mx", "b@x.mx"]);
    let mut other = elsewhere(kept, &ledger, dir.path());
    let none = Note::default();
    let step = |ledger: &mut Ledger, id, from, to| {
        ledger.transition(id, (from, to), &none, at("02:00:00"))
    };
    step(&mut ledger, 1, Queued, Sending).unwrap();
    step(&mut ledger, 2, Queued, Sending).unwrap();
    step(&mut ledger, 2, Sending, DotIntent).unwrap();
    let lock = RunLock::acquire(&dir.path().join("state"), at("03:00:00")).unwrap();
    assert!(other.recover(&lock, at("03:00:00")).unwrap().is_empty());
    for (id, from, to) in [
        (1, Queued, Sending),
        (1, Sending, DotIntent),
        (2, DotIntent, Accepted),
    ] {
        let error = step(&mut other, id, from, to).unwrap_err().diagnostic();
        assert_eq!(error.code, "delivery-transition", "{id} {from} {to}");
    }
    // An hour later it is taken for dead, although it lives: it may not go on to the final dot, and
    // what the server told it still counts.
    ledger.run = ledger.run.an_hour_earlier();
    ledger
        .database
        .execute(
            "UPDATE deliveries SET run = :run",
            params! {":run": ledger.run()},
        )
        .unwrap();
    assert_eq!(other.recover(&lock, at("04:00:00")).unwrap().len(), 2);
    assert_eq!(states(&ledger), ["a@x.mx v1 queued", "b@x.mx v1 ambiguous"]);
    assert!(step(&mut ledger, 1, Sending, DotIntent).is_err());
    step(&mut ledger, 2, DotIntent, Accepted).unwrap();
    assert_eq!(ledger.delivery(2).unwrap().state, Accepted);
    assert_ne!(ledger.delivery(1).unwrap().state, Ambiguous);
}

fn an_edition_is_published_by_the_run_that_makes_it_alone(kept: TestDatabase) {
    let (dir, mut ledger, _) = published(kept, &[]);
    let mut other = elsewhere(kept, &ledger, dir.path());
    let second = begun(&mut ledger, 2, Some("error"), "02:00:00");
    let refused = other.begin_edition(&new_edition(&second, None), at("02:00:01"));
    assert_eq!(refused.unwrap_err().diagnostic().code, "edition-in-making");
    let refused = other.publish_edition(&second, &publication(&[]), at("02:00:01"));
    assert_eq!(refused.unwrap_err().diagnostic().code, "edition-not-open");
    ledger
        .publish_edition(&second, &publication(&[]), at("02:00:02"))
        .unwrap();
    let refused = other.begin_edition(&new_edition(&second, None), at("02:00:03"));
    assert_eq!(refused.unwrap_err().diagnostic().code, "edition-number");
}

fn a_ledger_put_back_holds_what_waited(kept: TestDatabase) {
    let (_dir, mut ledger, _) = published(kept, &["a@x.mx", "b@x.mx"]);
    for (from, to) in [
        (DeliveryState::Queued, DeliveryState::Sending),
        (DeliveryState::Sending, DeliveryState::Rejected),
    ] {
        ledger
            .transition(2, (from, to), &Note::default(), at("02:00:00"))
            .unwrap();
    }
    begun(&mut ledger, 2, Some("error"), "02:30:00");
    let held = ledger
        .mark_restored(at("02:40:00"), at("03:00:00"))
        .unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(
        states(&ledger),
        ["a@x.mx v1 ambiguous", "b@x.mx v1 rejected"]
    );
    assert!(ledger.makings().unwrap().is_empty());
    assert_eq!(ledger.editions(None, None).unwrap().len(), 1);
    assert_eq!(ledger.restored_at().unwrap(), Some(at("03:00:00")));
}

on_both! {
    what_a_live_run_has_in_its_hands_is_left_to_it,
    an_edition_is_published_by_the_run_that_makes_it_alone,
    a_ledger_put_back_holds_what_waited,
}
