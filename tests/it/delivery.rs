//! Delivery against a server that misbehaves on demand: what is recorded, what is sent, and that
//! nobody gets a second copy.

mod bounces;
mod faults;
mod outbox;
mod preview;
pub(crate) mod server;
mod xoauth2;

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use metas::delivery::message::parse_mailbox;
use metas::delivery::{
    DeliveryError, DeliveryHome, DeliveryOutcome, Phase, Resolution, Round, Server, Session,
    Settings, Timeouts, deliver_due, resolve, retry,
};
use metas::diagnostic::Diagnostic;
use metas::hash::sha256_hex;
use metas::ledger::{
    DeliveryFilter, DeliveryState, EditionKey, Ledger, NewDelivery, NewEdition, Occasion,
    Publication, RunLock, Topic, Transport,
};
use metas::period::Period;
use metas::plan::Tls;
use server::{Fault, Scripted};

const MESSAGE: &[u8] = b"Subject: x\r\n\r\n.one dot\r\n..two dots\r\n.\r\n\r\nthe end\r\n";
const PATH: &str = "reports/p/2026-T1/v1/message.eml";

fn now() -> DateTime<Utc> {
    "2026-04-06T01:00:00Z".parse().unwrap()
}

fn code(error: DeliveryError) -> String {
    Diagnostic::from(error).code
}

struct Home {
    dir: tempfile::TempDir,
    ledger: Ledger,
    settings: Settings,
}

/// Begins an edition; gives its key.
fn begun(ledger: &mut Ledger, period: Period, edition: u32) -> EditionKey {
    let key = EditionKey {
        plan: "p".to_owned(),
        period,
        edition,
    };
    let new = NewEdition {
        key: key.clone(),
        preliminary: false,
        reason: None,
        directory: "reports/p/2026-T1/v1",
    };
    ledger.begin_edition(&new, now()).unwrap();
    key
}

impl Home {
    /// A home with edition 1 queued for `recipients`.
    fn new(recipients: &[&str], message: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(PATH);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, message).unwrap();
        let mut ledger = Ledger::open(&dir.path().join("state")).unwrap();
        let period = "2026-T1".parse().unwrap();
        let key = begun(&mut ledger, period, 1);
        let deliveries = recipients.iter().map(|recipient| NewDelivery {
            topic: Topic::edition(Occasion::Report, &key),
            recipient: (*recipient).to_owned(),
            transport: Transport::Smtp,
            message_id: "<1@x.mx>".to_owned(),
            message_path: PATH.to_owned(),
            message_sha256: sha256_hex(message),
        });
        let publication = Publication {
            manifest_sha256: "0".to_owned(),
            results: "{}".to_owned(),
            deliveries: deliveries.collect(),
            release: None,
        };
        ledger.publish_edition(&key, &publication, now()).unwrap();
        let settings = Settings {
            plan: "p".to_owned(),
            from: parse_mailbox("G <g@x.mx>").unwrap(),
            allowed: recipients.iter().map(ToString::to_string).collect(),
            server: None,
            time: Duration::from_secs(900),
        };
        Self {
            dir,
            ledger,
            settings,
        }
    }

    fn with(recipients: &[&str], port: u16) -> Self {
        let mut home = Self::new(recipients, MESSAGE);
        home.settings.server = Some(Ok(plain(port)));
        home
    }

    fn run(&mut self) -> Vec<DeliveryOutcome> {
        self.run_at(now())
    }

    fn run_at(&mut self, at: DateTime<Utc>) -> Vec<DeliveryOutcome> {
        deliver_due(
            &mut self.ledger,
            &self.settings,
            DeliveryHome::at(self.dir.path()),
            &mut Round::default(),
            at,
        )
        .unwrap()
    }

    fn server(&mut self) -> &mut Server {
        self.settings.server.as_mut().unwrap().as_mut().unwrap()
    }

    fn states(&self) -> String {
        let rows = self.ledger.deliveries(&DeliveryFilter::default()).unwrap();
        let states: Vec<&str> = rows.iter().map(|row| row.state.as_str()).collect();
        states.join(" ")
    }

    fn reply(&self, id: i64) -> String {
        let row = self.ledger.delivery(id).unwrap();
        format!(
            "{}: {}",
            row.phase.unwrap_or_default(),
            row.last_reply.unwrap_or_default()
        )
    }
}

