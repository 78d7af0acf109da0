//! What the address of a bucket says.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::diagnostic::Diagnostic;
use crate::percent::{decoded, encoded};
use crate::secret::Secret;
use crate::store::address::wrong_address;

/// How long a request may take, in seconds, where the address does not say.
const TIMEOUT: u64 = 60;

/// A key and its secret, as an address holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BucketKey {
    /// The key's id.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// A bucket, and the place of one home in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BucketAddress {
    /// The bucket's name.
    pub bucket: String,
    /// What all keys of the home begin with, without a slash at its end.
    pub prefix: String,
    /// The server, with the bucket in its name where that is the style; none: Amazon's.
    pub endpoint: Option<String>,
    /// The region, where the address says it.
    pub region: Option<String>,
    /// Whether the bucket is a part of the server's name.
    pub is_virtual: bool,
    /// Whether the connection is open for all to read.
    pub is_plain: bool,
    /// A PEM file of whoever signed the server's certificate.
    pub ca_file: Option<PathBuf>,
    /// How long a request may take.
    pub timeout: Duration,
    /// The key, where the address holds one.
    pub key: Option<BucketKey>,
}

impl BucketAddress {
    /// What an address says.
    ///
    /// # Errors
    /// `store-address`, without the address itself: it may hold a secret.
    pub(super) fn of(address: &Secret, home: &str) -> Result<Self, Diagnostic> {
        let url = Url::parse(address.reveal())
            .map_err(|e| wrong_address(&format!("{e} (in a secret write / as %2F)")))?;
        let bucket = url.host_str().unwrap_or_default().to_owned();
        let named = |c: char| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c);
        if bucket.is_empty() || !bucket.chars().all(named) {
            return Err(wrong_address("it names no bucket"));
        }
        if url.port().is_some() || url.fragment().is_some() {
            return Err(wrong_address(
                "behind the bucket come / and a prefix, and behind ? what else there is to say",
            ));
        }
        let options = BucketOptions::of(url.query().unwrap_or_default())?;
        let parts = url.path().split('/').filter(|part| !part.is_empty());
        let parts = parts.map(|part| encoded(&decoded(part)));
        let prefix: Vec<String> = parts.chain([encoded(home)]).collect();
        let is_virtual = options.is_virtual()?;
        let (endpoint, is_plain) = options.endpoint(&bucket, is_virtual)?;
        Ok(Self {
            prefix: prefix.join("/"),
            region: options.get("region").map(str::to_owned),
            ca_file: options.get("cacert").map(PathBuf::from),
            timeout: options.timeout()?,
            key: key(&url)?,
            bucket,
            endpoint,
            is_virtual,
            is_plain,
        })
    }

    /// Where it is, for people.
    pub(super) fn place(&self) -> String {
        let place = format!("s3://{}/{}", self.bucket, self.prefix);
        let host = self.endpoint.as_deref().and_then(|e| e.split_once("://"));
        match host {
            Some((_, host)) => format!("{place} at {}", host.trim_end_matches('/')),
            None => place,
        }
    }
}

fn key(url: &Url) -> Result<Option<BucketKey>, Diagnostic> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        (id, Some(secret)) if !id.is_empty() && !secret.is_empty() => Ok(Some(BucketKey {
            id: decoded(id),
            secret: Secret::new(decoded(secret)),
        })),
        _ => Err(wrong_address("a key in it is KEY:SECRET@, both of them")),
    }
}

/// What stands behind the question mark.
struct BucketOptions(Vec<(String, String)>);

impl BucketOptions {
    const NAMES: [&'static str; 6] = ["endpoint", "region", "cacert", "style", "tls", "timeout"];

    fn of(query: &str) -> Result<Self, Diagnostic> {
        let mut options = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some((name, value)) if Self::NAMES.contains(&name) => {
                    options.push((name.to_owned(), decoded(value)));
                }
                _ => {
                    let known = Self::NAMES.join("=, ");
                    return Err(wrong_address(&format!("behind ? there can be {known}=")));
                }
            }
        }
        Ok(Self(options))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn is_virtual(&self) -> Result<bool, Diagnostic> {
        match self.get("style") {
            // Amazon's own way; other servers mostly have one name.
            None => Ok(self.get("endpoint").is_none()),
            Some("path") => Ok(false),
            Some("virtual") => Ok(true),
            Some(_) => Err(wrong_address("style is path or virtual")),
        }
    }

