//! What is secret about a login.

use crate::delivery::error::DeliveryError;
pub use crate::secret::Secret;
use crate::secret::{self, SecretPlace};

/// Which secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretName {
    /// The password of the SMTP user.
    Password,
    /// The secret of an OAuth client.
    ClientSecret,
    /// An OAuth refresh token.
    RefreshToken,
}

impl SecretName {
    /// The environment variable that holds it; with `_FILE` behind it, the one that names its file.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Password => "METAS_SMTP_PASSWORD",
            Self::ClientSecret => "METAS_SMTP_CLIENT_SECRET",
            Self::RefreshToken => "METAS_SMTP_REFRESH_TOKEN",
        }
    }

    /// Its name among systemd's credentials.
    pub(super) fn credential(self) -> &'static str {
        match self {
            Self::Password => "smtp-password",
            Self::ClientSecret => "smtp-client-secret",
            Self::RefreshToken => "smtp-refresh-token",
        }
    }

    fn place(self) -> SecretPlace {
        SecretPlace {
            variable: self.variable(),
            credential: self.credential(),
            what: match self {
                Self::Password => "the SMTP password",
                Self::ClientSecret => "the OAuth client's secret",
                Self::RefreshToken => "the OAuth refresh token",
            },
        }
    }
}

/// A secret: its variable's text, else the file that its `…_FILE` names, else its file among
/// systemd's credentials. One line break at the file's end is no part of it.
///
/// # Errors
/// `smtp-…-unreadable` where a named file can't be read.
pub(super) fn secret(which: SecretName) -> Result<Option<Secret>, DeliveryError> {
    Ok(secret::secret(which.place())?)
}

/// Shortest word of a text that is held against the secrets; shorter ones are in any text.
const WORD: usize = 12;

/// A text from elsewhere without what it repeats of these secrets, whole or in part: a server may
/// quote the line that it did not like.
pub(super) fn without(text: &str, secrets: &[&str]) -> String {
    let whole = secrets.iter().filter(|secret| secret.len() > 3);
    let mut text = whole.fold(text.to_owned(), |text, secret| text.replace(secret, "…"));
    let of_a_word = |c: char| c.is_ascii_alphanumeric() || "+/=._~-".contains(c);
    let parts: Vec<String> = text
        .split(|c| !of_a_word(c))
        .filter(|word| word.len() >= WORD && secrets.iter().any(|secret| secret.contains(word)))
        .map(str::to_owned)
        .collect();
    for part in parts {
        text = text.replace(&part, "…");
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;
    use crate::secret::from_file;

    #[test]
    fn one_line_break_is_no_part_of_the_password() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("password");
        for (content, password) in [
            ("a b ", "a b "),
            ("ñ\n", "ñ"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
        ] {
            std::fs::write(&path, content).unwrap();
            let read = from_file(SecretName::Password.place(), &path).unwrap();
            assert_eq!(read.reveal(), password, "{content:?}");
        }
        for (which, code) in [
            (SecretName::Password, "smtp-password-unreadable"),
            (SecretName::ClientSecret, "smtp-client-secret-unreadable"),
            (SecretName::RefreshToken, "smtp-refresh-token-unreadable"),
        ] {
            let error = from_file(which.place(), &dir.path().join("none")).unwrap_err();
            assert_eq!(error.code, code);
        }
        assert_eq!(format!("{:?}", Secret::new("x1".to_owned())), "Secret");
    }

    #[test]
    fn a_secret_that_a_server_repeats_is_not_told() {
        let secret = "ya29.A0ARrdaM-abcdefghijklmnop";
        for (said, told) in [
            (
                "535 bad token ya29.A0ARrdaM-abcdefghijklmnop here",
                "535 bad token … here",
            ),
            ("535 <ya29.A0ARrdaM-abcd>", "535 <…>"),
            ("535 'A0ARrdaM-abcdefg'...", "535 '…'..."),
            ("535 5.7.8 no such user", "535 5.7.8 no such user"),
        ] {
            assert_eq!(without(said, &[secret]), told);
        }
        assert_eq!(without("la clave es ñandú", &["ñandú"]), "la clave es …");
        assert_eq!(without("535 5.7.8 a", &["a", ""]), "535 5.7.8 a");
    }
}
