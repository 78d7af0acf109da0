//! The outbox as an operator meets it: the binary in a home, against a server that fails.

use std::process::Command;

use super::server::{Fault, Scripted};
use crate::home::{Ran, TestHome};

const PLAN: &str = "plan-valle-verde-2026";
const FILE: &str = "pipelines/plan-valle-verde-2026.toml";
pub(super) const A: &str = "comite@example.mx";
const B: &str = "contraloria@example.mx";
const NEW: &str = "mesa@example.mx";

/// Valle Verde with its mail pointed at a port of this machine.
pub(super) fn home(port: u16) -> TestHome {
    let home = TestHome::named("valle-verde").without_receipts();
    let server =
        format!("\n[delivery.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n");
    write(&home, &(home.read(FILE) + &server));
    home
}

fn write(home: &TestHome, text: &str) {
    std::fs::write(home.file(FILE), text).unwrap();
}

pub(super) fn run(home: &TestHome, as_of: &str) -> Ran {
    home.metas(&["run", PLAN, "--as-of", as_of])
}

fn quietly(home: &TestHome, as_of: &str) -> Ran {
    home.metas(&["run", PLAN, "--as-of", as_of, "--quiet"])
}

/// State by recipient.
pub(super) fn states(home: &TestHome) -> String {
    let list = home.metas(&["deliver", "list", "--json"]).ok().json();
    let rows = list["deliveries"].as_array().unwrap().clone();
    let one = |row: &serde_json::Value| {
        let to = row["recipient"].as_str().unwrap();
        let name = to.split('@').next().unwrap().to_owned();
        format!("{name} {}", row["state"].as_str().unwrap())
    };
    rows.iter().map(one).collect::<Vec<_>>().join(", ")
}

pub(super) const DAY: &str = "2026-04-06T12:00";

fn refused() -> (Scripted, TestHome) {
    let server = Scripted::start(&[Fault::Rcpt(A, "550 5.1.1 no such user")]);
    let home = home(server.port);
    run(&home, DAY)
        .code(3)
        .says(&["rejected-delivery", "edition 1 issued"]);
    (server, home)
}

#[test]
fn a_refusal_is_told_at_every_run_until_the_address_is_corrected() {
    let (server, home) = refused();
    for day in [DAY, "2026-04-07T12:00", "2026-05-20T12:00"] {
        quietly(&home, day)
            .code(3)
            .says(&["rejected-delivery", A, "metas deliver send"]);
    }
    home.metas(&["run", PLAN, "--as-of", DAY, "--no-deliver", "--quiet"])
        .code(3)
        .says(&["rejected-delivery"]);
    home.replace(FILE, A, NEW);
    let send = format!("metas deliver send {PLAN} 2026-T1 --to {NEW}");
    run(&home, DAY).ok().says(&["not-delivered", &send]);
    assert_eq!(states(&home), "comite cancelled, contraloria accepted");
    home.metas(&["status", "--as-of", DAY]).ok().says(&[&send]);
    home.metas(&["deliver", "send", PLAN, "2026-T1", "--to", NEW])
        .ok();
    assert_eq!(
        states(&home),
        "comite cancelled, contraloria accepted, mesa queued"
    );
    run(&home, DAY).ok();
    quietly(&home, DAY).ok().silent();
    let to: Vec<_> = server.taken().into_iter().map(|copy| copy.to).collect();
    assert_eq!(to, [B, NEW]);
}

#[test]
fn a_refusal_is_settled_by_trying_again_or_by_a_persons_word() {
    let (server, home) = refused();
    server.set(&[]);
    home.metas(&["deliver", "retry", "1"]).ok();
    assert_eq!(states(&home), "comite accepted, contraloria accepted");
    home.metas(&["deliver", "retry", "1"])
        .code(2)
        .says(&["only what is deferred or rejected"]);
    home.metas(&["deliver", "retry", "99"])
        .code(2)
        .says(&["no delivery 99"]);

    let (_server, home) = refused();
    home.metas(&["deliver", "resolve", "1", "--sent"]).ok();
    assert_eq!(states(&home), "comite accepted, contraloria accepted");
    run(&home, DAY).ok();
    home.metas(&["deliver", "resolve", "1", "--sent"]).code(2);
}

