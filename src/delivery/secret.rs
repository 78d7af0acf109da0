//! The SMTP password: from the environment, a file or systemd's credentials; never from a definition.

#![allow(
    clippy::disallowed_methods,
    reason = "the one place that reads the secret"
)]

use std::path::{Path, PathBuf};
use std::{env, fmt, fs};

use crate::diagnostic::Diagnostic;

/// A password. It is neither printed nor logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A password that came from somewhere else.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The password itself, for the server.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The SMTP password: `METAS_SMTP_PASSWORD`, else the file that `METAS_SMTP_PASSWORD_FILE` names,
/// else `smtp-password` among systemd's credentials. One line break at the file's end is no part of it.
///
/// # Errors
/// `smtp-password-unreadable` where a named file can't be read.
pub fn secret() -> Result<Option<Secret>, Diagnostic> {
    if let Some(text) = env::var_os("METAS_SMTP_PASSWORD") {
        let text = text.into_string().map_err(|_| {
            Diagnostic::error(
                "smtp-password-unreadable",
                "METAS_SMTP_PASSWORD is not UTF-8 text",
            )
        })?;
        return Ok(Some(Secret(text)));
    }
    if let Some(path) = env::var_os("METAS_SMTP_PASSWORD_FILE") {
        return from_file(Path::new(&path)).map(Some);
    }
    let Some(folder) = env::var_os("CREDENTIALS_DIRECTORY") else {
        return Ok(None);
    };
    let path = PathBuf::from(folder).join("smtp-password");
    if path.exists() {
        from_file(&path).map(Some)
    } else {
        Ok(None)
    }
}

fn from_file(path: &Path) -> Result<Secret, Diagnostic> {
    let text = fs::read_to_string(path).map_err(|e| {
        Diagnostic::error(
            "smtp-password-unreadable",
            format!("the SMTP password in {} can't be read: {e}", path.display()),
        )
        .hint("Check METAS_SMTP_PASSWORD_FILE, and that this user may read the file.")
    })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    Ok(Secret(line.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
            fs::write(&path, content).unwrap();
            assert_eq!(from_file(&path).unwrap().reveal(), password, "{content:?}");
        }
        let error = from_file(&dir.path().join("none")).unwrap_err();
        assert_eq!(error.code, "smtp-password-unreadable");
        assert_eq!(format!("{:?}", Secret::new("x1".to_owned())), "Secret");
    }
}
