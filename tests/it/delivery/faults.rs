//! A server that misbehaves at every step in every way: what becomes of two recipients, and that
//! neither gets a second copy or is waited for without end.

use std::time::{Duration, Instant};

use metas::delivery::{Session, Timeouts};

use super::server::Act::{Drip, Flood, Say, SayAndClose, Silence};
use super::server::{Act, Fault, Scripted};
use super::{Home, now, plain};

/// Where, what, the states of both recipients, and what is noted for the first.
type Case = (&'static str, Act, &'static str, &'static str);

const DOWN: &str = "deferred deferred";
const TAKEN: &str = "accepted accepted";
const DOUBT: &str = "ambiguous queued";

const LATE: &str = "no answer in time";
const CLOSED: &str = "the connection was closed";

fn check(cases: &[Case]) {
    for (place, act, states, noted) in cases {
        let server = Scripted::start(&[Fault::At(place, *act)]);
        let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
        // Only who says too little is waited for; a busy machine must not look like a slow server.
        if matches!(act, Silence | Drip(_)) {
            home.server().timeouts = Timeouts {
                command: Duration::from_millis(600),
                step: Duration::from_millis(900),
                message: Duration::from_millis(600),
            };
        }
        let begun = Instant::now();
        home.run();
        let what = format!("{place}: {act:?}");
        assert_eq!(home.states(), *states, "{what}: {}", home.reply(1));
        assert!(
            home.reply(1).contains(noted),
            "{what}: {}, not {noted}",
            home.reply(1)
        );
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "{what}: {:?}",
            begun.elapsed()
        );
        // Whatever it was, a server that is well again gets each message once at most.
        let copies = server.taken().len();
        server.set(&[]);
        home.server().timeouts = Timeouts::default();
        home.run_at(now() + chrono::TimeDelta::days(2));
        let doubted = usize::from(*states == DOUBT);
        let accepted = home.states().matches("accepted").count();
        assert!(
            server.taken().len() <= accepted + doubted.max(copies),
            "{what}"
        );
    }
}

#[rustfmt::skip]
const AT_THE_GREETING: &[Case] = &[
    ("greeting", Say(b"421 4.3.2 shutting down\r\n"), DOWN, "connect: 421 4.3.2"),
    ("greeting", Say(b"554 5.7.1 you are listed\r\n"), DOWN, "connect: 554 5.7.1"),
    ("greeting", Say(b"250 not a greeting\r\n"), DOWN, "connect: 250 not"),
    ("greeting", Say(b"SSH-2.0-OpenSSH_9.9\r\n"), DOWN, "can't be read: SSH-2.0"),
    ("greeting", Say(b"\r\n220 late\r\n"), DOWN, "can't be read"),
    ("greeting", Say(b"220-b\xfazn\r\n220 servidor de correo\xf3\r\n"), TAKEN, "250"),
    ("greeting", Say(b"220 bare line feed\n"), TAKEN, "250"),
    ("greeting", Say(b"220\r\n"), TAKEN, "250"),
    ("greeting", SayAndClose(b""), DOWN, CLOSED),
    ("greeting", SayAndClose(b"220 half a gree"), DOWN, CLOSED),
    ("greeting", Silence, DOWN, LATE),
    ("greeting", Drip(b"220 x"), DOWN, LATE),
    ("greeting", Drip(b"220-x\r\n"), DOWN, LATE),
    ("greeting", Flood(b"220-more and more and more\r\n"), DOWN, "does not end"),
    ("greeting", Flood(b"220 more and more and more"), DOWN, "does not end"),
];

