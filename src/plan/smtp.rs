//! `[delivery.smtp]` and `[delivery.smtp.oauth]`: the mail server and how to log in to it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::field::{Field, usual};
use super::shape::Text;
use super::web_address::Plain;

/// The keys of `[delivery.smtp]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct SmtpKeys {
    /// Host name.
    #[schemars(example = &"smtp.example.mx")]
    host: Field<Text>,
    /// Port. Default 587, or 465 for implicit TLS.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535))]
    port: Field<u16>,
    /// How the connection is protected; none only for loopback.
    #[serde(default = "usual::<Tls>")]
    tls: Field<Tls>,
    /// User name. The password comes from the environment or a file.
    #[serde(default)]
    user: Field<Text>,
    /// How to log in. Default: password where there is a user, else none.
    #[serde(default)]
    auth: Field<Auth>,
    /// Where the token for xoauth2 comes from.
    #[serde(default)]
    oauth: Field<OAuthKeys>,
    /// An extra trusted certificate (PEM), beside the system's; relative to this file or to the
    /// home.
    #[serde(default)]
    #[schemars(example = &"ca.pem")]
    ca_file: Field<Text>,
}

/// The keys of `[delivery.smtp.oauth]`: a command, or a client of a token service.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct OAuthKeys {
    /// Program that prints an access token, and its arguments; no shell is involved. A relative
    /// path with a slash is relative to this file or to the home.
    #[serde(default)]
    #[schemars(length(min = 1), example = &["/usr/local/bin/token"])]
    token_command: Field<Vec<Field<Text>>>,
    /// Address of the service that gives access tokens. The refresh token or the client's secret
    /// comes from the environment or a file; which of them is there decides the grant.
    #[serde(default)]
    #[schemars(example = &"https://login.microsoftonline.com/TENANT/oauth2/v2.0/token")]
    token_url: Field<Text>,
    /// The client's id at the token service.
    #[serde(default)]
    client_id: Field<Text>,
    /// Scope to ask the token service for, where it wants one.
    #[serde(default)]
    #[schemars(example = &"https://outlook.office365.com/.default")]
    scope: Field<Text>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain, then upgraded; refused where the server does not offer it.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
    /// Never; loopback only.
    None,
}

/// How to log in, as a definition says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Auth {
    /// As user, with a password.
    Password,
    /// As user, with an OAuth 2.0 access token.
    Xoauth2,
    /// Not at all: a relay that knows this machine.
    None,
}

/// An SMTP server. Its secrets are no part of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// How to log in.
    pub login: Login,
    /// Extra trusted certificate, a path relative to the definition.
    pub ca_file: Option<String>,
}

/// How to log in to a mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Not at all.
    Without,
    /// With a password.
    Password {
        /// User name.
        user: String,
    },
    /// With an OAuth 2.0 access token, by XOAUTH2.
    OAuth {
        /// User name; as a rule the mailbox.
        user: String,
        /// Where the token comes from.
        token: TokenSource,
    },
}

/// Where an access token comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A program that prints it, with its arguments; at least one part.
    Command(Vec<String>),
    /// A service that gives it for a refresh token or a client's secret.
    Service {
        /// Its address.
        url: String,
        /// The client's id there.
        client_id: String,
        /// The scope to ask for.
        scope: Option<String>,
    },
}

impl SmtpKeys {
    pub(super) fn check(&self, checker: &mut Checker<'_>) -> Option<Smtp> {
        let (host, tls) = (self.host.text()?, self.tls.copied()?);
        self.protection(&host, tls, checker);
        let host_char = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
        if !host.chars().all(host_char) {
            let message = format!("\"{host}\" is no host name");
            checker.error("invalid-host", self.host.span(), message);
        }
        let usual_port = match tls {
            Tls::Implicit => 465,
            Tls::Starttls | Tls::None => 587,
        };
        Some(Smtp {
            host,
            port: self.port.copied().unwrap_or(usual_port),
            tls,
            login: self.login(tls, checker)?,
            ca_file: self.ca_file.text(),
        })
    }

