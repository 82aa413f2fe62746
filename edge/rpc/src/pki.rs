//! Certificates: who an agent is, and the TLS configurations that prove it.
//!
//! A role and a region come from the subject alternative name (`server.<region>.nomad`, `client.<region>.nomad`) and
//! from nowhere else: the common name is never read. Keys are refused while other users can read them. Sessions are
//! never resumed, because a resumed session skips the verification of certificates.
//!
//! [`Authority`] is the operator's own: it makes the certificates of a cluster. [`UserCa`] serves agents of one user on loopback, in a file or (for `-dev`) in memory; the `tls` block of the
//! configuration leads to [`Identity::from_files`] and [`HttpsConfig`].

mod authority;
mod ca_file;
mod check;
mod claims;
mod error;
mod https;
mod identity;
mod info;
mod new_files;
mod pem;
mod pem_files;
mod permissions;
mod policy;
mod private_file;
mod revocations;
mod role_names;
mod store;
mod tls;
mod user_ca;
mod verify;

pub use authority::{
    Authority, AuthorityParams, CaPem, KeyPem, LeafParams, LeafPem, LeafRole, RequestPem, Subject,
};
pub use error::{CertificateFault, PkiError};
pub use https::{HttpsConfig, HttpsStore};
pub use identity::{Identity, TlsOptions};
pub use info::CertificateInfo;
pub use new_files::write_new_pair;
pub use pem_files::PemFiles;
pub use policy::TlsPolicy;
pub use revocations::{CertificateMark, Revocations, RevokedList};
pub use role_names::RoleNames;
pub use store::IdentityStore;
pub use user_ca::{LEAF_LIFETIME, UserCa};

pub(crate) use claims::{Claims, server_name};
pub(crate) use identity::sha256;
pub(crate) use pem::{certificates, private_key, trust};
pub(crate) use policy::provider;
pub(crate) use tls::ALPN;

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
