//! Files, flags and the machine together: the decided configuration, past the loopback gate.

mod machine;

use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_cli::AgentFlags;
use muster_config::{AgentConfig, AgentConfigInput, ClientInput, EffectiveAddresses, JoinInput, ServerInput};
use serde_json::{Value, json};

/// An agent's configuration with everything the machine had to add.
pub struct Settings {
    pub config: AgentConfig,
    pub addresses: EffectiveAddresses,
    /// The configured name, or the host's.
    pub name: String,
    pub data_dir: PathBuf,
    /// A dev agent's data directory, which goes with it.
    pub scratch: Option<tempfile::TempDir>,
    /// What the operator should know, told once the log is up.
    pub warnings: Vec<String>,
}

impl Settings {
    /// # Errors
    /// Everything that is wrong with files and flags, or the gate's refusal.
    pub fn load(flags: AgentFlags, http_port: Option<u16>) -> Result<Self, String> {
        let (config, mut warnings) = decide(flags, http_port)?;
        let machine = machine::look(&config);
        let addresses =
            muster_config::check_loopback(&config, &machine).map_err(|refusal| refusal.to_string())?;
        warnings.extend(addresses.waived.iter().map(|waiver| {
            format!("INSECURE: this agent reaches beyond loopback without a control, because `insecure_allow` names \"{waiver}\"")
        }));
        check_supported(&config)?;
        let scratch = match config.data_dir {
            Some(_) => None,
            None => Some(scratch()?),
        };
        let data_dir = config.data_dir.clone().or_else(|| scratch.as_ref().map(|dir| dir.path().to_owned()));
        let data_dir = data_dir.ok_or("no data directory")?;
        let name = match &config.name {
            Some(name) => name.clone(),
            None => hostname()?,
        };
        Ok(Self { config, addresses, name, data_dir, scratch, warnings })
    }

    /// The configuration as `/v1/agent/self` shows it: Go's names, no secrets.
    pub fn shown(&self) -> Value {
        let config = &self.config;
        let ports = config.ports;
        let client = config.client.as_ref();
        json!({
            "Region": config.region.as_str(),
            "Datacenter": config.datacenter.as_str(),
            "NodeName": self.name,
            "DataDir": self.data_dir,
            "LogLevel": config.log.level.as_str().to_ascii_uppercase(),
            "LogJson": config.log.json,
            "LogFile": config.log.file.as_deref().unwrap_or_default(),
            "EnableSyslog": config.log.syslog.is_some(),
            "LeaveOnInt": config.leave_on_interrupt,
            "LeaveOnTerm": config.leave_on_terminate,
            "HTTPAPIResponseHeaders": config.http_api_response_headers,
            "Telemetry": {
                "CollectionInterval": format!("{:?}", config.telemetry.collection_interval),
                "PrometheusMetrics": config.telemetry.prometheus_metrics,
                "PublishAllocationMetrics": config.telemetry.publish_allocation_metrics,
                "PublishNodeMetrics": config.telemetry.publish_node_metrics,
                "DisableHostname": config.telemetry.disable_hostname,
                "StatsdAddr": config.telemetry.statsd_address.as_deref().unwrap_or_default(),
                "DataDogAddr": config.telemetry.datadog_address.as_deref().unwrap_or_default(),
            },
            "BindAddr": config.bind_addr.as_deref().unwrap_or("127.0.0.1"),
            "EnableDebug": config.enable_debug,
            "DevMode": config.dev,
            "Ports": {"HTTP": ports.http, "RPC": ports.rpc, "Serf": ports.serf},
            "Server": {
                "Enabled": config.server.is_some(),
                "BootstrapExpect": config.server.as_ref().map_or(0, |server| server.bootstrap_expect),
                "EncryptKey": config.server.as_ref().and_then(|server| server.encrypt.as_ref()).map(|_| "<redacted>"),
            },
            "Client": {
                "Enabled": client.is_some(),
                "NodeClass": client.and_then(|client| client.node_class.as_ref()).map(ToString::to_string),
                "NodePool": client.map(|client| client.node_pool.to_string()),
                "Meta": client.map(|client| &client.meta),
                "Servers": client.map(|client| &client.servers),
            },
            "ACL": {"Enabled": config.acl.enabled},
            "TLSConfig": {"EnableHTTP": config.tls.http, "EnableRPC": config.tls.rpc},
            "Version": {"Version": env!("CARGO_PKG_VERSION")},
        })
    }
}

/// The host's own name.
///
/// # Errors
/// When the system does not tell.
pub fn hostname() -> Result<String, String> {
    let host = muster_sys::procfs::host().map_err(|error| format!("cannot read the host's name: {error}"))?;
    Ok(host.hostname)
}

