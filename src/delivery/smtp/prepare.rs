//! Before the connection: where to connect, whom to trust, by what name.

use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

use super::{Failure, Phase, Server};
use crate::delivery::trust;
use crate::plan::Tls;

/// How long the system may look for a host's address; left alone, it can take minutes.
const LOOKING: Duration = Duration::from_secs(20);

pub(super) fn resolve(server: &Server) -> Result<Vec<SocketAddr>, Failure> {
    let wrong = |why: String| Phase::Prepare.failed(why);
    let host = &server.host;
    let addresses = looked_up(host, server.port).map_err(wrong)?;
    if addresses.is_empty() {
        return Err(wrong(format!("the host {host} has no address")));
    }
    if server.tls == Tls::None && !addresses.iter().all(|a| a.ip().is_loopback()) {
        return Err(wrong(format!(
            "tls = \"none\" is only for this machine, and {host} is another: use starttls or implicit"
        )));
    }
    Ok(addresses)
}

/// The system's answer, or that it took too long: it can't be interrupted, so it is asked in a
/// thread that is left behind then.
fn looked_up(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let (tell, told) = mpsc::channel();
    let asked = host.to_owned();
    thread::Builder::new()
        .spawn(move || {
            let found = (asked.as_str(), port).to_socket_addrs();
            let _ = tell.send(found.map(Iterator::collect));
        })
        .map_err(|e| format!("the host {host} can't be looked up: {e}"))?;
    match told.recv_timeout(LOOKING) {
        Ok(found) => found.map_err(|e| format!("the host {host} is not found: {e}")),
        Err(_) => Err(format!(
            "the host {host} is not found: no answer in {} s",
            LOOKING.as_secs()
        )),
    }
}

/// Whom to trust; none where nothing is protected.
pub(super) fn trust(server: &Server) -> Result<Option<Arc<ClientConfig>>, Failure> {
    if server.tls == Tls::None {
        return Ok(None);
    }
    let wrong = |why: String| Phase::Prepare.failed(why);
    let mut roots = RootCertStore::empty();
    let trusted = trust::trusted(server.extra_roots.as_deref()).map_err(wrong)?;
    roots.add_parsable_certificates(trusted);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| wrong(format!("no protection can be set up: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Arc::new(config)))
}

/// The machine's full name where it has one, else an address literal.
pub(super) fn own_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if name.contains('.') && name.chars().all(plain) {
        name.to_owned()
    } else {
        "[127.0.0.1]".to_owned()
    }
}
