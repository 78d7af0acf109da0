//! The client of a bucket: whom it trusts, whose key it has, and how long it waits.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell reads certificates and the platform's credentials"
)]

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, Certificate, ClientOptions, RetryConfig};

use super::address::BucketAddress;
use super::faults;
use crate::store::address::wrong_address;
use crate::store::object_error::ObjectError;

/// How often a request that failed is tried again.
pub(super) const TRIES: u32 = 2;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// For how long a connection that nobody uses is kept: servers close theirs after some time.
const IDLE: Duration = Duration::from_secs(10);

/// What the platform may say about credentials. Where the store is, is said by METAS_STORE alone.
const OF_THE_PLATFORM: [&str; 9] = [
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_ENDPOINT_URL_STS",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_METADATA_ENDPOINT",
    "AWS_IMDSV1_FALLBACK",
];

/// The client of a bucket, and whether a key is known to it.
///
/// # Errors
/// `store-tls` where the certificates can't be used, `store-address`.
pub(super) fn of(address: &BucketAddress) -> Result<(AmazonS3, bool), ObjectError> {
    let region = address.region.clone().or_else(|| {
        let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter();
        named.filter_map(variable).next()
    });
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&address.bucket)
        .with_region(region.unwrap_or_else(|| "us-east-1".to_owned()))
        .with_virtual_hosted_style_request(address.is_virtual)
        .with_allow_http(address.is_plain)
        .with_client_options(options(address)?)
        .with_retry(RetryConfig {
            max_retries: TRIES as usize,
            retry_timeout: address.timeout * TRIES,
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(300),
                max_backoff: Duration::from_secs(3),
                base: 3.,
            },
        });
    if let Some(endpoint) = &address.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let (builder, has_key) = with_key(builder, address);
    let built = builder.build();
    Ok((built.map_err(|e| wrong_address(&e.to_string()))?, has_key))
}

/// The key of the address, else the one of the environment, else whatever the platform gives.
fn with_key(mut builder: AmazonS3Builder, address: &BucketAddress) -> (AmazonS3Builder, bool) {
    if let Some(key) = &address.key {
        let builder = builder
            .with_access_key_id(&key.id)
            .with_secret_access_key(key.secret.reveal());
        return (builder, true);
    }
    if let (Some(id), Some(secret)) = (
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
    ) {
        builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret);
        if let Some(token) = variable("AWS_SESSION_TOKEN") {
            builder = builder.with_token(token);
        }
        return (builder, true);
    }
    for name in OF_THE_PLATFORM {
        let key = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>();
        if let (Ok(key), Some(value)) = (key, variable(name)) {
            builder = builder.with_config(key, value);
        }
    }
    (builder, false)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn options(address: &BucketAddress) -> Result<ClientOptions, ObjectError> {
    let mut options = ClientOptions::new()
        .with_timeout(address.timeout)
        .with_connect_timeout(CONNECT.min(address.timeout))
        .with_pool_idle_timeout(IDLE)
        .with_allow_http(address.is_plain);
    if let Some(path) = &address.ca_file {
        let wrong =
            |why: String| faults::tls(&address.place(), &format!("{}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|e| wrong(e.to_string()))?;
        let certificates = Certificate::from_pem_bundle(&pem).map_err(|e| wrong(e.to_string()))?;
        if certificates.is_empty() {
            return Err(wrong(
                "it holds no certificate: it must be a PEM file".to_owned(),
            ));
        }
        for certificate in certificates {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}
