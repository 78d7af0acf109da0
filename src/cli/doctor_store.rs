//! What `metas doctor` tells of the store of the home's files.

use crate::edition::edition_store;
use crate::edition::store_place::{self, StoreStanding};
use crate::exit::CommandError;
use crate::home::Home;
use crate::store::{Store, keep};

/// Where the probe lies.
const PROBES: &str = "probes";

/// Puts, gets and lists a probe, and sees that nothing is overwritten; none where the home has no
/// store.
pub(super) fn works(home: &Home) -> Option<Result<String, CommandError>> {
    match store_place::of(home) {
        Ok(None) => None,
        Ok(Some(store)) => Some(tried(home, store)),
        Err(error) => Some(Err(error)),
    }
}

fn tried(home: &Home, store: &dyn Store) -> Result<String, CommandError> {
    let standing = store_place::standing(home, store)?;
    let key = format!("{PROBES}/doctor");
    keep(store, &key, b"metas doctor\n")?;
    let others = keep(store, &key, b"other bytes\n").is_err();
    let listed = store.list(PROBES)?.contains(&key);
    if !others || !listed {
        return Err(store_place::unreliable(store, &key));
    }
    let place = store.place();
    let editions = edition_store::all_announced(store)?.len();
    Ok(match standing {
        StoreStanding::Joined => format!(
            "{place}: puts, gives and lists, and overwrites nothing; editions announced there: {editions}"
        ),
        StoreStanding::New => format!(
            "{place}: puts, gives and lists, and overwrites nothing; the next run brings this folder's files there"
        ),
    })
}
