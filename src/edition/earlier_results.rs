//! An edition's `results.json`, as the ledger keeps it.

use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::ledger::Edition;
use crate::results::Results;

/// What an edition said.
///
/// # Errors
/// It can't be read: an edition is never taken for one that said nothing.
pub(crate) fn of(edition: &Edition) -> Result<Results, CommandError> {
    let text = edition.results.as_deref().unwrap_or_default();
    Results::parse(text).map_err(|why| unreadable(edition, &why))
}

fn unreadable(edition: &Edition, why: &str) -> CommandError {
    let key = &edition.key;
    let message = format!(
        "results.json of {} {} v{} in state/ledger.db can't be read: {why}",
        key.plan, key.period, key.edition
    );
    let published = edition.place();
    let hint = format!(
        "{published}/results.json is what was published; put the ledger back from a backup: metas restore FILE"
    );
    CommandError::environment(Diagnostic::error("results-unreadable", message).hint(hint))
}
