//! Certificates that no longer count although they have not expired.
//!
//! The list is the cluster's, not ours: whoever knows it replaces it here, and every handshake from then on and every
//! connection that is open looks at it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls_pki_types::CertificateDer;
use tokio::sync::watch;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::identity::sha256;

/// What a certificate is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateMark {
    /// Lower-case hexadecimal without leading zeros. Unique within one authority.
    Serial(String),
    Fingerprint([u8; 32]),
}

/// Why each of them is revoked.
pub type RevokedList = BTreeMap<CertificateMark, String>;

/// Shared by everything that accepts or connects. Cheap to clone; empty at first.
#[derive(Clone, Debug)]
pub struct Revocations(Arc<watch::Sender<Arc<RevokedList>>>);

impl Default for Revocations {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }
}

impl Revocations {
    /// From now on this list counts.
    pub fn replace(&self, list: RevokedList) {
        self.0.send_if_modified(|current| {
            let changed = **current != list;
            if changed {
                *current = Arc::new(list);
            }
            changed
        });
    }

    /// Why the certificate is revoked, if it is.
    #[must_use]
    pub fn reason(&self, certificate: &CertificateDer<'_>) -> Option<String> {
        let list = Arc::clone(&self.0.borrow());
        if list.is_empty() { None } else { find(&list, &marks(certificate)) }
    }

    /// Resolves with the reason when the certificate is revoked; never, if it never is.
    pub async fn revoked(&self, certificate: &CertificateDer<'_>) -> String {
        let marks = marks(certificate);
        let mut list = self.0.subscribe();
        loop {
            let current = Arc::clone(&list.borrow_and_update());
            if let Some(reason) = find(&current, &marks) {
                return reason;
            }
            if list.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

fn find(list: &RevokedList, marks: &[CertificateMark]) -> Option<String> {
    marks.iter().find_map(|mark| list.get(mark)).cloned()
}

fn marks(certificate: &CertificateDer<'_>) -> Vec<CertificateMark> {
    let serial = X509Certificate::from_der(certificate).ok();
    let serial = serial.map(|(_, parsed)| CertificateMark::Serial(super::info::serial(&parsed)));
    serial.into_iter().chain([CertificateMark::Fingerprint(sha256(certificate))]).collect()
}
