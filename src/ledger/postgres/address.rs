//! What the address of a server says.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::ledger::address::{LedgerAddress, wrong_address};
use crate::ledger::error::LedgerError;
use crate::percent::decoded;

/// How long a run has a home without renewing that, where the address does not say.
const LEASE: u64 = 60;

/// How long a statement may take, in seconds, where the address does not say.
const STATEMENT: u64 = 30;

/// How long a connection may take to come about, in seconds, where the address does not say.
const CONNECT: u64 = 10;

/// How the connection is kept from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Security {
    /// By TLS, with the certificates of a file, else with those of this machine.
    Tls {
        /// A PEM file.
        ca_file: Option<PathBuf>,
    },
    /// Not at all: a socket of this machine, or because the address says so.
    Plain,
}

/// A server, and a home on it.
pub(super) struct LedgerServer {
    /// What the client needs, the password among it.
    pub config: Config,
    /// How the connection is kept from others.
    pub security: Security,
    /// How long a run has the home without renewing that.
    pub lease: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// The home's name.
    pub home: String,
    /// Host, port and database.
    database: String,
}

impl std::fmt::Debug for LedgerServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LedgerServer")
            .field("place", &self.place())
            .field("security", &self.security)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}

impl LedgerServer {
    /// The server of an address.
    ///
    /// # Errors
    /// `ledger-address`, without the address itself: it may hold a password.
    pub(super) fn of(address: &LedgerAddress) -> Result<Self, LedgerError> {
        let (url, own) = AddressOptions::of(address.url())?;
        let mut config = Config::from_str(&url).map_err(|e| {
            // The client's own words name a key at most.
            let why =
                std::error::Error::source(&e).map_or_else(|| e.to_string(), |s| s.to_string());
            wrong_address(&why)
        })?;
        let database = database(&config)?;
        let connect_timeout = config
            .get_connect_timeout()
            .copied()
            .unwrap_or(Duration::from_secs(CONNECT));
        config
            .connect_timeout(connect_timeout)
            .keepalives_idle(Duration::from_secs(30))
            .tcp_user_timeout(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("metas");
        }
        let security = own.security(&config)?;
        config.ssl_mode(match security {
            Security::Tls { .. } => SslMode::Require,
            Security::Plain => SslMode::Disable,
        });
        Ok(Self {
            config,
            security,
            lease: own.seconds("lease", LEASE)?,
            statement_timeout: own.seconds("statement_timeout", STATEMENT)?,
            connect_timeout,
            home: address.home().to_owned(),
            database,
        })
    }

    /// Which database and home, for people.
    pub(super) fn place(&self) -> String {
        format!("{}, home {}", self.database, self.home)
    }
}

/// Host, port and database, for people: what else the address holds is nobody's business.
fn database(config: &Config) -> Result<String, LedgerError> {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(place, host)| {
            let ports = config.get_ports();
            let port = ports.get(place).or_else(|| ports.first());
            let port = port.copied().unwrap_or(5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(folder) => format!("{}:{port}", folder.display()),
            }
        })
        .collect();
    let name = config.get_dbname().or_else(|| config.get_user());
    let (hosts, name) = (hosts.join(","), name.unwrap_or("metas"));
    if hosts.is_empty() {
        return Err(wrong_address("it names no host").into());
    }
    // A part of a password that holds an @ of its own.
    if hosts.contains('@') || name.contains('@') {
        return Err(wrong_address("it holds more than one @").into());
    }
    Ok(format!("PostgreSQL {hosts}/{name}"))
}

/// The parts of an address that the client does not know, or knows less of.
struct AddressOptions(Vec<(String, String)>);

