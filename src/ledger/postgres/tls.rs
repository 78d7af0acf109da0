//! TLS to the server: always verified.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell reads the certificates"
)]

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::diagnostic::Diagnostic;
use crate::ledger::error::LedgerError;

/// What makes a connection secret and sure of its server: by the certificates of a file, else by
/// those that this machine trusts.
///
/// # Errors
/// `ledger-tls` where the file can't be used, or nothing is trusted at all.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<MakeRustlsConnect, LedgerError> {
    let mut roots = RootCertStore::empty();
    let problem = match ca_file {
        Some(path) => of_file(&mut roots, path).err(),
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            None
        }
    };
    if let Some(why) = problem.or_else(|| roots.is_empty().then(|| NOTHING_TRUSTED.to_owned())) {
        let told = Diagnostic::error("ledger-tls", format!("no TLS to the ledger: {why}"));
        return Err(told
            .hint("Install ca-certificates, or add sslrootcert=FILE to METAS_LEDGER, with the PEM file of whoever signed the server's certificate.")
            .into());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| Diagnostic::error("ledger-tls", format!("no TLS to the ledger: {e}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

const NOTHING_TRUSTED: &str = "this machine trusts no certificate";

fn of_file(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let told = |e: String| format!("{}: {e}", path.display());
    let pem = std::fs::read(path).map_err(|e| told(e.to_string()))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|e| told(e.to_string()))?;
        roots.add(certificate).map_err(|e| told(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(told(
            "it holds no certificate: it must be a PEM file".to_owned(),
        ));
    }
    Ok(())
}
