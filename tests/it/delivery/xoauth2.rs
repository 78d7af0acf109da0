//! The login by an access token, against a server that wants one and a service that gives it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use metas::delivery::{
    Credentials, Failure, Grant, Phase, Secret, Server, Session, Timeouts, TokenRequest, Tokens,
};
use metas::plan::Tls;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const CA: &[u8] = include_bytes!("../../certificates/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../certificates/server.pem");
const KEY: &[u8] = include_bytes!("../../certificates/server.key");

const USER: &str = "planeacion@example.mx";
/// What Google asks where it does not take a token.
const WHY: &str = r#"{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}"#;

/// How a mail server treats a token.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manner {
    /// Takes these tokens with the command and refuses others with 535.
    Takes(&'static str),
    /// Refuses others by a question, and says no once it is answered.
    Asks(&'static str),
    /// Does not look at what comes with the command, and asks for it.
    AsksForIt(&'static str),
    /// Refuses every token with this line, in which `*` is what it was told.
    Says(&'static str),
}

/// A mail server that wants a token. It notes what it is told.
#[derive(Clone)]
struct MailServer {
    port: u16,
    manner: Manner,
    offers: &'static str,
    starttls: bool,
    heard: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    fn start(manner: Manner) -> Self {
        Self::offering(manner, "AUTH LOGIN PLAIN XOAUTH2", true)
    }

    fn offering(manner: Manner, offers: &'static str, starttls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            manner,
            offers,
            starttls,
            heard: Arc::default(),
        };
        let serving = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = serving.clone();
                thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// What it was told, the tokens decoded, up to one line a command.
    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    fn hear(&self, line: String) {
        self.heard.lock().unwrap().push(line);
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        stream.write_all(b"220 x\r\n").ok()?;
        let mut plain = BufReader::new(stream);
        loop {
            let line = line(&mut plain)?;
            self.hear(line.clone());
            let stream = plain.get_mut();
            match line.split(' ').next()? {
                "EHLO" if self.starttls => stream.write_all(b"250-x\r\n250 STARTTLS\r\n").ok()?,
                "EHLO" => stream
                    .write_all(format!("250-x\r\n250 {}\r\n", self.offers).as_bytes())
                    .ok()?,
                "STARTTLS" if self.starttls => {
                    stream.write_all(b"220 go\r\n").ok()?;
                    break;
                }
                _ => stream.write_all(b"502 what\r\n").ok()?,
            }
        }
        self.protected(plain.into_inner())
    }

    fn protected(&self, stream: TcpStream) -> Option<()> {
        let connection = ServerConnection::new(Arc::new(tls())).unwrap();
        let mut wire = BufReader::new(StreamOwned::new(connection, stream));
        loop {
            let line = line(&mut wire)?;
            let answer = match line.split_once(' ').unwrap_or((&line, "")) {
                ("EHLO", _) => format!("250-x\r\n250 {}", self.offers),
                ("AUTH", rest) => {
                    let told = rest.strip_prefix("XOAUTH2 ")?.to_owned();
                    self.hear(format!("AUTH XOAUTH2 {}", decoded(&told)));
                    self.answer(&told, &mut wire)?
                }
                ("QUIT", _) => "221 bye".to_owned(),
                _ => "502 what".to_owned(),
            };
            wire.get_mut()
                .write_all(format!("{answer}\r\n").as_bytes())
                .ok()?;
            wire.get_mut().flush().ok()?;
        }
    }

    fn answer<R: Read + Write>(&self, told: &str, wire: &mut BufReader<R>) -> Option<String> {
        let mut ask = |question: &str| {
            let question = format!("334 {question}\r\n");
            wire.get_mut().write_all(question.as_bytes()).ok()?;
            wire.get_mut().flush().ok()?;
            let answer = line(wire)?;
            self.hear(decoded(&answer));
            Some(answer)
        };
        let (good, told) = match self.manner {
            Manner::Says(answer) => return Some(answer.replace('*', told)),
            Manner::AsksForIt(good) => (good, ask("")?),
            Manner::Takes(good) | Manner::Asks(good) => (good, told.to_owned()),
        };
        let expected = format!("user={USER}\x01auth=Bearer {good}\x01\x01");
        if STANDARD.encode(expected) == told {
            return Some("235 2.7.0 welcome".to_owned());
        }
        if let Manner::Asks(_) = self.manner {
            ask(&STANDARD.encode(WHY))?;
        }
        Some("535 5.7.8 not accepted".to_owned())
    }

    fn open(&self, tokens: &Tokens) -> Result<Session, Failure> {
        let server = Server {
            host: "localhost".to_owned(),
            port: self.port,
            tls: Tls::Starttls,
            login: Some(Credentials::Token {
                user: USER.to_owned(),
                tokens: tokens.clone(),
            }),
            extra_roots: Some(CA.to_vec()),
            timeouts: Timeouts {
                command: Duration::from_secs(20),
                step: Duration::from_secs(20),
                message: Duration::from_secs(20),
            },
        };
        Session::open(&server, None)
    }
}

fn tls() -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificates = CertificateDer::pem_slice_iter(CERTIFICATE).map(Result::unwrap);
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            certificates.collect(),
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap()
}

fn line(input: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    (input.read_line(&mut line).ok()? > 0).then(|| line.trim_end().to_owned())
}

fn decoded(text: &str) -> String {
    let bytes = STANDARD
        .decode(text)
        .unwrap_or_else(|_| text.as_bytes().to_vec());
    String::from_utf8_lossy(&bytes).replace('\x01', "|")
}

/// A token service that gives these answers one after the other, the last one for ever.
struct Service {
    url: String,
    asked: Arc<AtomicU32>,
    forms: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(answers: &[&str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!(
            "http://127.0.0.1:{}/token",
            listener.local_addr().unwrap().port()
        );
        let (asked, forms) = (
            Arc::new(AtomicU32::new(0)),
            Arc::new(Mutex::new(Vec::new())),
        );
        let (counting, noting) = (Arc::clone(&asked), Arc::clone(&forms));
        let answers: Vec<String> = answers.iter().map(ToString::to_string).collect();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let form = request(&mut stream);
                noting.lock().unwrap().push(form);
                let turn = counting.fetch_add(1, Ordering::SeqCst) as usize;
                let answer = answers.get(turn).or(answers.last()).unwrap();
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { url, asked, forms }
    }

    fn giving(tokens: &[&str]) -> Self {
        let answers: Vec<String> = tokens.iter().map(|token| given(token, "3600")).collect();
        Self::start(&answers.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }

    fn tokens(&self) -> Tokens {
        self.tokens_for(
            Grant::ClientSecret(Secret::new("secreto".to_owned())),
            Some("correo"),
        )
    }

    fn tokens_for(&self, grant: Grant, scope: Option<&str>) -> Tokens {
        Tokens::of(TokenRequest::Service {
            url: self.url.clone(),
            client_id: "metas".to_owned(),
            scope: scope.map(str::to_owned),
            grant,
            extra_roots: None,
        })
    }
}

/// The body of a request.
fn request(stream: &mut TcpStream) -> String {
    let mut input = BufReader::new(stream);
    let mut length = 0;
    loop {
        let Some(head) = line(&mut input) else {
            return String::new();
        };
        if let Some(value) = head.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if head.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn given(token: &str, seconds: &str) -> String {
    http(
        "200 OK",
        &format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":{seconds}}}"#),
    )
}

#[test]
fn a_token_is_sent_once_the_line_is_protected_and_kept_for_its_lifetime() {
    for manner in [
        Manner::Takes("t1"),
        Manner::Asks("t1"),
        Manner::AsksForIt("t1"),
    ] {
        let service = Service::giving(&["t1"]);
        let server = MailServer::start(manner);
        for _ in 0..3 {
            server.open(&service.tokens()).unwrap().quit();
        }
        assert_eq!(service.asked(), 1, "{manner:?}");
        let heard = server.heard();
        assert!(
            heard[0].starts_with("EHLO ") && heard[1] == "STARTTLS",
            "{heard:?}"
        );
        let login = format!("AUTH XOAUTH2 user={USER}|auth=Bearer t1||");
        assert_eq!(heard[2], login, "{manner:?}");
    }
}

#[test]
fn a_token_that_is_refused_is_fetched_anew_once() {
    for manner in [
        Manner::Takes("new"),
        Manner::Asks("new"),
        Manner::AsksForIt("new"),
    ] {
        let service = Service::giving(&["old", "new"]);
        let server = MailServer::start(manner);
        server.open(&service.tokens()).unwrap().quit();
        assert_eq!(service.asked(), 2, "{manner:?}");
        let service = Service::giving(&["old", "older", "new"]);
        let failure = server.open(&service.tokens()).err().unwrap();
        assert_eq!(service.asked(), 2, "{manner:?}");
        assert_eq!(failure.phase, Phase::Auth);
        assert!(
            failure.reply.starts_with("535 5.7.8 not accepted"),
            "{}",
            failure.reply
        );
        let why = failure.reply.contains("https://mail.google.com/");
        assert_eq!(why, manner == Manner::Asks("new"), "{}", failure.reply);
        // Neither of them is tried again.
        server.open(&service.tokens()).unwrap().quit();
        assert_eq!(service.asked(), 3, "{manner:?}");
    }
}

/// After the question the client answers with an empty line, and not with a command.
#[test]
fn the_question_with_the_reason_is_answered_by_an_empty_line() {
    let server = MailServer::start(Manner::Asks("other"));
    assert!(server.open(&Service::giving(&["t"]).tokens()).is_err());
    let heard = server.heard();
    let answers: Vec<&String> = heard
        .iter()
        .skip_while(|l| !l.starts_with("AUTH"))
        .collect();
    assert_eq!(answers[1], "", "{heard:?}");
}

#[test]
fn no_token_leaves_where_the_line_is_open_or_nobody_asks_for_it() {
    #[rustfmt::skip]
    let cases = [
        ("AUTH PLAIN LOGIN", true, Phase::Auth, "takes a token (XOAUTH2), only PLAIN LOGIN"),
        ("SIZE 1000", true, Phase::Auth, "no login here"),
        ("AUTH XOAUTH2", false, Phase::Tls, "does not offer STARTTLS"),
    ];
    for (offers, starttls, phase, why) in cases {
        let service = Service::giving(&["t1"]);
        let server = MailServer::offering(Manner::Takes("t1"), offers, starttls);
        let failure = server.open(&service.tokens()).err().unwrap();
        assert_eq!(failure.phase, phase, "{offers}");
        assert!(failure.reply.contains(why), "{}", failure.reply);
        assert_eq!(service.asked(), 0, "a token was fetched for nothing");
        assert!(!server.heard().iter().any(|line| line.contains("AUTH")));
    }
}

/// Whoever sets it so without a definition.
#[test]
fn no_token_leaves_over_a_line_that_is_not_to_be_protected() {
    let service = Service::giving(&["t1"]);
    let server = MailServer::offering(Manner::Takes("t1"), "AUTH XOAUTH2", false);
    let open = Server {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        tls: Tls::None,
        login: Some(Credentials::Token {
            user: USER.to_owned(),
            tokens: service.tokens(),
        }),
        extra_roots: None,
        timeouts: Timeouts::default(),
    };
    let failure = Session::open(&open, None).err().unwrap();
    assert_eq!(failure.phase, Phase::Tls);
    assert_eq!(service.asked(), 0);
}

#[test]
fn what_a_server_repeats_of_the_token_is_not_told() {
    let token = "ya29.A0ARrdaM-abcdefghijklmnopqrstuvwxyz0123456789";
    let long = "ya29.".to_owned() + &"abcdefghij".repeat(100);
    for token in [token, &long] {
        let encoded = STANDARD.encode(format!("user={USER}\x01auth=Bearer {token}\x01\x01"));
        for answer in [
            "535 5.7.8 cannot take *",
            "501 syntax error: AUTH XOAUTH2 *",
            "454 <*> not now",
            "334 *",
        ] {
            let server = MailServer::start(Manner::Says(answer));
            let failure = server.open(&Service::giving(&[token]).tokens()).err();
            let reply = failure.map(|failure| failure.reply).unwrap_or_default();
            for part in [&token[5..20], &encoded[..16], &encoded[40..60]] {
                assert!(!reply.contains(part), "{answer}: {reply}");
            }
        }
    }
}

/// Only a refusal is the token's fault.
#[test]
fn a_server_that_has_no_time_is_not_asked_again_with_another_token() {
    for answer in [
        "454 4.7.0 later",
        "421 4.3.2 bye",
        "534 5.7.9 something else",
        "250 what",
    ] {
        let service = Service::giving(&["t"]);
        let server = MailServer::start(Manner::Says(answer));
        let failure = server.open(&service.tokens()).err().unwrap();
        assert!(failure.reply.contains(answer), "{}", failure.reply);
        assert_eq!(service.asked(), 1, "{answer}");
    }
}

#[test]
fn the_secret_that_is_there_decides_what_a_service_is_asked_for() {
    let secret = |text: &str| Secret::new(text.to_owned());
    let refresh = |client_secret| Grant::RefreshToken {
        token: secret("r&1"),
        client_secret,
    };
    for (grant, scope, form) in [
        (
            Grant::ClientSecret(secret("a b+c")),
            Some("https://x/.default"),
            "client_id=metas&grant_type=client_credentials&client_secret=a%20b%2Bc&scope=https%3A%2F%2Fx%2F.default",
        ),
        (
            refresh(None),
            None,
            "client_id=metas&grant_type=refresh_token&refresh_token=r%261",
        ),
        (
            refresh(Some(secret("s"))),
            Some("m"),
            "client_id=metas&grant_type=refresh_token&refresh_token=r%261&client_secret=s&scope=m",
        ),
    ] {
        let service = Service::giving(&["t"]);
        let server = MailServer::start(Manner::Takes("t"));
        server
            .open(&service.tokens_for(grant, scope))
            .unwrap()
            .quit();
        let asked = service.forms.lock().unwrap()[0].replace('+', "%20");
        assert_eq!(asked, form);
    }
}

/// What a service answers, in which phase that is noted, and what is noted.
#[rustfmt::skip]
fn refusals() -> Vec<(String, Phase, &'static str)> {
    let token = |fields: &str| http("200 OK", &format!("{{{fields}}}"));
    let huge = format!(r#"{{"access_token":"{}"}}"#, "x".repeat(100_000));
    let long = format!(r#""access_token":"{}""#, "x".repeat(9_000));
    let invalid = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided: secreto."}"#;
    vec![
        (http("400 Bad Request", invalid), Phase::Auth, "answered with 400: invalid_client: AADSTS7000215: Invalid client secret provided: …."),
        (http("401 Unauthorized", r#"{"error":"invalid_grant"}"#), Phase::Auth, "answered with 401: invalid_grant"),
        (http("400 Bad Request", "<html>no</html>"), Phase::Auth, "answered with 400: it says no more"),
        (http("404 Not Found", ""), Phase::Auth, "answered with 404"),
        (http("429 Too Many Requests", ""), Phase::Connect, "answered with 429"),
        (http("503 Service Unavailable", "<html>"), Phase::Connect, "answered with 503"),
        (http("200 OK", "<html>Welcome to the hotel's network</html>"), Phase::Auth, "answered with no token"),
        (http("200 OK", ""), Phase::Auth, "answered with no token"),
        (http("200 OK", "[]"), Phase::Auth, "answered with no token"),
        (token(r#""error":"x""#), Phase::Auth, "answered with no token"),
        (token(r#""access_token":7"#), Phase::Auth, "answered with no token"),
        (token(r#""access_token":"""#), Phase::Auth, "the token is empty"),
        (token(r#""access_token":"a b""#), Phase::Auth, "not a token"),
        (token(r#""access_token":"a\u0001auth=x""#), Phase::Auth, "not a token"),
        (token(r#""access_token":"a\r\nQUIT""#), Phase::Auth, "not a token"),
        (token(&long), Phase::Auth, "longer than"),
        (token(r#""access_token":"t","token_type":"mac""#), Phase::Auth, "no bearer token"),
        (http("200 OK", &huge), Phase::Auth, "larger than"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n".to_owned(), Phase::Auth, "answered with 302: it points to another address"),
        ("HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n".to_owned(), Phase::Auth, "answered with 307: it points to another address"),
        ("220 mail.example.mx ESMTP\r\n".to_owned(), Phase::Auth, "its answer is not HTTP"),
        (String::new(), Phase::Connect, "can't be asked"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"access".to_owned(), Phase::Connect, "can't be asked"),
    ]
}

#[test]
fn a_service_that_gives_no_token_is_told_with_its_reason() {
    for (answer, phase, why) in refusals() {
        let service = Service::start(&[&answer]);
        let server = MailServer::start(Manner::Takes("t"));
        let failure = server.open(&service.tokens()).err().unwrap();
        let head: String = answer.chars().take(60).collect();
        assert!(failure.reply.contains(why), "{head}: {}", failure.reply);
        assert_eq!(failure.phase, phase, "{head}: {}", failure.reply);
        assert!(!failure.reply.contains("secreto"), "{}", failure.reply);
        assert!(failure.reply.chars().count() <= 400, "{}", failure.reply);
        assert!(!server.heard().iter().any(|line| line.contains("AUTH")));
    }
}

#[test]
fn a_lifetime_is_read_in_each_way_that_services_write_it() {
    for (seconds, asked) in [
        ("3600", 1),
        ("\"3600\"", 1),
        ("null", 1),
        ("30", 3),
        ("0", 3),
        ("-1", 1),
        ("1e300", 1),
        ("99999999999999", 1),
    ] {
        let service = Service::start(&[&given("t", seconds)]);
        let server = MailServer::start(Manner::Takes("t"));
        for _ in 0..3 {
            server.open(&service.tokens()).unwrap().quit();
        }
        assert_eq!(service.asked(), asked, "{seconds}");
    }
}

#[test]
fn a_service_that_does_not_answer_costs_what_is_left_of_the_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://127.0.0.1:{}/token",
        listener.local_addr().unwrap().port()
    );
    let tokens = Tokens::of(TokenRequest::Service {
        url,
        client_id: "metas".to_owned(),
        scope: None,
        grant: Grant::ClientSecret(Secret::new("secreto".to_owned())),
        extra_roots: None,
    });
    let server = MailServer::start(Manner::Takes("t"));
    let begun = std::time::Instant::now();
    let failure = within(&server, &tokens, 1).err().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(8));
    assert_eq!(failure.phase, Phase::Connect);
    assert!(
        failure.reply.contains("no answer in time"),
        "{}",
        failure.reply
    );
}

/// Opens where the mail of the run must end in so many seconds.
fn within(server: &MailServer, tokens: &Tokens, seconds: u64) -> Result<Session, Failure> {
    let mail = Server {
        host: "localhost".to_owned(),
        port: server.port,
        tls: Tls::Starttls,
        login: Some(Credentials::Token {
            user: USER.to_owned(),
            tokens: tokens.clone(),
        }),
        extra_roots: Some(CA.to_vec()),
        timeouts: Timeouts {
            step: Duration::from_secs(seconds),
            ..Timeouts::default()
        },
    };
    Session::open(&mail, None)
}

fn script(folder: &Path, text: &str) -> Tokens {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("token");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    Tokens::of(TokenRequest::Command(vec![
        path.display().to_string(),
        "a b".to_owned(),
    ]))
}

#[test]
fn what_a_command_prints_is_the_token() {
    for text in [
        "echo t1",
        "printf t1",
        "printf ' t1\\r\\n'",
        "echo noise >&2; echo t1",
        "test \"$1\" = 'a b' && echo t1",
        "test -z \"$METAS_LOG$CARGO\" && test -n \"$PATH\" && echo t1",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = MailServer::start(Manner::Takes("t1"));
        let opened = server.open(&script(folder.path(), text));
        assert!(opened.is_ok(), "{text}: {:?}", opened.err());
    }
}

#[test]
fn a_command_that_gives_no_token_is_told_without_what_it_printed() {
    for (text, why) in [
        ("exit 3", "failed (exit status: 3)"),
        ("echo secreto; exit 1", "failed (exit status: 1)"),
        ("kill -9 $$", "failed (signal: 9"),
        ("true", "printed nothing"),
        ("echo; echo ' '", "printed nothing"),
        ("echo secreto; echo t2", "printed more than one line"),
        ("echo 'secreto t2'", "not a token"),
        ("printf 'secreto\\001x'", "not a token"),
        ("printf '\\377\\376'", "not a token"),
        (
            "head -c 20000 /dev/zero | tr '\\0' x",
            "printed more than 8192 bytes",
        ),
        ("yes secreto", "printed more than 8192 bytes"),
        ("sleep 60", "did not end in"),
        ("echo secreto; exec >&-; sleep 60", "did not end in"),
        ("sleep 60 & echo secreto", "did not end in"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = MailServer::start(Manner::Takes("t1"));
        let begun = std::time::Instant::now();
        let failure = within(&server, &script(folder.path(), text), 2)
            .err()
            .unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10), "{text}");
        assert_eq!(failure.phase, Phase::Auth, "{text}");
        assert!(failure.reply.contains(why), "{text}: {}", failure.reply);
        assert!(
            !failure.reply.contains("secreto"),
            "{text}: {}",
            failure.reply
        );
    }
    let none = Tokens::of(TokenRequest::Command(vec!["/nowhere/token".to_owned()]));
    let server = MailServer::start(Manner::Takes("t1"));
    let failure = server.open(&none).err().unwrap();
    assert!(
        failure.reply.contains("/nowhere/token can't be started"),
        "{}",
        failure.reply
    );
}
