//! Files and editions that are gone or damaged, put back into a home that lives: from a backup, or from
//! the store.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::store::named;
use crate::console::{Console, counted};
use crate::delivery::RECORD_FILE;
use crate::edition::{archive, edition_store, folders, published, work};
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::ledger::Edition;
use crate::store::error::{Doing, StoreError};
use crate::store::files::{
    create_private_folder, rename_new, sync_folder, write_private, write_tree,
};
use crate::store::presence;

/// Puts back from the store what is gone or damaged here.
///
/// # Errors
/// No store is named, another run is at work, or the store or the disk refuses.
pub(super) fn from_the_store(console: &Console, home: &Home) -> Result<ExitStatus, CommandError> {
    let store = named(home)?;
    let now = home::now(None, chrono_tz::Tz::UTC)?.to_utc();
    // What is gone comes back with the begin of any run.
    let work = work::begin(console, home, now)?;
    let (mut files, mut left) = (0, Vec::new());
    for name in archive::all(home)? {
        let sha256 = name.rsplit('/').next().unwrap_or_default();
        if archive::is_whole(home, sha256) {
            continue;
        }
        match archive::find(home, sha256)? {
            Some(_) => files += 1,
            None => left.push(archive::damaged(&home.root.join(&name))),
        }
    }
    let mut editions = work.ledger.editions(None, None)?;
    editions.retain(|edition| edition.published);
    let mut back = Vec::new();
    for edition in &editions {
        let Some(wrong) = published::told_damage(home, edition) else {
            continue;
        };
        match edition_store::of_edition(home, edition)? {
            Some(found) => {
                put_back(home, edition, &found)?;
                back.push(edition.key.folder());
            }
            None => left.push(wrong),
        }
    }
    console.diagnostics(&left);
    let place = store.place();
    let mut text = format!(
        "Put back from {place}: {} of the archive, {}.\n",
        counted(files, "file"),
        counted(back.len(), "edition")
    );
    back.iter()
        .for_each(|place| text.push_str(&format!("  {place}\n")));
    let document =
        json!({ "from": place, "archived_files": files, "editions": back, "left": left.len() });
    console.data(&document, &text);
    Ok(if left.is_empty() {
        ExitStatus::Done
    } else {
        ExitStatus::Held
    })
}

/// Puts an edition's files in its place; what lies there is moved aside.
///
/// # Errors
/// The disk refuses.
pub(super) fn put_back(
    home: &Home,
    edition: &Edition,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), CommandError> {
    let folder = folders::folder_of(home, edition);
    let name = format!("v{}", edition.key.edition);
    let hidden = folder.with_file_name(format!(".{name}.restoring"));
    presence::remove(&hidden)?;
    create_private_folder(&hidden)?;
    // What was noted about sending since the backup stays true.
    let record = folder.join(RECORD_FILE);
    if let Some(record) = presence::unless_absent(fs::read(&record)).doing("read", &record)? {
        write_private(&hidden.join(RECORD_FILE), &record)?;
    }
    write_tree(&hidden, files, || ())?;
    if presence::lies(&folder)? {
        let aside = free_name(&folder)?;
        rename_new(&folder, &aside).doing("rename", &folder)?;
    }
    rename_new(&hidden, &folder).doing("rename", &hidden)?;
    Ok(sync_folder(folder.parent().unwrap_or(&home.root))?)
}

/// A name beside a folder for what was found in its place: `v1.damaged-1`.
fn free_name(folder: &Path) -> Result<PathBuf, StoreError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    presence::first_free(|number| folder.with_file_name(format!("{name}.damaged-{number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_damaged_is_moved_to_a_name_that_is_free() {
        let home = tempfile::tempdir().unwrap();
        let v1 = home.path().join("v1");
        assert_eq!(free_name(&v1).unwrap(), home.path().join("v1.damaged-1"));
        fs::create_dir(home.path().join("v1.damaged-1")).unwrap();
        assert_eq!(free_name(&v1).unwrap(), home.path().join("v1.damaged-2"));
    }
}
