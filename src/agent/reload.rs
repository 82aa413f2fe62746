//! Reading the configuration again: the log level and the files of the `tls` block take effect, what else differs needs
//! a restart.

use std::path::PathBuf;
use std::sync::Arc;

use muster_cli::AgentFlags;
use muster_config::{AgentConfig, TlsConfig};
use muster_telemetry::Logs;

use super::joining;
use super::logging;
use super::settings::{self, Settings};
use super::tls::TlsStores;

/// Cheap to clone.
#[derive(Clone)]
pub struct Reload(Arc<Parts>);

struct Parts {
    flags: AgentFlags,
    running: AgentConfig,
    logs: Logs,
    tls: Arc<TlsStores>,
    /// See [`joining::own_authority_dir`].
    own_authority: Option<PathBuf>,
}

impl Reload {
    pub fn new(flags: AgentFlags, settings: &Settings, logs: Logs, tls: Arc<TlsStores>) -> Self {
        let (running, own_authority) = (settings.config.clone(), joining::own_authority_dir(settings));
        Self(Arc::new(Parts { flags, running, logs, tls, own_authority }))
    }

    /// # Errors
    /// What is wrong with the configuration or a file now; the agent goes on with what it had.
    pub fn run(&self) -> Result<(), String> {
        let Parts { flags, running, logs, .. } = &*self.0;
        let (config, _) = settings::decide(flags.clone(), None)?;
        logs.set_level(logging::level(config.log.level));
        let certificates = self.certificates(&config.tls);
        if let Err(reason) = &certificates {
            tracing::error!(%reason, "TLS: the certificates were not replaced; those in use stay");
        }
        tracing::info!(log_level = config.log.level.as_str(), "configuration read again");
        let mut rest = config;
        rest.log.level = running.log.level;
        rest.ports = running.ports;
        rest.tls = TlsConfig { http: rest.tls.http, rpc: rest.tls.rpc, ..running.tls.clone() };
        if rest != *running {
            tracing::warn!(
                "the configuration differs in more than log_level and certificates: restart the agent for the rest"
            );
        }
        certificates
    }

    fn certificates(&self, config: &TlsConfig) -> Result<(), String> {
        let mut config = config.clone();
        if let (Some(dir), Some(ca)) = (&self.0.own_authority, &config.ca_file) {
            config.ca_file = Some(joining::trust_again(dir, ca)?);
        }
        self.0.tls.reload(&config)
    }
}
