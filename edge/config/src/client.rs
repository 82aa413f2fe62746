//! `client {}`

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use muster_ids::{NodeClass, NodePool};
use muster_model::{DeviceGroup, DrainSpec, HostVolume};

use crate::accept::{AcceptConfig, AcceptInput};
use crate::artifact::{ArtifactConfig, ArtifactInput};
use crate::auto_encrypt::{ClientAutoEncryptConfig, ClientAutoEncryptInput};
use crate::decide::Findings;
use crate::device::DeviceInput;
use crate::drain_on_shutdown::DrainOnShutdownInput;
use crate::field::Exact;
use crate::gc::ClientGcConfig;
use crate::host_network::{HostNetworkConfig, HostNetworkInput};
use crate::host_volume::HostVolumeInput;
use crate::inert;
use crate::labelled::Labelled;
use crate::ranges;
use crate::reserved::{ReservedConfig, ReservedInput};
use crate::server_join::{JoinConfig, JoinInput};

block! {
    ClientInput {
        enabled: bool,
        state_dir: PathBuf,
        alloc_dir: PathBuf,
        /// `host` or `host:port` of servers.
        servers: Vec<String>,
        server_join: JoinInput,
        node_class: String,
        node_pool: String,
        meta: BTreeMap<String, String>,
        options: BTreeMap<String, String>,
        reserved: ReservedInput,
        min_dynamic_port: u16,
        max_dynamic_port: u16,
        gc_interval: Duration,
        gc_parallel_destroys: u32,
        gc_disk_usage_threshold: f64,
        gc_inode_usage_threshold: f64,
        gc_max_allocs: u32,
        host_volume: Labelled<HostVolumeInput>,
        host_network: Labelled<HostNetworkInput>,
        device: Labelled<DeviceInput>,
        /// 0 for any number.
        node_max_allocs: u32,
        /// MHz; 0 detects.
        cpu_total_compute: u64,
        /// 0 detects.
        memory_total_mb: u64,
        /// 0 detects.
        disk_total_mb: u64,
        /// 0 detects.
        disk_free_mb: u64,
        max_kill_timeout: Duration,
        network_interface: String,
        /// Core ids, such as `0-1,7`.
        reservable_cores: String,
        default_ineligible: bool,
        disable_remote_exec: bool,
        no_host_uuid: Exact<bool>,
        artifact: ArtifactInput,
        drain_on_shutdown: DrainOnShutdownInput,
        auto_encrypt: ClientAutoEncryptInput,
        accept: AcceptInput,
    }
    no_effect {
        "alloc_mounts_dir" "host_volumes_dir" "host_volume_plugin_dir" "common_plugin_dir" "preferred_address_family"
        "network_speed" "cpu_disable_dmidecode" "client_max_port" "client_min_port"
        "gc_volumes_on_node_gc" "cni_path" "cni_config_dir" "bridge_network_name"
        "bridge_network_subnet" "bridge_network_subnet_ipv6" "bridge_network_hairpin_mode"
        "bind_wildcard_default_host_network" "cgroup_parent" "nomad_service_discovery" "log_file"
        @ inert::CHROOT_ENV @ inert::FINGERPRINT @ inert::USERS
        @ inert::TEMPLATE
    }
}

/// Of an agent that runs work.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientConfig {
    /// `None`: below the data directory.
    pub state_dir: Option<PathBuf>,
    /// `None`: below the data directory.
    pub alloc_dir: Option<PathBuf>,
    /// `host` or `host:port` of servers, those of `server_join` not included.
    pub servers: Vec<String>,
    pub server_join: JoinConfig,
    pub node_class: Option<NodeClass>,
    pub node_pool: NodePool,
    pub meta: BTreeMap<String, String>,
    pub options: BTreeMap<String, String>,
    pub reserved: ReservedConfig,
    pub min_dynamic_port: u16,
    pub max_dynamic_port: u16,
    pub gc: ClientGcConfig,
    pub host_volumes: BTreeMap<String, HostVolume>,
    pub host_networks: BTreeMap<String, HostNetworkConfig>,
    /// Declared by the operator, beside those that the agent finds.
    pub devices: Vec<DeviceGroup>,
    /// Allocations that may be here at once; 0 for any number.
    pub max_allocs: u32,
    /// Replace what is found, when not zero.
    pub cpu_total_compute_mhz: u64,
    pub memory_total_mb: u64,
    pub disk_total_mb: u64,
    pub disk_free_mb: u64,
    pub max_kill_timeout: Duration,
    /// `None` finds the interface of the default route.
    pub network_interface: Option<String>,
    /// Core ids that work may have to itself, sorted; `None` means all.
    pub reservable_cores: Option<Vec<u16>>,
    pub default_ineligible: bool,
    /// Nobody may run commands beside tasks.
    pub disable_remote_exec: bool,
    pub artifact: ArtifactConfig,
    /// How an agent that leaves gracefully empties its node first; `None` leaves it as it is.
    pub drain_on_shutdown: Option<DrainSpec>,
    pub accept: AcceptConfig,
    /// `None` where the operator provides the certificate.
    pub auto_encrypt: Option<ClientAutoEncryptConfig>,
}

