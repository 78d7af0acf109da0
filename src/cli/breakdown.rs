//! A panic, told as an error with an exit code of its own: a library can still break down where a
//! thread or memory is refused, and cron must hear of it in words.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Mutex, PoisonError};

use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};

/// What the first panic said, wherever it happened.
static SAID: Mutex<Option<String>> = Mutex::new(None);

/// Does `work`; a panic in it, or in a thread of it, becomes an error. Where a thread or an open
/// file was refused, the process ends at once, after `tell` has told it: a library that started
/// some of its threads and not the others can wait for ever while it is taken down.
pub(super) fn caught(
    tell: impl Fn(&CommandError) + Send + Sync + 'static,
    work: impl FnOnce() -> Result<ExitStatus, CommandError>,
) -> Result<ExitStatus, CommandError> {
    let before = take_hook();
    set_hook(Box::new(move |info| {
        let words = words(info);
        if is_refused(&words) {
            let error = explained(&words);
            tell(&error);
            std::process::exit(error.status.code().into());
        }
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        said.get_or_insert(words);
    }));
    let ended = catch_unwind(AssertUnwindSafe(work));
    set_hook(before);
    ended.unwrap_or_else(|_| {
        let said = SAID.lock().unwrap_or_else(PoisonError::into_inner).take();
        Err(explained(&said.unwrap_or_default()))
    })
}

/// In a bounded process a panic is told as ever, for its parent; where a thread was refused, the
/// process ends there and then.
pub(super) fn end_at_once() {
    let tell = take_hook();
    set_hook(Box::new(move |info| {
        tell(info);
        if is_refused(&words(info)) {
            std::process::exit(101);
        }
    }));
}

fn words(info: &PanicHookInfo<'_>) -> String {
    let words = info.payload_as_str().unwrap_or("it does not say why");
    let place = info.location().map(|place| {
        let file = place.file().rsplit('/').next().unwrap_or_default();
        format!(" ({file}, line {})", place.line())
    });
    format!("{}{}", words.replace('\n', " "), place.unwrap_or_default())
}

/// What the standard library, rayon and tokio say where the system gives no thread, file or memory.
fn is_refused(said: &str) -> bool {
    let thread = said.contains("spawn") && said.contains("thread");
    let refused = ["os error 11)", "os error 12)", "os error 24)"];
    let refused = refused
        .iter()
        .chain(&["code: 11,", "code: 12,", "code: 24,"]);
    thread || refused.into_iter().any(|words| said.contains(words))
}

fn explained(said: &str) -> CommandError {
    let short: String = said.chars().take(400).collect();
    if is_refused(said) {
        let message = format!("the system gives this user no more of something: {short}");
        let hint = "nothing was left half done; the next run tries again. If it comes back, raise the limits on processes (ulimit -u) and open files (ulimit -n), or free memory";
        return CommandError::new(
            ExitStatus::Later,
            Diagnostic::error("no-threads", message).hint(hint),
        );
    }
    let message = format!("metas broke down at its work: {short}");
    let hint = "nothing was left half done; run again, and if it comes back report these words";
    CommandError::new(
        ExitStatus::Internal,
        Diagnostic::error("internal", message).hint(hint),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_thread_is_told_and_passes() {
        let files = "Err value: Os { code: 24, kind: Uncategorized }";
        assert_eq!(explained(files).status, ExitStatus::Later);
        let pool = "could not spawn threads: ThreadPoolBuildError { kind: IOError(Os { code: 11, kind: WouldBlock }) }";
        assert_eq!(explained(pool).status, ExitStatus::Later);
        assert_eq!(
            explained("index out of bounds").status,
            ExitStatus::Internal
        );
    }
}
