//! Where a home's files are kept for good: in a folder or in a bucket that many homes and hosts
//! share; in neither where nothing is named.

use std::path::{Path, PathBuf};

use super::object_error::ObjectError;
use crate::diagnostic::Diagnostic;
use crate::home_name;
use crate::secret::{Secret, SecretPlace, secret};

/// The variable that holds the address.
const PLACE: SecretPlace = SecretPlace {
    variable: "METAS_STORE",
    credential: "store",
    what: "the address of the store",
};

/// What an address names. A secret key in it is neither printed nor logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum StoreTarget {
    /// A folder that is there.
    Folder(PathBuf),
    /// A bucket, by its URL.
    Bucket(Secret),
}

/// A store and one home's name in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreAddress {
    /// What is named.
    pub(super) target: StoreTarget,
    /// The home's name.
    pub(super) home: String,
}

impl StoreAddress {
    /// The store that the environment names for the home in a folder; none where it names none.
    ///
    /// # Errors
    /// `store-address` where what is named is no store, `ledger-home` where the home has no name.
    pub(crate) fn of_environment(root: &Path) -> Result<Option<Self>, ObjectError> {
        let Some(text) = secret(PLACE)? else {
            return Ok(None);
        };
        Ok(Self::new(text, &home_name::of(root))?)
    }

    /// A store by its address; none where that is empty.
    ///
    /// # Errors
    /// As [`StoreAddress::of_environment`].
    pub(crate) fn new(text: Secret, home: &str) -> Result<Option<Self>, Diagnostic> {
        let address = text.reveal();
        let target = if address.trim().is_empty() {
            return Ok(None);
        } else if address.starts_with("s3://") {
            StoreTarget::Bucket(text)
        } else if address.starts_with('/') {
            StoreTarget::Folder(PathBuf::from(address))
        } else {
            return Err(wrong_address(
                "it begins neither with s3:// nor, as the path of a folder, with /",
            ));
        };
        home_name::check(home)?;
        Ok(Some(Self {
            target,
            home: home.to_owned(),
        }))
    }
}

/// An address that leads nowhere. It may hold a secret key, so that it is not repeated.
pub(super) fn wrong_address(why: &str) -> Diagnostic {
    Diagnostic::error(
        "store-address",
        format!("METAS_STORE is no address of a store: {why}"),
    )
    .hint("Write s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, or the path of a folder from / on; a key in it goes before the bucket, s3://KEY:SECRET@BUCKET, with %2F for / in it.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_bucket_or_a_folder_and_is_never_repeated() {
        let of = |text: &str, home: &str| StoreAddress::new(Secret::new(text.to_owned()), home);
        assert_eq!(of("", "leon"), Ok(None));
        let folder = of("/srv/metas", "leon").unwrap().unwrap();
        assert_eq!(folder.target, StoreTarget::Folder("/srv/metas".into()));
        let bucket = of("s3://AKIA:s3cret@bucket/prefix", "leon")
            .unwrap()
            .unwrap();
        assert!(matches!(bucket.target, StoreTarget::Bucket(_)));
        assert!(!format!("{bucket:?}").contains("s3cret"));
        for (text, home, code) in [
            ("gs://AKIA:s3cret@bucket", "leon", "store-address"),
            ("s3cret/metas", "leon", "store-address"),
            ("s3://AKIA:s3cret@bucket", "", "ledger-home"),
            ("/srv/metas", "a\nb", "ledger-home"),
        ] {
            let told = of(text, home).unwrap_err();
            assert_eq!(told.code, code, "{text}");
            assert!(!told.message.contains("s3cret"), "{}", told.message);
        }
    }
}
