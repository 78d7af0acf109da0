//! The same tests on every store that can keep a home's files: a folder always, a bucket where the
//! feature is on and `METAS_TEST_STORE` names one in which they may put objects.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use super::{Store, StoreAddress, open};
use crate::secret::Secret;

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TestStore {
    /// In a folder.
    Folder,
    /// In a bucket.
    #[cfg(feature = "s3")]
    Bucket,
}

impl TestStore {
    /// The store of a home of that name: the same one for the same folder and name.
    pub(super) fn open(self, folder: &Path, home: &str) -> Arc<dyn Store> {
        let address = match self {
            Self::Folder => folder.display().to_string(),
            #[cfg(feature = "s3")]
            Self::Bucket => {
                let bucket = std::env::var("METAS_TEST_STORE").unwrap();
                let own = folder.file_name().unwrap().to_string_lossy();
                bucket.replacen('?', &format!("/{own}?"), 1)
            }
        };
        let address = StoreAddress::new(Secret::new(address), home)
            .unwrap()
            .unwrap();
        open(&address).unwrap()
    }

    /// Whether there is such a store here.
    #[cfg(feature = "s3")]
    pub(super) fn is_there(self) -> bool {
        match self {
            Self::Folder => true,
            Self::Bucket => std::env::var_os("METAS_TEST_STORE").is_some(),
        }
    }
}

/// Runs each of these functions on every store.
macro_rules! on_each_store {
    ($($name:ident),* $(,)?) => {
        mod in_a_folder {
            $(#[test]
            fn $name() {
                super::$name($crate::store::on_both::TestStore::Folder);
            })*
        }

        #[cfg(feature = "s3")]
        mod in_a_bucket {
            $(#[test]
            fn $name() {
                let kept = $crate::store::on_both::TestStore::Bucket;
                if kept.is_there() {
                    super::$name(kept);
                }
            })*
        }
    };
}
pub(super) use on_each_store;
