//! What lies under the names of editions, before anybody asks what the ledger knows of it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::Edition;
use crate::period::Period;
use crate::store::error::{Doing, StoreError};
use crate::store::{files, presence};

pub(crate) use crate::ledger::TOKEN_FILE;

/// Something that lies under an edition's name.
#[derive(Debug)]
pub(crate) struct FoundFolder {
    /// The period of its folder.
    pub period: Period,
    /// The number in its name.
    pub number: u32,
    /// Where it is.
    pub path: PathBuf,
    /// The token of the run that makes it, where it was never announced.
    pub token: Option<String>,
}

/// The folder where an edition's files are.
pub(crate) fn folder_of(home: &Home, edition: &Edition) -> PathBuf {
    home.root.join(edition.place())
}

/// A path as the ledger keeps it: relative to the home where it lies below it.
pub(crate) fn recorded(home: &Home, path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.strip_prefix(&home.root)
        .unwrap_or(&path)
        .to_string_lossy()
        .into_owned()
}

/// Everything below `root/PLAN/` that bears an edition's name, by period and number.
///
/// # Errors
/// A folder cannot be read.
pub(crate) fn lying(root: &Path, plan: &str) -> Result<Vec<FoundFolder>, CommandError> {
    let mut found = Vec::new();
    for (name, folder) in files::entries(&root.join(plan))? {
        let Ok(period) = name.parse::<Period>() else {
            continue;
        };
        if !presence::is_folder(&folder)? {
            continue;
        }
        for (name, path) in files::entries(&folder)? {
            if let Some(number) = number(&name) {
                let token = token(&path)?;
                found.push(FoundFolder {
                    period,
                    number,
                    path,
                    token,
                });
            }
        }
    }
    found.sort_by_key(|l| (l.period.start(), l.number));
    Ok(found)
}

/// The plans that have a folder below `reports/`.
///
/// # Errors
/// The folder cannot be read.
pub(crate) fn plans(home: &Home) -> Result<Vec<String>, CommandError> {
    let entries = files::entries(&home.root.join("reports"))?;
    Ok(entries.into_iter().map(|(name, _)| name).collect())
}

/// The number in `v12`; none for any other name.
pub(crate) fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix('v')?;
    let plain = digits.chars().all(|c| c.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok()).flatten()
}

/// The token that a folder carries, if it is one in the making.
///
/// # Errors
/// It can't be seen whether it carries one: without a token it would count as published.
pub(crate) fn token(folder: &Path) -> Result<Option<String>, StoreError> {
    let path = folder.join(TOKEN_FILE);
    // A run writes a plain file: what else lies there is not opened, since a FIFO would never answer.
    if !presence::is_plain_file(&path)? {
        return Ok(None);
    }
    presence::unless_absent(fs::read_to_string(&path)).doing("read", &path)
}

/// Something came to lie in an edition's place while it was made.
pub(crate) fn in_the_way(place: &Path, plan: &str, period: Period) -> Diagnostic {
    let message = format!(
        "{} appeared while this edition was made, and this home's ledger does not know it",
        place.display()
    );
    Diagnostic::error("unknown-edition", message).hint(format!(
        "Nothing was issued or sent. Does another home write there too? Put the ledger that knows it back with `metas restore FILE`, or record what lies there: `metas adopt {plan} {period}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without a token it would count as announced, and be sent or left as it is for ever.
    #[test]
    fn a_token_that_cannot_be_read_is_not_absent() {
        let home = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = home.path().join("calles/2026-T1").join(name);
            fs::create_dir_all(&folder).unwrap();
            folder
        };
        assert_eq!(token(&folder("v1")).unwrap(), None);
        fs::write(folder("v2").join(TOKEN_FILE), "run 7").unwrap();
        assert_eq!(token(&folder("v2")).unwrap().as_deref(), Some("run 7"));
        assert_eq!(lying(home.path(), "calles").unwrap().len(), 2);
        fs::create_dir(folder("v3").join(TOKEN_FILE)).unwrap();
        let fifo = folder("v4").join(TOKEN_FILE);
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        for other in ["v3", "v4"] {
            assert_eq!(token(&folder(other)).unwrap(), None, "{other}");
        }
        let unreadable = folder("v2").with_file_name("v5");
        std::os::unix::fs::symlink(&unreadable, &unreadable).unwrap();
        assert!(token(&unreadable).is_err());
        assert!(lying(home.path(), "calles").is_err());
    }

    #[test]
    fn editions_have_plain_numbers() {
        for (name, edition) in [
            ("v1", Some(1)),
            ("v12", Some(12)),
            ("v01", None),
            ("v0", None),
            ("v", None),
            ("v1.damaged-1", None),
            ("1", None),
            ("v99999999999", None),
        ] {
            assert_eq!(number(name), edition, "{name}");
        }
    }
}
