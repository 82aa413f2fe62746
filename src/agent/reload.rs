//! Reading the configuration again: the log level takes effect, what else differs needs a restart.

use std::sync::Arc;

use muster_cli::AgentFlags;
use muster_config::AgentConfig;
use muster_telemetry::Logs;

use super::logging;
use super::settings;

/// Cheap to clone.
#[derive(Clone)]
pub struct Reload(Arc<Parts>);

struct Parts {
    flags: AgentFlags,
    running: AgentConfig,
    logs: Logs,
}

impl Reload {
    pub fn new(flags: AgentFlags, running: AgentConfig, logs: Logs) -> Self {
        Self(Arc::new(Parts { flags, running, logs }))
    }

    /// # Errors
    /// What is wrong with the configuration now; the agent goes on with the old one.
    pub fn run(&self) -> Result<(), String> {
        let Parts { flags, running, logs } = &*self.0;
        let (config, _) = settings::decide(flags.clone(), None)?;
        logs.set_level(logging::level(config.log.level));
        tracing::info!(log_level = config.log.level.as_str(), "configuration read again");
        let mut rest = config;
        rest.log.level = running.log.level;
        rest.ports = running.ports;
        if rest != *running {
            tracing::warn!(
                "the configuration differs in more than log_level: restart the agent for the rest"
            );
        }
        Ok(())
    }
}
