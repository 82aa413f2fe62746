//! What a group needs a node to be equipped with: host networks, host volumes, devices. Whether they are free is
//! another question.

use muster_ids::Text;
use muster_model::{Group, HostNetwork, Job, Node, PortRequest, VolumeKind, VolumeRequest};

use super::device::DeviceDemand;
use super::target::Target;
use crate::wording;

#[derive(Debug)]
pub struct Equipment<'a> {
    networks: Vec<(Target<'a>, &'a PortRequest)>,
    volumes: Vec<&'a VolumeRequest>,
    pub devices: Vec<DeviceDemand<'a>>,
    /// Whether allocations of the group need different things: a volume each.
    pub differs: bool,
}

impl<'a> Equipment<'a> {
    pub fn new(job: &'a Job, group: &'a Group, regex_bytes: usize) -> Self {
        let named = group.port_requests().iter().filter(|port| *port.host_network != *HostNetwork::DEFAULT);
        Self {
            networks: named.map(|port| (Target::parse(&port.host_network, job), port)).collect(),
            volumes: group.volumes.values().filter(|volume| volume.kind == VolumeKind::Host).collect(),
            devices: DeviceDemand::all_of(group, regex_bytes),
            differs: group.volumes.values().any(|volume| volume.per_alloc),
        }
    }

    /// The first thing that the node lacks; `name_index` is that of the allocation.
    pub fn lacking(&mut self, node: &Node, name_index: u32) -> Option<Text> {
        for (network, port) in &self.networks {
            let name = network.resolve(node);
            if name.as_deref().is_none_or(|name| node.capacity.network(name).next().is_none()) {
                let name = name.as_deref().unwrap_or(&port.host_network);
                return Some(format!("missing host network {name:?} for port {:?}", &*port.label).into());
            }
        }
        if !self.volumes.iter().all(|volume| has_volume(node, volume, name_index)) {
            return Some(Text::from(wording::MISSING_VOLUMES));
        }
        let missing = self.devices.iter_mut().any(|demand| !demand.exists_on(node));
        missing.then(|| Text::from(wording::MISSING_DEVICES))
    }
}

fn has_volume(node: &Node, request: &VolumeRequest, name_index: u32) -> bool {
    let volume = if request.per_alloc {
        node.host_volumes.get(&*format!("{}[{name_index}]", request.source))
    } else {
        node.host_volumes.get(&request.source)
    };
    volume.is_some_and(|volume| request.read_only || !volume.read_only)
}
