//! SHELL: what a home is called where many share a database or a store.

#![allow(clippy::disallowed_methods, reason = "the shell reads the environment")]

use std::ffi::OsStr;
use std::path::Path;

use crate::diagnostic::Diagnostic;

/// The variable that names the home among those of the server.
pub(crate) const HOME_VARIABLE: &str = "METAS_LEDGER_HOME";

/// How long a home's name may be.
const LONGEST: usize = 200;

/// The name of the home in a folder: as `METAS_LEDGER_HOME` says, else as its folder is called.
pub(crate) fn of(root: &Path) -> String {
    let named = std::env::var_os(HOME_VARIABLE);
    let folder = || root.file_name().map(OsStr::to_owned);
    let home = named.or_else(folder).unwrap_or_default();
    home.to_string_lossy().into_owned()
}

/// Holds a name against what a name can be.
///
/// # Errors
/// `ledger-home`.
pub(crate) fn check(home: &str) -> Result<(), Diagnostic> {
    if !home.is_empty() && home.chars().count() <= LONGEST && !home.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!(
        "\"{}\" can be no home's name on a server",
        home.escape_debug()
    );
    Err(Diagnostic::error("ledger-home", message).hint(format!(
        "Give the home a name of 1 to {LONGEST} characters: {HOME_VARIABLE}=NAME."
    )))
}
