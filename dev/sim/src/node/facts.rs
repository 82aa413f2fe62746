//! Machines as they come: several sizes, classes, datacenters and kinds.

use muster_ids::{Datacenter, NodeClass, NodeId, NodePool};
use muster_model::{HostNetwork, Node, NodeAddress, Resources, computed_class};

use crate::rng::Rng;

/// A host network that some nodes have an address in.
pub const NETWORK: &str = "private";

/// The racks of the simulated cluster; a distinct property to spread over.
pub const RACKS: [&str; 4] = ["r1", "r2", "r3", "r4"];

#[must_use]
pub fn facts(number: usize, rng: &mut Rng) -> Node {
    let mut node = muster_builders::node(u32::try_from(number).unwrap_or(0));
    node.id = NodeId::from_random(rng.bytes());
    node.name = format!("node-{number}").into();
    let size = *rng.pick(&[1_u64, 1, 2, 4]).unwrap_or(&1);
    let total = &mut node.capacity.total;
    (total.cpu_mhz, total.memory_mb, total.disk_mb) = (2000 * size, 2048 * size, 20_000);
    // Few enough that they run out now and then.
    node.capacity.min_dynamic_port = 20_000;
    node.capacity.max_dynamic_port = 20_000 + u16::try_from(8 * size).unwrap_or(8);
    node.reserved.resources =
        Resources { cpu_mhz: 100, memory_mb: 128, disk_mb: 500, ..Resources::default() };
    node.datacenter = Datacenter::new(if rng.permille(250) { "dc2" } else { "dc1" }).unwrap();
    node.pool = if rng.permille(150) { NodePool::new("gpu").unwrap() } else { NodePool::default_pool() };
    node.class = rng.coin().then(|| NodeClass::new("big").unwrap());
    let rack = *rng.pick(&RACKS).unwrap_or(&"r1");
    node.meta.insert("rack".into(), rack.into());
    equip(&mut node, number, rng);
    set_class(&mut node);
    node
}

/// Things that have names, and that only one may have.
fn equip(node: &mut Node, number: usize, rng: &mut Rng) {
    if rng.permille(500) {
        let mhz = u32::try_from(node.capacity.total.cpu_mhz / 4).unwrap_or(500);
        node.capacity.topology = muster_builders::topology(4, mhz);
    }
    if rng.permille(350) {
        node.capacity.devices = vec![muster_builders::devices("acme", "gpu", "x1", &["g0", "g1", "g2"])];
    }
    if rng.permille(500) {
        let ip = format!("10.0.0.{}", number % 250);
        let (network, interface) = (NETWORK.into(), "eth1".into());
        node.capacity.addresses =
            vec![NodeAddress { network, ip: ip.as_str().into(), interface, reserved_ports: Vec::new() }];
        node.host_networks.insert(NETWORK.into(), HostNetwork::default());
    }
    if rng.permille(100) {
        node.capacity.max_allocs = 12;
    }
}

/// As the agent and the servers do.
pub fn set_class(node: &mut Node) {
    node.computed_class = computed_class(node);
}
