//! Before the connection: where to connect, whom to trust, by what name.

use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{Certificate, TlsParameters, TlsParametersBuilder};
use lettre::transport::smtp::extension::ClientId;

use super::{Failure, Phase, Server};
use crate::pipeline::Tls;

pub(super) fn resolve(server: &Server) -> Result<Vec<SocketAddr>, Failure> {
    let prepare = |reply: String| Failure {
        phase: Phase::Prepare,
        reply,
    };
    let addresses: Vec<SocketAddr> = (server.host.as_str(), server.port)
        .to_socket_addrs()
        .map_err(|e| prepare(format!("the host {} is not found: {e}", server.host)))?
        .collect();
    if addresses.is_empty() {
        return Err(prepare(format!("the host {} has no address", server.host)));
    }
    if server.tls == Tls::None && !addresses.iter().all(|a| a.ip().is_loopback()) {
        return Err(prepare(format!(
            "tls = \"none\" is only for this machine, and {} is another: use starttls or implicit",
            server.host
        )));
    }
    Ok(addresses)
}

pub(super) fn tls_parameters(server: &Server) -> Result<Option<TlsParameters>, Failure> {
    if server.tls == Tls::None {
        return Ok(None);
    }
    let wrong = |e: SmtpError| Failure {
        phase: Phase::Prepare,
        reply: format!("the trusted certificates can't be used: {e}"),
    };
    let mut builder = TlsParametersBuilder::new(server.host.clone());
    if let Some(pem) = &server.extra_roots {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(wrong)?);
    }
    builder.build().map(Some).map_err(wrong)
}

/// The machine's full name where it has one, else an address literal.
pub(super) fn client_id() -> ClientId {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if name.contains('.') && name.chars().all(plain) {
        ClientId::Domain(name.to_owned())
    } else {
        ClientId::default()
    }
}
