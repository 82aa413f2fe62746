//! The top level: the input as files and flags give it, and what is decided.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_ids::{Datacenter, Region};

use crate::acl::{AclConfig, AclInput};
use crate::addresses::{AddressesConfig, AddressesInput};
use crate::advertise::{AdvertiseConfig, AdvertiseInput};
use crate::block::Block;
use crate::client::{ClientConfig, ClientInput};
use crate::field::Field;
use crate::inert;
use crate::insecure::Waiver;
use crate::labelled::Labelled;
use crate::limits::{LimitsConfig, LimitsInput};
use crate::log::LogConfig;
use crate::plugin::{PluginConfig, PluginInput};
use crate::ports::{PortsConfig, PortsInput};
use crate::reader::Reader;
use crate::server::{ServerConfig, ServerInput};
use crate::telemetry::{TelemetryConfig, TelemetryInput};
use crate::tls::{TlsConfig, TlsInput};

block! {
    /// All optional; made by [`crate::load`], and by the CLI from its flags.
    AgentConfigInput {
        region: String,
        datacenter: String,
        name: String,
        data_dir: PathBuf,
        log_level: String,
        log_json: bool,
        log_include_location: bool,
        log_file: String,
        log_rotate_duration: Duration,
        log_rotate_bytes: u64,
        log_rotate_max_files: i64,
        enable_syslog: bool,
        syslog_facility: String,
        /// Nothing ever asks for newer versions, and nothing is reported home.
        disable_update_check: bool,
        disable_anonymous_signature: bool,
        limits: LimitsInput,
        /// An IP address or a template; see [`AgentConfig::bind_addr`].
        bind_addr: String,
        /// Controls that the agent does without beyond loopback.
        insecure_allow: Vec<String>,
        enable_debug: bool,
        leave_on_interrupt: bool,
        leave_on_terminate: bool,
        ports: PortsInput,
        addresses: AddressesInput,
        advertise: AdvertiseInput,
        server: ServerInput,
        client: ClientInput,
        acl: AclInput,
        tls: TlsInput,
        telemetry: TelemetryInput,
        http_api_response_headers: BTreeMap<String, String>,
        plugin: Labelled<PluginInput>,
        /// What reading the files had to warn about; not a key.
        warnings: ReadWarnings,
    }
    no_effect {
        "plugin_dir"
        @ inert::RPC @ inert::UI @ inert::SENTINEL @ inert::AUTOPILOT @ inert::AUDIT @ inert::REPORTING
        @ inert::KEYRING @ inert::EVENTLOG @ inert::CONSUL @ inert::VAULT
    }
}

impl AgentConfigInput {
    /// This input with a later one laid over it.
    #[must_use]
    pub fn merge(self, later: Self) -> Self {
        Block::merge(self, later)
    }
}

/// Warnings travel with the input, so that merging files and flags loses none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadWarnings(pub Vec<String>);

impl Field for ReadWarnings {
    fn read(_: &mut Reader<'_>, _: &'static str) -> Option<Self> {
        None
    }

    fn merge(mut self, later: Self) -> Self {
        self.0.extend(later.0);
        self
    }
}

/// How an agent is to run: defaults filled in, names checked.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentConfig {
    /// Server and client in one throw-away process.
    pub dev: bool,
    pub region: Region,
    pub datacenter: Datacenter,
    /// `None`: the host's name.
    pub name: Option<String>,
    /// `None` only in dev mode: a temporary directory.
    pub data_dir: Option<PathBuf>,
    pub log: LogConfig,
    pub limits: LimitsConfig,
    /// As configured; `None` serves every interface once all controls are there, and loopback until then.
    pub bind_addr: Option<String>,
    /// Controls that the operator does without beyond loopback.
    pub insecure_allow: Vec<Waiver>,
    pub enable_debug: bool,
    pub leave_on_interrupt: bool,
    pub leave_on_terminate: bool,
    pub ports: PortsConfig,
    pub addresses: AddressesConfig,
    pub advertise: AdvertiseConfig,
    pub server: Option<ServerConfig>,
    pub client: Option<ClientConfig>,
    pub acl: AclConfig,
    pub tls: TlsConfig,
    pub telemetry: TelemetryConfig,
    /// Names and values are checked to be those of HTTP headers.
    pub http_api_response_headers: BTreeMap<String, String>,
    pub plugins: BTreeMap<String, PluginConfig>,
}

impl AgentConfig {
    /// Where the server keeps its log, below the data directory that is really used.
    #[must_use]
    pub fn server_dir(&self, data_dir: &Path) -> PathBuf {
        let configured = self.server.as_ref().and_then(|server| server.data_dir.clone());
        configured.unwrap_or_else(|| data_dir.join("server"))
    }

    /// Where the client keeps its state, below the data directory that is really used.
    #[must_use]
    pub fn state_dir(&self, data_dir: &Path) -> PathBuf {
        let configured = self.client.as_ref().and_then(|client| client.state_dir.clone());
        configured.unwrap_or_else(|| data_dir.join("client"))
    }

    /// Where allocations live, below the data directory that is really used.
    #[must_use]
    pub fn alloc_dir(&self, data_dir: &Path) -> PathBuf {
        let configured = self.client.as_ref().and_then(|client| client.alloc_dir.clone());
        configured.unwrap_or_else(|| data_dir.join("alloc"))
    }
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Off,
}

impl LogLevel {
    /// In the words of the `tracing` crate.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Off => "off",
        }
    }

    /// Letter case does not count; `ERR` is `ERROR`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "trace" => Ok(Self::Trace),
            "debug" => Ok(Self::Debug),
            "info" => Ok(Self::Info),
            "warn" => Ok(Self::Warn),
            "err" | "error" => Ok(Self::Error),
            "off" => Ok(Self::Off),
            _ => Err(format!("log level `{text}` is unknown; use TRACE, DEBUG, INFO, WARN, ERROR or OFF")),
        }
    }
}
