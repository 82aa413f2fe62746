//! `tls {}`

use std::path::PathBuf;

use crate::decide::Findings;

block! {
    TlsInput {
        http: bool,
        rpc: bool,
        verify_server_hostname: bool,
        verify_https_client: bool,
        ca_file: PathBuf,
        cert_file: PathBuf,
        key_file: PathBuf,
        rpc_upgrade_mode: bool,
    }
    no_effect { "tls_cipher_suites" "tls_min_version" }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// HTTPS instead of HTTP.
    pub http: bool,
    /// Certificates of the operator's authority between agents, instead of those an agent makes for itself.
    pub rpc: bool,
    pub verify_server_hostname: bool,
    pub verify_https_client: bool,
    pub ca_file: Option<PathBuf>,
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
}

impl TlsInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> TlsConfig {
        if self.rpc_upgrade_mode == Some(true) {
            findings.error("`tls.rpc_upgrade_mode` cannot be used: agents never speak to each other without TLS; remove it");
        }
        let config = TlsConfig {
            http: self.http.unwrap_or(false),
            rpc: self.rpc.unwrap_or(false),
            verify_server_hostname: self.verify_server_hostname.unwrap_or(false),
            verify_https_client: self.verify_https_client.unwrap_or(false),
            ca_file: self.ca_file,
            cert_file: self.cert_file,
            key_file: self.key_file,
        };
        config.check(findings);
        config
    }
}

impl TlsConfig {
    /// Whether an authority, a certificate and its key are all named.
    #[must_use]
    pub const fn has_files(&self) -> bool {
        self.ca_file.is_some() && self.cert_file.is_some() && self.key_file.is_some()
    }

    /// Whether both the API and the transport between agents are secured with certificates.
    #[must_use]
    pub const fn is_mutual(&self) -> bool {
        self.http && self.rpc && self.has_files()
    }

    fn check(&self, findings: &mut Findings) {
        if !(self.http || self.rpc) {
            return;
        }
        let files =
            [("ca_file", &self.ca_file), ("cert_file", &self.cert_file), ("key_file", &self.key_file)];
        for (name, file) in files {
            if file.is_none() {
                findings
                    .error(format!("`tls` is on, but `tls.{name}` is not set; name the file, in PEM form"));
            }
        }
    }
}
