//! The files of a `tls` block, read at one moment: whatever is made of them is made of the same ones.

use std::fmt;
use std::path::Path;

use super::identity::Names;
use super::{PkiError, private_file};

/// An authority's certificate, an agent's certificate and its key. Read, and not yet looked into.
pub struct PemFiles {
    pub(super) ca: Vec<u8>,
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
    pub(super) names: Names,
}

impl PemFiles {
    /// # Errors
    /// When a file cannot be read, or others may read the key.
    pub fn read(ca: &Path, certificate: &Path, key: &Path) -> Result<Self, PkiError> {
        let quoted = |path: &Path| format!("`{}`", path.display());
        Ok(Self {
            names: Names { ca: quoted(ca), certificate: quoted(certificate), key: quoted(key) },
            ca: private_file::read_public("CA file", ca)?,
            certificate: private_file::read_public("certificate file", certificate)?,
            key: private_file::read_key(key)?,
        })
    }

    /// The same from texts in memory.
    #[must_use]
    pub fn in_memory(ca: &[u8], certificate: &[u8], key: &[u8]) -> Self {
        let names = Names::issued();
        Self { ca: ca.to_vec(), certificate: certificate.to_vec(), key: key.to_vec(), names }
    }
}

impl fmt::Debug for PemFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PemFiles(…)")
    }
}