#[test]
fn an_edition_is_sent_to_addresses_of_the_definition_only_and_once() {
    let server = Scripted::start(&[]);
    let home = home(server.port);
    let send = |words: &[&str]| {
        let mut all = vec!["deliver", "send", PLAN];
        all.extend(words);
        home.metas(&all)
    };
    send(&["2026-T1", "--to", A]).code(2).says(&["no edition"]);
    run(&home, DAY).ok();
    send(&["2026-T1", "--to", "otra@example.mx"])
        .code(2)
        .says(&["otra@example.mx", A]);
    send(&["2026-T1", "--to", "nadie"]).code(2).says(&["no @"]);
    send(&["2026-T2", "--to", A]).code(2).says(&["no edition"]);
    send(&["2026-T1", "--to", A])
        .code(2)
        .says(&["delivery 1", "--again"]);
    assert_eq!(states(&home), "comite accepted, contraloria accepted");
    send(&["2026-T1", "--to", &A.to_uppercase(), "--again"]).ok();
    send(&["2026-T1", "--to", A, "--again"])
        .code(2)
        .says(&["delivery 1", "queued"]);
    run(&home, DAY).ok();
    run(&home, DAY).ok();
    let copies = server.taken();
    let to: Vec<_> = copies.iter().map(|copy| copy.to.as_str()).collect();
    assert_eq!(to, [A, B, A]);
    let id = |n: usize| {
        let text = String::from_utf8_lossy(&copies[n].message).into_owned();
        let line = text.lines().find(|l| l.starts_with("Message-ID")).unwrap();
        line.to_owned()
    };
    assert_ne!(id(0), id(2), "a second copy is a message of its own");
    let shown = home.metas(&["deliver", "show", "1"]).ok();
    shown.says(&[
        "as queued",
        "Message-ID",
        "Subject",
        "What happened",
        "250 2.0.0",
    ]);
    let shown = home.metas(&["deliver", "show", "1", "--json"]).ok().json();
    assert_eq!(shown["message_state"], "as queued");
    assert!(shown["events"].as_array().unwrap().len() >= 8);
    home.metas(&["deliver", "show", "99"]).code(2);
}

#[test]
fn a_liaison_may_be_sent_an_edition_too() {
    let server = Scripted::start(&[]);
    let home = home(server.port);
    let text = home.read(FILE);
    let liaison = text
        .lines()
        .find(|line| line.starts_with("liaison"))
        .map(str::to_owned);
    let liaison = liaison.unwrap_or_else(|| {
        let at = text.find("[department.").unwrap();
        let end = text[at..].find('\n').unwrap() + at + 1;
        write(
            &home,
            &format!(
                "{}liaison = \"enlace@example.mx\"\n{}",
                &text[..end],
                &text[end..]
            ),
        );
        "liaison = \"enlace@example.mx\"".to_owned()
    });
    let address = liaison.split('"').nth(1).unwrap();
    run(&home, DAY).ok();
    home.metas(&["deliver", "send", PLAN, "2026-T1", "--to", address])
        .ok();
    run(&home, DAY).ok();
    assert_eq!(server.taken().last().unwrap().to, address);
}

#[test]
fn a_dead_server_is_nobodys_business_for_a_day_and_then_an_error() {
    let home = home(super::dead_port());
    quietly(&home, DAY).code(75);
    quietly(&home, DAY).code(75).silent();
    quietly(&home, "2026-04-07T11:50").code(75).silent();
    for day in ["2026-04-07T12:10", "2026-04-20T12:00"] {
        quietly(&home, day)
            .code(3)
            .says(&["deferred-delivery", "for more than a day"]);
    }
    // Asked to try again, it has waited no less.
    home.metas(&["deliver", "retry", "--quiet"]).code(3);
}