impl AddressOptions {
    const NAMES: [&'static str; 4] = ["sslmode", "sslrootcert", "lease", "statement_timeout"];

    /// The address without them, and they.
    fn of(url: &str) -> Result<(String, Self), LedgerError> {
        // A question mark may stand in a password, which ends at the @.
        let begin = url.find('@').unwrap_or(0);
        let Some(mark) = url[begin..].find('?').map(|place| begin + place) else {
            return Ok((url.to_owned(), Self(Vec::new())));
        };
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for pair in url[mark + 1..].split('&').filter(|pair| !pair.is_empty()) {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(wrong_address("a part behind ? has no =").into());
            };
            if Self::NAMES.contains(&name) {
                own.push((name.to_owned(), decoded(value)));
            } else {
                others.push(pair);
            }
        }
        let rest = if others.is_empty() {
            url[..mark].to_owned()
        } else {
            format!("{}?{}", &url[..mark], others.join("&"))
        };
        Ok((rest, Self(own)))
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn seconds(&self, name: &str, otherwise: u64) -> Result<Duration, LedgerError> {
        let Some(text) = self.get(name) else {
            return Ok(Duration::from_secs(otherwise));
        };
        match text.parse::<u64>() {
            Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
            _ => Err(
                wrong_address(&format!("{name} is a number of seconds, from 1 to 86400")).into(),
            ),
        }
    }

    /// TLS unless the address says otherwise. What the client of PostgreSQL would settle for, as a
    /// connection without any or with whatever server, is none of it.
    fn security(&self, config: &Config) -> Result<Security, LedgerError> {
        let of_this_machine = config.get_hosts().iter().all(|host| match host {
            Host::Tcp(_) => false,
            #[cfg(unix)]
            Host::Unix(_) => true,
        });
        match self.get("sslmode") {
            Some("disable") => Ok(Security::Plain),
            None | Some("require" | "verify-ca" | "verify-full") if of_this_machine => {
                Ok(Security::Plain)
            }
            None | Some("require" | "verify-ca" | "verify-full") => Ok(Security::Tls {
                ca_file: self.get("sslrootcert").map(PathBuf::from),
            }),
            Some(_) => Err(wrong_address(
                "sslmode is require (TLS, the certificate is always verified) or disable",
            )
            .into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn of(url: &str) -> Result<LedgerServer, LedgerError> {
        let address = LedgerAddress::new(Secret::new(url.to_owned()), "leon")?;
        LedgerServer::of(&address.unwrap())
    }

    #[test]
    fn tls_unless_the_address_says_otherwise() {
        let tls = |ca_file: Option<&str>| Security::Tls {
            ca_file: ca_file.map(PathBuf::from),
        };
        for (url, security) in [
            ("postgres://u:p@db/metas", tls(None)),
            ("postgres://u:p@db/metas?sslmode=require", tls(None)),
            (
                "postgres://u@db/metas?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
                tls(Some("/etc/ca.pem")),
            ),
            (
                "postgres://u@db/metas?connect_timeout=3&sslmode=disable",
                Security::Plain,
            ),
            ("postgres://u@%2Frun%2Fpostgresql/metas", Security::Plain),
        ] {
            assert_eq!(of(url).unwrap().security, security, "{url}");
        }
        for mode in ["prefer", "allow", "no"] {
            let told = of(&format!("postgres://u@db/metas?sslmode={mode}"));
            assert_eq!(told.unwrap_err().diagnostic().code, "ledger-address");
        }
    }

    #[test]
    fn a_place_is_told_without_the_password() {
        let server = of("postgres://u:p%40s?cret@db:5433,other/metas?lease=5").unwrap();
        assert_eq!(
            server.place(),
            "PostgreSQL db:5433,other:5432/metas, home leon"
        );
        assert_eq!(server.lease, Duration::from_secs(5));
        assert_eq!(server.config.get_password(), Some(b"p@s?cret".as_slice()));
        assert!(!format!("{server:?}").contains("cret"));
        for url in [
            "postgres://u:s3cret@s3cret@db/metas",
            "postgres://u:s3cret@db/metas?lease=0",
            "postgres://u:s3cret@db/metas?lease",
            "postgres://u:s3cret@db:s3cret/metas",
            "postgres://u:s3cret@db/metas?s3cret=s3cret",
        ] {
            let told = of(url).unwrap_err().diagnostic();
            assert_eq!(told.code, "ledger-address");
            let key_of_its_own = url.contains("?s3cret");
            assert!(
                key_of_its_own || !told.message.contains("s3cret"),
                "{}",
                told.message
            );
        }
    }
}
