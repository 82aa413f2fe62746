//! `auto_encrypt {}`: certificates for client agents, made and renewed by their servers.
//!
//! A server with `allow_registration` vouches for machines that present a join token; a client with `tls` asks for its
//! certificate with a join code, keeps the key where it was made, and renews the certificate before it ends.

use std::path::PathBuf;
use std::time::Duration;

use crate::decide::Findings;
use crate::secret::Secret;

/// The longest life of a certificate that nobody looks after.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

block! {
    ServerAutoEncryptInput {
        allow_registration: bool,
        /// Certificate of the authority that signs, when it is not the server's own.
        ca_file: PathBuf,
        ca_key_file: PathBuf,
        /// How long the certificates of client agents are valid.
        certificate_ttl: Duration,
    }
    no_effect {}
}

block! {
    ClientAutoEncryptInput {
        tls: bool,
        /// From `muster operator join-token create`.
        join_code: Secret,
        join_code_file: PathBuf,
    }
    no_effect {}
}

/// Of a server that vouches for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAutoEncryptConfig {
    /// Certificate and key of the authority; the server makes one of its own when `None`.
    pub authority: Option<(PathBuf, PathBuf)>,
    pub certificate_ttl: Duration,
}

/// Of a client agent that gets its certificate from its servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientAutoEncryptConfig {
    pub join_code: Option<Secret>,
    pub join_code_file: Option<PathBuf>,
}

impl ServerAutoEncryptInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> Option<ServerAutoEncryptConfig> {
        let ttl = self.certificate_ttl.unwrap_or(Duration::from_secs(24 * 3600));
        if ttl < Duration::from_secs(60) || ttl > MAX_LIFETIME {
            findings.error(format!(
                "`server.auto_encrypt.certificate_ttl` cannot be {ttl:?}; write a duration from \"1m\" to \"720h\""
            ));
        }
        let authority = match (self.ca_file, self.ca_key_file) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                findings
                    .error("`server.auto_encrypt` needs `ca_file` and `ca_key_file` together, or neither");
                None
            }
        };
        let enabled = self.allow_registration == Some(true);
        enabled.then_some(ServerAutoEncryptConfig { authority, certificate_ttl: ttl })
    }
}

impl ClientAutoEncryptInput {
    pub(crate) fn is_on(&self) -> bool {
        self.tls == Some(true)
    }

    pub(crate) fn decide(self, findings: &mut Findings) -> Option<ClientAutoEncryptConfig> {
        findings.absolute("client.auto_encrypt.join_code_file", self.join_code_file.as_deref());
        let join_code = self.join_code.filter(|code| !code.expose().is_empty());
        (self.tls == Some(true))
            .then_some(ClientAutoEncryptConfig { join_code, join_code_file: self.join_code_file })
    }
}