    /// The server as the client wants it, and whether it is spoken to without TLS.
    fn endpoint(
        &self,
        bucket: &str,
        is_virtual: bool,
    ) -> Result<(Option<String>, bool), Diagnostic> {
        let is_plain = match self.get("tls") {
            None => false,
            Some("disable") => true,
            Some(_) => return Err(wrong_address("tls is left out, or disable")),
        };
        let Some(text) = self.get("endpoint") else {
            return match is_plain {
                true => Err(wrong_address("tls=disable goes with an endpoint alone")),
                false => Ok((None, false)),
            };
        };
        let endpoint = Url::parse(text)
            .map_err(|e| wrong_address(&format!("the endpoint is no web address: {e}")))?;
        let plain_host = endpoint.username().is_empty() && endpoint.password().is_none();
        match (endpoint.scheme(), endpoint.host_str()) {
            ("https" | "http", Some(_)) if plain_host && endpoint.query().is_none() => {}
            _ => return Err(wrong_address("the endpoint is https://HOST:PORT")),
        }
        if (endpoint.scheme() == "http") != is_plain {
            return Err(wrong_address(
                "an endpoint with http:// wants tls=disable beside it, and none else does",
            ));
        }
        let text = endpoint.as_str().trim_end_matches('/');
        let text = match is_virtual {
            true => text.replacen("://", &format!("://{bucket}."), 1),
            false => text.to_owned(),
        };
        Ok((Some(text), is_plain))
    }

    fn timeout(&self) -> Result<Duration, Diagnostic> {
        let Some(text) = self.get("timeout") else {
            return Ok(Duration::from_secs(TIMEOUT));
        };
        match text.parse::<u64>() {
            Ok(seconds @ 1..=3600) => Ok(Duration::from_secs(seconds)),
            _ => Err(wrong_address(
                "timeout is a number of seconds, from 1 to 3600",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<BucketAddress, Diagnostic> {
        BucketAddress::of(&Secret::new(text.to_owned()), "León")
    }

    #[test]
    fn an_address_says_where_the_home_lies_and_how_to_get_there() {
        let amazon = of("s3://metas/a/b").unwrap();
        assert_eq!(amazon.prefix, "a/b/Le%C3%B3n");
        assert_eq!(amazon.place(), "s3://metas/a/b/Le%C3%B3n");
        assert!(amazon.is_virtual && !amazon.is_plain && amazon.key.is_none());
        let own = of("s3://AK:s%2Fcret@metas?endpoint=https://s3.example.mx:9000/&region=mx-1&cacert=%2Fetc%2Fca.pem&timeout=5").unwrap();
        assert_eq!(own.place(), "s3://metas/Le%C3%B3n at s3.example.mx:9000");
        assert_eq!(own.endpoint.as_deref(), Some("https://s3.example.mx:9000"));
        assert_eq!(own.region.as_deref(), Some("mx-1"));
        assert_eq!(own.ca_file, Some("/etc/ca.pem".into()));
        assert_eq!(own.timeout, Duration::from_secs(5));
        let key = own.key.as_ref().unwrap();
        assert_eq!((key.id.as_str(), key.secret.reveal()), ("AK", "s/cret"));
        assert!(!own.is_virtual && !format!("{own:?}").contains("s/cret"));
        let named = of("s3://metas?endpoint=https://s3.example.mx&style=virtual").unwrap();
        assert_eq!(
            named.endpoint.as_deref(),
            Some("https://metas.s3.example.mx")
        );
    }

    #[test]
    fn http_is_spoken_where_the_address_says_so_twice() {
        let plain = of("s3://metas?endpoint=http://127.0.0.1:9000&tls=disable").unwrap();
        assert!(plain.is_plain);
        for query in [
            "endpoint=http://127.0.0.1:9000",
            "endpoint=https://127.0.0.1:9000&tls=disable",
            "tls=disable",
            "endpoint=https://h&tls=no",
        ] {
            let told = of(&format!("s3://metas?{query}")).unwrap_err();
            assert_eq!(told.code, "store-address", "{query}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_told_without_it() {
        for text in [
            "s3://AK:s3cret/x@metas",
            "s3://AK:s3cret@",
            "s3://AK@metas?s3cret=1",
            "s3://AK:s3cret@metas?timeout=0",
            "s3://AK:s3cret@metas?style=s3cret",
            "s3://AK:s3cret@metas?endpoint=s3cret",
            "s3://AK:s3cret@metas:9000/",
            "s3://AK@metas",
        ] {
            let told = of(text).unwrap_err();
            assert_eq!(told.code, "store-address", "{text}");
            assert!(!told.message.contains("s3cret"), "{}", told.message);
        }
    }
}