/// Files and flags as one decided configuration, with what there is to warn about.
///
/// # Errors
/// Everything that is wrong with files and flags.
pub fn decide(flags: AgentFlags, http_port: Option<u16>) -> Result<(AgentConfig, Vec<String>), String> {
    let dev = flags.dev;
    let files = muster_config::load(&flags.config).map_err(|error| error.to_string())?;
    let input = files.merge(from_flags(flags, http_port)?);
    let (config, found) = muster_config::decide(input, dev).map_err(|errors| errors.join("\n"))?;
    Ok((config, found.iter().map(ToString::to_string).collect()))
}

/// Refuses what would be a false promise: clusters that cannot form.
fn check_supported(config: &AgentConfig) -> Result<(), String> {
    let Some(server) = &config.server else { return Ok(()) };
    if server.bootstrap_expect > 1 {
        return Err(format!(
            "`server.bootstrap_expect` is {}: this version of muster runs one server; use 1",
            server.bootstrap_expect
        ));
    }
    if !(server.server_join.start_join.is_empty() && server.server_join.retry_join.is_empty()) {
        return Err(
            "`server.server_join`: this version of muster runs one server, which joins no other; remove it"
                .to_owned(),
        );
    }
    Ok(())
}

/// Private to this user: tasks' directories lie below it.
fn scratch() -> Result<tempfile::TempDir, String> {
    tempfile::Builder::new()
        .prefix("muster-dev-")
        .tempdir()
        .map_err(|error| format!("cannot make a directory for the dev agent: {error}"))
}

/// Flags win over files; what was not given stays unset.
fn from_flags(flags: AgentFlags, http_port: Option<u16>) -> Result<AgentConfigInput, String> {
    let join = JoinInput {
        start_join: some_list(flags.join),
        retry_join: some_list(flags.retry_join),
        retry_max: flags.retry_max,
        retry_interval: flags.retry_interval.as_deref().map(duration).transpose()?,
    };
    let server = ServerInput {
        enabled: flags.server,
        bootstrap_expect: flags.bootstrap_expect,
        encrypt: flags.encrypt.map(|key| muster_config::Secret::new(key.expose())),
        server_join: Some(join),
        raft_protocol: flags.raft_protocol,
        ..ServerInput::default()
    };
    let client = ClientInput {
        enabled: flags.client,
        state_dir: flags.state_dir,
        alloc_dir: flags.alloc_dir,
        servers: some_list(flags.servers),
        node_class: flags.node_class,
        node_pool: flags.node_pool,
        network_interface: flags.network_interface,
        meta: (!flags.meta.is_empty()).then(|| flags.meta.into_iter().collect()),
        ..ClientInput::default()
    };
    let mut input = AgentConfigInput {
        region: flags.region,
        datacenter: flags.datacenter,
        name: flags.node_name,
        data_dir: flags.data_dir,
        log_level: flags.log_level,
        log_json: flags.log_json,
        log_include_location: flags.log_include_location,
        bind_addr: flags.bind,
        server: Some(server),
        client: Some(client),
        ..AgentConfigInput::default()
    };
    input.acl = flags
        .acl_enabled
        .map(|enabled| muster_config::AclInput { enabled: Some(enabled), ..Default::default() });
    input.ports = http_port.map(|port| muster_config::PortsInput { http: Some(port), ..Default::default() });
    Ok(input)
}

fn duration(text: &str) -> Result<Duration, String> {
    let nanos = muster_jobspec::duration::parse(text).map_err(|error| format!("-retry-interval: {error}"))?;
    nanos.to_duration().ok_or_else(|| format!("-retry-interval: `{text}` is not a time to wait"))
}

fn some_list<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Resolves `host[:port]`; an address without a port gets the default one.
///
/// # Errors
/// When the name is unknown.
pub async fn resolve(text: &str, default_port: u16) -> Result<Vec<std::net::SocketAddr>, String> {
    const PATIENCE: Duration = Duration::from_secs(5);
    let target = match text.parse::<std::net::SocketAddr>() {
        Ok(address) => return Ok(vec![address]),
        Err(_) if text.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_ipv6()) => {
            format!("[{text}]:{default_port}")
        }
        Err(_) if text.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) => {
            text.to_owned()
        }
        Err(_) => format!("{text}:{default_port}"),
    };
    let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host(target)).await;
    let found = found.map_err(|_| format!("looking up `{text}` took too long"))?;
    found.map(Iterator::collect).map_err(|error| format!("cannot look up `{text}`: {error}"))
}

/// Where the server keeps its state; a dev agent's stays in memory.
pub fn server_dir(settings: &Settings) -> Option<PathBuf> {
    let on_disk = settings.config.data_dir.is_some();
    on_disk.then(|| settings.config.server_dir(Path::new(&settings.data_dir)))
}
