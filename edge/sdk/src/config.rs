//! How to reach an agent.

use std::path::PathBuf;
use std::time::Duration;

/// Where the agent is and who calls. `Default` is an agent on this machine.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// `http://` or `https://` with host and port.
    pub address: String,
    pub region: Option<String>,
    pub namespace: Option<String>,
    pub token: Option<String>,
    pub tls: TlsFiles,
    pub connect_timeout: Duration,
}

/// Certificates for `https://`.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    pub ca: Option<PathBuf>,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
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
            tls: TlsFiles::default(),
            connect_timeout: Duration::from_secs(10),
        }
    }
}