#[test]
fn a_missing_password_or_certificate_stops_no_edition_and_is_told() {
    let server = Scripted::start(&[]);
    for (line, said) in [
        ("user = \"u\"\n", "there is no password for the SMTP user u"),
        ("ca_file = \"none.pem\"\n", "ca_file"),
    ] {
        let home = home(server.port);
        write(&home, &(home.read(FILE) + line));
        home.replace(FILE, "tls = \"none\"", "tls = \"starttls\"");
        for _ in 0..2 {
            quietly(&home, DAY).code(3).says(&["mail-fault", said]);
        }
        assert!(
            home.file(&format!("reports/{PLAN}/2026-T1/v1/report.pdf"))
                .is_file()
        );
        assert_eq!(states(&home), "comite deferred, contraloria deferred");
        home.metas(&["doctor"]).code(78).says(&[said]);
        home.replace(FILE, line, "");
        home.replace(FILE, "tls = \"starttls\"", "tls = \"none\"");
        run(&home, DAY).ok();
        assert_eq!(states(&home), "comite accepted, contraloria accepted");
    }
}

#[test]
fn a_plan_that_writes_to_nobody_says_so() {
    let home = TestHome::named("valle-verde").without_receipts();
    let text = home.read(FILE);
    let begin = text.find("[delivery]").unwrap();
    let end = text[begin + 1..]
        .find("\n[")
        .map_or(text.len(), |at| begin + 1 + at);
    write(&home, &format!("{}{}", &text[..begin], &text[end..]));
    quietly(&home, DAY).ok().says(&["nobody will hear"]);
    quietly(&home, DAY).ok().silent();
    run(&home, DAY).ok().says(&["nobody will hear"]);
}

#[test]
fn one_broken_plan_does_not_keep_the_others_mail_back() {
    let (server, home) = refused();
    server.set(&[]);
    std::fs::write(home.file("pipelines/broken.toml"), "format = 1\n").unwrap();
    home.metas(&["deliver", "retry"]).code(78);
    assert_eq!(states(&home), "comite accepted, contraloria accepted");
}

/// Runs the crontab line as cron does.
fn cron(home: &TestHome) -> Ran {
    let line = home.metas(&["schedule", "--cron"]).ok().stdout;
    assert_eq!(line.lines().count(), 1);
    let command = line.splitn(6, ' ').nth(5).unwrap().replace("\\%", "%");
    let output = Command::new("sh")
        .args(["-c", command.trim_end()])
        .env_remove("METAS_HOME")
        .output()
        .unwrap();
    Ran::of(output)
}

#[test]
fn the_cron_line_works_in_a_home_without_state_and_lets_cron_mail_what_must_be_heard() {
    let home = TestHome::named("valle-verde").without_receipts();
    home.replace(FILE, "[delivery]", "[delivry]");
    assert!(!home.file("state").exists());
    let ran = cron(&home);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains("delivry"), "{told}");
    assert_eq!(ran.code, 78, "the line ends as the run did");
    assert_eq!(home.read("state/cron.log"), told);
    let before = told.len();
    cron(&home);
    assert!(
        home.read("state/cron.log").len() > before,
        "the log is kept"
    );
    #[cfg(unix)]
    for name in ["state", "state/cron.log"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.file(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{name} is open to others");
    }
}

#[test]
fn the_unit_takes_what_is_held_or_put_off_for_no_failure() {
    let home = TestHome::named("valle-verde").without_receipts();
    let unit = home.metas(&["schedule", "--systemd"]).ok().stdout;
    for line in [
        "SuccessExitStatus=3 75",
        "# OnFailure=",
        "UMask=0077",
        "Type=oneshot",
    ] {
        assert!(unit.contains(line), "{line} is not in\n{unit}");
    }
}
