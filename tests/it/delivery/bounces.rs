//! Notices that a message did not arrive, as mail systems write them, under `tests/bounces/`.

use std::io::Write;
use std::process::{Command, Stdio};

use metas::delivery::bounce::{Action, read};
use metas::diagnostic::Diagnostic;

use super::outbox::{A, DAY, home, run, states};
use super::server::Scripted;
use crate::home::{Ran, TestHome};

/// The Message-ID that the notices are about.
const ID: &str = "<plan.2026-T1.v1.a1b2c3@example.mx>";

fn notice(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bounces");
    std::fs::read(format!("{folder}/{name}.eml")).unwrap()
}

/// Of a recipient: what became of the message, the status, what a server said.
type OfRecipient = (Action, &'static str, &'static str);

/// A notice and what it says.
#[rustfmt::skip]
const NOTICES: &[(&str, &[OfRecipient])] = &[
    ("postfix", &[(Action::Failed, "5.1.1", "550 5.1.1 <secretaria@example.mx>: Recipient address rejected: User unknown")]),
    ("postfix-expired", &[(Action::Failed, "4.2.2", "452 4.2.2 Mailbox full")]),
    ("postfix-delayed", &[(Action::Delayed, "4.4.1", "connect to mx.example.mx[192.0.2.25]:25: Connection timed out")]),
    ("postfix-delivered", &[(Action::Passed, "2.0.0", "250 2.0.0 Ok")]),
    ("postfix-relayed", &[(Action::Passed, "2.0.0", "250 2.0.0 Ok")]),
    ("exim", &[(Action::Failed, "5.0.0", "550 5.1.1 Unknown user")]),
    ("microsoft-365", &[(Action::Failed, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient secretaria@example.mx not found by SMTP address lookup")]),
    ("gmail", &[(Action::Failed, "5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address for typos or 550 5.1.1 unnecessary spaces.")]),
    ("sendmail", &[(Action::Failed, "5.7.1", "550 5.7.1 Message content rejected")]),
    ("encoded", &[(Action::Failed, "5.2.1", "550 5.2.1 Disabled")]),
    ("id-in-the-report", &[(Action::Failed, "5.2.1", "550 5.2.1 Disabled")]),
    ("id-in-the-reply", &[(Action::Failed, "5.2.1", "550 5.2.1 Disabled")]),
    ("one-group", &[(Action::Failed, "5.2.1", "550 5.2.1 Disabled")]),
    ("in-utf8", &[(Action::Failed, "5.2.1", "550 5.2.1 Buzón deshabilitado")]),
    ("forwarded", &[(Action::Failed, "5.1.1", "550 5.1.1 <secretaria@example.mx>: Recipient address rejected: User unknown")]),
    ("steering-a-terminal", &[(Action::Failed, "5.2.1", "550 5.2.1 Disabled \\u{1b}[31m\\u{202e} red")]),
    ("several-recipients", &[(Action::Failed, "5.2.1", "550 5.2.1 Disabled"), (Action::Passed, "2.1.5", ""), (Action::Delayed, "4.4.1", "")]),
];

/// With either ending of lines, as files and mail servers have it.
#[test]
fn notices_of_every_mail_system_are_read() {
    for (name, expected) in NOTICES {
        let unix = notice(name);
        let mail = String::from_utf8(unix.clone())
            .unwrap()
            .replace('\n', "\r\n");
        for bytes in [unix, mail.into_bytes()] {
            let read = read(&bytes).unwrap_or_else(|no| panic!("{name}: {no:?}"));
            let found: Vec<_> = read
                .iter()
                .map(|of| {
                    let status = of.status.as_deref().unwrap_or_default();
                    (
                        of.action,
                        status,
                        of.diagnostic.as_deref().unwrap_or_default(),
                    )
                })
                .collect();
            assert_eq!(found, *expected, "{name}");
            assert!(
                read.iter().all(|of| of.message_id.as_deref() == Some(ID)),
                "{name}: {read:?}"
            );
            assert_eq!(read[0].recipient, "secretaria@example.mx", "{name}");
        }
    }
    assert_eq!(read(&notice("without-id")).unwrap()[0].message_id, None);
}

#[test]
fn every_file_of_notices_is_in_a_test() {
    let here = include_str!("bounces.rs");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bounces");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".eml").unwrap();
        assert!(
            here.contains(&format!("(\"{name}\"")),
            "{name} is in no test"
        );
    }
}

/// What is none, and what is said to be instead.
#[test]
fn what_is_no_notice_is_refused_with_what_it_is() {
    for (name, why) in [
        ("not-qmail", "a notice of qmail"),
        ("not-an-absence", "it is text/plain"),
        ("not-a-read-receipt", "a receipt of a mail program"),
        ("not-a-complaint", "a complaint"),
        ("not-whole", "message/delivery-status is missing"),
        ("not-of-anybody", "names no recipient"),
        ("not-mail", "no e-mail message"),
    ] {
        let refused = Diagnostic::from(read(&notice(name)).unwrap_err());
        assert_eq!(refused.code, "not-a-bounce", "{name}");
        assert!(refused.message.contains(why), "{name}: {}", refused.message);
        assert!(refused.hint.unwrap().contains("metas deliver resolve"));
    }
    for nothing in [&b""[..], b"\n", b"\0\0\0", b"From: a@x.mx\n"] {
        let refused = Diagnostic::from(read(nothing).unwrap_err());
        assert_eq!(refused.code, "not-a-bounce");
    }
}

fn message_id(home: &TestHome, recipient: &str) -> String {
    let list = home.metas(&["deliver", "list", "--json"]).ok().json();
    let mut rows = list["deliveries"].as_array().unwrap().iter();
    let row = rows.find(|row| row["recipient"] == recipient).unwrap();
    row["message_id"].as_str().unwrap().to_owned()
}

/// Gives the command a notice about the message of this ID, by its standard input.
fn bounce(home: &TestHome, name: &str, id: &str, words: &[&str]) -> Ran {
    let text = String::from_utf8(notice(name)).unwrap().replace(ID, id);
    let mut child = Command::new(env!("CARGO_BIN_EXE_metas"))
        .args(["deliver", "bounce", "-"])
        .args(words)
        .arg("--home")
        .arg(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_notice_settles_its_delivery_and_no_other() {
    let server = Scripted::start(&[]);
    let home = home(server.port);
    // Before anything was sent there is no ledger, and none is made.
    let said = bounce(&home, "postfix", ID, &[]).ok();
    assert!(said.stdout.contains("is of other mail"), "{}", said.stdout);
    assert!(!home.file("state/ledger.db").exists());
    run(&home, DAY).ok();
    let id = message_id(&home, A);
    for (name, why) in [
        ("postfix-delayed", "still trying"),
        ("postfix-delivered", "it has arrived"),
        ("postfix-relayed", "it has arrived"),
    ] {
        let said = bounce(&home, name, &id, &[]).ok();
        assert!(said.stdout.contains(why), "{name}: {}", said.stdout);
        assert_eq!(
            states(&home),
            "comite accepted, contraloria accepted",
            "{name}"
        );
    }
    let said = bounce(&home, "postfix", ID, &["--json"]).ok().json();
    assert_eq!(said["notices"][0]["outcome"], "unknown");
    assert_eq!(states(&home), "comite accepted, contraloria accepted");

    let said = bounce(&home, "postfix", &id, &["--json"]).ok().json();
    assert_eq!(said["notices"][0]["outcome"], "bounced");
    assert_eq!(said["deliveries"][0]["state"], "bounced");
    assert_eq!(states(&home), "comite bounced, contraloria accepted");
    let said = bounce(&home, "postfix", &id, &[]).ok();
    assert!(
        said.stdout.contains("stays bounced: it was noted before"),
        "{}",
        said.stdout
    );
    let shown = home.metas(&["deliver", "show", "1"]).ok();
    assert!(
        shown
            .stdout
            .contains("User unknown (secretaria@example.mx)"),
        "{}",
        shown.stdout
    );
    run(&home, DAY).code(3).says(&["comite@example.mx"]);
    assert_eq!(server.taken().len(), 2, "nobody has asked to send it again");

    home.metas(&["deliver", "retry", "1"]).ok();
    assert_eq!(states(&home), "comite accepted, contraloria accepted");
}

#[test]
fn a_notice_that_gave_up_after_days_settles_too() {
    let server = Scripted::start(&[]);
    let home = home(server.port);
    run(&home, DAY).ok();
    for (name, exit) in [
        ("without-id", 65),
        ("not-an-absence", 65),
        ("postfix-expired", 0),
    ] {
        bounce(&home, name, &message_id(&home, A), &[]).code(exit);
    }
    assert_eq!(states(&home), "comite bounced, contraloria accepted");
    let file = home.file("notice.eml");
    let other = message_id(&home, "contraloria@example.mx");
    let text = String::from_utf8(notice("several-recipients"))
        .unwrap()
        .replace(ID, &other);
    std::fs::write(&file, text).unwrap();
    home.metas(&["deliver", "bounce", file.to_str().unwrap()])
        .ok();
    assert_eq!(states(&home), "comite bounced, contraloria bounced");
    home.metas(&["deliver", "bounce", "/nowhere.eml"])
        .code(78)
        .says(&["/nowhere.eml"]);
    home.metas(&["deliver", "bounce", "/dev/null"])
        .code(78)
        .says(&["no regular file"]);
}
