//! Places where a test can make the process die, to see that what was recorded is enough.

/// Dies here, as by `kill -9`, where `METAS_CRASH_AT` names this place. Release builds hold none of
/// it.
#[cfg(debug_assertions)]
#[allow(
    clippy::disallowed_methods,
    reason = "a switch of debug builds for tests that kill the process"
)]
pub(crate) fn hit(name: &str) {
    if std::env::var_os("METAS_CRASH_AT").is_some_and(|expected| expected == name) {
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub fn hit(_name: &str) {}