fn plain(port: u16) -> Server {
    Server {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        login: None,
        extra_roots: None,
        timeouts: Timeouts {
            command: Duration::from_secs(20),
            step: Duration::from_secs(20),
            message: Duration::from_secs(20),
        },
    }
}

/// A port where nobody listens: of those that no program is given by chance, so that no other
/// test's server comes to lie there.
fn dead_port() -> u16 {
    1
}

#[test]
fn each_recipient_gets_the_frozen_bytes_once() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    let outcomes = home.run();
    assert_eq!(outcomes.len(), 2);
    assert_eq!(home.states(), "accepted accepted");
    assert_eq!(home.reply(1), "dot: 250 2.0.0 queued as 1");
    assert!(home.run_at(now() + TimeDelta::days(30)).is_empty());
    let taken = server.taken();
    assert_eq!(taken.len(), 2);
    for (copy, to) in taken.iter().zip(["a@x.mx", "b@x.mx"]) {
        assert_eq!((copy.from.as_str(), copy.to.as_str()), ("g@x.mx", to));
        assert_eq!(
            copy.message,
            MESSAGE,
            "{}",
            String::from_utf8_lossy(&copy.message)
        );
    }
    assert_eq!(server.commands(), "EHLO MAIL RCPT DATA MAIL RCPT DATA QUIT");
    let told: Vec<_> = home
        .ledger
        .delivery_events(1)
        .unwrap()
        .iter()
        .map(|e| e.to.as_str())
        .collect();
    assert_eq!(told, ["queued", "sending", "dot_intent", "accepted"]);
}

#[test]
fn a_refused_recipient_does_not_stop_the_others() {
    let server = Scripted::start(&[
        Fault::Rcpt("a@x.mx", "550 5.1.1 no such user"),
        Fault::Rcpt("b@x.mx", "450 4.2.1 greylisted"),
    ]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx", "c@x.mx"], server.port);
    home.run();
    assert_eq!(home.states(), "rejected deferred accepted");
    assert_eq!(home.reply(1), "rcpt: 550 5.1.1 no such user");
    server.set(&[]);
    home.run_at(now() + TimeDelta::minutes(14));
    assert_eq!(home.states(), "rejected deferred accepted");
    home.run_at(now() + TimeDelta::minutes(15));
    assert_eq!(home.states(), "rejected accepted accepted");
    retry(&mut home.ledger, &[], now()).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted accepted accepted");
    let to: Vec<_> = server.taken().into_iter().map(|copy| copy.to).collect();
    assert_eq!(to, ["c@x.mx", "b@x.mx", "a@x.mx"]);
}

#[test]
fn a_server_that_is_down_defers_all_and_waits_longer_each_time() {
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], dead_port());
    home.run();
    assert_eq!(home.states(), "deferred deferred");
    assert!(home.reply(2).starts_with("connect: "), "{}", home.reply(2));
    let second = now() + TimeDelta::minutes(15);
    home.run_at(second);
    let row = home.ledger.delivery(1).unwrap();
    assert_eq!(
        (row.attempts, row.next_attempt_at),
        (2, Some(second + TimeDelta::minutes(30)))
    );
    let server = Scripted::start(&[]);
    home.settings.server = Some(Ok(plain(server.port)));
    home.run_at(now() + TimeDelta::hours(1));
    assert_eq!(home.states(), "accepted accepted");
}

