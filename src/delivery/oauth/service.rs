//! A token from a token service: one POST, as RFC 6749 has it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tracing::warn;
use url::Url;

use super::{GivenToken, NoToken, TokenRequest};
use crate::delivery::secret::Secret;
use crate::delivery::web;
use crate::delivery::web::{WebAnswer, WebContent};

/// What shows that a client may have a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Its secret: the client acts for itself.
    ClientSecret(Secret),
    /// A refresh token, and the client's secret where the service wants both: it acts for a person.
    RefreshToken {
        /// The refresh token.
        token: Secret,
        /// The client's secret.
        client_secret: Option<Secret>,
    },
}

impl Grant {
    fn secrets(&self) -> Vec<&str> {
        match self {
            Self::ClientSecret(secret) => vec![secret.reveal()],
            Self::RefreshToken {
                token,
                client_secret,
            } => {
                let secret = client_secret.iter().map(Secret::reveal);
                secret.chain([token.reveal()]).collect()
            }
        }
    }
}

/// What a service that gives a token answers.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: Option<String>,
    /// A number of seconds; some services write it as text.
    expires_in: Option<Value>,
    refresh_token: Option<String>,
}

/// What a service that gives none answers.
#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

pub(super) fn ask(request: &TokenRequest, time: Duration) -> Result<GivenToken, NoToken> {
    let TokenRequest::Service {
        url,
        client_id,
        scope,
        grant,
        extra_roots,
    } = request
    else {
        return Err(NoToken::lasting("no token service is named"));
    };
    let address = Url::parse(url).map_err(|_| NoToken::lasting("token_url is no web address"))?;
    let host = address.host_str().unwrap_or_default().to_owned();
    let fields = fields(client_id, scope.as_deref(), grant);
    let answer = web::post(
        &address,
        &WebContent::Form(&fields),
        time,
        extra_roots.as_deref(),
    );
    let answer = answer.map_err(|unanswered| NoToken {
        why: format!(
            "the token service {host} can't be asked: {}",
            unanswered.why
        ),
        passing: unanswered.passing,
    })?;
    read(&host, &answer, grant)
}

fn fields<'a>(
    client_id: &'a str,
    scope: Option<&'a str>,
    grant: &'a Grant,
) -> Vec<(&'static str, &'a str)> {
    let mut fields = vec![("client_id", client_id)];
    match grant {
        Grant::ClientSecret(secret) => {
            fields.push(("grant_type", "client_credentials"));
            fields.push(("client_secret", secret.reveal()));
        }
        Grant::RefreshToken {
            token,
            client_secret,
        } => {
            fields.push(("grant_type", "refresh_token"));
            fields.push(("refresh_token", token.reveal()));
            fields.extend(client_secret.iter().map(|s| ("client_secret", s.reveal())));
        }
    }
    fields.extend(scope.map(|scope| ("scope", scope)));
    fields
}

fn read(host: &str, answer: &WebAnswer, grant: &Grant) -> Result<GivenToken, NoToken> {
    let status = answer.status;
    if status != 200 {
        return Err(refused(host, answer, grant));
    }
    let Ok(answer) = serde_json::from_slice::<TokenAnswer>(&answer.body) else {
        let why = format!("the token service {host} answered with no token: check token_url");
        return Err(NoToken::lasting(why));
    };
    let kind = answer.token_type.as_deref().unwrap_or("Bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        let why = format!("the token service {host} gave a token that is no bearer token");
        return Err(NoToken::lasting(why));
    }
    if let (Some(new), Grant::RefreshToken { token, .. }) = (&answer.refresh_token, grant)
        && new != token.reveal()
    {
        warn!(
            host,
            "the token service gave another refresh token, which metas does not keep: where the old one is not taken again, use token_command"
        );
    }
    Ok(GivenToken {
        token: Secret::new(answer.access_token),
        lifetime: answer.expires_in.as_ref().and_then(seconds),
    })
}

fn seconds(value: &Value) -> Option<Duration> {
    let text = value.as_str().and_then(|text| text.trim().parse().ok());
    let seconds = value.as_u64().or(text)?;
    // A year is longer than any run; more would not fit a clock.
    Some(Duration::from_secs(seconds.min(366 * 24 * 3600)))
}

/// What a service that gives no token says, without what it may repeat of the secrets.
fn refused(host: &str, answer: &WebAnswer, grant: &Grant) -> NoToken {
    let status = answer.status;
    let said = match serde_json::from_slice::<Refusal>(&answer.body) {
        Ok(refusal) => {
            let more = refusal.error_description.map(|d| format!(": {d}"));
            format!("{}{}", refusal.error, more.unwrap_or_default())
        }
        Err(_) if (300..400).contains(&status) => {
            "it points to another address, which is not gone to: check token_url".to_owned()
        }
        Err(_) => "it says no more: check token_url".to_owned(),
    };
    let said = crate::delivery::secret::without(&said, &grant.secrets());
    NoToken {
        why: web::shown(&format!(
            "the token service {host} answered with {status}: {said}"
        )),
        passing: status == 429 || status >= 500,
    }
}
