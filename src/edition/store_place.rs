//! Which store keeps a home's files for good, and that it is the one that kept them before: another
//! one knows nothing of what was published.

#![allow(clippy::disallowed_methods, reason = "the shell reads the marker")]

use std::hash::{BuildHasher, Hasher, RandomState};

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::home::Home;
use crate::store::error::Doing;
use crate::store::files::{create_private_folder, sync_folder, write_whole};
use crate::store::{Store, keep, presence};

/// Says in a home in which store its files are kept.
const MARKER: &str = "store.place";

/// Says in a store whose home it keeps.
const IDENTITY: &str = "home.json";

/// Format of that object.
const FORMAT: u32 = 1;

/// What a store says of the home that it keeps. The id tells it from another store, under whatever
/// address it is reached.
#[derive(Debug, Serialize, Deserialize)]
struct StoreIdentity {
    format: u32,
    id: String,
}

/// What a home says of its store.
struct StoreMarker {
    id: String,
    /// Where it was, for people.
    place: String,
}

/// How a home stands to its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreStanding {
    /// This folder's files are kept there.
    Joined,
    /// This folder has put nothing there yet.
    New,
}

/// The store that keeps the home's files; none where they lie in its own folder alone.
///
/// # Errors
/// What the environment names is none, or it names none and the files are kept in one.
pub(crate) fn of(home: &Home) -> Result<Option<&dyn Store>, CommandError> {
    if let Some(store) = home.store()? {
        return Ok(Some(store));
    }
    match marker(home)? {
        Some(marker) => Err(elsewhere(&marker)),
        None => Ok(None),
    }
}

/// The same for what is to be put there; none in a rehearsal.
///
/// # Errors
/// As [`of`].
pub(crate) fn to_write(home: &Home) -> Result<Option<&dyn Store>, CommandError> {
    Ok(of(home)?.filter(|_| !home.is_rehearsal()))
}

/// Holds the store against the one that kept this folder's files before.
///
/// # Errors
/// It is another one, or keeps nothing of this home any more; or it can't be asked.
pub(crate) fn standing(home: &Home, store: &dyn Store) -> Result<StoreStanding, CommandError> {
    let Some(here) = marker(home)? else {
        return Ok(StoreStanding::New);
    };
    match identity(store)? {
        Some(there) if there.id == here.id => Ok(StoreStanding::Joined),
        Some(_) => Err(other(&here, store, "keeps another home's files there")),
        None => Err(other(&here, store, "keeps nothing of this home")),
    }
}

/// Notes in the home and in the store that they belong together.
///
/// # Errors
/// The store or the disk refuses.
pub(crate) fn join(home: &Home, store: &dyn Store) -> Result<(), CommandError> {
    let id = match identity(store)? {
        Some(there) => there.id,
        None => begin(store)?,
    };
    create_private_folder(&home.state())?;
    let text = format!("{id}\n{}\n", store.place());
    write_whole(&home.state().join(MARKER), text.as_bytes())?;
    Ok(sync_folder(&home.state())?)
}

/// Notes in the home that its files are kept in its own folder alone.
///
/// # Errors
/// The disk refuses.
pub(crate) fn leave(home: &Home) -> Result<(), CommandError> {
    let path = home.state().join(MARKER);
    if presence::remove(&path)? {
        sync_folder(&home.state())?;
    }
    Ok(())
}

fn begin(store: &dyn Store) -> Result<String, CommandError> {
    let new = StoreIdentity {
        format: FORMAT,
        id: new_id(),
    };
    // Its keys are texts and a number, so that this cannot fail.
    let bytes = serde_json::to_vec(&new).unwrap_or_default();
    if store.put_new(IDENTITY, &bytes)? {
        return Ok(new.id);
    }
    // Another host began it at the same time.
    match identity(store)? {
        Some(there) => Ok(there.id),
        None => Ok(keep(store, IDENTITY, &bytes).map(|()| new.id)?),
    }
}

fn identity(store: &dyn Store) -> Result<Option<StoreIdentity>, CommandError> {
    let Some(bytes) = store.get(IDENTITY)? else {
        return Ok(None);
    };
    let unreadable = |why: &str| {
        let message = format!("{IDENTITY} in {} can't be read: {why}", store.place());
        CommandError::environment(Diagnostic::error("store-other", message).hint(
            "Nothing was done. Let METAS_STORE name the store that kept this home before; or install the newer metas that wrote it.",
        ))
    };
    match serde_json::from_slice::<StoreIdentity>(&bytes) {
        Ok(identity) if identity.format <= FORMAT => Ok(Some(identity)),
        Ok(newer) => Err(unreadable(&format!("it has format {}", newer.format))),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

fn new_id() -> String {
    let random = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", random(), random())
}

fn marker(home: &Home) -> Result<Option<StoreMarker>, CommandError> {
    let path = home.root.join("state").join(MARKER);
    let read = presence::unless_absent(std::fs::read_to_string(&path)).doing("read", &path)?;
    let Some(text) = read else {
        return Ok(None);
    };
    let mut lines = text.lines();
    Ok(Some(StoreMarker {
        id: lines.next().unwrap_or_default().to_owned(),
        place: lines.next().unwrap_or_default().to_owned(),
    }))
}

/// A store that does not do what it says.
pub(crate) fn unreliable(store: &dyn Store, key: &str) -> CommandError {
    let message = format!(
        "{} overwrote {key}, or does not list what it holds",
        store.place()
    );
    CommandError::environment(Diagnostic::error("store-no-conditions", message).hint(
        "Nothing can be kept there. Bring the server up to a version that knows conditional puts, or name another store in METAS_STORE.",
    ))
}

fn elsewhere(marker: &StoreMarker) -> CommandError {
    let message = format!(
        "the files of this home are kept in {}, and METAS_STORE is not set",
        marker.place
    );
    CommandError::environment(Diagnostic::error("store-elsewhere", message).hint(
        "Nothing was done. Set METAS_STORE or METAS_STORE_FILE, as whoever runs metas by the clock does; `metas store copy --back` brings all files back into this folder.",
    ))
}

fn other(here: &StoreMarker, store: &dyn Store, what: &str) -> CommandError {
    let message = format!(
        "the files of this home were kept in {}, and {} {what}",
        here.place,
        store.place()
    );
    CommandError::environment(Diagnostic::error("store-other", message).hint(
        "Nothing was done. Let METAS_STORE name the store that kept them. If that one is lost: move state/store.place aside, and the next run puts there what this folder holds.",
    ))
}