impl ClientInput {
    pub(crate) fn decide(self, findings: &mut Findings) -> ClientConfig {
        findings.absolute("client.state_dir", self.state_dir.as_deref());
        findings.absolute("client.alloc_dir", self.alloc_dir.as_deref());
        let gc = self.gc(findings);
        let min = self.min_dynamic_port.filter(|port| *port != 0).unwrap_or(20_000);
        let max = self.max_dynamic_port.filter(|port| *port != 0).unwrap_or(32_000);
        if min > max {
            findings.error(format!("Invalid dynamic port range: min_dynamic_port={min} is above max_dynamic_port={max}; swap them"));
        }
        if self.no_host_uuid == Some(Exact(false)) {
            findings.warn("`client.no_host_uuid = false` has no effect: node ids are always random");
        }
        let node_class = self.node_class.filter(|class| !class.is_empty());
        let volumes = self.host_volume.unwrap_or_default().0.into_iter();
        let volumes = volumes
            .filter_map(|(name, volume)| Some((name.clone(), volume.decide(&name, findings)?)))
            .collect();
        let networks = self.host_network.unwrap_or_default().0.into_iter();
        let networks =
            networks.map(|(name, network)| (name.clone(), network.decide(&name, findings))).collect();
        let devices = self.device.unwrap_or_default().0.into_iter();
        let devices = devices.filter_map(|(label, device)| device.decide(&label, findings)).collect();
        ClientConfig {
            state_dir: self.state_dir,
            alloc_dir: self.alloc_dir,
            servers: self.servers.unwrap_or_default(),
            server_join: self.server_join.unwrap_or_default().decide(),
            node_class: node_class.and_then(|class| findings.take(NodeClass::new(class))),
            node_pool: node_pool(self.node_pool, findings),
            meta: checked_meta(self.meta.unwrap_or_default(), findings),
            options: options(self.options.unwrap_or_default(), findings),
            reserved: self.reserved.unwrap_or_default().decide(findings),
            min_dynamic_port: min,
            max_dynamic_port: max,
            gc,
            host_volumes: volumes,
            host_networks: networks,
            devices,
            max_allocs: self.node_max_allocs.unwrap_or(0),
            cpu_total_compute_mhz: self.cpu_total_compute.unwrap_or(0),
            memory_total_mb: self.memory_total_mb.unwrap_or(0),
            disk_total_mb: self.disk_total_mb.unwrap_or(0),
            disk_free_mb: self.disk_free_mb.unwrap_or(0),
            max_kill_timeout: self.max_kill_timeout.unwrap_or(Duration::from_secs(30)),
            reservable_cores: reservable_cores(self.reservable_cores, findings),
            network_interface: self.network_interface.filter(|name| !name.is_empty()),
            default_ineligible: self.default_ineligible.unwrap_or(false),
            disable_remote_exec: self.disable_remote_exec.unwrap_or(false),
            artifact: self.artifact.unwrap_or_default().decide(findings),
            accept: self.accept.unwrap_or_default().decide(findings),
            auto_encrypt: self.auto_encrypt.unwrap_or_default().decide(findings),
            drain_on_shutdown: self.drain_on_shutdown.map(|block| block.decide(findings)),
        }
    }

