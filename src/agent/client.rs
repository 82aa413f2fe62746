//! The client role, from settings to a running client.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use muster_artifact::archive::ExtractLimits;
use muster_artifact::{ArtifactLimits, FetchSettings};
use muster_client::{Client, ClientConfig, NamedNetwork};
use muster_config::{AcceptConfig, ArtifactConfig};
use muster_driver::{DriverRegistry, IdRanges, MockDriver, RawExecDriver, RawExecOptions};
use muster_model::Value;
use muster_rpc::Role;
use muster_runner::{Acceptance, GcPolicy};
use muster_sys::supervisor::Supervisors;
use muster_telemetry::{Logs, Metrics};

use super::identity::Source;
use super::settings::{Settings, resolve};

/// Where servers listen for agents unless said otherwise.
pub const RPC_PORT: u16 = 4647;

/// `local_server` is the address of this process's own server, which comes first.
///
/// # Errors
/// What keeps the role from starting, in words for the operator.
pub async fn start(
    settings: &Settings,
    source: &Source,
    local_server: Option<SocketAddr>,
    logs: Logs,
    metrics: Metrics,
) -> Result<Client, String> {
    let agent = &settings.config;
    let Some(role) = &agent.client else { return Err("the client role is not enabled".to_owned()) };
    let identity = source.identity(Role::Client, &agent.region)?;
    let (state_dir, alloc_dir) = (agent.state_dir(&settings.data_dir), agent.alloc_dir(&settings.data_dir));
    let mut config = ClientConfig::new(state_dir, alloc_dir, agent.datacenter.clone(), identity);
    config.servers.extend(local_server);
    for server in role.servers.iter().chain(&role.server_join.retry_join) {
        config.servers.extend(resolve(server, RPC_PORT).await?);
    }
    config.name = Some(settings.name.clone());
    config.node_pool.clone_from(&role.node_pool);
    config.node_class.clone_from(&role.node_class);
    config.meta.clone_from(&role.meta);
    config.options.clone_from(&role.options);
    config.reserved.clone_from(&role.reserved.reserved);
    config.host_volumes =
        role.host_volumes.iter().map(|(name, volume)| (name.as_str().into(), volume.clone())).collect();
    config.http_addr = settings.addresses.advertise_http.to_string();
    config.drivers = Arc::new(drivers(settings)?);
    config.gc = GcPolicy {
        max_allocs: role.gc.max_allocs as usize,
        disk_usage_threshold: role.gc.disk_usage_threshold,
        inode_usage_threshold: role.gc.inode_usage_threshold,
        parallel_destroys: role.gc.parallel_destroys as usize,
        ..config.gc
    };
    config.gc_interval = role.gc.interval;
    config.artifact = artifact(&role.artifact);
    config.passed_env = passed_env(&role.options);
    config.reservable_cores.clone_from(&role.reservable_cores);
    for (name, network) in &role.host_networks {
        let named =
            NamedNetwork { network: network.network.clone(), reserved_ports: network.reserved_ports.clone() };
        config.host_networks.insert(name.as_str().into(), named);
    }
    config.devices.clone_from(&role.devices);
    config.max_allocs = role.max_allocs;
    config.cpu_total_compute_mhz = role.cpu_total_compute_mhz;
    config.memory_total_mb = role.memory_total_mb;
    config.disk_total_mb = role.disk_total_mb;
    config.disk_free_mb = role.disk_free_mb;
    config.network_interface.clone_from(&role.network_interface);
    config.min_dynamic_port = role.min_dynamic_port;
    config.max_dynamic_port = role.max_dynamic_port;
    config.max_kill_timeout = role.max_kill_timeout;
    config.accept = acceptance(&role.accept);
    config.default_ineligible = role.default_ineligible;
    config.disable_remote_exec = role.disable_remote_exec;
    config.dev = agent.dev;
    config.logs = logs;
    config.metrics = metrics;
    Client::start(config).await.map_err(|error| error.to_string())
}

fn acceptance(config: &AcceptConfig) -> Acceptance {
    let AcceptConfig { max_cpu_mhz, max_cores, max_memory_mb, .. } = *config;
    let AcceptConfig { namespaces, drivers, users, images, host_paths, .. } = config.clone();
    Acceptance { namespaces, drivers, users, images, host_paths, max_cpu_mhz, max_cores, max_memory_mb }
}

