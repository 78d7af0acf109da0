//! Whose certificates are trusted: the system's, and those of a `ca_file`.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The certificates that are trusted, those of the PEM text among them.
///
/// # Errors
/// What is wrong with the PEM text, or that nothing is trusted at all.
pub(super) fn trusted(extra: Option<&[u8]>) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut all = rustls_native_certs::load_native_certs().certs;
    if let Some(pem) = extra {
        let mut own = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let usable = certificate.map_err(|e| e.to_string()).and_then(|der| {
                let mut alone = RootCertStore::empty();
                let added = alone.add(der.clone());
                added.map(|()| der).map_err(|e| e.to_string())
            });
            let certificate = usable
                .map_err(|e| format!("ca_file holds a certificate that can't be used: {e}"))?;
            all.push(certificate);
            own += 1;
        }
        if own == 0 {
            return Err("ca_file holds no certificate: it must be a PEM file".to_owned());
        }
    }
    if all.is_empty() {
        return Err(
            "this machine trusts no certificate: install ca-certificates, or set ca_file"
                .to_owned(),
        );
    }
    Ok(all)
}
