//! HTTPS for the API, from the `tls` block.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use muster_config::TlsConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// `None` when `tls.http` is off.
///
/// # Errors
/// When a file is missing or not what it should be.
pub fn server_config(tls: &TlsConfig) -> Result<Option<Arc<ServerConfig>>, String> {
    if !tls.http {
        return Ok(None);
    }
    let (Some(certificate), Some(key)) = (&tls.cert_file, &tls.key_file) else {
        return Err("tls.http needs tls.cert_file and tls.key_file".to_owned());
    };
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| problem(key, &error))?;
    let builder = ServerConfig::builder();
    let builder = match (&tls.ca_file, tls.verify_https_client) {
        (_, false) => builder.with_no_client_auth(),
        (None, true) => return Err("tls.verify_https_client needs tls.ca_file".to_owned()),
        (Some(ca), true) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(ca)? {
                roots.add(root).map_err(|error| problem(ca, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots)).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| problem(ca, &error))?)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| problem(certificate, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // A resumed session would skip the verification of the client's certificate.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(Some(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(list) if list.is_empty() => Err(format!("`{}` holds no certificate", path.display())),
        Ok(list) => Ok(list),
        Err(error) => Err(problem(path, &error)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| problem(path, &error))
}

fn problem(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("`{}`: {error}", path.display())
}
