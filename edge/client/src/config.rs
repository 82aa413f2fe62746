//! How one client agent is to run. Decided: whoever builds it (`src/main.rs` from `muster-config`) has filled in
//! defaults and checked names.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_artifact::FetchSettings;
use muster_driver::DriverRegistry;
use muster_ids::{Datacenter, DriverName, NodeClass, NodePool, Region, Text};
use muster_model::{DeviceGroup, HostNetwork, HostVolume, Reserved};
use muster_rpc::IdentityStore;
use muster_runner::{Acceptance, GcPolicy};
use muster_telemetry::{Logs, Metrics};

#[derive(Clone, Debug)]
pub struct ClientConfig {
    pub region: Region,
    pub datacenter: Datacenter,
    pub node_pool: NodePool,
    pub node_class: Option<NodeClass>,
    /// `None` names the node after its host.
    pub name: Option<String>,
    /// Keeps the client's database and the control files of supervisors; not to be shared by two agents.
    pub state_dir: PathBuf,
    pub alloc_dir: PathBuf,
    pub meta: BTreeMap<String, String>,
    /// The contract's legacy options; `driver.allowlist` and `driver.denylist` (and their old names), with
    /// `fingerprint.allowlist` and `fingerprint.denylist`, are obeyed.
    pub options: BTreeMap<String, String>,
    pub reserved: Reserved,
    pub host_volumes: BTreeMap<Text, HostVolume>,
    pub host_networks: BTreeMap<Text, NamedNetwork>,
    /// Declared by the operator, beside those that are found.
    pub devices: Vec<DeviceGroup>,
    /// Allocations that may be here at once; 0 for any number.
    pub max_allocs: u32,
    /// RPC addresses to begin with; servers tell of further ones.
    pub servers: Vec<SocketAddr>,
    /// `host:port` of this agent's HTTP API, as others reach it.
    pub http_addr: String,
    pub drivers: Arc<DriverRegistry>,
    pub identity: IdentityStore,
    pub gc: GcPolicy,
    pub gc_interval: Duration,
    /// Between two measurements of an allocation's directory.
    pub disk_interval: Duration,
    /// Variables of the agent's own environment that tasks may have.
    pub passed_env: BTreeMap<String, String>,
    /// Cgroup below which those of tasks lie; the platform's default when `None`.
    pub cgroup_parent: Option<String>,
    pub artifact: FetchSettings,
    /// Cores that work may have to itself; `None` means all.
    pub reservable_cores: Option<Vec<u16>>,
    /// Replace what is found, when not zero.
    pub cpu_total_compute_mhz: u64,
    pub memory_total_mb: u64,
    pub disk_total_mb: u64,
    pub disk_free_mb: u64,
    /// The address allocations are reached at; found when `None`.
    pub network_ip: Option<IpAddr>,
    pub network_interface: Option<String>,
    pub min_dynamic_port: u16,
    pub max_dynamic_port: u16,
    pub max_kill_timeout: Duration,
    pub default_ineligible: bool,
    /// The log of this process, for servers that ask for it.
    pub logs: Logs,
    /// Where this agent counts.
    pub metrics: Metrics,
    /// What may run here, whoever asks for it.
    pub accept: Acceptance,
    /// Nobody may run commands beside tasks.
    pub disable_remote_exec: bool,
    /// Tasks are stopped and everything is removed when the agent ends.
    pub dev: bool,
}

/// A host network of the operator's.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedNetwork {
    pub network: HostNetwork,
    /// Ascending.
    pub reserved_ports: Vec<u16>,
}

impl ClientConfig {
    /// The contract's defaults around what has none.
    #[must_use]
    pub fn new(
        state_dir: PathBuf,
        alloc_dir: PathBuf,
        datacenter: Datacenter,
        identity: IdentityStore,
    ) -> Self {
        Self {
            region: identity.current().region().clone(),
            datacenter,
            node_pool: NodePool::default_pool(),
            node_class: None,
            name: None,
            state_dir,
            alloc_dir,
            meta: BTreeMap::new(),
            options: BTreeMap::new(),
            reserved: Reserved::default(),
            host_volumes: BTreeMap::new(),
            host_networks: BTreeMap::new(),
            devices: Vec::new(),
            max_allocs: 0,
            accept: Acceptance::default(),
            servers: Vec::new(),
            http_addr: "127.0.0.1:4646".to_owned(),
            drivers: Arc::new(DriverRegistry::new()),
            identity,
            gc: GcPolicy {
                max_allocs: 50,
                max_age: None,
                disk_usage_threshold: 80.0,
                inode_usage_threshold: 70.0,
                parallel_destroys: 2,
            },
            gc_interval: Duration::from_secs(60),
            disk_interval: Duration::from_secs(30),
            passed_env: BTreeMap::new(),
            cgroup_parent: None,
            artifact: FetchSettings::default(),
            reservable_cores: None,
            cpu_total_compute_mhz: 0,
            memory_total_mb: 0,
            disk_total_mb: 0,
            disk_free_mb: 0,
            network_ip: None,
            network_interface: None,
            min_dynamic_port: 20_000,
            max_dynamic_port: 32_000,
            max_kill_timeout: Duration::from_secs(30),
            default_ineligible: false,
            logs: Logs::default(),
            metrics: Metrics::default(),
            disable_remote_exec: false,
            dev: false,
        }
    }

    /// Whether the operator's options forbid running as this account, by its name.
    #[must_use]
    pub fn denies_user(&self, driver: &DriverName, name: &str) -> bool {
        let holds = |key: &str, default: &str, wanted: &str| {
            let list = self.options.get(key).map_or(default, String::as_str);
            list.split(',').any(|name| name.trim() == wanted)
        };
        holds("user.checked_drivers", "exec,qemu,java", driver.as_str())
            && holds("user.denylist", "root,Administrator", name)
    }

    /// Whether the operator's options let jobs use a driver.
    #[must_use]
    pub fn allows_driver(&self, driver: &DriverName) -> bool {
        let list = |names: [&str; 2]| {
            let lists = names.into_iter().filter_map(|name| self.options.get(name));
            lists.flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty()).collect()
        };
        let allowed: Vec<&str> = list(["driver.allowlist", "driver.whitelist"]);
        let denied: Vec<&str> = list(["driver.denylist", "driver.blacklist"]);
        let accepted = self.accept.accepts_driver(driver.as_str());
        accepted
            && (allowed.is_empty() || allowed.contains(&driver.as_str()))
            && !denied.contains(&driver.as_str())
    }
}
