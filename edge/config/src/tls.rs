//! `tls {}`

mod cipher_suites;
mod role_names;

use std::path::PathBuf;

use crate::decide::Findings;

pub use self::role_names::{RoleNames, RoleNamesInput};

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
        tls_min_version: String,
        /// Names separated by commas.
        tls_cipher_suites: String,
        tls_prefer_server_cipher_suites: bool,
        role_names: RoleNamesInput,
    }
    no_effect {}
}

/// Oldest version of TLS that is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersion {
    Tls12,
    #[default]
    Tls13,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// HTTPS instead of HTTP.
    pub http: bool,
    /// Certificates of the operator's authority between agents, instead of those an agent makes for itself.
    pub rpc: bool,
    /// Whether callers of the API show a certificate of the authority.
    pub verify_https_client: bool,
    pub ca_file: Option<PathBuf>,
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    pub min_version: TlsVersion,
    /// IANA names in order of preference; empty for all that are safe.
    pub cipher_suites: Vec<String>,
    /// Names that stand for a role besides `<role>.<region>.nomad`.
    pub role_names: RoleNames,
}

impl TlsInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> TlsConfig {
        if self.rpc_upgrade_mode == Some(true) {
            findings.error("`tls.rpc_upgrade_mode` cannot be used: agents never speak to each other without TLS; remove it");
        }
        if self.tls_prefer_server_cipher_suites.is_some() {
            findings.warn(
                "`tls.tls_prefer_server_cipher_suites` has no effect: the order of `tls.tls_cipher_suites` on the server counts",
            );
        }
        let min_version = version(self.tls_min_version.as_deref(), findings);
        let suites = self.tls_cipher_suites.unwrap_or_default();
        let config = TlsConfig {
            http: self.http.unwrap_or(false),
            rpc: self.rpc.unwrap_or(false),
            verify_https_client: self.verify_https_client.unwrap_or(true),
            ca_file: self.ca_file,
            cert_file: self.cert_file,
            key_file: self.key_file,
            min_version,
            cipher_suites: cipher_suites::decide(&suites, min_version, findings),
            role_names: self.role_names.unwrap_or_default().decide(findings),
        };
        if config.rpc && self.verify_server_hostname == Some(false) {
            findings.warn(
                "`tls.verify_server_hostname = false` has no effect: role and region of every peer are always checked; where certificates cannot have the standard names, see `tls.role_names`",
            );
        }
        if config.http && !config.verify_https_client {
            findings.warn(
                "`tls.verify_https_client` is off: whoever reaches the API needs no certificate, only a token where ACLs are on",
            );
        }
        config.check(findings);
        config
    }
}

fn version(text: Option<&str>, findings: &mut Findings) -> TlsVersion {
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("" | "tls13") => TlsVersion::Tls13,
        Some("tls12") => TlsVersion::Tls12,
        Some(old @ ("tls10" | "tls11")) => {
            findings.error(format!(
                "`tls.tls_min_version` cannot be \"{old}\": TLS 1.0 and 1.1 are broken (RFC 8996) and not spoken here; use \"tls12\" or \"tls13\""
            ));
            TlsVersion::Tls13
        }
        Some(other) => {
            findings.error(format!("`tls.tls_min_version` cannot be `{other}`; use \"tls12\" or \"tls13\""));
            TlsVersion::Tls13
        }
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