#[rustfmt::skip]
const AT_THE_OFFERS: &[Case] = &[
    ("EHLO", Say(b"421 4.3.2 no\r\n"), DOWN, "connect: 421 4.3.2"),
    ("EHLO", Say(b"502 5.5.1 what\r\n"), DOWN, "connect: 502 5.5.1"),
    ("EHLO", Say(b"250 \xbfqu\xe9?\r\n"), TAKEN, "250"),
    ("EHLO", Say(b"250-x\r\n250-SIZE\r\n250 \r\n"), TAKEN, "250"),
    ("EHLO", Say(b"250-x\r\n550 y\r\n"), DOWN, "can't be read"),
    ("EHLO", SayAndClose(b"250-x\r\n"), DOWN, CLOSED),
    ("EHLO", Silence, DOWN, LATE),
    ("EHLO", Drip(b"250-x\r\n"), DOWN, LATE),
    ("EHLO", Flood(b"250-x\r\n"), DOWN, "does not end"),
    ("EHLO", Say(b"250 x\r\n250 unasked\r\n"), DOWN, "not asked for"),
];

#[test]
fn faults_before_the_first_message_are_nobodys() {
    check(AT_THE_GREETING);
    check(AT_THE_OFFERS);
}

#[rustfmt::skip]
const AT_THE_SENDER: &[Case] = &[
    ("MAIL", Say(b"451 4.3.0 later\r\n"), DOWN, "mail: 451"),
    ("MAIL", Say(b"550 5.7.1 sender refused\r\n"), DOWN, "mail: 550"),
    ("MAIL", Say(b"552 5.3.4 too big\r\n"), DOWN, "mail: 552"),
    ("MAIL", Say(b"530 5.7.0 log in first\r\n"), DOWN, "auth: 530"),
    ("MAIL", Say(b"421 4.7.0 bye\r\n"), DOWN, "mail: 421"),
    ("MAIL", Say(b"55\r\n"), DOWN, "can't be read"),
    ("MAIL", Say(b"250 ok\r\n421 4.3.2 shutting down\r\n"), DOWN, "rcpt: 421 4.3.2"),
    ("MAIL", Say(b"400 later\r\n"), DOWN, "mail: 400"),
    ("MAIL", SayAndClose(b""), DOWN, CLOSED),
    ("MAIL", Silence, DOWN, LATE),
    ("MAIL", Drip(b"250-x\r\n"), DOWN, LATE),
];

#[test]
fn faults_at_the_sender_are_nobodys() {
    check(AT_THE_SENDER);
}

#[rustfmt::skip]
const AT_A_RECIPIENT: &[Case] = &[
    ("RCPT", Say(b"450 4.2.1 greylisted\r\n"), DOWN, "rcpt: 450"),
    ("RCPT", Say(b"452 4.5.3 too many\r\n"), DOWN, "rcpt: 452"),
    ("RCPT", Say(b"550 5.1.1 no such user\r\n"), "rejected rejected", "rcpt: 550"),
    ("RCPT", Say(b"550-5.1.1 no existe\r\n550 5.1.1 el buz\xf3n\r\n"), "rejected rejected", "el buzón"),
    ("RCPT", Say(b"530 5.7.0 log in first\r\n"), DOWN, "auth: 530"),
    ("RCPT", Say(b"421 4.3.2 bye\r\n"), DOWN, "rcpt: 421"),
    ("RCPT", Say(b"499 later\r\n"), DOWN, "rcpt: 499"),
    ("RCPT", Say(b"500 what\r\n"), "rejected rejected", "rcpt: 500"),
    ("RCPT", Say(b"251 will forward\r\n"), TAKEN, "250"),
    ("RCPT", Say(b"250 ok\r\n250 ok\r\n"), DOWN, "not asked for"),
    ("RCPT", SayAndClose(b""), DOWN, CLOSED),
    ("RCPT", Silence, DOWN, LATE),
    ("RCPT", Drip(b"250-x\r\n"), DOWN, LATE),
    ("RCPT", Flood(b"550-x\r\n"), DOWN, "does not end"),
];

#[test]
fn faults_at_a_recipient_are_that_recipients() {
    check(AT_A_RECIPIENT);
}

