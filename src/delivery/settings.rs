//! A plan's `[delivery]` made ready: addresses read, certificate and password fetched.

use std::path::Path;
use std::time::Duration;

use lettre::message::Mailbox;

use super::message::parse_mailbox;
use super::oauth::{Grant, TokenRequest, Tokens};
use super::secret::{SecretName, secret};
use super::smtp::{Credentials, Failure, Phase, Server, Timeouts};
use crate::delivery::error::DeliveryError;
use crate::diagnostic::Diagnostic;
use crate::plan::{Login, TokenSource};

/// Who sends, who may be written to, and by which server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The plan's id: only its deliveries are touched.
    pub plan: String,
    /// Sender.
    pub from: Mailbox,
    /// Bare addresses that may be written to.
    pub allowed: Vec<String>,
    /// The server, or why it can't be used; none: messages go to `state/outbox/`.
    pub server: Option<Result<Server, Failure>>,
    /// How long the mail of a run may take.
    pub time: Duration,
}

/// The settings of a plan's `[delivery]`. `folder` is that of the definition, where `ca_file` lies;
/// `liaisons` are the other addresses that may be written to, `time` is what the run has for its mail. A certificate or password that can't be
/// had is no error here: an edition is issued all the same, and its deliveries say why they wait.
///
/// # Errors
/// An address that is none.
pub fn settings(
    plan: &str,
    delivery: &crate::plan::DeliveryRules,
    liaisons: &[String],
    folder: &Path,
    time: Duration,
) -> Result<Settings, DeliveryError> {
    let allowed = delivery.to.iter().chain(liaisons);
    let unready = |error: DeliveryError| {
        let d = Diagnostic::from(error);
        let way_out = d.hint.map(|hint| format!(". {hint}")).unwrap_or_default();
        Phase::Prepare.failed(format!("{}{way_out}", d.message))
    };
    Ok(Settings {
        plan: plan.to_owned(),
        from: parse_mailbox(&delivery.from)?,
        allowed: allowed
            .map(|text| Ok(parse_mailbox(text)?.email.to_string()))
            .collect::<Result<_, DeliveryError>>()?,
        server: delivery
            .smtp
            .as_ref()
            .map(|smtp| server(smtp, folder).map_err(unready)),
        time,
    })
}

fn server(smtp: &crate::plan::Smtp, folder: &Path) -> Result<Server, DeliveryError> {
    let extra_roots = smtp
        .ca_file
        .as_ref()
        .map(|file| {
            let path = folder.join(file);
            crate::store::regular::read(&path).map_err(|e| {
                Diagnostic::error(
                    "ca-file-unreadable",
                    format!("ca_file {} can't be read: {e}", path.display()),
                )
                .hint("It is a PEM file; its path is relative to the definition.")
            })
        })
        .transpose()?;
    Ok(Server {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: smtp.tls,
        login: credentials(&smtp.login, folder, extra_roots.as_ref())?,
        extra_roots,
        timeouts: Timeouts::default(),
    })
}

fn credentials(
    login: &Login,
    folder: &Path,
    extra_roots: Option<&Vec<u8>>,
) -> Result<Option<Credentials>, DeliveryError> {
    Ok(match login {
        Login::Without => None,
        Login::Password { user } => {
            let password = secret(SecretName::Password)?.ok_or_else(|| {
                Diagnostic::error(
                    "smtp-password-missing",
                    format!("there is no password for the SMTP user {user}"),
                )
                .hint("Set METAS_SMTP_PASSWORD or METAS_SMTP_PASSWORD_FILE, or give systemd a credential smtp-password.")
            })?;
            Some(Credentials::Password {
                user: user.clone(),
                password,
            })
        }
        Login::OAuth { user, token } => {
            let request = match token {
                TokenSource::Command(words) => TokenRequest::Command(command(words, folder)),
                TokenSource::Service {
                    url,
                    client_id,
                    scope,
                } => TokenRequest::Service {
                    url: url.clone(),
                    client_id: client_id.clone(),
                    scope: scope.clone(),
                    grant: grant(client_id)?,
                    extra_roots: extra_roots.cloned(),
                },
            };
            Some(Credentials::Token {
                user: user.clone(),
                tokens: Tokens::of(request),
            })
        }
    })
}

/// The words of a command, whose program is looked for beside the definition, then in the home,
/// where it is a relative path; a bare name is looked for where the system has its programs.
fn command(words: &[String], folder: &Path) -> Vec<String> {
    let mut words = words.to_vec();
    if let Some(program) = words.first_mut()
        && program.contains('/')
    {
        let mut places = folder
            .ancestors()
            .take(2)
            .map(|place| place.join(&*program));
        let there = places.find(|path| path.is_file());
        *program = there
            .unwrap_or_else(|| folder.join(&*program))
            .display()
            .to_string();
    }
    words
}

/// What shows a token service that the client may have a token: which secrets there are decides.
fn grant(client_id: &str) -> Result<Grant, DeliveryError> {
    let client_secret = secret(SecretName::ClientSecret)?;
    match (secret(SecretName::RefreshToken)?, client_secret) {
        (Some(token), client_secret) => Ok(Grant::RefreshToken {
            token,
            client_secret,
        }),
        (None, Some(client_secret)) => Ok(Grant::ClientSecret(client_secret)),
        (None, None) => Err(Diagnostic::error(
            "smtp-oauth-secret-missing",
            format!("there is neither a secret nor a refresh token for the OAuth client {client_id}"),
        )
        .hint("Set METAS_SMTP_CLIENT_SECRET or METAS_SMTP_REFRESH_TOKEN, or either with _FILE, or give systemd a credential smtp-client-secret or smtp-refresh-token.")
        .into()),
    }
}
