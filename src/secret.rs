//! SHELL: what is secret, from the environment, a file or systemd's credentials; never from a
//! definition.

#![allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the secrets"
)]

use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use crate::diagnostic::Diagnostic;

/// A password, a token, or an address that holds one. It is neither printed nor logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret that came from somewhere else.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for the server.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a secret is found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecretPlace {
    /// The environment variable that holds it; with `_FILE` behind it, the one that names its file.
    pub variable: &'static str,
    /// Its name among systemd's credentials.
    pub credential: &'static str,
    /// What it is, for people.
    pub what: &'static str,
}

impl SecretPlace {
    fn unreadable(self, why: impl Into<String>) -> Diagnostic {
        Diagnostic::error(&format!("{}-unreadable", self.credential), why)
    }
}

/// A secret: its variable's text, else the file that its `…_FILE` names, else its file among
/// systemd's credentials. One line break at the file's end is no part of it.
///
/// # Errors
/// `…-unreadable`, with the credential's name, where a named file can't be read.
pub(crate) fn secret(place: SecretPlace) -> Result<Option<Secret>, Diagnostic> {
    let variable = place.variable;
    if let Some(text) = env::var_os(variable) {
        let text = text
            .into_string()
            .map_err(|_| place.unreadable(format!("{variable} is not UTF-8 text")))?;
        return Ok(Some(Secret(text)));
    }
    if let Some(path) = env::var_os(format!("{variable}_FILE")) {
        return from_file(place, Path::new(&path)).map(Some);
    }
    let Some(folder) = env::var_os("CREDENTIALS_DIRECTORY") else {
        return Ok(None);
    };
    let path = PathBuf::from(folder).join(place.credential);
    // What can't be seen is opened, which tells why.
    match path.try_exists() {
        Ok(false) => Ok(None),
        _ => from_file(place, &path).map(Some),
    }
}

/// The secret in a file.
///
/// # Errors
/// As [`secret`].
pub(crate) fn from_file(place: SecretPlace, path: &Path) -> Result<Secret, Diagnostic> {
    let text = fs::read_to_string(path).map_err(|e| {
        let SecretPlace { variable, what, .. } = place;
        place
            .unreadable(format!("{what} in {} can't be read: {e}", path.display()))
            .hint(format!(
                "Check {variable}_FILE, and that this user may read the file."
            ))
    })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(Secret(line.to_owned()))
}
