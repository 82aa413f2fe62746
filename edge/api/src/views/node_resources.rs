//! What a node has, and what of it its operator keeps.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::allotment::ranges;
use muster_model::{Core, DeviceGroup, Node, NodeCapacity, Quantity, Scalar};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeResourcesView {
    pub cpu: NodeCpu,
    pub processors: NodeProcessors,
    pub memory: MemoryMb,
    pub disk: DiskMb,
    pub devices: Option<Vec<NodeDeviceView>>,
    pub node_networks: Vec<NodeNetworkView>,
    pub networks: Vec<NodeNetwork>,
    pub min_dynamic_port: u16,
    pub max_dynamic_port: u16,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeCpu {
    pub cpu_shares: u64,
    pub total_cpu_cores: u16,
    pub reservable_cpu_cores: Option<Vec<u16>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeProcessors {
    pub topology: Option<TopologyView>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TopologyView {
    /// Numbers of the machine's memories.
    pub nodes: Option<Vec<u16>>,
    /// Not told by nodes.
    pub distances: Option<Vec<Vec<u16>>>,
    pub cores: Vec<CoreView>,
    /// MHz, where the operator declared them.
    pub override_total_compute: u64,
    /// MHz kept from work; spelled as the contract spells it.
    pub override_withold_compute: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CoreView {
    #[serde(rename = "SocketID")]
    pub socket_id: u16,
    #[serde(rename = "NodeID")]
    pub node_id: u16,
    #[serde(rename = "ID")]
    pub id: u16,
    /// 0 for a core made to be fast, 1 for one made to save power.
    pub grade: u8,
    /// Whether it is kept from work.
    pub disable: bool,
    pub base_speed: u32,
    pub max_speed: u32,
    /// MHz where the machine tells none.
    pub guess_speed: u32,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MemoryMb {
    #[serde(rename = "MemoryMB")]
    pub memory_mb: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiskMb {
    #[serde(rename = "DiskMB")]
    pub disk_mb: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeNetwork {
    pub mode: String,
    pub device: String,
    #[serde(rename = "IP")]
    pub ip: String,
}

/// An interface.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeNetworkView {
    pub mode: String,
    pub device: String,
    pub mac_address: String,
    pub speed: u64,
    pub addresses: Vec<NodeAddressView>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeAddressView {
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// The host network.
    pub alias: String,
    pub address: String,
    pub reserved_ports: String,
    pub gateway: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeDeviceView {
    pub vendor: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub name: String,
    pub instances: Vec<NodeDeviceInstanceView>,
    pub attributes: BTreeMap<String, QuantityView>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeDeviceInstanceView {
    #[serde(rename = "ID")]
    pub id: String,
    pub healthy: bool,
    pub health_description: String,
    pub locality: Option<NodeDeviceLocality>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeDeviceLocality {
    #[serde(rename = "PciBusID")]
    pub pci_bus_id: String,
}

/// One of the values, the others null.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct QuantityView {
    pub float: Option<f64>,
    pub int: Option<i64>,
    pub string: Option<String>,
    pub bool: Option<bool>,
    pub unit: String,
}

impl From<&Node> for NodeResourcesView {
    fn from(node: &Node) -> Self {
        let capacity = &node.capacity;
        let reservable = capacity.topology.iter().filter(|core| core.reservable);
        let reservable: Vec<u16> = reservable.map(|core| core.id).collect();
        let devices: Vec<NodeDeviceView> = capacity.devices.iter().map(Into::into).collect();
        Self {
            cpu: NodeCpu {
                cpu_shares: capacity.total.cpu_mhz,
                total_cpu_cores: capacity.cores,
                reservable_cpu_cores: (!reservable.is_empty()).then_some(reservable),
            },
            processors: NodeProcessors { topology: topology(node) },
            memory: MemoryMb { memory_mb: capacity.total.memory_mb },
            disk: DiskMb { disk_mb: capacity.total.disk_mb },
            devices: (!devices.is_empty()).then_some(devices),
            node_networks: node_networks(capacity),
            networks: vec![NodeNetwork {
                mode: "host".to_owned(),
                device: capacity.network_device.to_string(),
                ip: capacity.ip.to_string(),
            }],
            min_dynamic_port: capacity.min_dynamic_port,
            max_dynamic_port: capacity.max_dynamic_port,
        }
    }
}

fn topology(node: &Node) -> Option<TopologyView> {
    let cores = &node.capacity.topology;
    if cores.is_empty() {
        return None;
    }
    let memories: BTreeSet<u16> = cores.iter().map(|core| core.numa).collect();
    let clock = |core: &Core| core.max_mhz.max(core.base_mhz);
    let clocks: u64 = cores.iter().map(|core| u64::from(clock(core))).sum();
    let total = node.capacity.total.cpu_mhz;
    Some(TopologyView {
        nodes: Some(memories.into_iter().collect()),
        distances: None,
        cores: cores.iter().map(Into::into).collect(),
        override_total_compute: if clocks > 0 && clocks != total { total } else { 0 },
        override_withold_compute: node.reserved.resources.cpu_mhz,
    })
}

impl From<&Core> for CoreView {
    fn from(core: &Core) -> Self {
        Self {
            socket_id: core.socket,
            node_id: core.numa,
            id: core.id,
            grade: u8::from(core.efficient),
            disable: !core.reservable,
            base_speed: core.base_mhz,
            max_speed: core.max_mhz,
            guess_speed: if core.base_mhz.max(core.max_mhz) == 0 { core.mhz } else { 0 },
        }
    }
}

/// The node's own address as that of the network `default`, then those of the networks that the operator named.
fn node_networks(capacity: &NodeCapacity) -> Vec<NodeNetworkView> {
    let address = |network: &str, ip: &str, ports: &[u16]| NodeAddressView {
        family: if ip.contains(':') { "ipv6" } else { "ipv4" }.to_owned(),
        alias: network.to_owned(),
        address: ip.to_owned(),
        reserved_ports: ranges(ports),
        gateway: String::new(),
    };
    let own = address(muster_model::HostNetwork::DEFAULT, &capacity.ip, &[]);
    let mut interfaces: BTreeMap<&str, Vec<NodeAddressView>> =
        BTreeMap::from([(&*capacity.network_device, vec![own])]);
    for one in &capacity.addresses {
        let view = address(&one.network, &one.ip, &one.reserved_ports);
        interfaces.entry(&one.interface).or_default().push(view);
    }
    let interface = |(device, addresses): (&str, Vec<NodeAddressView>)| NodeNetworkView {
        mode: "host".to_owned(),
        device: device.to_owned(),
        addresses,
        ..NodeNetworkView::default()
    };
    interfaces.into_iter().map(interface).collect()
}

impl From<&DeviceGroup> for NodeDeviceView {
    fn from(group: &DeviceGroup) -> Self {
        let instances = group.instances.iter().map(|one| NodeDeviceInstanceView {
            id: one.id.to_string(),
            healthy: one.healthy,
            health_description: one.health_description.as_deref().unwrap_or_default().to_owned(),
            locality: one.pci_bus_id.as_ref().map(|bus| NodeDeviceLocality { pci_bus_id: bus.to_string() }),
        });
        Self {
            vendor: group.vendor.to_string(),
            kind: group.kind.to_string(),
            name: group.name.to_string(),
            instances: instances.collect(),
            attributes: group
                .attributes
                .iter()
                .map(|(name, value)| (name.to_string(), value.into()))
                .collect(),
        }
    }
}

impl From<&Quantity> for QuantityView {
    fn from(quantity: &Quantity) -> Self {
        let unit = quantity.unit.as_deref().unwrap_or_default().to_owned();
        let mut view = Self { unit, ..Self::default() };
        match &quantity.value {
            Scalar::Int(value) => view.int = Some(*value),
            Scalar::Float(value) => view.float = Some(*value),
            Scalar::Bool(value) => view.bool = Some(*value),
            Scalar::Text(value) => view.string = Some(value.to_string()),
        }
        view
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReservedView {
    pub cpu: ReservedCpu,
    pub memory: MemoryMb,
    pub disk: DiskMb,
    pub networks: ReservedPorts,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReservedCpu {
    pub cpu_shares: u64,
    pub reserved_cpu_cores: Option<Vec<u16>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ReservedPorts {
    /// Comma-separated.
    pub reserved_host_ports: String,
}

impl From<&Node> for ReservedView {
    fn from(node: &Node) -> Self {
        let reserved = &node.reserved;
        let ports: Vec<String> = reserved.ports.iter().map(ToString::to_string).collect();
        Self {
            cpu: ReservedCpu {
                cpu_shares: reserved.resources.cpu_mhz,
                reserved_cpu_cores: (!reserved.cores.is_empty()).then(|| reserved.cores.clone()),
            },
            memory: MemoryMb { memory_mb: reserved.resources.memory_mb },
            disk: DiskMb { disk_mb: reserved.resources.disk_mb },
            networks: ReservedPorts { reserved_host_ports: ports.join(",") },
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn cores_devices_and_addresses_are_told() {
        let mut node = muster_builders::node(1);
        node.capacity.topology = muster_builders::topology(2, 4000);
        node.capacity.topology[1].reservable = false;
        node.capacity.topology[1].max_mhz = 0;
        node.capacity.topology[1].base_mhz = 0;
        let mut group = muster_builders::devices("nvidia", "gpu", "T4", &["a"]);
        group.attributes.insert("memory".into(), Quantity::parse("15109 MiB"));
        group.instances[0].pci_bus_id = Some("0000:3b:00.0".into());
        node.capacity.devices = vec![group];
        node.capacity.addresses = vec![muster_model::NodeAddress {
            network: "lan".into(),
            ip: "10.0.0.1".into(),
            interface: "eth0".into(),
            reserved_ports: vec![22, 80, 81],
        }];
        let view = serde_json::to_value(NodeResourcesView::from(&node)).unwrap();
        assert_eq!(view["Cpu"], json!({"CpuShares": 8000, "TotalCpuCores": 4, "ReservableCpuCores": [0]}));
        let core = &view["Processors"]["Topology"]["Cores"][1];
        assert_eq!(
            *core,
            json!({"SocketID": 0, "NodeID": 0, "ID": 1, "Grade": 0, "Disable": true, "BaseSpeed": 0,
                "MaxSpeed": 0, "GuessSpeed": 4000})
        );
        assert_eq!(
            view["Devices"],
            json!([{"Vendor": "nvidia", "Type": "gpu", "Name": "T4",
                "Instances": [{"ID": "a", "Healthy": true, "HealthDescription": "",
                    "Locality": {"PciBusID": "0000:3b:00.0"}}],
                "Attributes": {"memory":
                    {"Float": null, "Int": 15109, "String": null, "Bool": null, "Unit": "MiB"}}}])
        );
        let address = json!({"Family": "ipv4", "Alias": "lan", "Address": "10.0.0.1",
            "ReservedPorts": "22,80-81", "Gateway": ""});
        assert_eq!(view["NodeNetworks"][0]["Addresses"][0], address);
        assert_eq!(view["NodeNetworks"][1]["Addresses"][0]["Alias"], "default");
    }
}
