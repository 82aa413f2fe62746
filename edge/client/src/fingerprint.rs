//! What this machine is: the facts that constraints name and the capacity that the scheduler fills.
//!
//! One file a subject; each returns the attributes that it could find out. What cannot be found out is absent, never
//! guessed. Names are the contract's (`jobspec.md` 5.1); those that differ between otherwise equal machines begin with
//! `unique.` and stay out of the computed class.

mod cgroup;
mod class;
mod cpu;
mod drivers;
mod kernel;
mod memory;
mod network;
mod os;
mod signals;
mod storage;
mod version;

use std::collections::BTreeMap;
use std::path::Path;

use muster_ids::{Index, NodeId, Text, UnixNanos};
use muster_model::{Eligibility, Node, NodeCapacity, NodeStatus, Resources};

pub use class::computed_class;
pub use cpu::frequency_mhz;
pub use drivers::refresh as refresh_drivers;

use crate::{ClientConfig, ClientError};

/// Attributes by name.
pub type Attributes = BTreeMap<String, String>;

/// Describes this machine as `config` says it is to be described.
///
/// # Errors
/// When a fact is no valid text for the servers.
pub async fn fingerprint(config: &ClientConfig, id: NodeId, now: UnixNanos) -> Result<Node, ClientError> {
    let options = config.clone();
    let facts = tokio::task::spawn_blocking(move || Facts::gather(&options)).await;
    let facts =
        facts.map_err(|error| ClientError::Fact { text: "machine".into(), problem: error.to_string() })?;
    let mut node = facts.into_node(config, id);
    drivers::adopt(&mut node, drivers::inspect(config, now).await);
    Ok(node)
}

/// Everything but drivers.
struct Facts {
    attributes: Attributes,
    hostname: String,
    capacity: NodeCapacity,
}

impl Facts {
    fn gather(config: &ClientConfig) -> Self {
        let host = muster_sys::procfs::host().unwrap_or_default();
        let (cpu, compute) =
            cpu::inspect(&host, config.cpu_total_compute_mhz, config.reserved.resources.cpu_mhz);
        let (memory, memory_mb) = memory::inspect(config.memory_total_mb);
        let (storage, disk_mb) =
            storage::inspect(&config.alloc_dir, config.disk_total_mb, config.disk_free_mb);
        let network = network::inspect(config);
        let mut attributes = Attributes::new();
        for part in [
            cpu,
            memory,
            storage,
            kernel::inspect(&host),
            os::inspect(Path::new("/")),
            cgroup::inspect(Path::new("/")),
            signals::inspect(),
            version::inspect(),
            network.attributes,
        ] {
            attributes.extend(part);
        }
        attributes.insert("unique.hostname".into(), host.hostname.clone());
        attributes.insert("unique.advertise.address".into(), config.http_addr.clone());
        let capacity = NodeCapacity {
            total: Resources { cpu_mhz: compute.total_mhz, memory_mb, disk_mb },
            cores: compute.cores,
            ip: network.ip.into(),
            network_device: network.device.into(),
            min_dynamic_port: config.min_dynamic_port,
            max_dynamic_port: config.max_dynamic_port,
        };
        Self { attributes, hostname: host.hostname, capacity }
    }

    fn into_node(self, config: &ClientConfig, id: NodeId) -> Node {
        let text = |(key, value): (&String, &String)| (Text::from(key.as_str()), Text::from(value.as_str()));
        let name = config.name.clone().unwrap_or(self.hostname);
        Node {
            id,
            name: name.into(),
            datacenter: config.datacenter.clone(),
            pool: config.node_pool.clone(),
            class: config.node_class.clone(),
            http_addr: config.http_addr.as_str().into(),
            attributes: self.attributes.iter().map(text).collect(),
            meta: config.meta.iter().map(text).collect(),
            capacity: self.capacity,
            reserved: config.reserved.clone(),
            drivers: BTreeMap::new(),
            host_volumes: config.host_volumes.clone(),
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
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }
    }
}

#[cfg(test)]
mod tests;
