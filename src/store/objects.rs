//! Files that are kept for good, under keys, by a store that many homes and hosts may share. An
//! object is put once and never overwritten.

use std::fmt;

use super::object_error::ObjectError;
use crate::diagnostic::Diagnostic;
use crate::hash::sha256_hex;

/// How often an object is put that was there a moment ago and is not there now.
const TRIES: usize = 3;

/// Keeps one home's objects. A key is made of parts of letters, digits and `. _ - %`, with `/` between
/// them.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// Puts an object where there is none. False where there is one, which stays as it is. The
    /// object is whole and outlasts a power cut when this returns, or is not there.
    ///
    /// # Errors
    /// The store can't be reached, refuses, or can't promise not to overwrite.
    fn put_new(&self, key: &str, bytes: &[u8]) -> Result<bool, ObjectError>;

    /// The bytes of an object; none where there is no such object.
    ///
    /// # Errors
    /// The store can't be reached, or refuses.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError>;

    /// The keys that begin with `folder` and a slash, in order.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn list(&self, folder: &str) -> Result<Vec<String>, ObjectError>;

    /// Where it is, for people; never a password.
    fn place(&self) -> &str;
}

/// Sees to it that an object is there with just these bytes. An object of other bytes stays as it
/// is.
///
/// # Errors
/// `store-other-bytes` where there is one of other bytes; as [`Store::put_new`].
pub(crate) fn keep(store: &dyn Store, key: &str, bytes: &[u8]) -> Result<(), ObjectError> {
    for _ in 0..TRIES {
        if store.put_new(key, bytes)? {
            return Ok(());
        }
        match store.get(key)? {
            Some(there) if there == bytes => return Ok(()),
            Some(there) => return Err(other_bytes(store, key, (&there, bytes))),
            // Another host is putting it just now, or an operator has removed it.
            None => {}
        }
    }
    let message = format!(
        "{} says of {key} both that it is there and that it is not",
        store.place()
    );
    Err(ObjectError::passing(
        Diagnostic::error("store-unreachable", message)
            .hint("Nothing that relies on it was recorded; the next run goes on."),
    ))
}

/// The bytes of an object that are known by their hash; none where there is no such object.
///
/// # Errors
/// `store-other-bytes` where there is one of other bytes; as [`Store::get`].
pub(crate) fn fetch(
    store: &dyn Store,
    key: &str,
    sha256: &str,
) -> Result<Option<Vec<u8>>, ObjectError> {
    let Some(bytes) = store.get(key)? else {
        return Ok(None);
    };
    let there = sha256_hex(&bytes);
    if there == sha256 {
        return Ok(Some(bytes));
    }
    let why = format!("its SHA-256 is {there}, and was to be {sha256}");
    Err(damaged_object(store, key, &why))
}

/// An object that is not what was put there.
pub(crate) fn damaged_object(store: &dyn Store, key: &str, why: &str) -> ObjectError {
    let message = format!(
        "{key} in {} is not what was put there: {why}",
        store.place()
    );
    ObjectError::lasting(Diagnostic::error("store-other-bytes", message).hint(
        "Nothing was overwritten. Whoever runs the store puts that one object back from a copy, or removes it: a host that still has the file puts it again.",
    ))
}

fn other_bytes(store: &dyn Store, key: &str, (there, here): (&[u8], &[u8])) -> ObjectError {
    let (place, there, here) = (store.place(), sha256_hex(there), sha256_hex(here));
    let message = format!(
        "{key} in {place} holds other bytes than are to be kept there: SHA-256 {there} there, {here} here"
    );
    ObjectError::lasting(Diagnostic::error("store-other-bytes", message).hint(
        "Nothing was overwritten or recorded. Look at what lies there; where it is half written or of no use, whoever runs the store removes that one object, and the next run puts the right one.",
    ))
}
