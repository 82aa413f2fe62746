//! A client agent as the servers see it.

use std::collections::BTreeMap;

use muster_ids::{Datacenter, DriverName, Index, NodeId, NodePool, UnixNanos};
use muster_model::{
    Core, DeviceGroup, DeviceInstance, DriverInfo, Eligibility, Node, NodeCapacity, NodeStatus, Reserved,
    Resources,
};

/// Cores `0..count` that work may reserve, of equal clock, all near one memory.
#[must_use]
pub fn topology(count: u16, mhz: u32) -> Vec<Core> {
    let core = |id| Core {
        id,
        mhz,
        base_mhz: mhz,
        max_mhz: mhz,
        socket: 0,
        numa: 0,
        efficient: false,
        reservable: true,
    };
    (0..count).map(core).collect()
}

/// Healthy devices of one kind, by their ids.
#[must_use]
pub fn devices(vendor: &str, kind: &str, name: &str, ids: &[&str]) -> DeviceGroup {
    let instance = |id: &&str| DeviceInstance {
        id: (*id).into(),
        healthy: true,
        health_description: None,
        pci_bus_id: None,
    };
    DeviceGroup {
        vendor: vendor.into(),
        kind: kind.into(),
        name: name.into(),
        instances: ids.iter().map(instance).collect(),
        attributes: BTreeMap::new(),
    }
}

/// A ready node with 8 GHz, 16 GiB and `raw_exec`, none of whose cores can be reserved.
#[must_use]
pub fn node(number: u32) -> Node {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    let driver = DriverInfo {
        detected: true,
        healthy: true,
        description: "healthy".into(),
        attributes: BTreeMap::new(),
        updated_at: UnixNanos::ZERO,
    };
    Node {
        id: NodeId::from_random(bytes),
        name: format!("node-{number}").into(),
        datacenter: Datacenter::new("dc1").unwrap(),
        pool: NodePool::default_pool(),
        class: None,
        http_addr: "127.0.0.1:4646".into(),
        attributes: BTreeMap::from([("kernel.name".into(), "linux".into())]),
        meta: BTreeMap::new(),
        capacity: NodeCapacity {
            total: Resources { cpu_mhz: 8000, memory_mb: 16_384, disk_mb: 100_000, ..Resources::default() },
            cores: 4,
            topology: Vec::new(),
            ip: "127.0.0.1".into(),
            network_device: "lo".into(),
            min_dynamic_port: 20_000,
            max_dynamic_port: 32_000,
            addresses: Vec::new(),
            devices: Vec::new(),
            max_allocs: 0,
        },
        reserved: Reserved::default(),
        drivers: BTreeMap::from([(DriverName::new("raw_exec").unwrap(), driver)]),
        host_volumes: BTreeMap::new(),
        host_networks: BTreeMap::new(),
        computed_class: "v1:1".into(),
        status: NodeStatus::Ready,
        status_description: None,
        eligibility: Eligibility::Eligible,
        status_updated_at: UnixNanos::ZERO,
        events: Vec::new(),
        drain: None,
        last_drain: None,
        identity_key: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    }
}