#[test]
fn what_is_the_runs_fault_is_no_recipients() {
    let server = Scripted::start(&[Fault::Mail("550 5.7.1 sender refused")]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    home.run();
    assert_eq!(home.states(), "deferred deferred");
    assert_eq!(home.reply(2), "mail: 550 5.7.1 sender refused");
    assert_eq!(server.commands(), "EHLO MAIL RSET QUIT");
    server.set(&[Fault::Rcpt("a@x.mx", "530 5.7.0 authentication required")]);
    home.run_at(now() + TimeDelta::hours(1));
    assert_eq!(home.states(), "deferred deferred");
}

#[test]
fn no_reply_after_the_end_is_ambiguous_until_a_person_decides() {
    let server = Scripted::start(&[Fault::CloseAfterDot]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    for states in ["ambiguous queued", "ambiguous ambiguous"] {
        home.run();
        assert_eq!(home.states(), states);
    }
    assert_eq!(home.reply(1), "dot: the connection was closed");
    server.set(&[]);
    assert!(home.run_at(now() + TimeDelta::days(30)).is_empty());
    assert_eq!(server.taken().len(), 2);
    let refused = retry(&mut home.ledger, &[1], now()).unwrap_err();
    assert_eq!(code(refused), "delivery-transition");
    resolve(&mut home.ledger, 1, Resolution::Resend, now()).unwrap();
    resolve(&mut home.ledger, 2, Resolution::Sent, now()).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted accepted");
    let refused = resolve(&mut home.ledger, 2, Resolution::Resend, now()).unwrap_err();
    assert_eq!(code(refused), "delivery-transition");
}

#[test]
fn an_edition_that_was_corrected_is_not_sent_again() {
    let server = Scripted::start(&[Fault::CloseAfterDot]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    home.run();
    let period = "2026-T1".parse().unwrap();
    let key = begun(&mut home.ledger, period, 2);
    let publication = Publication {
        manifest_sha256: "0".to_owned(),
        results: "{}".to_owned(),
        deliveries: vec![],
        release: None,
    };
    home.ledger
        .publish_edition(&key, &publication, now())
        .unwrap();
    assert_eq!(home.states(), "ambiguous");
    resolve(&mut home.ledger, 1, Resolution::Resend, now()).unwrap();
    assert_eq!(home.states(), "superseded");
}

/// An edition that was begun and never issued replaces nothing.
#[test]
fn only_an_issued_correction_keeps_a_message_from_being_sent_again() {
    let server = Scripted::start(&[Fault::CloseAfterDot]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    home.run();
    begun(&mut home.ledger, "2026-T1".parse().unwrap(), 2);
    resolve(&mut home.ledger, 1, Resolution::Resend, now()).unwrap();
    assert_eq!(home.states(), "queued");
}

/// Which deliveries a person may settle or have tried again.
#[test]
fn what_is_over_or_under_way_is_neither_settled_nor_tried_again() {
    #[rustfmt::skip]
    let cases: [(&[Fault], &str, &str, &str); 4] = [
        (&[], "accepted", "no", "no"),
        (&[Fault::CloseAfterDot], "ambiguous", "accepted", "no"),
        (&[Fault::Rcpt("a@x.mx", "450 later")], "deferred", "accepted", "queued"),
        (&[Fault::Rcpt("a@x.mx", "550 no")], "rejected", "accepted", "queued"),
    ];
    let refused = |error: &DeliveryError| matches!(error, DeliveryError::NothingToSettle(_));
    for (faults, state, settled, tried) in cases {
        let server = Scripted::start(faults);
        let mut home = Home::with(&["a@x.mx"], server.port);
        assert!(resolve(&mut home.ledger, 1, Resolution::Sent, now()).is_err());
        assert!(retry(&mut home.ledger, &[1], now()).is_err(), "queued");
        home.run();
        assert_eq!(home.states(), state);
        match retry(&mut home.ledger, &[1], now()) {
            Ok(rows) => {
                assert_eq!((rows.len(), home.states().as_str()), (1, tried));
                home.run_at(now() + TimeDelta::days(2));
            }
            Err(error) => assert!(refused(&error) && tried == "no", "{state}: {error:?}"),
        }
        assert_eq!(home.states(), state);
        match resolve(&mut home.ledger, 1, Resolution::Sent, now()) {
            Ok(row) => assert_eq!(row.state.as_str(), settled),
            Err(error) => assert!(refused(&error) && settled == "no", "{state}: {error:?}"),
        }
    }
}

#[test]
fn a_clock_that_ran_ahead_holds_nothing_back() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx"], dead_port());
    home.run_at(now() + TimeDelta::days(4000));
    assert_eq!(home.states(), "deferred");
    home.settings.server = Some(Ok(plain(server.port)));
    home.run();
    assert_eq!(home.states(), "accepted");
}

#[test]
fn silence_after_the_end_is_ambiguous() {
    let server = Scripted::start(&[Fault::SilentAfterDot]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    let patience = &mut home.server().timeouts;
    patience.message = Duration::from_millis(200);
    home.run();
    assert_eq!(home.states(), "ambiguous");
    assert_eq!(home.reply(1), "dot: no answer in time");
}

#[test]
fn a_refusal_after_the_end_is_no_doubt() {
    let server = Scripted::start(&[Fault::Dot("452 4.3.1 disk full")]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    home.run();
    assert_eq!(
        (home.states().as_str(), home.reply(1).as_str()),
        ("deferred", "dot: 452 4.3.1 disk full")
    );
    server.set(&[Fault::Dot("554 5.6.0 virus")]);
    home.run_at(now() + TimeDelta::hours(1));
    assert_eq!(
        (home.states().as_str(), home.reply(1).as_str()),
        ("rejected", "dot: 554 5.6.0 virus")
    );
}

#[test]
fn a_connection_lost_in_the_text_is_tried_again() {
    let server = Scripted::start(&[Fault::CloseInText]);
    let mut long = b"Subject: x\r\n\r\n".to_vec();
    for _ in 0..400_000 {
        long.extend_from_slice(b".0123456789012345678901234567890\r\n");
    }
    let mut home = Home::new(&["a@x.mx", "b@x.mx"], &long);
    home.settings.server = Some(Ok(plain(server.port)));
    home.run();
    assert_eq!(home.states(), "deferred deferred");
    assert_eq!(home.reply(1), "data: the connection was closed");
    server.set(&[]);
    home.run_at(now() + TimeDelta::hours(1));
    assert_eq!(home.states(), "accepted accepted");
    assert!(server.taken().iter().all(|copy| copy.message == long));
}

#[test]
fn a_message_larger_than_the_server_takes_is_refused_before_it_is_sent() {
    let server = Scripted::start(&[Fault::Ehlo("250-x\r\n250-SIZE 20\r\n250 8BITMIME")]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    home.run();
    assert_eq!(home.states(), "rejected");
    assert!(home.reply(1).contains("at most 20"), "{}", home.reply(1));
    assert!(!server.commands().contains("MAIL"));
}

#[test]
fn a_server_that_closes_after_each_message_is_connected_to_again() {
    let server = Scripted::start(&[Fault::OneTransaction]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx", "c@x.mx"], server.port);
    home.run();
    assert_eq!(home.states(), "accepted accepted accepted");
    assert_eq!(server.taken().len(), 3);
}

#[test]
fn refused_data_is_classed_by_its_code() {
    let server = Scripted::start(&[Fault::Data("451 4.3.0 later")]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    home.run();
    assert_eq!(home.states(), "deferred");
    server.set(&[Fault::Data("554 5.5.1 no")]);
    home.run_at(now() + TimeDelta::hours(1));
    assert_eq!(home.states(), "rejected");
}

#[test]
fn nothing_is_sent_unprotected() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    home.server().tls = Tls::Starttls;
    home.run();
    assert_eq!(home.states(), "deferred");
    assert!(
        home.reply(1)
            .starts_with("tls: the server does not offer STARTTLS"),
        "{}",
        home.reply(1)
    );
    let far = Server {
        host: "192.0.2.1".to_owned(),
        ..plain(25)
    };
    let failure = Session::open(&far, None).err().unwrap();
    assert_eq!(failure.phase, Phase::Prepare);
    assert!(
        failure.reply.contains("only for this machine"),
        "{}",
        failure.reply
    );
}

#[test]
fn without_the_record_of_the_intent_the_end_is_not_sent() {
    let server = Scripted::start(&[]);
    let mut session = Session::open(&plain(server.port), None).unwrap();
    let [from, to] = ["g@x.mx", "a@x.mx"].map(|text| parse_mailbox(text).unwrap().email);
    let full = || Err(Diagnostic::error("ledger-failed", "disk full").into());
    let error = session
        .send(&from, &to, MESSAGE, &mut { full })
        .unwrap_err();
    assert_eq!(code(error), "ledger-failed");
    assert!(!session.usable());
    session.quit();
    for _ in 0..100 {
        if server.unfinished() == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((server.unfinished(), server.taken().len()), (1, 0));
}

#[test]
fn a_changed_or_missing_message_is_not_sent() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    let path = home.dir.path().join(PATH);
    for (change, code) in [
        (Some(&b"other\r\n"[..]), "message-changed"),
        (None, "message-missing"),
    ] {
        match change {
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        let problem = home.run().remove(0).problem.unwrap();
        assert_eq!(self::code(problem), code);
        assert_eq!(home.states(), "queued");
    }
    std::fs::write(&path, MESSAGE).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted");
}

#[test]
fn a_ledger_from_before_the_send_sends_nothing_again_in_silence() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    let state = home.dir.path().join("state");
    let before = home.dir.path().join("before.db");
    home.ledger.snapshot(&before).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted accepted");

    home.ledger = Ledger::open(&home.dir.path().join("elsewhere")).unwrap();
    for side in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(state.join(format!("ledger.db{side}")));
    }
    std::fs::copy(&before, state.join("ledger.db")).unwrap();
    home.ledger = Ledger::open(&state).unwrap();
    assert_eq!(home.states(), "queued queued");
    home.run();
    assert_eq!(home.states(), "ambiguous ambiguous");
    assert!(home.reply(1).contains("record"), "{}", home.reply(1));
    assert_eq!(server.taken().len(), 2);

    // What a person has decided is done, and not asked again.
    resolve(&mut home.ledger, 1, Resolution::Sent, now()).unwrap();
    resolve(&mut home.ledger, 2, Resolution::Resend, now()).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted accepted");
    assert_eq!(server.taken().len(), 3);
}

#[test]
fn without_the_folder_of_its_edition_nothing_is_sent() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    let kept = home.dir.path().join("kept.eml");
    std::fs::copy(home.dir.path().join(PATH), &kept).unwrap();
    let folder = home.dir.path().join("reports");
    std::fs::rename(&folder, home.dir.path().join("aside")).unwrap();
    let problem = code(home.run().remove(0).problem.unwrap());
    assert!(["edition-missing", "message-missing"].contains(&problem.as_str()));
    assert_eq!(
        (home.states().as_str(), server.taken().len()),
        ("queued", 0)
    );
    std::fs::rename(home.dir.path().join("aside"), &folder).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted");
}

#[test]
fn a_recipient_struck_from_the_definition_is_not_written_to() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    home.settings.allowed.remove(0);
    home.run();
    assert_eq!(home.states(), "cancelled accepted");
    assert_eq!(server.taken().len(), 1);
}

#[test]
fn without_a_server_messages_become_files() {
    let mut home = Home::new(&["a@x.mx", "b/c@x.mx"], MESSAGE);
    let outcomes = home.run();
    assert_eq!(home.states(), "accepted accepted");
    let outbox = home.dir.path().join("state/outbox/report");
    let mut names: Vec<_> = std::fs::read_dir(&outbox)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["p_2026-T1_v1_a@x.mx.eml", "p_2026-T1_v1_b%2Fc@x.mx.eml"]
    );
    let file = outcomes[0].file.as_deref().unwrap();
    assert_eq!(std::fs::read(file).unwrap(), MESSAGE);
    assert_eq!(outcomes[0].delivery.transport, Transport::Outbox);
    #[cfg(unix)]
    assert_eq!(mode(file), 0o600);
    assert!(home.run().is_empty());
}

/// A run that died while it wrote a message may leave a longer one beside its place.
#[test]
fn what_a_dead_run_left_of_a_message_is_no_part_of_the_next_one() {
    let mut home = Home::new(&["a@x.mx"], MESSAGE);
    let outbox = home.dir.path().join("state/outbox/report");
    std::fs::create_dir_all(&outbox).unwrap();
    let left = outbox.join(".p_2026-T1_v1_a@x.mx.eml.tmp");
    std::fs::write(&left, MESSAGE.repeat(3)).unwrap();
    let outcomes = home.run();
    let file = outcomes[0].file.as_deref().unwrap();
    assert_eq!(std::fs::read(file).unwrap(), MESSAGE);
    assert!(!left.exists());
}

/// A line that was cut short is no reason to lose the next one: the record is what tells of a
/// message should the ledger be lost.
#[test]
fn the_record_of_what_was_sent_outlives_a_line_cut_short() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx"], server.port);
    let record = home.dir.path().join("reports/p/2026-T1/v1/.deliveries");
    std::fs::write(&record, r#"{"event":"end-s"#).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted");
    let text = std::fs::read_to_string(&record).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["to"], "a@x.mx");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn recovery_needs_no_second_copy() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    let note = metas::ledger::Note::default();
    let mut step = |id, from, to| {
        home.ledger
            .transition(id, (from, to), &note, now())
            .unwrap()
    };
    use DeliveryState::{DotIntent, Queued, Sending};
    step(1, Queued, Sending);
    step(2, Queued, Sending);
    step(2, Sending, DotIntent);
    assert!(home.run().is_empty());
    let lock = RunLock::acquire(&home.dir.path().join("state"), now()).unwrap();
    home.ledger.recover(&lock, now()).unwrap();
    home.run();
    assert_eq!(home.states(), "accepted ambiguous");
    assert_eq!(server.taken().len(), 1);
}
