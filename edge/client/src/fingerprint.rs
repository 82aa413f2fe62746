//! What this machine is: the facts that constraints name and the capacity that the scheduler fills.
//!
//! One file a subject; each returns the attributes that it could find out. What cannot be found out is absent, never
//! guessed. Names are the contract's (`jobspec.md` 5.1); those that differ between otherwise equal machines begin with
//! `unique.` and stay out of the computed class.

mod cgroup;
mod cpu;
mod devices;
mod drivers;
mod host_networks;
mod kernel;
mod landlock;
mod memory;
mod network;
mod numa;
mod os;
mod selection;
mod signals;
mod storage;
mod topology;
mod version;

use std::collections::BTreeMap;
use std::path::Path;

use muster_ids::{DriverName, Index, NodeId, Text, UnixNanos};
use muster_model::{ACCEPTED_NAMESPACES, DriverInfo, Eligibility, Node, NodeCapacity, NodeStatus, Resources};

pub use cpu::frequency_mhz;
use selection::{Fingerprinter, Selection};
use topology::Topology;

use crate::{ClientConfig, ClientError, metadata};

/// Attributes by name.
pub type Attributes = BTreeMap<String, String>;

/// Describes this machine as `config` says it is to be described. `meta` is the operator's, the file's and what was
/// applied later.
///
/// # Errors
/// When the machine cannot be looked at.
pub async fn fingerprint(
    config: &ClientConfig,
    id: NodeId,
    dynamic: &metadata::Dynamic,
    now: UnixNanos,
) -> Result<Node, ClientError> {
    let mut node = Facts::find(config).await?.into_node(config, id);
    node.meta = metadata::merged(&config.meta, dynamic);
    drivers::adopt(&mut node, drivers::inspect(config, now).await);
    Ok(node)
}

/// What a second look found.
#[derive(Debug)]
pub struct Findings {
    facts: Facts,
    drivers: BTreeMap<DriverName, DriverInfo>,
}

/// Looks at the machine and its drivers again.
///
/// # Errors
/// When the machine cannot be looked at.
pub async fn look_again(config: &ClientConfig, now: UnixNanos) -> Result<Findings, ClientError> {
    Ok(Findings { facts: Facts::find(config).await?, drivers: drivers::inspect(config, now).await })
}

impl Findings {
    /// Brings a node up to date; whether that changed anything. Free disk space, which always changes, does so only
    /// when it moved by a tenth of the disk: servers must not write a log entry for every file somebody makes.
    pub fn apply(self, config: &ClientConfig, node: &mut Node) -> bool {
        let mut fresh = self.facts.into_node(config, node.id);
        let (before, now) = (node.capacity.total.disk_mb, fresh.capacity.total.disk_mb);
        let bytes = fresh.attributes.get("unique.storage.bytestotal");
        let total_mb = bytes.and_then(|bytes| bytes.parse::<u64>().ok()).unwrap_or(0) >> 20;
        if before.abs_diff(now) <= total_mb / 10 {
            fresh.capacity.total.disk_mb = before;
            match node.attributes.get("unique.storage.bytesfree") {
                Some(free) => drop(fresh.attributes.insert("unique.storage.bytesfree".into(), free.clone())),
                None => drop(fresh.attributes.remove("unique.storage.bytesfree")),
            }
        }
        fresh.meta.clone_from(&node.meta);
        drivers::adopt(&mut fresh, drivers::keep_times(self.drivers, &node.drivers));
        let same = fresh.attributes == node.attributes
            && fresh.capacity == node.capacity
            && fresh.reserved == node.reserved
            && fresh.drivers == node.drivers
            && fresh.name == node.name;
        if !same {
            *node = fresh;
        }
        !same
    }
}

/// Everything but drivers and metadata.
#[derive(Debug)]
struct Facts {
    attributes: Attributes,
    hostname: String,
    capacity: NodeCapacity,
    reserved_mhz: u64,
}

impl Facts {
    /// Off the async threads: much of it is reading files.
    async fn find(config: &ClientConfig) -> Result<Self, ClientError> {
        let options = config.clone();
        let facts = tokio::task::spawn_blocking(move || Self::gather(&options)).await;
        facts.map_err(|error| ClientError::Fact { text: "machine".into(), problem: error.to_string() })
    }

