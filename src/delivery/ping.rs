//! A word to whoever watches over the runs: that one has begun, and how it ended. Where no word
//! comes, the watcher notices; that is what it is for.

use std::time::Duration;

use url::Url;

use super::web;
use super::web::WebContent;
use crate::diagnostic::Diagnostic;

/// How long a word may take; a run never waits longer for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest text that is sent, in bytes.
const LARGEST: usize = 10_000;

/// What is told of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunSignal<'a> {
    /// It has begun.
    Start,
    /// It ended well.
    Success,
    /// It ended otherwise.
    Failure {
        /// Its exit status.
        status: u8,
        /// The last lines of what it said, which hold nothing personal.
        lines: &'a str,
    },
}

/// Tells the watcher at `url`, as healthchecks.io has it: `/start` behind the address, nothing for
/// success, `/fail` for failure.
///
/// Gives back the warning `ping-failed` where it was not told; no run depends on it.
pub fn ping(url: &str, signal: RunSignal<'_>) -> Option<Diagnostic> {
    let Ok(address) = Url::parse(url) else {
        return Some(failed("the address", "is no web address"));
    };
    let host = address.host_str().unwrap_or_default().to_owned();
    let address = address_for(address, signal);
    match web::post(&address, &WebContent::Text(&text(signal)), PATIENCE, None) {
        Err(unanswered) => Some(failed(&host, &format!("was not told: {}", unanswered.why))),
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(answer) => Some(failed(&host, &format!("answered with {}", answer.status))),
    }
}

/// The address without the part that only its owner knows, for people.
fn failed(host: &str, why: &str) -> Diagnostic {
    Diagnostic::warning("ping-failed", format!("the ping to {host} {why}")).hint(
        "Check ping in [operator], and that this machine reaches it; the run itself is not touched by it.",
    )
}

fn address_for(mut address: Url, signal: RunSignal<'_>) -> Url {
    let behind = match signal {
        RunSignal::Start => "/start",
        RunSignal::Success => return address,
        RunSignal::Failure { .. } => "/fail",
    };
    let path = format!("{}{behind}", address.path().trim_end_matches('/'));
    address.set_path(&path);
    address
}

fn text(signal: RunSignal<'_>) -> String {
    let RunSignal::Failure { status, lines } = signal else {
        return String::new();
    };
    let head = format!("exit status {status}\n");
    let mut begin = lines.len().saturating_sub(LARGEST - head.len());
    if begin > 0 {
        // Whole lines, where there are any.
        begin += lines.as_bytes()[begin..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        while !lines.is_char_boundary(begin) {
            begin += 1;
        }
    }
    format!("{head}{}", &lines[begin..])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const FAILURE: RunSignal<'_> = RunSignal::Failure {
        status: 65,
        lines: "error[missing-file]: falta la fuente baches\n",
    };

    /// A server that takes one request, answers with this, and gives back what it took.
    fn server(answer: &'static str) -> (u16, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taking = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut taken = Vec::new();
            let mut part = [0; 4096];
            loop {
                let read = stream.read(&mut part).unwrap();
                taken.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&taken).into_owned();
                let length = text
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map(|rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
                if read == 0 || body.is_some_and(|had| had >= length.unwrap_or(0)) {
                    stream.write_all(answer.as_bytes()).unwrap();
                    return text;
                }
            }
        });
        (port, taking)
    }

    const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

    #[test]
    fn each_word_goes_to_its_address() {
        for (path, signal, asked) in [
            ("/uuid", RunSignal::Start, "POST /uuid/start HTTP/1.1"),
            ("/uuid", RunSignal::Success, "POST /uuid HTTP/1.1"),
            ("/uuid", FAILURE, "POST /uuid/fail HTTP/1.1"),
            ("/uuid/", RunSignal::Start, "POST /uuid/start HTTP/1.1"),
            ("/uuid/", RunSignal::Success, "POST /uuid/ HTTP/1.1"),
            (
                "/a%20b?rid=1&k=a%2Fb",
                FAILURE,
                "POST /a%20b/fail?rid=1&k=a%2Fb HTTP/1.1",
            ),
            ("", RunSignal::Start, "POST /start HTTP/1.1"),
            ("", RunSignal::Success, "POST / HTTP/1.1"),
        ] {
            let (port, taking) = server(OK);
            let failed = ping(&format!("http://127.0.0.1:{port}{path}"), signal);
            assert_eq!(failed, None);
            let taken = taking.join().unwrap();
            assert_eq!(taken.lines().next().unwrap(), asked);
            let body = taken.split_once("\r\n\r\n").unwrap().1;
            match signal {
                RunSignal::Failure { lines, .. } => {
                    assert_eq!(body, format!("exit status 65\n{lines}"));
                }
                _ => assert_eq!(body, ""),
            }
        }
    }

    #[test]
    fn what_is_said_at_length_is_cut_at_the_beginning_of_a_line() {
        let long = "una línea cualquiera de lo que dijo\n".repeat(1000);
        let sent = text(RunSignal::Failure {
            status: 70,
            lines: &long,
        });
        assert!(
            sent.len() <= LARGEST && sent.len() > LARGEST - 100,
            "{}",
            sent.len()
        );
        assert!(sent.starts_with("exit status 70\nuna línea") && sent.ends_with("dijo\n"));
        let line = "ñ".repeat(20_000);
        let sent = text(RunSignal::Failure {
            status: 70,
            lines: &line,
        });
        assert!(
            sent.len() <= LARGEST && sent.ends_with('ñ'),
            "{}",
            sent.len()
        );
    }

    #[test]
    fn a_watcher_that_does_not_hear_is_a_warning_without_the_secret_address() {
        let uuid = "7f3a9c1e-0000-4000-8000-000000000000";
        for (answer, why) in [
            (
                "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                "answered with 404",
            ),
            (
                "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
                "answered with 500",
            ),
            (
                "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
                "answered with 302",
            ),
            ("220 mail.example.mx ESMTP\r\n", "its answer is not HTTP"),
            ("", "was not told"),
        ] {
            let (port, taking) = server(answer);
            let failed = ping(
                &format!("http://127.0.0.1:{port}/{uuid}"),
                RunSignal::Success,
            );
            let failed = failed.unwrap();
            taking.join().unwrap();
            assert!(
                !failed.is_error() && failed.code == "ping-failed",
                "{failed:?}"
            );
            assert!(failed.message.contains(why), "{why}: {}", failed.message);
            assert!(!format!("{failed:?}").contains("7f3a"), "{failed:?}");
        }
        let nobody = ping(&format!("http://127.0.0.1:1/{uuid}"), RunSignal::Start).unwrap();
        assert!(
            nobody.message.contains("127.0.0.1 was not told"),
            "{}",
            nobody.message
        );
        assert!(!nobody.message.contains("7f3a"));
    }
}
