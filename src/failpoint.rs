//! Places where a test can make the process die, to see that what was recorded is enough.

/// Dies here, as by `kill -9`, where `METAS_CRASH_AT` names this place among others. Release builds hold none of
/// it.
#[cfg(debug_assertions)]
#[allow(
    clippy::disallowed_methods,
    reason = "a switch of debug builds for tests that kill the process"
)]
pub(crate) fn hit(name: &str) {
    let places = std::env::var("METAS_CRASH_AT").unwrap_or_default();
    if places.split(',').any(|place| place == name) {
        use std::io::Write;
        // Whoever watches learns at which of several places it was.
        let _ = writeln!(std::io::stderr(), "died at {name}");
        std::process::abort();
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(crate) fn hit(_name: &str) {}