    fn gather(config: &ClientConfig) -> Self {
        let root = Path::new("/");
        let chosen = Selection::new(&config.options);
        let host = muster_sys::procfs::host().unwrap_or_default();
        let topology = Topology::read(root);
        let mut attributes = Attributes::new();
        let mut total = Resources::default();
        let mut compute = cpu::Compute { cores: 0, total_mhz: 0, topology: Vec::new() };
        let mut reserved_mhz = 0;
        if chosen.has(Fingerprinter::Cpu) {
            let (found, capacity) = cpu::inspect(&host, &topology, config);
            let usable = found.get("cpu.usablecompute").and_then(|mhz| mhz.parse().ok());
            reserved_mhz = capacity.total_mhz.saturating_sub(usable.unwrap_or(capacity.total_mhz));
            total.cpu_mhz = capacity.total_mhz;
            compute = capacity;
            attributes.extend(found);
            attributes.extend(numa::inspect(&topology));
        }
        if chosen.has(Fingerprinter::Memory) {
            let (found, memory_mb) = memory::inspect(config.memory_total_mb);
            total.memory_mb = memory_mb;
            attributes.extend(found);
        }
        if chosen.has(Fingerprinter::Storage) {
            let (found, disk_mb) =
                storage::inspect(&config.alloc_dir, config.disk_total_mb, config.disk_free_mb);
            total.disk_mb = disk_mb;
            attributes.extend(found);
        }
        let network = network::inspect(config);
        let parts: [(Fingerprinter, &dyn Fn() -> Attributes); 8] = [
            (Fingerprinter::Arch, &cpu::arch),
            (Fingerprinter::Host, &|| kernel::inspect(&host)),
            (Fingerprinter::Host, &|| os::inspect(root)),
            (Fingerprinter::Cgroup, &|| cgroup::inspect(root)),
            (Fingerprinter::Landlock, &landlock::inspect),
            (Fingerprinter::Signal, &signals::inspect),
            (Fingerprinter::Nomad, &version::inspect),
            (Fingerprinter::Network, &|| network.attributes.clone()),
        ];
        for (_, part) in parts.iter().filter(|(name, _)| chosen.has(*name)) {
            attributes.extend(part());
        }
        if chosen.has(Fingerprinter::Host) {
            attributes.insert("unique.hostname".into(), host.hostname.clone());
        }
        if let Some(names) = &config.accept.namespaces {
            attributes.insert(ACCEPTED_NAMESPACES.into(), names.join(","));
        }
        attributes.insert("unique.advertise.address".into(), config.http_addr.clone());
        let capacity = NodeCapacity {
            total,
            cores: compute.cores,
            topology: compute.topology,
            ip: network.ip.into(),
            network_device: network.device.into(),
            min_dynamic_port: config.min_dynamic_port,
            max_dynamic_port: config.max_dynamic_port,
            addresses: host_networks::find(config),
            devices: devices::find(root, config),
            max_allocs: config.max_allocs,
        };
        Self { attributes, hostname: host.hostname, capacity, reserved_mhz }
    }

    fn into_node(self, config: &ClientConfig, id: NodeId) -> Node {
        let text = |(key, value): (&String, &String)| (Text::from(key.as_str()), Text::from(value.as_str()));
        let name = config.name.clone().unwrap_or(self.hostname);
        let mut reserved = config.reserved.clone();
        reserved.resources.cpu_mhz = reserved.resources.cpu_mhz.max(self.reserved_mhz);
        Node {
            id,
            name: name.into(),
            datacenter: config.datacenter.clone(),
            pool: config.node_pool.clone(),
            class: config.node_class.clone(),
            http_addr: config.http_addr.as_str().into(),
            attributes: self.attributes.iter().map(text).collect(),
            meta: BTreeMap::new(),
            capacity: self.capacity,
            reserved,
            drivers: BTreeMap::new(),
            host_volumes: config.host_volumes.clone(),
            host_networks: host_networks::configured(config),
            computed_class: Text::from(""),
            status: NodeStatus::Initializing,
            status_description: None,
            eligibility: if config.default_ineligible {
                Eligibility::Ineligible
            } else {
                Eligibility::Eligible
            },
            status_updated_at: UnixNanos::ZERO,
            events: Vec::new(),
            drain: None,
            last_drain: None,
            identity_key: None,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }
    }
}

#[cfg(test)]
mod tests;