#[rustfmt::skip]
const BEFORE_THE_END: &[Case] = &[
    ("DATA", Say(b"451 4.3.0 later\r\n"), DOWN, "data: 451"),
    ("DATA", Say(b"554 5.5.1 no valid recipients\r\n"), "rejected rejected", "data: 554"),
    ("DATA", Say(b"250 ok\r\n"), DOWN, "answered DATA with 250"),
    ("DATA", Say(b"354 go\r\n250 queued already\r\n"), DOWN, "before the end"),
    ("DATA", Say(b"354 go\r\n452 4.3.1 disk full\r\n"), DOWN, "data: 452"),
    ("DATA", SayAndClose(b""), DOWN, CLOSED),
    ("DATA", SayAndClose(b"354 go\r\n"), DOWN, CLOSED),
    ("DATA", Silence, DOWN, LATE),
    ("DATA", Drip(b"354-x\r\n"), DOWN, LATE),
    ("text", Say(b"552 5.3.4 too much\r\n"), "rejected rejected", "552"),
];

#[test]
fn faults_before_the_end_are_tried_again() {
    check(BEFORE_THE_END);
}

#[rustfmt::skip]
const AT_THE_END: &[Case] = &[
    ("dot", Say(b"250 2.0.0 aceptaci\xf3n\r\n"), TAKEN, "dot: 250 2.0.0 aceptación"),
    ("dot", Say("250 2.0.0 aceptación\r\n".as_bytes()), TAKEN, "aceptación"),
    ("dot", Say(b"250-\xff\xfe\r\n250-\x80\r\n250 \xff\r\n"), TAKEN, "dot: 250"),
    ("dot", Say(b"250 ok\n"), TAKEN, "dot: 250"),
    ("dot", Say(b"250\r\n"), TAKEN, "dot: 250"),
    ("dot", Say(b"250 2.0.0 \x1b[2J\xe2\x80\xae\r\n"), TAKEN, "dot: 250 2.0.0 \\u{1b}[2J\\u{202e}"),
    ("dot", SayAndClose(b"250-queued\r\n"), TAKEN, "dot: 250"),
    ("dot", Flood(b"250-and more\r\n"), TAKEN, "dot: 250"),
    ("dot", Say(b"452 4.3.1 disk full\r\n"), DOWN, "dot: 452"),
    ("dot", Say(b"421 4.3.2 bye\r\n"), DOWN, "dot: 421"),
    ("dot", Say(b"400 later\r\n"), DOWN, "dot: 400"),
    ("dot", Say(b"499 later\r\n"), DOWN, "dot: 499"),
    ("dot", Say(b"500 what\r\n"), "rejected rejected", "dot: 500"),
    ("dot", Say(b"599 no\r\n"), "rejected rejected", "dot: 599"),
    ("dot", Say(b"251 will forward\r\n"), TAKEN, "dot: 251"),
    ("dot", Say(b"399 what\r\n"), DOUBT, "unexpected reply 399"),
    ("dot", Say(b"552 5.2.3 too big\r\n"), "rejected rejected", "dot: 552"),
    ("dot", Say(b"554 5.6.0 virus\r\n"), "rejected rejected", "dot: 554"),
    ("dot", Say(b"550 5.7.1 contenido no admitido: a\xf1o\r\n"), "rejected rejected", "año"),
    ("dot", SayAndClose(b""), DOUBT, CLOSED),
    ("dot", SayAndClose(b"25"), DOUBT, CLOSED),
    ("dot", SayAndClose(b"250 2.0.0 que"), DOUBT, CLOSED),
    ("dot", Silence, DOUBT, LATE),
    ("dot", Drip(b"2"), DOUBT, LATE),
    ("dot", Flood(b"x"), DOUBT, "does not end"),
    ("dot", Say(b"what\r\n"), DOUBT, "can't be read"),
    ("dot", Say(b"354 go on\r\n"), DOUBT, "unexpected reply 354"),
    ("dot", Say(b"220 hello\r\n"), DOUBT, "unexpected reply 220"),
    ("dot", Say(b"250-a\r\n550 b\r\n"), DOUBT, "can't be read"),
];

#[test]
fn only_no_answer_to_the_end_is_doubtful() {
    check(AT_THE_END);
}

