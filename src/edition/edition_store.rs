//! Editions in the store, so that another host, or this one with a new disk, has them too.
//!
//! Their files lie there under their hashes, put before the ledger publishes the edition and the
//! manifest last. So each attempt has objects of its own, none replaces another's, and which one is
//! the edition is said by the ledger alone, by the hash of its manifest. What the ledger has
//! published is then announced by one small object under the edition's number, before any of it is
//! sent: a ledger that does not know of it is not the one that published.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::{MANIFEST_FILE, Manifest};
use super::store_place;
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::failpoint;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{Edition, EditionKey};
use crate::percent::{decoded, encoded};
use crate::period::Period;
use crate::store::files::is_inside;
use crate::store::{Store, damaged_object, fetch, keep};

/// Format of the announcement.
const FORMAT: u32 = 1;

/// Where announcements lie.
const ANNOUNCED: &str = "editions";

/// What is said in the store of an edition that the ledger has published.
#[derive(Debug, Serialize, Deserialize)]
struct Announcement {
    format: u32,
    plan: String,
    period: Period,
    edition: u32,
    manifest_sha256: String,
}

fn file_key((plan, period): (&str, Period), sha256: &str) -> String {
    format!("files/{}/{period}/{sha256}", encoded(plan))
}

fn announcement_key(key: &EditionKey) -> String {
    let plan = encoded(&key.plan);
    format!("{ANNOUNCED}/{plan}/{}/v{}.json", key.period, key.edition)
}

/// Puts an edition's files there, its manifest last.
///
/// # Errors
/// The store can't be used.
pub(crate) fn put(
    home: &Home,
    of: (&str, Period),
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), CommandError> {
    let Some(store) = store_place::to_write(home)? else {
        return Ok(());
    };
    let is_manifest = |name: &str| name == MANIFEST_FILE;
    for (_, bytes) in files.iter().filter(|(name, _)| !is_manifest(name)) {
        keep(store, &file_key(of, &sha256_hex(bytes)), bytes)?;
        failpoint::hit("store-file");
    }
    for (_, bytes) in files.iter().filter(|(name, _)| is_manifest(name)) {
        keep(store, &file_key(of, &sha256_hex(bytes)), bytes)?;
    }
    failpoint::hit("store-whole");
    Ok(())
}

/// Every file of the edition that a manifest of this hash describes, the manifest among them; none
/// where one of them is not there.
///
/// # Errors
/// The store can't be used, or holds other bytes than it must.
pub(crate) fn files(
    home: &Home,
    of: (&str, Period),
    manifest_sha256: &str,
) -> Result<Option<BTreeMap<String, Vec<u8>>>, CommandError> {
    let Some(store) = store_place::of(home)? else {
        return Ok(None);
    };
    let Some(document) = fetch(store, &file_key(of, manifest_sha256), manifest_sha256)? else {
        return Ok(None);
    };
    let manifest = Manifest::parse(&document)
        .map_err(|why| strange(store, &file_key(of, manifest_sha256), &why))?;
    let mut files = BTreeMap::new();
    for file in &manifest.files {
        if !is_inside(&file.path) {
            let why = format!("it names {}, outside the folder", file.path);
            return Err(strange(store, &file_key(of, manifest_sha256), &why));
        }
        match fetch(store, &file_key(of, &file.sha256), &file.sha256)? {
            Some(bytes) => files.insert(file.path.clone(), bytes),
            None => return Ok(None),
        };
    }
    files.insert(MANIFEST_FILE.to_owned(), document);
    Ok(Some(files))
}

/// Every file of an edition that the ledger has published; none where they are not all there.
///
/// # Errors
/// As [`files`].
pub(crate) fn of_edition(
    home: &Home,
    edition: &Edition,
) -> Result<Option<BTreeMap<String, Vec<u8>>>, CommandError> {
    let of = (edition.key.plan.as_str(), edition.key.period);
    match &edition.manifest_sha256 {
        Some(sha256) => files(home, of, sha256),
        None => Ok(None),
    }
}

fn strange(store: &dyn Store, key: &str, why: &str) -> CommandError {
    damaged_object(store, key, why).into()
}