fn artifact(config: &ArtifactConfig) -> FetchSettings {
    let defaults = ArtifactLimits::default();
    let limits = ArtifactLimits {
        http_timeout: config.http_timeout,
        s3_timeout: config.s3_timeout,
        git_timeout: config.git_timeout,
        max_bytes: config.max_bytes,
        extract: ExtractLimits {
            bytes: config.unpacked_bytes,
            files: config.unpacked_files,
            ..defaults.extract
        },
        ..defaults
    };
    FetchSettings {
        limits,
        ca_file: config.ca_file.clone(),
        host_files: config.disable_filesystem_isolation,
        trust_links: config.disable_artifact_inspection,
        extra_paths: config.extra_paths.clone(),
        environment: config.environment.clone(),
    }
}

/// Variables of this process that `env.allowlist` names and `env.denylist` does not: the only ones tasks get.
fn passed_env(options: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let names = |keys: [&str; 2]| -> Vec<String> {
        let list = keys.into_iter().find_map(|key| options.get(key));
        list.into_iter().flat_map(|list| list.split(',')).map(|name| name.trim().to_owned()).collect()
    };
    let denied = names(["env.denylist", "env.blacklist"]);
    let allowed = names(["env.allowlist", "env.whitelist"]).into_iter().filter(|name| !denied.contains(name));
    // A name with `=` or NUL is none, and asking for it would end the process.
    let allowed = allowed.filter(|name| !name.is_empty() && !name.contains(['=', '\0']));
    allowed.filter_map(|name| Some((name.clone(), std::env::var(&name).ok()?))).collect()
}

/// An address that a running agent may be told to connect to: as at its start, beyond loopback only where the agent
/// has what that takes.
///
/// # Errors
/// Repeats what is no such address.
pub fn server_address(text: &str, beyond_loopback: bool) -> Result<SocketAddr, String> {
    let full = text.replacen("localhost", "127.0.0.1", 1);
    let address =
        full.parse::<SocketAddr>().or_else(|_| full.parse().map(|ip| SocketAddr::new(ip, RPC_PORT)));
    match address {
        Ok(address) if beyond_loopback || address.ip().is_loopback() => Ok(address),
        Ok(_) => Err(format!(
            "`{text}` is beyond loopback, which this agent does not leave without mutual TLS and ACLs"
        )),
        Err(_) => Err(format!("`{text}` is not an address; write `127.0.0.1:4647`")),
    }
}

/// `raw_exec` runs anything as the agent's user, so it is off unless its plugin block enables it (dev mode does).
fn drivers(settings: &Settings) -> Result<DriverRegistry, String> {
    let plugins = &settings.config.plugins;
    let mut options = match plugins.get("raw_exec") {
        Some(plugin) => raw_exec(&plugin.config)?,
        None => RawExecOptions::default(),
    };
    // The way of older configurations, from before drivers had blocks of their own.
    let legacy = settings.config.client.as_ref().and_then(|role| role.options.get("driver.raw_exec.enable"));
    options.enabled |=
        legacy.is_some_and(|enable| matches!(enable.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"));
    if let Some(unknown) =
        plugins.keys().find(|name| !matches!(name.as_str(), "raw_exec" | "mock_driver" | "docker"))
    {
        return Err(format!("plugin `{unknown}` is not known to this version of muster"));
    }
    let registry = DriverRegistry::new().with(RawExecDriver::new(options, Arc::new(Supervisors::new())));
    Ok(if settings.config.dev { registry.with(MockDriver::new()) } else { registry })
}

fn raw_exec(config: &BTreeMap<String, Value>) -> Result<RawExecOptions, String> {
    let mut options = RawExecOptions::default();
    for (key, value) in config {
        let wrong = |expected: &str| {
            format!(
                "plugin \"raw_exec\" {{ config {{ {key} }} }}: expected {expected}, got a {}",
                value.kind()
            )
        };
        match key.as_str() {
            "enabled" => options.enabled = boolean(value).ok_or_else(|| wrong("true or false"))?,
            "denied_host_uids" => {
                options.denied_host_uids =
                    ranges(value).ok_or_else(|| wrong("ranges such as \"0,100-199\""))?;
            }
            "denied_host_gids" => {
                options.denied_host_gids =
                    ranges(value).ok_or_else(|| wrong("ranges such as \"0,100-199\""))?;
            }
            "denied_envvars" => {
                options.denied_envvars = texts(value).ok_or_else(|| wrong("a list of patterns"))?;
            }
            // Accepted from older configurations: tasks have no cgroups of their own here.
            "no_cgroups" => {
                boolean(value).ok_or_else(|| wrong("true or false"))?;
            }
            _ => {
                return Err(format!(
                    "plugin \"raw_exec\": `{key}` is unknown; expected enabled, denied_host_uids, denied_host_gids or denied_envvars"
                ));
            }
        }
    }
    Ok(options)
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn ranges(value: &Value) -> Option<IdRanges> {
    value.as_str()?.parse().ok()
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::List(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
