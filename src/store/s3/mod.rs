//! A store in a bucket of an S3-compatible server.

mod address;
mod client;
mod faults;

use std::sync::OnceLock;
use std::time::Duration;

use object_store::aws::AmazonS3;
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use tokio::runtime::{Builder, Runtime};

use self::address::BucketAddress;
use self::faults::{Asked, BucketPlace};
use super::object_error::ObjectError;
use super::objects::Store;
use crate::diagnostic::Diagnostic;
use crate::secret::Secret;

/// The object that is put again and again, to see that the bucket does not let it be overwritten.
const PROBE: &str = "probe";

/// What a request may take beyond its own limit, tries and pauses between them aside.
const SPARE: Duration = Duration::from_secs(20);

/// The objects of one home in a bucket. Every wait has an end.
#[derive(Debug)]
pub(super) struct S3Store {
    runtime: Runtime,
    client: AmazonS3,
    /// What all keys of the home begin with.
    prefix: String,
    /// How long is waited in all for one thing that is asked.
    patience: Duration,
    bucket: BucketPlace,
    /// The bucket has been seen to refuse to overwrite.
    is_proven: OnceLock<()>,
}

impl S3Store {
    /// The store of a home in a bucket; nothing is asked of it yet.
    ///
    /// # Errors
    /// `store-address`, `store-tls` where a certificate can't be read.
    pub(super) fn new(url: &Secret, home: &str) -> Result<Self, ObjectError> {
        let address = BucketAddress::of(url, home)?;
        let place = address.place();
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| faults::failed(&place, &e.to_string()))?;
        let (client, has_key) = client::of(&address)?;
        Ok(Self {
            runtime,
            client,
            prefix: address.prefix,
            patience: address.timeout * (client::TRIES + 1) + SPARE,
            bucket: BucketPlace { place, has_key },
            is_proven: OnceLock::new(),
        })
    }

    fn wait_for<T>(
        &self,
        asked: Asked,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreAnswer> {
        let waited = async { tokio::time::timeout(self.patience, work).await };
        match self.runtime.block_on(waited) {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(faults::answer(&self.bucket, asked, &error)),
            Err(_) => Err(StoreAnswer::Fault(faults::slow(
                &self.bucket.place,
                self.patience,
            ))),
        }
    }

    fn path(&self, key: &str) -> Result<Path, ObjectError> {
        let path = format!("{}/{key}", self.prefix);
        Path::parse(&path).map_err(|e| faults::failed(&self.bucket.place, &e.to_string()))
    }

    /// Puts an object on the condition that there is none.
    fn put_on_condition(&self, key: &str, bytes: &[u8]) -> Result<bool, ObjectError> {
        let path = self.path(key)?;
        let payload = bytes.to_vec().into();
        let put = self.client.put_opts(&path, payload, PutMode::Create.into());
        match self.wait_for(Asked::Put, put) {
            Ok(_) => Ok(true),
            Err(StoreAnswer::IsThere) => Ok(false),
            Err(StoreAnswer::IsNotThere) => Err(faults::missing(&self.bucket.place)),
            Err(StoreAnswer::Fault(fault)) => Err(fault),
        }
    }

    /// Puts nothing before the bucket has refused to overwrite: servers that do not know the
    /// condition take what is put and say that all is well.
    fn prove(&self) -> Result<(), ObjectError> {
        if self.is_proven.get().is_some() {
            return Ok(());
        }
        let is_overwritten = self.put_on_condition(PROBE, b"metas\n")?
            && self.put_on_condition(PROBE, b"metas\n")?;
        if is_overwritten {
            return Err(faults::no_conditions(&self.bucket.place));
        }
        let _ = self.is_proven.set(());
        Ok(())
    }
}

/// What came of asking, where it is not what was asked for.
#[derive(Debug)]
enum StoreAnswer {
    /// There is an object of that key.
    IsThere,
    /// There is none.
    IsNotThere,
    /// Something is wrong.
    Fault(ObjectError),
}

impl Store for S3Store {
    fn put_new(&self, key: &str, bytes: &[u8]) -> Result<bool, ObjectError> {
        self.prove()?;
        self.put_on_condition(key, bytes)
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, ObjectError> {
        let path = self.path(key)?;
        let got = async { self.client.get(&path).await?.bytes().await };
        match self.wait_for(Asked::Get, got) {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(StoreAnswer::IsNotThere) => Ok(None),
            Err(StoreAnswer::IsThere) => Err(faults::failed(&self.bucket.place, "it is there")),
            Err(StoreAnswer::Fault(fault)) => Err(fault),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let prefix = format!("{}/{folder}/", self.prefix);
        let own = format!("{}/", self.prefix);
        let (mut keys, mut page_token) = (Vec::new(), None);
        loop {
            let options = PaginatedListOptions {
                page_token,
                ..PaginatedListOptions::default()
            };
            let page = self.client.list_paginated(Some(&prefix), options);
            let page = self
                .wait_for(Asked::List, page)
                .map_err(|answer| match answer {
                    StoreAnswer::Fault(fault) => fault,
                    StoreAnswer::IsThere | StoreAnswer::IsNotThere => {
                        faults::missing(&self.bucket.place)
                    }
                })?;
            let objects = page.result.objects.into_iter();
            keys.extend(objects.filter_map(|object| {
                let key = object.location.as_ref().strip_prefix(&own)?;
                Some(key.to_owned())
            }));
            page_token = page.page_token;
            if page_token.is_none() {
                keys.sort();
                return Ok(keys);
            }
        }
    }

    fn place(&self) -> &str {
        &self.bucket.place
    }
}

impl From<Diagnostic> for StoreAnswer {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Fault(diagnostic.into())
    }
}
