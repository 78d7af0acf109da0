//! What is wrong with a bucket, in words that lead to a way out: where it is, and never a secret.

use std::error::Error;
use std::time::Duration;

use object_store::client::{HttpError, HttpErrorKind};

use super::StoreAnswer;
use crate::diagnostic::Diagnostic;
use crate::store::object_error::ObjectError;

/// Which bucket, for people.
#[derive(Debug)]
pub(super) struct BucketPlace {
    /// Bucket, prefix and server.
    pub place: String,
    /// Whether a key is known, or the platform is asked for one.
    pub has_key: bool,
}

/// What was asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// To put an object where there is none.
    Put,
    /// To give an object.
    Get,
    /// To say which objects there are.
    List,
}

const PUT_OFF: &str = "Nothing that relies on it was recorded; the next run goes on.";

/// What an error of the client says.
pub(super) fn answer(
    bucket: &BucketPlace,
    asked: Asked,
    error: &object_store::Error,
) -> StoreAnswer {
    let refusal = BucketRefusal::of(error);
    let is_missing = refusal.code == "NoSuchBucket";
    match error {
        object_store::Error::AlreadyExists { .. } if asked == Asked::Put => StoreAnswer::IsThere,
        object_store::Error::NotFound { .. } if !is_missing => StoreAnswer::IsNotThere,
        _ => StoreAnswer::Fault(fault(bucket, asked, &refusal, error)),
    }
}

/// What the server said when it refused.
#[derive(Debug, Default, PartialEq, Eq)]
struct BucketRefusal {
    status: Option<u16>,
    /// The server's name for what is wrong; empty where it gives none.
    code: String,
    message: String,
}

impl BucketRefusal {
    /// From the text of the client's error, which shows its types to nobody.
    fn of(error: &dyn Error) -> Self {
        let text = innermost(error);
        let status = text.split("status code: ").nth(1);
        let status = status.and_then(|rest| rest.get(..3)?.parse().ok());
        let between = |name: &str| {
            let rest = text.split_once(&format!("<{name}>"))?.1;
            Some(rest.split_once("</")?.0.to_owned())
        };
        Self {
            status,
            code: between("Code").unwrap_or_default(),
            message: between("Message").unwrap_or_default(),
        }
    }