#[test]
fn a_farewell_that_never_comes_costs_nothing() {
    for act in [
        Silence,
        Drip(b"221-x\r\n"),
        SayAndClose(b""),
        Flood(b"221-x\r\n"),
    ] {
        let server = Scripted::start(&[Fault::At("QUIT", act)]);
        let mut home = Home::with(&["a@x.mx"], server.port);
        let begun = Instant::now();
        home.run();
        assert_eq!(home.states(), "accepted");
        assert!(begun.elapsed() < Duration::from_secs(15), "{act:?}");
    }
}

#[test]
fn after_a_doubtful_answer_the_others_wait_for_the_next_run() {
    let server = Scripted::start(&[Fault::CloseAfterDot]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx", "c@x.mx"], server.port);
    let outcomes = home.run();
    assert_eq!(home.states(), "ambiguous queued queued");
    let why = outcomes[1].waits.as_deref().unwrap();
    assert!(why.contains("delivery 1 is in doubt"), "{why}");
    assert_eq!(server.taken().len(), 1);
    server.set(&[]);
    home.run();
    assert_eq!(home.states(), "ambiguous accepted accepted");
}

#[test]
fn a_run_has_an_end_to_its_mail() {
    let server = Scripted::start(&[]);
    let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
    home.settings.time = Duration::ZERO;
    let outcomes = home.run();
    assert_eq!(home.states(), "queued queued");
    assert!(outcomes[0].waits.as_deref().unwrap().contains("over"));
    assert_eq!(server.commands(), "");
    home.settings.time = Duration::from_millis(300);
    server.set(&[Fault::At("RCPT", Silence)]);
    let begun = Instant::now();
    home.run();
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(home.states(), "deferred deferred");
}

#[test]
fn a_host_that_is_not_found_is_told_and_waited_for_briefly() {
    let mut home = Home::with(&["a@x.mx"], 25);
    home.server().host = "no-such-host.invalid".to_owned();
    home.run();
    assert_eq!(home.states(), "deferred");
    assert!(
        home.reply(1)
            .starts_with("prepare: the host no-such-host.invalid is not found")
    );
    assert_eq!(home.ledger.delivery(1).unwrap().next_attempt_at, None);
}

#[test]
fn a_ca_file_without_a_certificate_is_told() {
    let server = Scripted::start(&[]);
    for (pem, said) in [
        (&b"no certificate"[..], "holds no certificate"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "can't be used",
        ),
    ] {
        let mut own = plain(server.port);
        own.tls = metas::plan::Tls::Starttls;
        own.extra_roots = Some(pem.to_vec());
        let failure = Session::open(&own, None).err().unwrap();
        assert!(failure.reply.contains(said), "{}", failure.reply);
    }
    assert_eq!(server.commands(), "");
}

/// Whether a server takes back a refused message or not, the next recipient is served.
#[test]
fn a_server_that_takes_nothing_back_is_connected_to_again() {
    for (rset, commands) in [
        (
            Say(b"250 ok\r\n"),
            "EHLO MAIL RCPT RSET MAIL RCPT DATA QUIT",
        ),
        (
            Say(b"502 5.5.1 what\r\n"),
            "EHLO MAIL RCPT RSET EHLO MAIL RCPT DATA QUIT",
        ),
        (
            SayAndClose(b""),
            "EHLO MAIL RCPT RSET EHLO MAIL RCPT DATA QUIT",
        ),
    ] {
        let refused = Fault::Rcpt("a@x.mx", "550 5.1.1 no such user");
        let server = Scripted::start(&[refused, Fault::At("RSET", rset)]);
        let mut home = Home::with(&["a@x.mx", "b@x.mx"], server.port);
        home.run();
        assert_eq!(home.states(), "rejected accepted", "{rset:?}");
        assert_eq!(home.reply(1), "rcpt: 550 5.1.1 no such user");
        assert_eq!(server.commands(), commands, "{rset:?}");
    }
}

/// What STARTTLS is answered with, and what is noted.
#[test]
fn only_220_begins_the_protection() {
    for (act, noted) in [
        (Say(b"250 ok\r\n"), "tls: 250 ok"),
        (Say(b"221 bye\r\n"), "tls: 221 bye"),
        (Say(b"454 4.7.0 not now\r\n"), "tls: 454 4.7.0 not now"),
        (SayAndClose(b"220 go\r\n"), "tls: no protection: "),
        (
            Say(b"220 go\r\n250-x\r\n250 AUTH PLAIN\r\n"),
            "tls: the server sent a reply that was not asked for",
        ),
    ] {
        let offer = Fault::Ehlo("250-x\r\n250 STARTTLS");
        let server = Scripted::start(&[offer, Fault::At("STARTTLS", act)]);
        let mut home = Home::with(&["a@x.mx"], server.port);
        home.server().tls = metas::plan::Tls::Starttls;
        home.run();
        assert_eq!(home.states(), "deferred");
        assert!(home.reply(1).starts_with(noted), "{}", home.reply(1));
        assert_eq!(server.commands(), "EHLO STARTTLS", "{act:?}");
    }
}

/// What is offered, what the server does, the verbs that come, and what is noted.
type Login = (
    &'static str,
    &'static [(&'static str, Act)],
    &'static str,
    &'static str,
);