/// Says in the store that the ledger has published an edition.
///
/// # Errors
/// `store-edition` (held) where another ledger has published another one under this number; or the
/// store can't be used.
pub(crate) fn announce(
    home: &Home,
    key: &EditionKey,
    manifest_sha256: &str,
) -> Result<(), CommandError> {
    let Some(store) = store_place::to_write(home)? else {
        return Ok(());
    };
    let announcement = Announcement {
        format: FORMAT,
        plan: key.plan.clone(),
        period: key.period,
        edition: key.edition,
        manifest_sha256: manifest_sha256.to_owned(),
    };
    // Its keys are texts and whole numbers, so that this cannot fail.
    let bytes = serde_json::to_vec(&announcement).unwrap_or_default();
    let place = announcement_key(key);
    if !store.put_new(&place, &bytes)? {
        match announced(home, key)? {
            Some(there) if there == manifest_sha256 => {}
            Some(there) => return Err(of_another(store, key, (&there, manifest_sha256))),
            None => keep(store, &place, &bytes)?,
        }
    }
    failpoint::hit("store-announced");
    Ok(())
}

fn of_another(store: &dyn Store, key: &EditionKey, (there, here): (&str, &str)) -> CommandError {
    let EditionKey {
        plan,
        period,
        edition,
    } = key;
    let message = format!(
        "edition {edition} of {plan} {period} was published twice: its manifest has SHA-256 {there} in {}, and {here} in this home's ledger",
        store.place()
    );
    CommandError::new(
        ExitStatus::Held,
        Diagnostic::error("store-edition", message).hint(
            "Nothing was overwritten, and nothing more of this home is issued or sent. Two ledgers keep homes of one name there: put the ledger back that knows what was sent, or give one of the homes another name (METAS_LEDGER_HOME) or another prefix.",
        ),
    )
}

/// An edition that is announced, that the ledger does not know, and whose files are not all there.
pub(crate) fn incomplete(home: &Home, key: &EditionKey, there: &str) -> CommandError {
    let EditionKey {
        plan,
        period,
        edition,
    } = key;
    let place = home.store().ok().flatten().map(Store::place);
    let message = format!(
        "edition {edition} of {plan} {period} was published, with a manifest of SHA-256 {there}; this home's ledger does not know it, and its files are not all in {}",
        place.unwrap_or("the store")
    );
    CommandError::new(
        ExitStatus::Held,
        Diagnostic::error("store-edition", message).hint(format!(
            "Nothing is issued or sent until this is settled. Put the ledger that knows it back: metas restore FILE; or put its files back into reports/ and record them: metas adopt {plan} {period}."
        )),
    )
}

/// The hash of the manifest of an edition that is announced; none where it is not.
///
/// # Errors
/// The store can't be used, or what it says can't be read.
pub(crate) fn announced(home: &Home, key: &EditionKey) -> Result<Option<String>, CommandError> {
    let Some(store) = store_place::of(home)? else {
        return Ok(None);
    };
    let place = announcement_key(key);
    let Some(bytes) = store.get(&place)? else {
        return Ok(None);
    };
    match serde_json::from_slice::<Announcement>(&bytes) {
        Ok(there) if there.format <= FORMAT => Ok(Some(there.manifest_sha256)),
        Ok(newer) => Err(strange(
            store,
            &place,
            &format!("it has format {}", newer.format),
        )),
        Err(error) => Err(strange(store, &place, &error.to_string())),
    }
}

/// Every edition that is announced.
///
/// # Errors
/// The store can't be used.
pub(crate) fn all_announced(store: &dyn Store) -> Result<Vec<EditionKey>, CommandError> {
    let keys = store.list(ANNOUNCED)?;
    Ok(keys.iter().filter_map(|key| edition_of(key)).collect())
}

fn edition_of(key: &str) -> Option<EditionKey> {
    let [_, plan, period, name] = key.split('/').collect::<Vec<_>>().try_into().ok()?;
    Some(EditionKey {
        plan: decoded(plan),
        period: period.parse().ok()?,
        edition: super::folders::number(name.strip_suffix(".json")?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_found_again_by_its_key() {
        let key = EditionKey {
            plan: "plan-ñ".to_owned(),
            period: "2026-T1".parse().unwrap(),
            edition: 12,
        };
        assert_eq!(edition_of(&announcement_key(&key)), Some(key));
        for other in [
            "editions/p/2026-T1/v1",
            "editions/p/2026-T1/v01.json",
            "editions/p/2026-T1/x/v1.json",
            "editions/p/enero/v1.json",
        ] {
            assert_eq!(edition_of(other), None, "{other}");
        }
    }
}