    fn told(&self) -> String {
        let status = self.status.map(|status| status.to_string());
        let parts = [
            status.as_deref().unwrap_or_default(),
            &self.code,
            &self.message,
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

/// The text of the cause that lies deepest and says what the server said.
fn innermost(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    text
}

fn fault(
    bucket: &BucketPlace,
    asked: Asked,
    refusal: &BucketRefusal,
    error: &object_store::Error,
) -> ObjectError {
    let place = bucket.place.as_str();
    let told = refusal.told();
    match (refusal.code.as_str(), refusal.status) {
        ("NoSuchBucket", _) => missing(place),
        ("RequestTimeTooSkewed" | "RequestExpired", _) => clock(place, &told),
        ("PermanentRedirect" | "AuthorizationHeaderMalformed", _) | (_, Some(301 | 307)) => {
            region(place, &told)
        }
        ("NotImplemented", _) | (_, Some(501)) if asked == Asked::Put => no_conditions(place),
        (code, _) if code.contains("StorageFull") || code.contains("QuotaExceeded") => {
            full(place, &told)
        }
        (_, Some(507)) => full(place, &told),
        ("ExpiredToken" | "InvalidToken", _) | (_, Some(401 | 403)) => login(place, &told),
        (_, Some(408 | 429 | 500..=599)) => unreachable(place, &told),
        (_, Some(_)) => failed(place, &told),
        (_, None) => without_answer(bucket, error),
    }
}

/// No answer came, or none that could be read.
fn without_answer(bucket: &BucketPlace, error: &object_store::Error) -> ObjectError {
    let place = bucket.place.as_str();
    let (why, kind) = chain(error);
    if why.contains("incorrectly configured region") {
        return region(place, &why);
    }
    let is_tls = ["certificate", "TLS", "tls", "UnknownIssuer", "Certificate"];
    let is_connecting = kind == Some(HttpErrorKind::Connect);
    if is_connecting && is_tls.iter().any(|word| why.contains(word)) {
        return tls(place, &why);
    }
    if !bucket.has_key && is_of_the_platform(error) {
        return login(
            place,
            &format!("no key is set, and this machine gives none: {why}"),
        );
    }
    match kind {
        Some(HttpErrorKind::Timeout) => {
            slow_told(&format!("{place} has not answered in time: {why}"))
        }
        Some(_) => unreachable(place, &why),
        None => failed(place, &why),
    }
}

/// Whether it was the platform that was asked, for a key and in vain.
fn is_of_the_platform(error: &object_store::Error) -> bool {
    let told = error.to_string();
    // Metadata of an instance or a container; a request that holds a token is not shown.
    let places = ["/latest/", "://169.254.", "REDACTED"];
    places.iter().any(|place| told.contains(place))
}

/// The causes of an error, each once, and how the connection failed. The addresses of requests say
/// nothing that the place does not say.
fn chain(error: &object_store::Error) -> (String, Option<HttpErrorKind>) {
    let (mut causes, mut kind) = (Vec::new(), None);
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(cause) = source {
        if let Some(http) = cause.downcast_ref::<HttpError>() {
            kind = Some(http.kind());
            causes.clear();
        }
        let told = cause.to_string();
        if !causes.iter().any(|said: &String| said.contains(&told)) {
            causes.push(told);
        }
        source = cause.source();
    }
    (causes.join(": "), kind)
}

/// There is no such bucket.
pub(super) fn missing(place: &str) -> ObjectError {
    let message = format!("there is no bucket for {place}");
    ObjectError::lasting(Diagnostic::error("store-missing", message).hint(
        "Nothing was done. See the bucket's name and the endpoint in METAS_STORE, or make the bucket where this is a new store.",
    ))
}

/// The server overwrites what it was told not to overwrite, or does not know what that is.
pub(super) fn no_conditions(place: &str) -> ObjectError {
    let message =
        format!("{place} does not keep objects from being overwritten (If-None-Match: *)");
    ObjectError::lasting(Diagnostic::error("store-no-conditions", message).hint(
        "Nothing was kept there. Bring the server up to a version that knows conditional puts, or name another one in METAS_STORE.",
    ))
}

fn clock(place: &str, why: &str) -> ObjectError {
    let message = format!("{place} takes the clock of this machine for wrong: {why}");
    ObjectError::lasting(
        Diagnostic::error("store-clock", message)
            .hint("Set this machine's clock, or let NTP set it. Nothing was done."),
    )
}

fn region(place: &str, why: &str) -> ObjectError {
    let message = format!("{place} lies in another region or at another endpoint: {why}");
    ObjectError::lasting(
        Diagnostic::error("store-address", message)
            .hint("Put the right region=REGION or endpoint=https://HOST into METAS_STORE."),
    )
}

fn login(place: &str, why: &str) -> ObjectError {
    let message = format!("{place} refuses this key: {why}");
    ObjectError::lasting(Diagnostic::error("store-login", message).hint(
        "Check the key and its secret, and that it may put, get and list (s3:PutObject, s3:GetObject, s3:ListBucket) below the prefix.",
    ))
}

fn full(place: &str, why: &str) -> ObjectError {
    let message = format!("{place} is full: {why}");
    ObjectError::lasting(
        Diagnostic::error("store-full", message)
            .hint("Make room there and run again. Nothing that relies on it was recorded."),
    )
}

/// Whoever is at the other end is not the one that is meant, or nobody can know.
pub(super) fn tls(place: &str, why: &str) -> ObjectError {
    let message = format!("no TLS to {place}: {why}");
    ObjectError::lasting(Diagnostic::error("store-tls", message).hint(
        "Name whoever signed the server's certificate with cacert=FILE in METAS_STORE; an endpoint with http:// and tls=disable do without, where nobody else can be on the way.",
    ))
}

/// The server does not answer, or not to anybody just now.
fn unreachable(place: &str, why: &str) -> ObjectError {
    let message = format!("{place} can't be reached: {why}");
    ObjectError::passing(
        Diagnostic::error("store-unreachable", message).hint(format!(
            "{PUT_OFF} See whether the server runs, and whether METAS_STORE names its endpoint."
        )),
    )
}

/// No answer came for as long as anybody waits.
pub(super) fn slow(place: &str, patience: Duration) -> ObjectError {
    slow_told(&format!(
        "{place} has not answered for {} s",
        patience.as_secs()
    ))
}

fn slow_told(message: &str) -> ObjectError {
    ObjectError::passing(Diagnostic::error("store-slow", message).hint(format!(
        "{PUT_OFF} See what keeps the server or the network busy; timeout=SECONDS in METAS_STORE gives it longer."
    )))
}

/// What nobody foresaw.
pub(super) fn failed(place: &str, why: &str) -> ObjectError {
    let message = format!("{place} refused: {why}");
    ObjectError::lasting(
        Diagnostic::error("store-failed", message)
            .hint("Nothing that relies on it was recorded. See the server's log."),
    )
}