    fn protection(&self, host: &str, tls: Tls, checker: &mut Checker<'_>) {
        let loopback = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        if tls == Tls::None && !loopback {
            checker.error_hint(
                "tls-none",
                self.tls.span(),
                format!("mail to {host} would travel unprotected"),
                "use tls = \"starttls\" or \"implicit\"; \"none\" is for loopback only",
            );
        }
        if tls == Tls::None && self.ca_file.is_given() {
            checker.error_hint(
                "ca-file-without-tls",
                self.ca_file.span(),
                "there is no certificate to trust where tls = \"none\"",
                "leave out ca_file, or use tls = \"starttls\" or \"implicit\"",
            );
        }
    }

    /// How to log in; none where that cannot be told.
    fn login(&self, tls: Tls, checker: &mut Checker<'_>) -> Option<Login> {
        let auth = match self.auth.copied() {
            Some(auth) => auth,
            // What is given and has no value has been told already.
            None if self.auth.is_given() => return None,
            None if self.user.is_given() => Auth::Password,
            None => Auth::None,
        };
        if auth != Auth::Xoauth2 && self.oauth.is_given() {
            checker.error_hint(
                "oauth-without-xoauth2",
                self.oauth.key(),
                "a token is only used where auth = \"xoauth2\"",
                "write auth = \"xoauth2\" in [delivery.smtp], or leave out [delivery.smtp.oauth]",
            );
        }
        match auth {
            Auth::None => {
                if self.user.is_given() {
                    checker.error_hint(
                        "user-without-login",
                        self.user.span(),
                        "a user is given, and auth = \"none\" logs in as nobody",
                        "leave out user, or write auth = \"password\" or \"xoauth2\"",
                    );
                }
                Some(Login::Without)
            }
            Auth::Password => {
                let user = self.user(checker)?;
                Some(Login::Password { user })
            }
            Auth::Xoauth2 => {
                if tls == Tls::None {
                    checker.error_hint(
                        "xoauth2-without-tls",
                        self.tls.span(),
                        "a token would travel unprotected",
                        "use tls = \"starttls\" or \"implicit\": xoauth2 goes over TLS only, on loopback too",
                    );
                }
                let (user, token) = (self.user(checker), self.token(checker));
                Some(Login::OAuth {
                    user: user?,
                    token: token?,
                })
            }
        }
    }

    fn user(&self, checker: &mut Checker<'_>) -> Option<String> {
        if !self.user.is_given() {
            checker.error_hint(
                "login-without-user",
                self.auth.span(),
                "there is no user to log in as",
                "add user = \"…\" to [delivery.smtp], or write auth = \"none\"",
            );
        }
        self.user.text()
    }

    fn token(&self, checker: &mut Checker<'_>) -> Option<TokenSource> {
        if !self.oauth.is_given() {
            checker.error_hint(
                "missing-key",
                self.auth.span(),
                "auth = \"xoauth2\" needs [delivery.smtp.oauth]: where the token comes from",
                "add token_command = [\"…\"], or token_url and client_id",
            );
        }
        self.oauth.get()?.check(&self.oauth, checker)
    }
}

impl OAuthKeys {
    fn check(&self, place: &Field<Self>, checker: &mut Checker<'_>) -> Option<TokenSource> {
        if self.token_command.is_given() {
            let of_service = [&self.token_url, &self.client_id, &self.scope];
            for key in of_service.into_iter().filter(|key| key.is_given()) {
                checker.error_hint(
                    "token-from-two",
                    key.key(),
                    "the token comes from token_command, which is not told this",
                    "keep token_command, or token_url with client_id and scope",
                );
            }
            let command = self.token_command.texts();
            return Some(TokenSource::Command(
                command.into_iter().map(|part| part.value).collect(),
            ));
        }
        for (name, key) in [
            ("token_url", &self.token_url),
            ("client_id", &self.client_id),
        ] {
            if !key.is_given() {
                checker.error_hint(
                    "missing-key",
                    place.key(),
                    format!("`delivery.smtp.oauth` has no `{name}`"),
                    "add token_url and client_id, or token_command = [\"…\"]",
                );
            }
        }
        let url = checker.web_address(&self.token_url, Plain::Loopback);
        Some(TokenSource::Service {
            url: url?,
            client_id: self.client_id.text()?,
            scope: self.scope.text(),
        })
    }
}