    fn gc(&self, findings: &mut Findings) -> ClientGcConfig {
        let default = ClientGcConfig::default();
        let config = ClientGcConfig {
            interval: self.gc_interval.unwrap_or(default.interval),
            parallel_destroys: self.gc_parallel_destroys.unwrap_or(default.parallel_destroys),
            disk_usage_threshold: self.gc_disk_usage_threshold.unwrap_or(default.disk_usage_threshold),
            inode_usage_threshold: self.gc_inode_usage_threshold.unwrap_or(default.inode_usage_threshold),
            max_allocs: self.gc_max_allocs.unwrap_or(default.max_allocs),
        };
        let percents = [
            ("gc_disk_usage_threshold", config.disk_usage_threshold),
            ("gc_inode_usage_threshold", config.inode_usage_threshold),
        ];
        for (name, percent) in percents.into_iter().filter(|(_, percent)| !(0.0..=100.0).contains(percent)) {
            findings.error(format!("`client.{name}` cannot be {percent}; write a percentage from 0 to 100"));
        }
        if config.interval.is_zero() {
            findings.error("`client.gc_interval` cannot be 0; write a duration such as \"1m\"");
        }
        config
    }
}

fn reservable_cores(text: Option<String>, findings: &mut Findings) -> Option<Vec<u16>> {
    let text = text.filter(|text| !text.trim().is_empty())?;
    findings.take(ranges::parse(&text).map_err(|why| format!("client.reservable_cores invalid: {why}")))
}

/// Old names of options that have others now.
const RENAMED: [(&str, &str); 4] = [
    ("driver.whitelist", "driver.allowlist"),
    ("driver.blacklist", "driver.denylist"),
    ("fingerprint.whitelist", "fingerprint.allowlist"),
    ("fingerprint.blacklist", "fingerprint.denylist"),
];

/// Under their present names; lists under both names become one.
fn options(mut options: BTreeMap<String, String>, findings: &mut Findings) -> BTreeMap<String, String> {
    for (old, new) in RENAMED {
        let Some(list) = options.remove(old) else { continue };
        findings.warn(format!("`client.options` names `{old}`, which is `{new}` now"));
        let known = options.remove(new).filter(|known| !known.trim().is_empty());
        options.insert(new.to_owned(), known.map_or(list.clone(), |known| format!("{known},{list}")));
    }
    both(&options, "driver", findings);
    both(&options, "fingerprint", findings);
    options
}

/// What is on both lists is denied, which the operator should know.
fn both(options: &BTreeMap<String, String>, what: &str, findings: &mut Findings) {
    let list = |name: &str| options.get(&format!("{what}.{name}"));
    let (Some(allowed), Some(denied)) = (list("allowlist"), list("denylist")) else { return };
    let names = |list: &str| -> Vec<String> { list.split(',').map(|name| name.trim().to_owned()).collect() };
    let denied = names(denied);
    for name in names(allowed).iter().filter(|name| !name.is_empty() && denied.contains(name)) {
        findings.warn(format!("`{name}` is on {what}.allowlist and on {what}.denylist: it is denied"));
    }
}

fn node_pool(name: Option<String>, findings: &mut Findings) -> NodePool {
    let Some(name) = name.filter(|name| !name.is_empty()) else { return NodePool::default_pool() };
    let pool = findings.take(NodePool::new(name).map_err(|error| format!("Invalid node pool: {error}")));
    if pool.as_ref().is_some_and(NodePool::is_all) {
        findings.error("Invalid node pool: `all` holds every node already; name another pool");
    }
    pool.unwrap_or_else(NodePool::default_pool)
}

/// Keys must be usable in `${meta.key}`.
fn checked_meta(meta: BTreeMap<String, String>, findings: &mut Findings) -> BTreeMap<String, String> {
    let bad = |ch: char| ch.is_whitespace() || ch.is_control() || matches!(ch, '$' | '{' | '}' | '"');
    for key in meta.keys() {
        let dots = key.starts_with('.') || key.ends_with('.') || key.contains("..");
        if key.is_empty() || dots || key.contains(bad) {
            findings.error(format!("Invalid Client.Meta key: `{key}` cannot be written as ${{meta.…}}; use letters, digits, `_`, `-` and single dots"));
        }
    }
    meta
}
