//! One small POST to a web address: a token service, or one that watches over runs. Bounded in time
//! and in what is read of the answer; no redirect is followed, because what is sent is meant for
//! this address alone.

use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Error, Timeout};
use url::{Host, Url};

use super::trust;
use crate::diagnostic::visible;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Largest answer that is read, in bytes; a token is some thousand.
const LARGEST: u64 = 64 * 1024;

/// Letters of a text from elsewhere that are shown.
const SHOWN: usize = 300;

/// What is sent.
pub(super) enum WebContent<'a> {
    /// A form's fields.
    Form(&'a [(&'static str, &'a str)]),
    /// Plain text.
    Text(&'a str),
}

/// What the other side answered.
#[derive(Debug)]
pub(super) struct WebAnswer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Why there is no answer, in English and without the address, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unanswered {
    pub why: String,
    /// Whether it may be otherwise a little later.
    pub passing: bool,
}

/// Sends `content` to `url` within `time`, trusting the certificates of `extra_roots` beside the
/// system's.
///
/// # Errors
/// That there is no answer. Any status is one.
pub(super) fn post(
    url: &Url,
    content: &WebContent<'_>,
    time: Duration,
    extra_roots: Option<&[u8]>,
) -> Result<WebAnswer, Unanswered> {
    let agent = agent(url, time, extra_roots).map_err(|why| Unanswered {
        why,
        passing: false,
    })?;
    let request = agent.post(url.as_str());
    let sent = match content {
        WebContent::Form(fields) => request.send_form(fields.iter().copied()),
        WebContent::Text(text) => request
            .content_type("text/plain; charset=utf-8")
            .send(*text),
    };
    let response = sent.map_err(|e| unanswered(&e))?;
    let status = response.status().as_u16();
    let body = response.into_body().into_with_config().limit(LARGEST);
    let body = body.read_to_vec().map_err(|e| unanswered(&e))?;
    Ok(WebAnswer { status, body })
}

fn agent(url: &Url, time: Duration, extra_roots: Option<&[u8]>) -> Result<Agent, String> {
    let mut config = Agent::config_builder()
        .user_agent(concat!("metas/", env!("CARGO_PKG_VERSION")))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(CONNECT.min(time)))
        .timeout_global(Some(time));
    if url.scheme() == "https" {
        let trusted = trust::trusted(extra_roots)?;
        let roots = trusted
            .iter()
            .map(|der| Certificate::from_der(der).to_owned());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots.collect())))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        config = config.tls_config(tls.build());
    }
    if is_this_machine(url) {
        // The system's proxy is for the way out.
        config = config.proxy(None);
    }
    let config: Config = config.build();
    Ok(config.new_agent())
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn unanswered(error: &Error) -> Unanswered {
    let (why, passing) = match error {
        Error::Timeout(Timeout::Connect) => ("no connection in time".to_owned(), true),
        Error::Timeout(_) => ("no answer in time".to_owned(), true),
        Error::HostNotFound => ("its host is not found".to_owned(), true),
        Error::ConnectionFailed | Error::BodyStalled => ("no connection".to_owned(), true),
        Error::BodyExceedsLimit(_) => (format!("its answer is larger than {LARGEST} bytes"), false),
        Error::Io(e) if is_of_certificates(&e.to_string()) => (certificate(&e.to_string()), false),
        Error::Io(e) => (shown(&e.to_string()), true),
        Error::Rustls(e) if is_of_certificates(&e.to_string()) => {
            (certificate(&e.to_string()), false)
        }
        Error::Rustls(e) => (shown(&e.to_string()), false),
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            ("its answer is not HTTP".to_owned(), false)
        }
        Error::ConnectProxyFailed(_) | Error::InvalidProxyUrl => (
            "the proxy of this machine does not let it through".to_owned(),
            true,
        ),
        _ => ("the request can't be made".to_owned(), false),
    };
    Unanswered { why, passing }
}

fn is_of_certificates(cause: &str) -> bool {
    cause.contains("certificate")
}

fn certificate(cause: &str) -> String {
    shown(&format!(
        "its certificate is not trusted ({cause}): set ca_file, or check the address and this machine's clock"
    ))
}

/// A text from elsewhere on one line, not endless.
pub(super) fn shown(text: &str) -> String {
    let line: String = text.chars().take(SHOWN).collect();
    visible(line.trim()).into_owned()
}
