//! How to reach an agent.

use std::path::PathBuf;
use std::time::Duration;

use muster_api::views::SecretText;

/// Where the agent is and who calls. `Default` is an agent on this machine.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// `http://` or `https://` with host and port, or `unix://` with the path of a socket.
    pub address: String,
    pub region: Option<String>,
    pub namespace: Option<String>,
    pub token: Option<String>,
    /// `user:password` for whatever stands between.
    pub http_auth: Option<SecretText>,
    pub tls: TlsFiles,
    pub connect_timeout: Duration,
}

/// Certificates for `https://`.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    pub ca: Option<PathBuf>,
    /// Directory of authorities' files; `ca` counts where both are given.
    pub ca_dir: Option<PathBuf>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// The name that the agent's certificate must have, instead of the address's. Needs `ca` or `ca_dir`.
    pub server_name: Option<String>,
    /// Accept any certificate. Named after what it does to your security.
    pub skip_verify: bool,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            address: "http://127.0.0.1:4646".to_owned(),
            region: None,
            namespace: None,
            token: None,
            http_auth: None,
            tls: TlsFiles::default(),
            connect_timeout: Duration::from_secs(10),
        }
    }
}
