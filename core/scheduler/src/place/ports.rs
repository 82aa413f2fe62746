//! Ports of one placement on one node: the static ones asked for, the dynamic ones drawn from the node's range.

use muster_ids::Text;
use muster_model::{AllocatedPort, GroupNetwork, PortRequest};
use muster_state::NodeSlot;
use smallvec::SmallVec;

use crate::cluster::{Cluster, View};
use crate::draw::Draw;
use crate::wording;

pub type Ports = SmallVec<[AllocatedPort; 2]>;

/// Draws before the range is searched in order.
const TRIES: u32 = 20;

/// Parallel to the network's ports, or what the node lacks.
pub fn assign(
    network: Option<&GroupNetwork>,
    cluster: &Cluster<'_>,
    slot: u32,
    node: &NodeSlot,
    view: View,
    draw: &mut Draw,
) -> Result<Ports, Text> {
    let requests = network.map_or(&[] as &[PortRequest], |network| network.ports.as_slice());
    // Static ports first: a dynamic one must not take what another of the same group asks for by number.
    let mut given: SmallVec<[u16; 4]> = SmallVec::new();
    for request in requests {
        if let Some(port) = request.static_port {
            if given.contains(&port) || !cluster.port_free(slot, node, port, view) {
                return Err(Text::from(format!("network: reserved port collision {}={port}", request.label)));
            }
            given.push(port);
        }
    }
    let mut ports = Ports::with_capacity(requests.len());
    for request in requests {
        let value = match request.static_port {
            Some(port) => port,
            None => {
                let free = |port| !given.contains(&port) && cluster.port_free(slot, node, port, view);
                let port = dynamic(node, draw, free).ok_or_else(|| Text::from(wording::NO_DYNAMIC_PORT))?;
                given.push(port);
                port
            }
        };
        ports.push(AllocatedPort { value, to: inner(request, value) });
    }
    Ok(ports)
}

fn dynamic(node: &NodeSlot, draw: &mut Draw, free: impl Fn(u16) -> bool) -> Option<u16> {
    let capacity = &node.node().capacity;
    let (low, high) = (capacity.min_dynamic_port, capacity.max_dynamic_port);
    if low == 0 || high < low {
        return None;
    }
    let count = u32::from(high - low) + 1;
    let at = |offset: u32| u16::try_from(u32::from(low) + offset % count).ok().filter(|port| free(*port));
    if let Some(port) = (0..TRIES).find_map(|_| at(draw.below(count))) {
        return Some(port);
    }
    let start = draw.below(count);
    (0..count).find_map(|offset| at(start + offset))
}

/// The port inside the network namespace; 0 when it is not mapped.
fn inner(request: &PortRequest, value: u16) -> u16 {
    if request.to < 0 { value } else { u16::try_from(request.to).unwrap_or(0) }
}
