//! Certificates: who an agent is, and the TLS configurations that prove it.
//!
//! A role and a region come from the subject alternative name (`server.<region>.nomad`, `client.<region>.nomad`) and
//! from nowhere else: the common name is never read. Keys are refused while other users can read them. Sessions are
//! never resumed, because a resumed session skips the verification of certificates.
//!
//! [`Authority`] is the operator's own: it makes the certificates of a cluster. [`UserCa`] serves agents of one user on loopback, in a file or (for `-dev`) in memory; the `tls` block of the
//! configuration leads to [`Identity::from_pem_files`].

mod authority;
mod ca_file;
mod check;
mod claims;
mod error;
mod identity;
mod pem;
mod permissions;
mod private_file;
mod store;
mod tls;
mod user_ca;

pub use authority::{
    Authority, AuthorityParams, CaPem, KeyPem, LeafParams, LeafPem, LeafRole, RequestPem, Subject,
};
pub use error::{CertificateFault, PkiError};
pub use identity::Identity;
pub use store::IdentityStore;
pub use user_ca::{LEAF_LIFETIME, UserCa};

pub(crate) use claims::{Claims, server_name};
pub(crate) use identity::sha256;
pub(crate) use pem::{certificates, private_key, trust};
pub(crate) use tls::{ALPN, provider};

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
