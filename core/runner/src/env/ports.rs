//! `NOMAD_PORT_*` and its relatives: where a labelled port of the group is reached.

use muster_model::{Alloc, AllocatedPort, Group};

use super::meta::clean;

/// `ip` is the node's own address, which ports are reached at unless their host network has another.
pub fn variables(ip: &str, group: &Group, alloc: &Alloc) -> Vec<(String, String)> {
    let ports = group.port_requests().iter().zip(&alloc.ports).enumerate();
    ports
        .flat_map(|(at, (request, port))| {
            let address = alloc.allotted.as_ref().and_then(|allotted| allotted.address_of(at));
            one(address.map_or(ip, |address| address), &request.label, *port)
        })
        .collect()
}

fn one(ip: &str, label: &str, port: AllocatedPort) -> Vec<(String, String)> {
    let host_port = port.value.to_string();
    let host_addr = address(ip, port.value);
    let inner_port = if port.to > 0 { port.to.to_string() } else { host_port.clone() };
    let clean = clean(label);
    vec![
        (format!("NOMAD_IP_{clean}"), ip.to_owned()),
        (format!("NOMAD_PORT_{clean}"), inner_port.clone()),
        (format!("NOMAD_ADDR_{clean}"), host_addr.clone()),
        (format!("NOMAD_HOST_PORT_{clean}"), host_port),
        // These keep the label as it is written.
        (format!("NOMAD_HOST_IP_{label}"), ip.to_owned()),
        (format!("NOMAD_HOST_ADDR_{label}"), host_addr),
        (format!("NOMAD_ALLOC_PORT_{label}"), inner_port),
    ]
}

fn address(ip: &str, port: u16) -> String {
    if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
}