const ASK: Act = Say(b"334 VXNlcm5hbWU6\r\n");
const FINE: Act = Say(b"235 2.7.0 welcome\r\n");
const LOGIN: &str = "250-x\r\n250 AUTH LOGIN";
const BOTH: &str = "250-x\r\n250 AUTH login plain";

/// `dQ==` and `cA==` are the user `u` and the password `p`; `AHUAcA==` is both.
#[rustfmt::skip]
const AT_THE_LOGIN: &[Login] = &[
    (LOGIN, &[("AUTH", ASK), ("dQ==", ASK), ("cA==", FINE)], "EHLO AUTH dQ== cA== MAIL RCPT DATA QUIT", "dot: 250"),
    (BOTH, &[("AUTH", FINE)], "EHLO AUTH MAIL RCPT DATA QUIT", "dot: 250"),
    (BOTH, &[("AUTH", ASK), ("AHUAcA==", FINE)], "EHLO AUTH AHUAcA== MAIL RCPT DATA QUIT", "dot: 250"),
    (LOGIN, &[("AUTH", ASK), ("dQ==", ASK), ("cA==", Say(b"250 ok\r\n"))], "EHLO AUTH dQ== cA==", "auth: the server answered AUTH with 250"),
    (LOGIN, &[("AUTH", ASK), ("dQ==", ASK), ("cA==", ASK)], "EHLO AUTH dQ== cA==", "auth: the server answered AUTH with 334"),
    (LOGIN, &[("AUTH", Say(b"250 ok\r\n"))], "EHLO AUTH", "auth: the server answered AUTH with 250"),
    (LOGIN, &[("AUTH", Say(b"235 ok\r\n"))], "EHLO AUTH MAIL RCPT DATA QUIT", "dot: 250"),
    (LOGIN, &[("AUTH", ASK), ("dQ==", Say(b"535 5.7.8 no\r\n"))], "EHLO AUTH dQ==", "auth: 535 5.7.8 no"),
    ("250-x\r\n250 AUTH GSSAPI", &[], "EHLO", "auth: the server offers no login that metas knows"),
    ("250 x", &[], "EHLO", "auth: the server offers no login here"),
];

#[test]
fn the_login_ends_with_235_and_nothing_else() {
    for (offer, acts, commands, noted) in AT_THE_LOGIN {
        let mut faults = vec![Fault::Ehlo(offer)];
        faults.extend(acts.iter().map(|(place, act)| Fault::At(place, *act)));
        let server = Scripted::start(&faults);
        let mut home = Home::with(&["a@x.mx"], server.port);
        let password = metas::delivery::Secret::new("p".to_owned());
        home.server().login = Some(metas::delivery::Credentials::Password {
            user: "u".to_owned(),
            password,
        });
        home.run();
        assert!(home.reply(1).starts_with(noted), "{}", home.reply(1));
        assert_eq!(server.commands(), *commands, "{noted}");
    }
}
