//! What a run does about the store before anything else: it sees that it is the right one, announces
//! what the ledger has published, and brings back what other hosts have published and this one has
//! not.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tracing::info;

use super::archive;
use super::edition_store;
use super::folders::{folder_of, token};
use super::manifest::{MANIFEST_FILE, Manifest};
use super::published;
use super::store_place::{self, StoreStanding};
use crate::exit::CommandError;
use crate::failpoint;
use crate::home::Home;
use crate::ledger::{Edition, EditionKey, Ledger};
use crate::store::Store;
use crate::store::error::Doing;
use crate::store::files::{create_private_folder, rename_new, sync_folder, write_tree};
use crate::store::{presence, regular};

/// The store of a home at the begin of a run.
pub(crate) struct StoreSync<'h> {
    home: &'h Home,
    announced: Vec<EditionKey>,
}

/// Sees that the store is the one that keeps this home; a folder that has put nothing there yet puts
/// its archive there. None where the home has no store.
///
/// # Errors
/// The store can't be used, or is another one.
pub(crate) fn begin(home: &Home) -> Result<Option<StoreSync<'_>>, CommandError> {
    let Some(store) = store_place::of(home)? else {
        return Ok(None);
    };
    if store_place::standing(home, store)? == StoreStanding::New {
        join(home, store)?;
    }
    Ok(Some(StoreSync {
        home,
        announced: edition_store::all_announced(store)?,
    }))
}

/// Puts the archive of this folder into the store, and notes that they belong together. Gives how
/// many files were put.
///
/// # Errors
/// The store can't be used.
pub(crate) fn join(home: &Home, store: &dyn Store) -> Result<usize, CommandError> {
    let put = archive::keep_all(home, store)?;
    failpoint::hit("store-joined");
    store_place::join(home, store)?;
    if put > 0 {
        info!(
            files = put,
            place = store.place(),
            "the archive is in the store"
        );
    }
    Ok(put)
}

impl StoreSync<'_> {
    /// Announces each edition that the ledger has published and that is not announced yet, because its
    /// run died or the home had no store then; what is announced must be the same edition.
    ///
    /// # Errors
    /// The store can't be used, or another ledger has published another edition.
    pub(crate) fn announce(&mut self, ledger: &Ledger) -> Result<usize, CommandError> {
        let mut announced = 0;
        for edition in published_editions(ledger)? {
            // What lies here without a token was held against the announcement when it came here.
            let place = folder_of(self.home, &edition);
            let is_settled = presence::lies(&place)? && token(&place)?.is_none();
            if is_settled && self.announced.contains(&edition.key) {
                continue;
            }
            if let Some(sha256) = &edition.manifest_sha256
                && is_there(self.home, &edition, sha256)?
            {
                edition_store::announce(self.home, &edition.key, sha256)?;
                self.announced.push(edition.key);
                announced += 1;
            }
        }
        Ok(announced)
    }

    /// Brings editions into this folder that lie in the store and not here: those that the ledger
    /// knows, and those that it does not know, so that they are told and nothing is issued twice.
    /// Gives their folders.
    ///
    /// # Errors
    /// The store or the disk can't be used; `store-edition` (held) where one that the ledger does not
    /// know is not whole there.
    pub(crate) fn bring_back(&self, ledger: &Ledger) -> Result<Vec<String>, CommandError> {
        let known = published_editions(ledger)?;
        let mut back = Vec::new();
        for edition in &known {
            if let Some(sha256) = &edition.manifest_sha256
                && brought(
                    self.home,
                    &folder_of(self.home, edition),
                    (&edition.key, sha256),
                )?
            {
                back.push(edition.key.folder());
            }
        }
        for key in &self.announced {
            let place = self.home.root.join(key.folder());
            if known.iter().any(|edition| edition.key == *key) || presence::lies(&place)? {
                continue;
            }
            if let Some(sha256) = edition_store::announced(self.home, key)? {
                if !brought(self.home, &place, (key, &sha256))? {
                    return Err(edition_store::incomplete(self.home, key, &sha256));
                }
                back.push(key.folder());
            }
        }
        Ok(back)
    }
}

fn published_editions(ledger: &Ledger) -> Result<Vec<Edition>, CommandError> {
    let mut editions = ledger.editions(None, None)?;
    editions.retain(|edition| edition.published);
    Ok(editions)
}

/// Sees to it that an edition lies whole in the store, as far as anybody has it: from this folder,
/// where it is as it was published.
fn is_there(home: &Home, edition: &Edition, sha256: &str) -> Result<bool, CommandError> {
    let of = (edition.key.plan.as_str(), edition.key.period);
    let folder = folder_of(home, edition);
    if published::damage(&folder, Some(sha256)).is_some() {
        return Ok(edition_store::files(home, of, sha256)?.is_some());
    }
    match read(&folder)? {
        Some(files) => edition_store::put(home, of, &files).map(|()| true),
        None => Ok(false),
    }
}

/// The files of a folder that its manifest names, and the manifest; none where that is no manifest.
fn read(folder: &Path) -> Result<Option<BTreeMap<String, Vec<u8>>>, CommandError> {
    let file = |name: &str| {
        let path = folder.join(name);
        regular::read(&path).doing("read", &path)
    };
    let document = file(MANIFEST_FILE)?;
    let Ok(manifest) = Manifest::parse(&document) else {
        return Ok(None);
    };
    let mut files = BTreeMap::new();
    for named in manifest.files {
        let bytes = file(&named.path)?;
        files.insert(named.path, bytes);
    }
    files.insert(MANIFEST_FILE.to_owned(), document);
    Ok(Some(files))
}

/// Brings an edition into a folder of this home where nothing lies, or where what lies there was
/// never announced. False where it is there already, or the store does not have it.
fn brought(
    home: &Home,
    place: &Path,
    (key, sha256): (&EditionKey, &str),
) -> Result<bool, CommandError> {
    let is_settled = presence::lies(place)? && token(place)?.is_none();
    if !place.starts_with(&home.root) || is_settled {
        return Ok(false);
    }
    let of = (key.plan.as_str(), key.period);
    let Some(files) = edition_store::files(home, of, sha256)? else {
        return Ok(false);
    };
    put_in_place(home, place, &files)?;
    info!(plan = key.plan, period = %key.period, edition = key.edition, "edition brought back from the store");
    Ok(true)
}

/// Writes an edition's files under a hidden name and renames them into their place; what lies there
/// was never announced and goes.
///
/// # Errors
/// The disk refuses.
pub(crate) fn put_in_place(
    home: &Home,
    place: &Path,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), CommandError> {
    let parent = place.parent().unwrap_or(&home.root);
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let hidden = place.with_file_name(format!(".{name}.bringing"));
    for left in [&hidden, &place.with_file_name(format!(".{name}.left"))] {
        presence::remove(left)?;
    }
    create_private_folder(&hidden)?;
    write_tree(&hidden, files, || ())?;
    failpoint::hit("store-back-written");
    if presence::lies(place)? {
        let left = place.with_file_name(format!(".{name}.left"));
        rename_new(place, &left).doing("rename", place)?;
        fs::remove_dir_all(&left).doing("remove", &left)?;
    }
    rename_new(&hidden, place).doing("rename", &hidden)?;
    sync_folder(parent)?;
    failpoint::hit("store-back-renamed");
    Ok(())
}
