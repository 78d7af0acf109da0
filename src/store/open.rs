//! Opening the store that an address names.

use std::sync::Arc;

use super::address::{StoreAddress, StoreTarget};
use super::folder::FolderStore;
use super::object_error::ObjectError;
use super::objects::Store;
use crate::secret::Secret;

/// The store of an address; nothing is asked of it yet.
///
/// # Errors
/// `store-address` where the address can't be one, `store-not-built` where this program knows no
/// buckets.
pub(crate) fn open(address: &StoreAddress) -> Result<Arc<dyn Store>, ObjectError> {
    match &address.target {
        StoreTarget::Folder(folder) => Ok(Arc::new(FolderStore::new(folder, &address.home))),
        StoreTarget::Bucket(url) => bucket(url, &address.home),
    }
}

#[cfg(feature = "s3")]
fn bucket(url: &Secret, home: &str) -> Result<Arc<dyn Store>, ObjectError> {
    Ok(Arc::new(super::s3::S3Store::new(url, home)?))
}

#[cfg(not(feature = "s3"))]
fn bucket(_url: &Secret, _home: &str) -> Result<Arc<dyn Store>, ObjectError> {
    Err(crate::diagnostic::Diagnostic::error(
        "store-not-built",
        "METAS_STORE names a bucket, and this metas was built without them",
    )
    .hint("Install a metas that was built with `--features s3`; or name a folder.")
    .into())
}
