//! What groups ask of nodes by name: whole cores, devices, ports of a host network; and memory beyond what they reserve.

use muster_model::{DeviceRequest, Group, JobType, PortRequest};

use crate::node::NETWORK;
use crate::rng::Rng;

pub fn equip(group: &mut Group, kind: JobType, rng: &mut Rng) {
    let Some(task) = group.tasks.first_mut() else { return };
    if rng.permille(120) {
        task.resources.cores = u16::try_from(rng.range(1, 2)).unwrap_or(1);
        task.resources.cpu_mhz = 0;
    }
    if rng.permille(120) {
        let name = *rng.pick(&["gpu", "acme/gpu", "acme/gpu/x1"]).unwrap_or(&"gpu");
        let request = DeviceRequest { name: name.into(), count: rng.small(1, 2), ..DeviceRequest::default() };
        task.resources.devices.push(request);
    }
    if rng.permille(200) {
        task.resources.memory_max_mb = task.resources.memory_mb * 2;
    }
    if rng.permille(120) {
        group.network.get_or_insert_with(|| muster_builders::network(Vec::new())).ports.push(port(rng));
    }
    if kind.runs_to_completion() && rng.permille(200) {
        group.max_run_duration = Some(rng.secs(3, 40));
    }
}

/// On an address of its own, where the same number is free although another allocation has it on the node's.
fn port(rng: &mut Rng) -> PortRequest {
    let fixed = rng.coin().then_some(8000);
    PortRequest { host_network: NETWORK.into(), ..muster_builders::port("inside", fixed) }
}
